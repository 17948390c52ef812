"""The change log for clients that keep a copy of the public content: in pages, and as live streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.changes.noun import Detail
from app.changes.pending import EVERYTHING
from app.kit.addresses import person_of
from app.kit.caching import JSON, PARTIAL, deliver, uncached
from app.kit.db import Connection, Reading, UseDatabase
from app.kit.errors import InvalidQuery, NotFound, Problem, RateLimited, Unavailable
from app.kit.listing import with_commas
from app.kit.routing import problems, router_of
from app.nouns import EVENT_TYPES
from app.present.changes import ChangeFeed, Part
from app.present.filters import Filter
from app.present.tokens import MustRestart, Token, read_token
from app.sync.fields import selected_of
from app.sync.live import HANDED_OVER, Hub, Interest, Subscription
from app.sync.schemas import ChangesQuery, ChangesRead, StreamQuery, TickerStreamQuery, stream_of
from app.tickers.noun import TICKER
from app.tickers.repository import Tickers
from app.tickers.router import TickerPath

router = router_of("/v1", "sync", "Incremental sync and live streams.")


@router.get("/changes", response_model=ChangesRead, responses=problems(InvalidQuery, MustRestart))
async def list_changes(request: Request, query: Annotated[ChangesQuery, Query()], connection: Reading) -> Response:
    """List changes

    Each entry is the present state of a thing, or a tombstone. Start without `since`, then always send the `since` of
    the last answer: at once while `more` is true, later otherwise. The result is a complete copy of what the delivery
    API shows. Entries come in the order of the changes, each at least once; several changes of one thing may come as
    one entry. Articles have the present names of sections, tags and authors: a rename is a change of its own, and does
    not repeat the articles. The tombstone of an article stands for its comments too. 410: start again.
    """
    selections = selected_of(query)
    feed = ChangeFeed(connection, request.app.state.settings, request.app.state.tail.now, query.object, selections)
    log_state, filter = await feed.log_state(), await Filter.of(query, connection)
    if query.from_ is not None:
        token = Token(log_state.epoch, await feed.due_head(log_state), filter.digest)
        return uncached(request, _page(request, query, Part([], token.seq, more=False), token))
    follows_tree = filter.sections is not None
    bound = query.updated_after
    token = read_token(query.since, log_state, filter.digest, follows_tree=follows_tree, updated_after=bound)
    part = await feed.after(token, filter, query.limit, log_state.head)
    answer = _page(request, query, part, token)
    return uncached(request, answer) if part.wait else answer


def _page(request: Request, query: ChangesQuery, part: Part, token: Token) -> Response:
    since, more = str(token.at(part.reached)).encode(), b"true" if part.more else b"false"
    rows = with_commas(change.content for change in part.changes)
    content = b"".join((b'{"data":[', *rows, b'],"since":"', since, b'","more":', more, b"}"))
    media_type = JSON if query.fields is None else PARTIAL
    # A page that is far behind is read once: it must not evict what readers ask for, nor cost much to compress.
    return deliver(request, content, tags=[EVERYTHING], media_type=media_type, seldom=part.more, bulky=part.more)


LastEventId = Annotated[
    str | None,
    Header(description="The last `id` that was received: browsers send it by themselves.", max_length=200),
]


def _stream_responses(types: Mapping[str, str], *more: type[Problem]) -> dict[int | str, dict[str, Any]]:
    return {
        200: {
            "description": "Server-Sent Events, until the client or the server ends.",
            "content": {"text/event-stream": {"schema": stream_of(types)}},
        },
        **problems(InvalidQuery, RateLimited, Unavailable, *more),
    }


class EventStream(Response):
    """Begins the answer, then hands the stream to the hub, so that the application holds nothing while it is open."""

    media_type = "text/event-stream"

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self.subscription = subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": HANDED_OVER, "subscription": self.subscription})  # from here on the hub releases it
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


@router.get("/stream", status_code=200, response_class=EventStream, responses=_stream_responses(EVENT_TYPES))
async def stream_changes(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    database: UseDatabase,
    last_event_id: LastEventId = None,
) -> Response:
    """Subscribe to changes

    Server-Sent Events. `ready` comes first; then each change as an event: `event` is its type, `data` the entry as in
    `/v1/changes`, `id` the token that both accept. A client that reconnects with its last id misses nothing. `reset`:
    the id is too old, or the sections of the filter have changed; read everything again, and stay connected. `goaway`:
    the server stops, or a slug of the filter now names a section; reconnect after `retry_ms`. Comment lines keep the
    connection alive.
    """
    async with database.connection() as connection:  # closed before the stream begins
        filter = await Filter.of(query, connection)
        return await _stream(request, connection, filter, query.object, last_event_id or query.since)


@router.get(
    "/tickers/{slug}/stream",
    status_code=200,
    response_class=EventStream,
    responses=_stream_responses(TICKER.events, NotFound),
)
async def stream_ticker(
    request: Request,
    slug: TickerPath,
    query: Annotated[TickerStreamQuery, Query()],
    database: UseDatabase,
    last_event_id: LastEventId = None,
) -> Response:
    """Subscribe to a ticker

    Like `/v1/stream`, for one ticker: each event has the whole ticker. A former slug redirects (308).
    """
    async with database.connection() as connection:
        ticker = await Tickers(connection, request.app.state.settings).at(slug, "/stream")
        filter = Filter(types=frozenset({"ticker"}), only=ticker.id)
        return await _stream(request, connection, filter, "full", last_event_id or query.since)


async def _stream(
    request: Request, connection: Connection, filter: Filter, detail: Detail, since: str | None
) -> Response:
    hub: Hub = request.app.state.hub
    feed = ChangeFeed(connection, request.app.state.settings, request.app.state.tail.now, detail)
    visitor = request.scope["state"]["address"]
    address = person_of(visitor) if visitor is not None else "-"
    return EventStream(await hub.subscribe(feed, Interest(filter, detail), since, address))
