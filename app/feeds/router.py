"""The public routes of feeds."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.feeds.addresses import (
    ARTICLES,
    ATOM,
    FAMILIES,
    FORMATS,
    JSON_FEED,
    NINJS,
    RSS,
    SEARCH,
    FeedFamily,
    FeedFormat,
)
from app.feeds.asked import FeedQuery, SearchFeedQuery
from app.feeds.atom import write_atom
from app.feeds.example import EXAMPLES
from app.feeds.json_feed import write_json_feed
from app.feeds.ninjs import write_ninjs
from app.feeds.reading import Answer, FeedRequest
from app.feeds.rss import write_rss
from app.feeds.sources import SOURCES, search_feed, site_feed
from app.feeds.values import Feed
from app.kit import clock
from app.kit.caching import deliver, uncached
from app.kit.db import Connection, Reading
from app.kit.errors import Gone, InvalidCursor, InvalidQuery, Moved, NotFound
from app.kit.routing import Responses, problems, router_of

router = router_of("/feeds", "feeds", "Feeds: RSS, Atom, JSON Feed and ninjs.")
WRITERS: dict[FeedFormat, Callable[[Feed], bytes]] = {
    RSS: write_rss,
    ATOM: write_atom,
    JSON_FEED: write_json_feed,
    NINJS: write_ninjs,
}
BY_SUFFIX = {format.suffix: format for format in FORMATS}
BY_NAME = {family.name: family for family in FAMILIES}
FormatPath = Annotated[str, Path(description="`rss`, `atom`, `json` (JSON Feed) or `ninjs.json`.", examples=["rss"])]
FamilyPath = Annotated[
    str,
    Path(
        description="`sections`, `tags`, `authors`, `tickers`, `fronts`, or `comments` or `entries` of an article.",
        examples=["sections"],
    ),
]
SlugPath = Annotated[str, Path(description="Slug (raw or percent-encoded) or id.", examples=["اقتصاد"])]


def _described(*, has_examples: bool = False) -> Responses:
    """The answer in the document. Examples of all formats are long, so one operation has them for the others too."""
    content: dict[str, Any] = {
        format.media_type: {"schema": {"type": "object" if format.media_type.endswith("json") else "string"}}
        for format in FORMATS
    }
    if has_examples:
        content = {format.media_type: {**content[format.media_type], "example": EXAMPLES[format]} for format in FORMATS}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Last-Modified", "Link")}
    return {200: {"description": "The feed, in the format of the address.", "content": content, "headers": headers}}


FEED = _described()
PROBLEMS = problems(InvalidQuery, InvalidCursor, NotFound)


@router.get("/articles.{format}", response_class=Response, responses=_described(has_examples=True) | PROBLEMS)
async def read_site_feed(
    request: Request, format: FormatPath, query: Annotated[FeedQuery, Query()], connection: Reading
) -> Response:
    """Read the feed of all articles

    Newest first. What a reader gets twice without a change has the same bytes. What is wrong or unknown in the query
    is ignored.
    """
    asked = _asked(request, ARTICLES, format, query, connection)
    return await _delivered(request, asked, await site_feed(asked))


@router.get("/search.{format}", response_class=Response, responses=FEED | PROBLEMS)
async def read_search_feed(
    request: Request, format: FormatPath, query: Annotated[SearchFeedQuery, Query()], connection: Reading
) -> Response:
    """Read the feed of a search

    Articles with these words, newest first, as `/v1/articles?q=` lists them.
    """
    asked = _asked(request, SEARCH, format, query, connection, query.q)
    return await _delivered(request, asked, await search_feed(asked))


@router.get(
    "/{family}/{slug}.{format}",
    response_class=Response,
    responses={**FEED, **problems(InvalidQuery, InvalidCursor, NotFound, Gone)},
)
async def read_feed(
    request: Request,
    family: FamilyPath,
    slug: SlugPath,
    format: FormatPath,
    query: Annotated[FeedQuery, Query()],
    connection: Reading,
) -> Response:
    """Read a feed

    Of a section with all below it, a tag, an author, a ticker, a front, the comments on an article or the entries of
    its live coverage. A former slug redirects (308) and keeps format and query. Of a withdrawn article: 410.
    """
    if format == "json" and slug.endswith(".ninjs"):
        slug, format = slug.removesuffix(".ninjs"), NINJS.suffix
    if family not in SOURCES:
        raise NotFound()
    asked = _asked(request, BY_NAME[family], format, query, connection)
    return await _delivered(request, asked, await _unless_moved(asked, SOURCES[family](asked, slug)))


def _asked(
    request: Request,
    family: FeedFamily,
    format: str,
    query: FeedQuery,
    connection: Connection,
    q: str | None = None,
) -> FeedRequest:
    if format not in BY_SUFFIX:
        raise NotFound()
    return FeedRequest(connection, request.app.state.settings, family, BY_SUFFIX[format], query, clock.now(), q)


async def _unless_moved(asked: FeedRequest, answer: Awaitable[Answer]) -> Answer:
    """The answer. Raises `Moved` to the feed at the present slug, where that of delivery has another one."""
    try:
        return await answer
    except Moved as moved:
        slug = moved.location.rpartition("/")[2]
        raise Moved(f"/feeds/{asked.family.name}/{slug}.{asked.format.suffix}") from None


async def _delivered(request: Request, asked: FeedRequest, answer: Answer) -> Response:
    feed, media_type, write = answer.feed, asked.format.media_type, WRITERS[asked.format]
    is_xml = media_type.endswith("+xml")
    response = deliver(
        request,
        await to_thread(write, feed) if asked.is_full else write(feed),  # whole texts may be megabytes
        tags=answer.tags,
        shows=answer.shows,
        modified=datetime.fromisoformat(feed.updated) if feed.updated else None,
        headers={"Link": ", ".join(_links(feed))},
        media_type=f"{media_type}; charset=utf-8" if is_xml else media_type,
        seldom=asked.is_full,
    )
    return response if answer.is_cacheable else uncached(request, response)


def _links(feed: Feed) -> list[str]:
    """The links of RFC 5005 and WebSub as headers: JSON Feed and ninjs have no others."""
    named = {"self": feed.self_url, **({"first": feed.first_url, "next": feed.next_url} if feed.next_url else {})}
    return [f'<{url}>; rel="{relation}"' for relation, url in named.items()]
