"""Articles as readers get them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.repository import Articles
from app.articles.schemas import ArticleInList, ArticleList, ArticleListQuery, ArticleRead, FieldsQuery
from app.articles.shapes import NO_RELATIONS, body_of, summary_of, whole_of
from app.kit import clock
from app.kit.db import Reading
from app.kit.errors import Fault, Gone, InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import Selection, select_fields
from app.kit.listing import delivered, delivered_list
from app.kit.paging import Cursors
from app.kit.routing import problems, router_of

router = router_of("/v1/articles", "articles")
ArticlePath = Annotated[
    str, Path(description="Slug (raw or percent-encoded) or id.", examples=["المرصد-يرصد-لؤلؤة-الخريف"])
]
RELATED = ("section", "sections", "tags", "authors", "byline", "translations", "url")
BODY_LIMIT = 20


@router.get("", response_model=ArticleList, responses=problems(InvalidQuery, InvalidCursor))
async def list_articles(request: Request, query: Annotated[ArticleListQuery, Query()], reader: Reading) -> Response:
    """List articles

    Published articles, newest first. Filters combine with *and*; within one filter a comma means *any of*, and an
    unknown value finds nothing. Follow `page.next` (or the `Link` header) to the end: articles whose sort key did not
    change are neither repeated nor skipped, whatever is published meanwhile.
    """
    selection = select_fields(ArticleInList, query.fields)
    with_body = query.include == "body"
    if with_body and query.limit > BODY_LIMIT:
        raise InvalidQuery(errors=[Fault("too_large", parameter="limit", params={"max": BODY_LIMIT})])
    now = clock.now()
    articles = Articles(reader)
    page = await articles.published(query, Cursors(request), now)
    ids = [row.id for row in page.rows]
    related = await articles.relations(ids, now) if selection.wants(*RELATED) else {}
    bodies = await articles.bodies(ids) if with_body and selection.wants("body") else {}
    settings = request.app.state.settings
    rows: list[dict[str, Any]] = []
    for row in page.rows:
        rows.append(summary_of(row, related.get(row.id, NO_RELATIONS), settings, now))
        if with_body:
            rows[-1]["body"] = body_of(row, bodies.get(row.id))
    return delivered_list(request, ArticleList, page, rows, tags=["articles"], selection=selection)


@router.get("/{slug}", response_model=ArticleRead, responses=problems(InvalidQuery, NotFound, Gone))
async def read_article(
    request: Request, slug: ArticlePath, query: Annotated[FieldsQuery, Query()], reader: Reading
) -> Response:
    """Read an article

    One article with its body. A former slug redirects (308) to the present one. A withdrawn article is 410 with the
    moment and the public reason; everything else that cannot be seen is 404.
    """
    selection: Selection = select_fields(ArticleRead, query.fields)
    now = clock.now()
    articles = Articles(reader)
    row = await articles.at(slug, now)
    related = await articles.relations([row.id], now) if selection.wants(*RELATED) else {}
    bodies = await articles.bodies([row.id]) if selection.wants("body") and row.access != "paid" else {}
    corrections = await articles.corrections(row.id) if row.corrected and selection.wants("corrections") else ()
    settings = request.app.state.settings
    whole = whole_of(row, related.get(row.id, NO_RELATIONS), bodies.get(row.id), corrections, settings, now)
    return delivered(
        request,
        ArticleRead,
        whole,
        tags=[f"article:{row.id}"],
        modified=row.updated_at,
        selection=selection,
    )
