"""The public routes of tickers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.repository import Articles, Relations, picture_tags
from app.articles.rows import ListedRow
from app.articles.shapes import summary_of
from app.kit import clock
from app.kit.db import Connection, Reading
from app.kit.errors import Fault, InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import Absent, Selection, select_fields
from app.kit.listing import delivered, delivered_list
from app.kit.paging import Cursors
from app.kit.routing import problems, router_of
from app.tickers.composition import ComposedTicker, ticker_of
from app.tickers.repository import Tickers
from app.tickers.rows import TickerRow
from app.tickers.schemas import TickerList, TickerListQuery, TickerQuery, TickerRead

router = router_of("/v1/tickers", "tickers", "Tickers: short lists of headlines.")
TickerPath = Annotated[str, Path(description="Slug (raw or percent-encoded) or id.", examples=["عاجل"])]
EMBEDDING_LIMIT = 20
ARTICLE_ABSENT: Absent = (("items.article", "include=article", ("id", "slug")),)


@router.get("", response_model=TickerList, responses=problems(InvalidQuery, InvalidCursor))
async def list_tickers(request: Request, query: Annotated[TickerListQuery, Query()], connection: Reading) -> Response:
    """List tickers

    Every ticker with its current items, by slug. With `include=article` each item has the summary of its article.
    """
    selection = select_fields(TickerRead, query.fields, () if query.include else ARTICLE_ABSENT)
    if query.include and query.limit > EMBEDDING_LIMIT:
        raise InvalidQuery(errors=[Fault("too_large", parameter="limit", params={"max": EMBEDDING_LIMIT})])
    tickers = Tickers(connection, request.app.state.settings)
    page = await tickers.page(query, Cursors.of(request))
    rows, media = await _public_views(request, tickers, page.rows, query.include, selection)
    return delivered_list(request, TickerList, page, rows, tags=["tickers", *media], selection=selection)


@router.get("/{slug}", response_model=TickerRead, responses=problems(InvalidQuery, NotFound))
async def read_ticker(
    request: Request, slug: TickerPath, query: Annotated[TickerQuery, Query()], connection: Reading
) -> Response:
    """Read a ticker

    With its current items: levels, times and scheduled articles are evaluated at the time of the request. A ticker
    with nothing to show has no items. A former slug redirects (308).
    """
    # No `Last-Modified`: unpublishing an article stores no time, so no cache may revalidate by one. `ETag` is exact.
    selection = select_fields(TickerRead, query.fields, () if query.include else ARTICLE_ABSENT)
    tickers = Tickers(connection, request.app.state.settings)
    ticker = await tickers.at(slug)
    (shown,), media = await _public_views(request, tickers, [ticker], query.include, selection)
    tags = ["tickers", f"ticker:{ticker.id}", *media]
    return delivered(request, TickerRead, shown, tags=tags, selection=selection)


async def _public_views(
    request: Request, tickers: Tickers, rows: Sequence[TickerRow], include: str | None, selection: Selection
) -> tuple[list[dict[str, object]], list[str]]:
    """The tickers as they are now, and cache tags of the pictures in them: four statements for any number of rows, one
    more for summaries."""
    now, settings = clock.now(), request.app.state.settings
    composed = await tickers.composed(rows, now) if selection.wants("items", "updated_at") else {}
    embedded = include == "article" and selection.wants("items")
    articles = await _articles(tickers.connection, composed, now) if embedded else []
    summaries = {row.id: summary_of(row, Relations.of(row), settings, now) for row in articles}
    views = [
        ticker_of(row, composed.get(row.id, ComposedTicker((), row.updated_at)), settings, summaries) for row in rows
    ]
    return views, picture_tags(map(Relations.of, articles))


async def _articles(connection: Connection, composed: dict[str, ComposedTicker], now: datetime) -> Sequence[ListedRow]:
    ids = list({item.story.id for ticker in composed.values() for item in ticker.items if item.story})
    return await Articles(connection).summaries(ids, now)
