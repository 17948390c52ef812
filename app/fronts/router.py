"""The public routes of fronts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.query_schemas import terms
from app.fronts.events import BY_CLOCK
from app.fronts.repository import PLURAL, Fronts
from app.fronts.schemas import FrontList, FrontListQuery, FrontQuery, FrontRead, FrontSummary
from app.fronts.shapes import front_json, front_of, front_summary_of
from app.kit import clock
from app.kit.caching import deliver
from app.kit.db import Reading
from app.kit.errors import InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import select_fields
from app.kit.listing import delivered, delivered_list
from app.kit.paging import Cursors
from app.kit.routing import problems, router_of
from app.text.languages import canonical_or_same

router = router_of("/v1/fronts", "fronts", "Fronts: what stands where on a page.")
FrontPath = Annotated[str, Path(description="Slug (raw or percent-encoded) or id.", examples=["home"])]


@router.get("", response_model=FrontList, responses=problems(InvalidQuery, InvalidCursor))
async def list_fronts(request: Request, query: Annotated[FrontListQuery, Query()], connection: Reading) -> Response:
    """List fronts

    Every public front, by slug, without its slots.
    """
    selection, settings = select_fields(FrontSummary, query.fields), request.app.state.settings
    languages = [canonical_or_same(tag.replace("\0", "")).lower() for tag in terms(query.language or "")]
    page = await Fronts(connection, settings).page(query, Cursors.of(request), languages)
    rows = [front_summary_of(row, settings) for row in page.rows]
    return delivered_list(request, FrontList, page, rows, tags=[PLURAL, BY_CLOCK], selection=selection, shaped=True)


@router.get("/{slug}", response_model=FrontRead, responses=problems(InvalidQuery, NotFound))
async def read_front(
    request: Request, slug: FrontPath, query: Annotated[FrontQuery, Query()], connection: Reading
) -> Response:
    """Read a front

    What its slots show now: items by hand, then those that the rule of the slot draws. Times and scheduled articles are
    evaluated at the time of the request. No article stands on a front twice. A former slug redirects (308).
    """
    # No `Last-Modified`: it would have to say when an article left, which no time tells exactly. `ETag` is exact.
    selection, settings, now = select_fields(FrontRead, query.fields), request.app.state.settings, clock.now()
    fronts = Fronts(connection, settings)
    row = await fronts.at(slug, now)
    tags = [f"front:{row.id}", BY_CLOCK]
    if not selection.wants("slots"):
        bare = {**front_summary_of(row, settings), "slots": []}
        return delivered(request, FrontRead, bare, tags=tags, selection=selection, shaped=True)
    view = (await fronts.views([row], now))[row.id]
    tags += view.media_tags()
    if query.fields is None:
        return deliver(request, front_json(view, settings, now), tags=tags)
    whole = front_of(view, settings, now)
    return delivered(request, FrontRead, whole, tags=tags, selection=selection, shaped=True)
