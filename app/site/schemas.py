"""The site as it goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.articles.schemas import CommentsMode
from app.kit.schemas import Direction, LanguageTag, Output, one_of, open_to
from app.media.schemas import Syndication
from app.terms.schemas import TermImage

Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]


class IndexLinks(Output):
    """Addresses of the entry points."""

    site: Url
    """The newsroom: name, language, comment policy."""
    articles: Url
    """Published articles, newest first."""
    tickers: Url
    """Short lists of urgent headlines."""
    fronts: Url
    """What stands where on a page."""
    search: Url
    """Articles by their words; needs `q`."""
    changes: Url
    """The change log."""
    stream: Url
    """The change log as it grows, by Server-Sent Events."""
    openapi: Url
    """The OpenAPI document."""
    docs: Url
    """The documentation, a page."""


class ApiIndex(Output):
    """What `/v1` offers."""

    links: IndexLinks


class Addresses(Output):
    """Addresses of the site."""

    site: Url
    api: Url
    docs: Url
    openapi: Url
    resolve: Url
    """What an address of the web site is; needs `url`."""
    oembed: Url
    """What another site shows of an article; needs `url`."""
    sitemap: Url
    """The index of the sitemap."""
    sitemap_news: Url
    """The articles of the last two days."""
    opml: Url
    """The list of feeds."""
    robots: Url
    """What crawlers may fetch."""
    article: Annotated[str, Field(examples=["http://localhost:8000/a/{slug}"])]
    """Pattern of an article's address on the web site."""
    section: Annotated[str, Field(examples=["http://localhost:8000/s/{slug}"])]
    """Pattern of a section's address there."""
    tag: Annotated[str, Field(examples=["http://localhost:8000/t/{slug}"])]
    """Pattern of a tag's address there."""
    author: Annotated[str, Field(examples=["http://localhost:8000/by/{slug}"])]
    """Pattern of an author's address there."""
    preview: Annotated[str, Field(examples=["http://localhost:8000/preview/{token}"])]
    """Pattern of a preview's address there."""
    front: Annotated[str, Field(examples=["http://localhost:8000/f/{slug}"])]
    """Pattern of a front's address there. The front `home` is at `site` itself."""


class CommentPolicy(Output):
    """How comments are accepted."""

    mode: Annotated[str, open_to(CommentsMode)]
    """How comments are accepted, where an article does not say otherwise."""
    required: Annotated[list[str], Field(examples=[["author_name", "author_email", "body"]])]
    consent_required: bool
    close_after_days: int | None
    edit_minutes: int


class Feed(Output):
    """A feed, or a family of feeds."""

    name: str
    """Name for people and programs: `articles`, `sections`, …"""
    format: Annotated[str, one_of(("rss", "atom", "json", "ninjs"))]
    """Format of the feed. More formats may be added."""
    url: str
    """Address, or a template with `{slug}` or `{q}`."""
    language: LanguageTag | None
    """Only items in this language; null: in all languages."""


class FrontLink(Output):
    """A front of the site."""

    slug: str
    url: Url
    """Its address on the web site."""


class SiteImage(TermImage):
    """An image of the site."""


class SiteRead(Output):
    """The newsroom, its language and its addresses."""

    name: Annotated[str, Field(examples=["نشرة"])]
    language: LanguageTag
    direction: Direction
    time_zone: Annotated[str, Field(examples=["Asia/Damascus"])]
    logo: SiteImage | None
    """The picture of the library that `NASHRA_LOGO` names."""
    icon: SiteImage | None
    """The picture that `NASHRA_ICON` names, as browsers show it beside the title."""
    addresses: Addresses
    comments: CommentPolicy
    ticker_refresh_after: int
    """Seconds that a client that polls tickers should wait."""
    syndication: Annotated[str, open_to(Syndication)]
    """Whether others may publish articles whose `rights` do not say it; `verify`: ask first."""
    fronts: list[FrontLink]
    """Public fronts, by slug."""
    feeds: list[Feed]
    """Feeds that this version serves, templates included: those of all languages, then a set for each language."""
    streams: list[str]
    """Addresses of the streams that this version serves."""
