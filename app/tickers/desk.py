"""The desk routes of tickers and their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.models import Article
from app.articles.shapes import status_of
from app.kit import clock
from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    AlreadyExists,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from app.kit.listing import desk_list, written
from app.kit.paging import CountedQuery, Cursors
from app.kit.routing import NoParameters, problems, router_of
from app.kit.warnings import localised
from app.placing.states import state_of
from app.settings import Settings
from app.staff.access import Editor, OncePerToken
from app.staff.work import EditorWork
from app.terms.shapes import term_fields
from app.tickers import actions
from app.tickers.composition import compose, level_durations, manual_item
from app.tickers.models import Ticker, TickerItem
from app.tickers.repository import LINKS, TickersToEdit
from app.tickers.router import TickerPath
from app.tickers.rows import DeskItemRow
from app.tickers.schemas import (
    ItemCreate,
    ItemSaved,
    ItemUpdate,
    OrderInput,
    TickerDesk,
    TickerDeskList,
    TickerInput,
)

desk = router_of("/v1/desk/tickers", "desk: tickers", "Tickers and their items.")
ItemPath = Annotated[str, Path(description="Id of the item.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
MATCHED = problems(InvalidQuery, NotFound, PreconditionFailed, InvalidBody, PreconditionRequired)
DELETED = problems(InvalidQuery, NotFound, PreconditionFailed, PreconditionRequired)
STATES = ("live", "scheduled", "hidden", "expired")


@desk.get("", response_model=TickerDeskList, responses=problems(InvalidQuery, InvalidCursor))
async def list_desk_tickers(
    request: Request, query: Annotated[CountedQuery, Query()], session: ReadingSession, editor: Editor
) -> Response:
    """List tickers

    Every ticker by slug, without its items.
    """
    tickers = TickersToEdit(session)
    page = await tickers.terms.every(query, Cursors.of(request))
    names = await LINKS.names(session, [ticker.id for ticker in page.rows])
    return desk_list(request, TickerDeskList, page, lambda ticker: _summary(ticker, names))


@desk.get("/{slug}", response_model=TickerDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_ticker(
    request: Request, slug: TickerPath, _: NoParameters, session: ReadingSession, editor: Editor
) -> Response:
    """Read a ticker with all items made by hand

    Also items that are not shown: each has its `state`, and the fields as they were entered. Live ones come first, in
    their order. `ETag` is the version that a change of the ticker must name in `If-Match`.
    """
    tickers = TickersToEdit(session)
    return await _shown(request, tickers, await tickers.require(slug))


@desk.put(
    "/{slug}",
    response_model=TickerDesk,
    responses={
        201: {"model": TickerDesk, "description": "Created."},
        **problems(InvalidQuery, AlreadyExists, PreconditionFailed, InvalidBody, PreconditionRequired),
    },
)
async def put_ticker(
    request: Request, slug: TickerPath, _: NoParameters, body: TickerInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Create or replace a ticker

    Creates the ticker at this slug (201), or replaces its fields and rules (200; `If-Match` is required); its items and
    their order stay. A field that is left out takes its default. `slug` in the body renames: the old slug redirects.
    """
    ticker, made = await actions.put_ticker(work, slug, body, expected)
    headers = {"Location": f"/v1/desk/tickers/{ticker.id}"} if made else {}
    return await _shown(request, TickersToEdit(work.session), ticker, 201 if made else 200, headers)


@desk.delete("/{slug}", status_code=204, responses=DELETED)
async def delete_ticker(slug: TickerPath, _: NoParameters, expected: IfMatch, work: EditorWork) -> Response:
    """Delete a ticker with its items"""
    await actions.delete_ticker(work, slug, expected)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.post(
    "/{slug}/items",
    status_code=201,
    response_model=ItemSaved,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, PreconditionFailed, InvalidBody),
)
async def create_ticker_item(
    request: Request, slug: TickerPath, _: NoParameters, body: ItemCreate, expected: IfMatch, work: EditorWork
) -> Response:
    """Add an item to a ticker

    A text, an article to follow, or both. It comes before the others of its level until the next `order`. A text of
    more than 100 characters is accepted with a warning. `If-Match`, where it is sent, names the ticker's version. A
    ticker holds at most 200 items that have not expired (`too_many`).
    """
    edit = await actions.add_item(work, slug, body, expected)
    location = f"/v1/desk/tickers/{edit.ticker.id}/items/{edit.item.id}"
    return _saved(request, edit, 201, {"Location": location})


