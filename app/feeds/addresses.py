"""Addresses of all feeds: formats, families of feeds, and their templates. Pure functions of the settings.

`/v1/site`, OPML and the `<head>` of pages read them here, and the router serves exactly these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from app.settings import Settings


class FeedFormat(NamedTuple):
    """A format of feeds."""

    name: str
    """As `/v1/site` names it."""
    suffix: str
    """The end of the path, after a dot."""
    media_type: str
    title: str
    """For people."""


RSS = FeedFormat("rss", "rss", "application/rss+xml", "RSS")
ATOM = FeedFormat("atom", "atom", "application/atom+xml", "Atom")
JSON_FEED = FeedFormat("json", "json", "application/feed+json", "JSON Feed")
NINJS = FeedFormat("ninjs", "ninjs.json", "application/json", "ninjs")  # IPTC has registered no type of its own
FORMATS = (RSS, ATOM, JSON_FEED, NINJS)


class FeedFamily(NamedTuple):
    """Feeds of one kind: of all articles, of each section, …"""

    name: str
    path: str
    """Without the format; `{slug}` stands for slug or id."""
    has_languages: bool
    """Whether it is listed for each language: a feed of one article has the language of that article."""
    query: str | None = None
    """A query parameter that it needs."""

    @property
    def is_template(self) -> bool:
        """Whether a slug or a parameter has to be filled in."""
        return "{" in self.path or self.query is not None


ARTICLES = FeedFamily("articles", "/feeds/articles", True)
SECTIONS, TAGS, AUTHORS, TICKERS, FRONTS = (
    FeedFamily(name, f"/feeds/{name}/{{slug}}", True) for name in ("sections", "tags", "authors", "tickers", "fronts")
)
COMMENTS, ENTRIES = (FeedFamily(name, f"/feeds/{name}/{{slug}}", False) for name in ("comments", "entries"))
SEARCH = FeedFamily("search", "/feeds/search", True, "q")
FAMILIES = (ARTICLES, SECTIONS, TAGS, AUTHORS, TICKERS, FRONTS, COMMENTS, ENTRIES, SEARCH)


class ListedFeed(NamedTuple):
    """A row of `/v1/site.feeds`: a feed, or a template of feeds."""

    name: str
    format: str
    url: str
    """Absolute and percent-encoded; of a template with `{slug}` or `{q}`."""
    language: str | None
    """None: articles in all languages."""


def feed_path(family: FeedFamily, format: FeedFormat, slug: str | None = None) -> str:
    """The path of a feed, percent-encoded; without `slug` the template."""
    path = family.path if slug is None else family.path.replace("{slug}", quote(slug, safe=""))
    return f"{path}.{format.suffix}"


def feed_url(
    settings: Settings,
    family: FeedFamily,
    format: FeedFormat,
    slug: str | None = None,
    *,
    language: str | None = None,
    query: str | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> str:
    """The address of a feed; without `slug`, and without the `query` that the family needs, the template. `more`:
    further parameters, as `app/feeds/asked.py` writes them."""
    pairs = [*([("q", query)] if query is not None else []), *([("language", language)] if language else []), *more]
    template = [f"{family.query}={{{family.query}}}"] if family.query and query is None else []
    asked = "&".join([*template, *([urlencode(pairs)] if pairs else [])])
    return settings.api_url + feed_path(family, format, slug) + (f"?{asked}" if asked else "")


def listed_feeds(settings: Settings, languages: Sequence[str]) -> list[ListedFeed]:
    """Every feed of the site, templates included: those of all languages first, then a set for each of `languages`."""
    sets: list[str | None] = [None, *languages]
    return [
        ListedFeed(family.name, format.name, feed_url(settings, family, format, language=language), language)
        for language in sets
        for family in FAMILIES
        if language is None or family.has_languages
        for format in FORMATS
    ]
