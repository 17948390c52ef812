"""Live streams: the hub of each process broadcasts changes to all open streams.

The hub reads each change once and renders it once for each group of clients with the same filter and detail. A client
costs its connection and a few small objects: no task of its own, no queue, no database connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.changes.noun import Detail
from app.changes.tail import LogTail, Subscriber
from app.kit.db import Database
from app.kit.errors import RateLimited, Unavailable
from app.kit.faults import is_outage
from app.kit.middleware import as_get
from app.present.changes import ChangeFeed, DueRows, Part, rendered_changes
from app.present.filters import Filter, ResolvedFilter
from app.present.rows import ChangeRow
from app.present.states import States
from app.present.tokens import MustRestart, Token, read_token
from app.settings import Settings
from app.sync.clients import SLOW_CLIENT_TIMEOUT, Client, Tally

log = logging.getLogger("nashra")
HANDED_OVER = "nashra.stream"
OTHER_LINE_BREAKS = [(mark.encode(), b"\\u%04x" % ord(mark)) for mark in ("\u2028", "\u2029", "\u0085")]
CLOCK_POLL = 0.1  # seconds, at the longest, to wait for rows that are not due yet
ROWS_PER_BROADCAST = 200  # rows read for one broadcast
ROWS_PER_REPLAY = 20  # for one client that reconnects
REPLAYS_IN_PARALLEL = 4
YIELD_EVERY = 200  # clients, between two turns of the event loop
RETRY_MS = 3_000
FULL_RETRY_SECONDS = 30


@dataclass(frozen=True)
class Interest:
    """The filter and detail of a group of clients."""

    filter: Filter
    detail: Detail


@dataclass
class Subscription:
    """A stream that is about to begin."""

    interest: Interest
    address: str
    token: Token | None
    reset: bool
    tree: tuple[str, int]
    """The log's epoch, and the last move in the tree of sections, when the filter was looked up."""


@dataclass
class Group:
    """The clients with the same interest."""

    interest: Interest
    clients: set[Client] = field(default_factory=set)

    @property
    def follows_tree(self) -> bool:
        return self.interest.filter.sections is not None