@desk.patch("/{slug}/items/{id}", response_model=ItemSaved, responses=MATCHED)
async def update_ticker_item(
    request: Request,
    slug: TickerPath,
    id: ItemPath,
    _: NoParameters,
    body: ItemUpdate,
    expected: IfMatch,
    work: EditorWork,
) -> Response:
    """Change an item

    JSON Merge Patch; `If-Match` names the item's version. A level that is newly given lasts from now on.
    """
    return _saved(request, await actions.change_item(work, slug, id, body, expected))


@desk.delete("/{slug}/items/{id}", status_code=204, responses=DELETED)
async def delete_ticker_item(
    slug: TickerPath, id: ItemPath, _: NoParameters, expected: IfMatch, work: EditorWork
) -> Response:
    """Delete an item

    `If-Match` names the item's version.
    """
    await actions.delete_item(work, slug, id, expected)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.put("/{slug}/order", response_model=TickerDesk, responses=MATCHED)
async def order_ticker(
    request: Request, slug: TickerPath, _: NoParameters, body: OrderInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Set the order of the items of a ticker

    Names every live item once, in the order of items of one level; items that appear later come first. Items that are
    not shown yet, and articles that a rule adds, may be named too. `If-Match` names the ticker's version: of two
    editors who set the order at the same time one gets 412.
    """
    ticker = await actions.order(work, slug, body.items, expected)
    return await _shown(request, TickersToEdit(work.session), ticker)


async def _shown(
    request: Request, tickers: TickersToEdit, ticker: Ticker, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    names = await LINKS.names(tickers.session, [ticker.id])
    rows = await tickers.every_item(ticker)
    items = _items(ticker, rows, request.app.state.settings, clock.now())
    content = written(TickerDesk, {**_summary(ticker, names), "items": items})
    return at_desk(content, status=status, version=ticker.version, headers=headers)


def _summary(ticker: Ticker, names: Mapping[str, str]) -> dict[str, object]:
    return {
        **term_fields(ticker),
        "max_items": ticker.max_items,
        "rules": [LINKS.shown(rule, names) for rule in ticker.rules],
        "version": ticker.version,
        "created_at": ticker.created_at,
        "updated_at": ticker.updated_at,
    }


def _items(ticker: Ticker, rows: Sequence[DeskItemRow], settings: Settings, now: datetime) -> list[dict[str, object]]:
    """Live items in order, then repeated ones; then the others by state, newest first."""
    states = {row.id: state_of(row, row if row.article_id else None, now) for row in rows}
    durations = level_durations(settings)
    live = [manual_item(row, ticker.language, now, durations) for row in rows if states[row.id] == "live"]
    places = {item.id: place for place, item in enumerate(compose(live, ticker.ordered_at, len(live)))}
    ordered = sorted(rows, key=lambda row: (STATES.index(states[row.id]), places.get(row.id, len(places))))
    return [_item(row, row, states[row.id], now) for row in ordered]


def _item(
    item: TickerItem | DeskItemRow, article: Article | DeskItemRow | None, state: str, now: datetime
) -> dict[str, object]:
    followed = None
    if item.article_id is not None and article is not None:
        followed = {
            "id": item.article_id,
            "slug": article.slug,
            "headline": article.headline,
            "status": status_of(article, now),
        }
    names = ("id", *actions.FIELDS, "created_at", "version")
    return {**{name: getattr(item, name) for name in names}, "state": state, "article": followed}


def _saved(request: Request, edit: actions.Edit, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    now = clock.now()
    item = _item(edit.item, edit.article, state_of(edit.item, edit.article, now), now)
    saved = {**item, "ticker_version": edit.ticker.version, "warnings": localised(request, edit.warnings)}
    return at_desk(written(ItemSaved, saved), status=status, version=edit.item.version, headers=headers)
