"""What the `<head>` of a page and its `Link` headers name: feeds, the sitemap, oEmbed (RFC 8288).

Addresses are those of the API, wherever the page is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from app.feeds.addresses import (
    ARTICLES,
    ATOM,
    AUTHORS,
    COMMENTS,
    ENTRIES,
    FRONTS,
    JSON_FEED,
    RSS,
    SEARCH,
    SECTIONS,
    TAGS,
    FeedFamily,
    feed_url,
)
from app.feeds.items import said
from app.settings import Settings
from app.site.addresses import OEMBED, SITEMAP
from app.web.public_api import Json

FORMATS = (RSS, ATOM, JSON_FEED)  # what readers of feeds take; ninjs is for agencies
OF_TERMS: dict[str, FeedFamily] = {"section": SECTIONS, "tag": TAGS, "author": AUTHORS}
MOST_BYTES = 2_000  # of the `Link` header: proxies refuse headers that are much longer


class HeadLink(NamedTuple):
    """A `<link>` of a page."""

    rel: str
    type: str
    url: str
    title: str | None = None
    in_header: bool = True
    """Whether the `Link` header names it too."""


def site_links(settings: Settings) -> list[HeadLink]:
    """What every page names: the feeds of the site, and the sitemap."""
    feeds = _feeds(settings, ARTICLES, settings.site_name)
    return [*feeds, HeadLink("sitemap", "application/xml", settings.api_url + SITEMAP)]


def term_links(settings: Settings, kind: str, term: Json) -> list[HeadLink]:
    """The feeds of a section, tag or author."""
    return _feeds(settings, OF_TERMS[kind], f"{term['name']} – {settings.site_name}", term["slug"])


def front_links(settings: Settings, front: Json) -> list[HeadLink]:
    """The feeds of a front."""
    return _feeds(settings, FRONTS, f"{front['name']} – {settings.site_name}", front["slug"])


def search_links(settings: Settings, words: str) -> list[HeadLink]:
    """The feeds of a search."""
    title = f"{said('feed.search', settings.language, q=words)} – {settings.site_name}"
    return _feeds(settings, SEARCH, title, query=words) if words.strip() else []


def article_links(settings: Settings, article: Json) -> list[HeadLink]:
    """oEmbed in both formats, and the feeds of the entries and comments of an article."""
    headline, slug, language = article["headline"], article["slug"], settings.language
    families = [(ENTRIES, "feed.entries")] if article["live"] is not None else []
    families += [(COMMENTS, "feed.comments")]
    feeds = [
        link
        for family, key in families
        for link in _feeds(settings, family, said(key, language, headline=headline), slug)
    ]
    return [*_oembed(settings, article), *feeds]


def _oembed(settings: Settings, article: Json) -> Iterable[HeadLink]:
    for format, asked in (("json", {}), ("xml", {"format": "xml"})):
        url = f"{settings.api_url}{OEMBED}?{urlencode({'url': article['url'], **asked})}"
        media_type = f"{'text' if asked else 'application'}/{format}+oembed"
        yield HeadLink("alternate", media_type, url, article["headline"], in_header=not asked)


def _feeds(
    settings: Settings, family: FeedFamily, title: str, slug: str | None = None, *, query: str | None = None
) -> list[HeadLink]:
    return [
        HeadLink("alternate", one.media_type, feed_url(settings, family, one, slug, query=query), title, one is RSS)
        for one in FORMATS
    ]


def header_of(links: Sequence[HeadLink]) -> str:
    """The `Link` header, without titles; what comes first goes first into its bounds."""
    header = ""
    for one in links:
        added = f'{", " if header else ""}<{one.url}>; rel="{one.rel}"; type="{one.type}"'
        if one.in_header and len(header) + len(added) <= MOST_BYTES:
            header += added
    return header
