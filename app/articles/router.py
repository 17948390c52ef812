"""The public routes of articles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.display import display_of
from app.articles.events import LISTS
from app.articles.query_schemas import ArticleListQuery, ArticleQuery
from app.articles.repository import Articles, Part, Parts, PublicCorrection, Relations, picture_tags
from app.articles.rows import ArticleRow, BodyRow, ListedRow
from app.articles.schemas import ArticleAlone, ArticleInList, ArticleList
from app.articles.shapes import NO_RELATIONS, body_of, by_clock, summary_of, whole_of, writer_of
from app.articles.text_search import published_with_words
from app.index.repository import is_stale
from app.kit import clock, listing
from app.kit.caching import uncached
from app.kit.db import Reading, single_statement
from app.kit.errors import Fault, Gone, InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import Absent, Selection, select_fields
from app.kit.listing import delivered, delivered_page
from app.kit.paging import Cursors
from app.kit.routing import LAST_MODIFIED, problems, router_of
from app.kit.yielding import yielding

router = router_of("/v1/articles", "articles", "Published articles.")
ArticlePath = Annotated[
    str, Path(description="Slug (raw or percent-encoded) or id.", examples=["المرصد-يرصد-لؤلؤة-الخريف"])
]
PARTS: dict[Part, tuple[str, ...]] = {
    "related": (
        *("section", "sections", "tags", "authors", "byline", "translations", "url"),
        *("lead_image", "media", "body"),
    ),
    "body": ("body",),
    "corrections": ("corrections",),
}
BODY_LIMIT = 20
BODY_ABSENT: Absent = (("body", "include=body", ()),)
DISPLAY_ABSENT: Absent = (("display", "display=", ()),)


@router.get("", response_model=ArticleList, responses=problems(InvalidQuery, InvalidCursor))
async def list_articles(request: Request, query: Annotated[ArticleListQuery, Query()], connection: Reading) -> Response:
    """List articles

    Published articles, newest first. Filters combine with *and*; within one filter a comma means *any of*, and an
    unknown value finds nothing. Follow `page.next` (or the `Link` header) to the end: articles whose sort key did not
    change are neither repeated nor skipped, whatever is published meanwhile.
    """
    with_body = query.include == "body"
    absent = (() if with_body else BODY_ABSENT) + (() if query.display else DISPLAY_ABSENT)
    selection = select_fields(ArticleInList, query.fields, absent)
    if with_body and query.limit > BODY_LIMIT:
        raise InvalidQuery(errors=[Fault("too_large", parameter="limit", params={"max": BODY_LIMIT})])
    now = clock.now()
    if not (query.count or query.q):
        await single_statement(connection)
    parts = _parts(selection) - (set() if with_body else {"body"}) - {"corrections"}
    if query.q:
        page = await published_with_words(connection, query, Cursors.of(request), now, parts)
    else:
        page = await Articles(connection).published(query, Cursors.of(request), now, parts)
    settings = request.app.state.settings
    # Every change of an article may change a list by last change or by words.
    follows_all = bool(query.sort == "-updated_at" or query.updated_after or query.q)
    media = picture_tags(_related(row, parts) for row in page.rows)
    shows = ["articles", *media] if follows_all else [LISTS, *(f"article:{row.id}" for row in page.rows), *media]
    if not with_body and not query.display and selection.include() is None:
        write = writer_of(settings)
        written = [write(row, by_clock(row, settings, now)) for row in page.rows]
    else:
        written = []
        async for row in yielding(page.rows):
            related = _related(row, parts)
            shown = summary_of(row, related, settings, now)
            if with_body:
                shown["body"] = body_of(row, _body(row, parts), related, settings)
            if query.display and selection.wants("display"):
                shown["display"] = display_of(row, settings, query.display)
            written.append(listing.unvalidated(ArticleInList, shown, selection.include()))
    response = delivered_page(
        request, page, written, tags=["articles", *media], shows=shows, media_type=selection.media_type
    )
    return uncached(request, response) if query.q and await is_stale(connection) else response


@router.get(
    "/{slug}", response_model=ArticleAlone, responses={**LAST_MODIFIED, **problems(InvalidQuery, NotFound, Gone)}
)
async def read_article(
    request: Request, slug: ArticlePath, query: Annotated[ArticleQuery, Query()], connection: Reading
) -> Response:
    """Read an article

    One article with its body. A former slug redirects (308) to the present one. A withdrawn article is 410 with the
    moment and the public reason; everything else that cannot be seen is 404.
    """
    selection: Selection = select_fields(ArticleAlone, query.fields, () if query.display else DISPLAY_ABSENT)
    now = clock.now()
    await single_statement(connection)
    parts = _parts(selection)
    row = await Articles(connection).at(slug, now, parts=parts)
    corrections = PublicCorrection.of(row) if "corrections" in parts else ()
    settings = request.app.state.settings
    related = _related(row, parts)
    whole = whole_of(row, related, _body(row, parts), corrections, settings, now)
    if query.display and selection.wants("display"):
        whole["display"] = display_of(row, settings, query.display)
    return delivered(
        request,
        ArticleAlone,
        whole,
        tags=article_tags(row, related),
        modified=last_change(row, related),
        selection=selection,
        shaped=True,
    )


def article_tags(row: ArticleRow, related: Relations) -> list[str]:
    """Cache tags of a single article."""
    return [f"article:{row.id}", f"counts:{row.id}", *related.cache_tags()]


def last_change(row: ArticleRow, related: Relations) -> datetime:
    """The latest change of an article, its pictures and its entries that has a stored time."""
    moments = [moment for moment in (row.updated_at, row.last_entry_at) if moment]
    return related.last_change(max(map(datetime.fromisoformat, moments)))


def _parts(selection: Selection) -> Parts:
    """The parts that the selected fields need."""
    return frozenset(part for part, names in PARTS.items() if selection.wants(*names))


def _related(row: ListedRow, parts: Parts) -> Relations:
    return Relations.of(row) if "related" in parts else NO_RELATIONS


def _body(row: ListedRow, parts: Parts) -> BodyRow | None:
    return row if "body" in parts and row.html is not None else None