class Hub(Subscriber):
    """All open streams of this process."""

    def __init__(self, database: Database, tail: LogTail, settings: Callable[[], Settings]) -> None:
        self._database, self._tail, self._settings = database, tail, settings
        self._groups: dict[Interest, Group] = {}
        self._addresses: Counter[str] = Counter()
        self._woken = asyncio.Event()
        self._broadcasting = asyncio.Lock()  # held while rows are broadcast, so that no client joins in between
        self._replays = asyncio.Semaphore(REPLAYS_IN_PARALLEL)
        self._epoch: str | None = None
        self._seq = self._moved = 0
        self._closing = False
        self.tally = Tally()
        tail.subscribers.append(self)

    @property
    def count(self) -> int:
        """The number of open streams."""
        return self._addresses.total()

    def invalidate(self, tags: Iterable[str]) -> None:
        self._woken.set()

    def invalidate_all(self) -> None:
        self._woken.set()

    def refuse_too_many(self, address: str) -> None:
        """Raise `RateLimited` for an address with too many streams, `Unavailable` where the process has too many."""
        settings = self._settings()
        if self._closing or self.count >= settings.streams_max:
            raise Unavailable(FULL_RETRY_SECONDS)
        if self._addresses[address] >= settings.streams_per_address:
            raise RateLimited(FULL_RETRY_SECONDS)

    async def subscribe(self, feed: ChangeFeed, interest: Interest, since: str | None, address: str) -> Subscription:
        """Check the position and count the stream. With an unusable token the stream begins with `reset`."""
        self.refuse_too_many(address)
        token, reset, log_state = None, False, await feed.log_state()
        if since is not None:
            follows_tree = interest.filter.sections is not None
            try:
                token = read_token(since, log_state, interest.filter.digest, follows_tree=follows_tree)
            except MustRestart:
                reset = True
        self.refuse_too_many(address)  # more streams may have begun meanwhile
        self._addresses[address] += 1
        return Subscription(interest, address, token, reset, (log_state.epoch, log_state.moved))

    def release(self, address: str) -> None:
        """Stop counting a stream that has ended, or will not begin."""
        self._addresses[address] -= 1
        if self._addresses[address] <= 0:
            del self._addresses[address]

    async def hand_over(self, scope: Scope, receive: Receive, send: Send, inner: ASGIApp) -> None:
        """Let the application begin the answer, and serve the stream after the application has returned.

        HEAD gets the headers only. Refusals of the application pass through unchanged.
        """
        inner_scope, send = as_get(scope, send)
        begun: list[Subscription] = []

        async def watched(message: Message) -> None:
            if message["type"] == HANDED_OVER:
                begun.append(message["subscription"])
            else:
                await send(message)

        served = False
        try:
            await inner(inner_scope, receive, watched)
            if begun and scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            elif begun:
                inner_scope.clear()
                served = True
                await self.serve(begun[0], receive, send)
        finally:
            if begun and not served:
                self.release(begun[0].address)

    async def serve(self, subscription: Subscription, receive: Receive, send: Send) -> None:
        """Serve one stream from its first event to its end. The answer has begun already."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # for the type checker: there is one
        client = Client(send, subscription.address, task, self.tally)
        group = self._groups.setdefault(subscription.interest, Group(subscription.interest))
        try:
            if not await self._begin(client, group, subscription):
                return
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not client.is_dropped:
                raise
            client.task.uncancel()
        except TimeoutError:
            self.tally.dropped += 1  # the client does not read its replay
            client.cut()
            await asyncio.sleep(0)  # let uvicorn notice the abort first, or it logs an error
        finally:
            self._leave(client, group)

    def _leave(self, client: Client, group: Group) -> None:
        group.clients.discard(client)
        if not group.clients and self._groups.get(group.interest) is group:
            del self._groups[group.interest]
        self.release(client.address)

    async def _begin(self, client: Client, group: Group, subscription: Subscription) -> bool:
        """Send `ready` or `reset`, replay missed changes, and join the group. False where the hub is closing."""
        await self._tail.catch_up()
        interest, token = subscription.interest, subscription.token
        if token is None:
            token = Token(self._tail.epoch or "", await self._due_head(), interest.filter.digest)
        name = "reset" if subscription.reset else "ready"
        await client.send(_message(f"retry: {RETRY_MS}\n".encode() + _event(name, token, _json(since=str(token)))))
        while not self._closing:
            while token.seq < self._position() and not self._closing:
                async with self._replays:
                    part = await self._next_missed(interest, token)
                async with asyncio.timeout(SLOW_CLIENT_TIMEOUT.total_seconds()):
                    for change in part.changes:
                        await client.send(_message(_event(change.type, token.at(change.seq), change.content)))
                token = token.at(part.reached)
                if part.wait:
                    await asyncio.sleep(min(part.wait, CLOCK_POLL))
            async with self._broadcasting:
                if token.seq >= self._position():
                    self._join_group(client, group, subscription, token)
                    return True
        client.send_goaway()
        return False

    def _join_group(self, client: Client, group: Group, subscription: Subscription, token: Token) -> None:
        """Add the client to the broadcasts; send `reset` first where its filter has changed since `subscribe`."""
        client.seq = token.seq
        epoch, moved = subscription.tree
        if epoch != self._epoch or (group.follows_tree and moved < self._moved):
            client.seq = self._seq
            client.push(self._reset_message(group))
        group.clients.add(client)
        self._groups[group.interest] = group

    def _position(self) -> int:
        """The last change that was broadcast; without clients, the log's head."""
        if not any(group.clients for group in self._groups.values()):
            self._epoch, self._seq = self._tail.epoch, self._tail.head
            self._moved = self._tail.moved
        return self._seq

    async def _due_head(self) -> int:
        """The last change that is due by our clock."""
        if not self._tail.is_log_ahead():
            return self._tail.head
        async with self._database.connection() as connection:
            feed = ChangeFeed(connection, self._settings(), self._tail.now, "none")
            return min(self._tail.head, await feed.last_due(self._tail.now()))

    async def _next_missed(self, interest: Interest, token: Token) -> Part:
        """The next part of a replay, on a connection that is open only for this."""
        async with self._database.connection() as connection:
            feed = ChangeFeed(connection, self._settings(), self._tail.now, interest.detail)
            log_state = await feed.log_state()
            return await feed.after(token, interest.filter, ROWS_PER_REPLAY, log_state.head)

    async def run(self) -> None:
        """Broadcast new changes until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_heartbeats())
            while True:
                await self._woken.wait()
                self._woken.clear()
                try:
                    await self._broadcast_new()
                except Exception:  # noqa: BLE001  # the database is away: try again
                    await asyncio.sleep(0.5)
                    self._woken.set()

    async def _broadcast_new(self) -> None:
        if self._epoch is not None and self._tail.epoch != self._epoch:
            self._epoch, self._seq = self._tail.epoch, self._tail.head
            for client in (client for group in self._groups.values() for client in group.clients):
                client.seq = self._seq
            await self._reset(self._groups.values())
        most = ROWS_PER_BROADCAST
        while self._position() < self._tail.head:
            wait = 0.0
            async with self._broadcasting:
                try:
                    (self._seq, wait), most = await self._broadcast_next(most), ROWS_PER_BROADCAST
                except Exception as error:
                    if is_outage(error):
                        raise
                    log.exception("a change after %s cannot be sent to streams", self._seq)
                    self._seq, most = (self._seq + 1, ROWS_PER_BROADCAST) if most == 1 else (self._seq, 1)
            if wait:
                await asyncio.sleep(min(wait, CLOCK_POLL))
        if self._moved != self._tail.moved:
            self._moved = self._tail.moved
            await self._reset(group for group in self._groups.values() if group.follows_tree)

    async def _broadcast_next(self, most: int) -> tuple[int, float]:
        """Broadcast the next rows to each group; returns the new position, and the seconds until more rows are due.

        Every row is read once, every state rendered once for each detail.
        """
        groups = [group for group in self._groups.values() if group.clients]
        async with self._database.connection() as connection:
            states: dict[Detail, States] = {}
            found = DueRows((), self._tail.now())
            now = self._tail.now
            for detail in {group.interest.detail for group in groups}:
                feed = ChangeFeed(connection, self._settings(), now, detail)
                found, states[detail] = await feed.rows(self._seq, most)
                now = _always(found.now)  # the same moment for every detail
            resolved_filters = [await group.interest.filter.resolve(connection) for group in groups]
            outdated = [group for group in groups if await group.interest.filter.is_outdated(connection)]
        for group, resolved in zip(groups, resolved_filters, strict=True):
            if group in outdated:
                self._send_goaway(group)
            else:
                await self._broadcast(group, found.rows, states[group.interest.detail], resolved)
        end = self._tail.head if found.last_due is None else max(self._seq, found.last_due)
        return found.rows[-1].seq if found.rows else end, found.wait

    @staticmethod
    def _send_goaway(group: Group) -> None:
        """Make these clients reconnect: their token's filter differs by then, so they begin with `reset`."""
        for client in tuple(group.clients):
            group.clients.discard(client)
            client.send_goaway()

    async def _broadcast(
        self, group: Group, rows: Sequence[ChangeRow], states: States, resolved: ResolvedFilter
    ) -> None:
        start = Token(self._epoch or "", self._seq, resolved.filter.digest)
        for change in rendered_changes([row for row in rows if resolved.concerns(row)], states, resolved, start):
            event = _message(_event(change.type, start.at(change.seq), change.content))
            await self._send_all(group.clients, event, change.seq)

    async def _send_all(self, clients: Collection[Client], message: Message, seq: int | None = None) -> None:
        for number, client in enumerate(tuple(clients), start=1):
            if seq is not None:
                if client.seq >= seq:
                    continue
                client.seq = seq
            if not client.is_dropped:
                client.push(message)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _reset(self, groups: Iterable[Group]) -> None:
        """Send `reset`: the epoch is new, or the filter has changed its meaning."""
        for group in tuple(groups):
            await self._send_all(group.clients, self._reset_message(group))

    def _reset_message(self, group: Group) -> Message:
        token = Token(self._epoch or "", self._seq, group.interest.filter.digest)
        return _message(_event("reset", token, _json(since=str(token))))

    async def _send_heartbeats(self) -> None:
        """Send heartbeats, which also advance a client's last id past changes that its filter does not match."""
        while True:
            await asyncio.sleep(self._settings().stream_heartbeat)
            for group in tuple(self._groups.values()):
                token = Token(self._epoch or "", self._seq, group.interest.filter.digest)
                await self._send_all(group.clients, _message(f": \nid: {token}\n\n".encode()))

    def close(self) -> None:
        """Send `goaway` to all clients before the process stops, with reconnect times spread at random."""
        if not self._closing:
            self._closing = True
            self._farewell = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        clients = [client for group in self._groups.values() for client in group.clients]
        for number, client in enumerate(clients, start=1):
            client.send_goaway()
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)


def _event(name: str, token: Token, content: bytes) -> bytes:
    """One event (HTML Living Standard §9.2).

    JSON has no line breaks, so `data` is one line; other characters that some clients take for line breaks are escaped.
    """
    for raw, escaped in OTHER_LINE_BREAKS:
        content = content.replace(raw, escaped)
    return f"id: {token}\nevent: {name}\ndata: ".encode() + content + b"\n\n"


def _always(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _json(**members: object) -> bytes:
    return json.dumps(members).encode()


def _message(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
