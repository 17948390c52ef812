"""Live: one hub in each process that tells everybody who holds a stream open what the log says.

The hub reads each change once and renders it once for each group of clients that asked alike. A client costs its
connection and a few small objects: no task of its own, no queue, no database connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.changes.noun import Detail
from app.changes.tail import LogTail, Subscriber
from app.kit.db import Database
from app.kit.errors import RateLimited, Unavailable
from app.kit.faults import is_outage
from app.kit.middleware import as_get
from app.present.changes import ChangeFeed, Found, Part, rendered_changes
from app.present.filters import Filter, Sieve
from app.present.tokens import MustRestart, Token, read_token
from app.settings import Settings
from app.sync.clients import PATIENCE, Client, Tally

log = logging.getLogger("nashra")
HANDED_OVER = "nashra.stream"
OTHER_LINE_BREAKS = [(mark.encode(), b"\\u%04x" % ord(mark)) for mark in ("\u2028", "\u2029", "\u0085")]
LOOK = 0.1  # seconds between two looks at what a clock that is ahead of ours has told of
AT_ONCE = 200  # rows read for one broadcast
REPLAYED_AT_ONCE = 20  # rows that wait for one client which comes back
REPLAYS_AT_ONCE = 4
BREATH = 200  # clients told before others get their turn
RETRY_MS = 3_000
FULL_RETRY_SECONDS = 30


@dataclass(frozen=True)
class Asked:
    """What a group of clients wants to hear."""

    filter: Filter
    detail: Detail


@dataclass
class Subscription:
    """A stream that is about to begin."""

    asked: Asked
    address: str
    token: Token | None
    reset: bool
    tree: tuple[str, int]
    """The log's epoch, and the place of the last move of the tree of sections, as the filter was looked up."""


@dataclass
class Group:
    """Everybody who asked alike."""

    asked: Asked
    clients: set[Client] = field(default_factory=set)

    @property
    def follows_tree(self) -> bool:
        return self.asked.filter.sections is not None


class Hub(Subscriber):
    """All open streams of this process."""

    def __init__(self, database: Database, tail: LogTail, settings: Any) -> None:
        self._database, self._tail, self._settings = database, tail, settings
        self._groups: dict[Asked, Group] = {}
        self._addresses: Counter[str] = Counter()
        self._woken = asyncio.Event()
        self._telling = asyncio.Lock()  # nobody joins while a change is being told
        self._replays = asyncio.Semaphore(REPLAYS_AT_ONCE)
        self._epoch: str | None = None
        self._seq = self._moved = 0
        self._closing = False
        self.tally = Tally()
        tail.subscribers.append(self)

    @property
    def count(self) -> int:
        """Open streams."""
        return self._addresses.total()

    def invalidate(self, tags: Iterable[str]) -> None:
        self._woken.set()

    def invalidate_all(self) -> None:
        self._woken.set()

    def refuse_too_many(self, address: str) -> None:
        """Raises `RateLimited` for an address with too many streams, `Unavailable` where there are too many in all."""
        settings: Settings = self._settings()
        if self._closing or self.count >= settings.streams_max:
            raise Unavailable(FULL_RETRY_SECONDS)
        if self._addresses[address] >= settings.streams_per_address:
            raise RateLimited(FULL_RETRY_SECONDS)

    async def subscribe(self, feed: ChangeFeed, asked: Asked, since: str | None, address: str) -> Subscription:
        """Checks where the stream begins. A token that does not lead on makes a stream that begins with `reset`."""
        self.refuse_too_many(address)
        token, reset, standing = None, False, await feed.standing()
        if since is not None:
            follows_tree = asked.filter.sections is not None
            try:
                token = read_token(since, standing, asked.filter.digest, follows_tree=follows_tree)
            except MustRestart:
                reset = True
        self.refuse_too_many(address)  # others may have come meanwhile
        self._addresses[address] += 1
        return Subscription(asked, address, token, reset, (standing.epoch, standing.moved))

    def release(self, address: str) -> None:
        """A stream that was counted has ended, or will not begin."""
        self._addresses[address] -= 1
        if self._addresses[address] <= 0:
            del self._addresses[address]

    async def hand_over(self, scope: Scope, receive: Receive, send: Send, inner: ASGIApp) -> None:
        """Lets the application begin the answer, and serves the stream when the application has left the stage.

        HEAD gets the headers of the stream. What the application refuses is passed on as it comes.
        """
        asked, send = as_get(scope, send)
        begun: list[Subscription] = []

        async def watched(message: Any) -> None:
            if message["type"] == HANDED_OVER:
                begun.append(message["subscription"])
            else:
                await send(message)

        served = False
        try:
            await inner(asked, receive, watched)
            if begun and scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            elif begun:
                asked.clear()
                served = True
                await self.serve(begun[0], receive, send)
        finally:
            if begun and not served:
                self.release(begun[0].address)

    async def serve(self, subscription: Subscription, receive: Receive, send: Send) -> None:
        """One stream, from its first event to its end. The answer has begun already."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # for the type checker: there is one
        client = Client(send, subscription.address, task, self.tally)
        group = self._groups.setdefault(subscription.asked, Group(subscription.asked))
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
            self.tally.dropped += 1  # it does not read what it missed
            client.cut()
            await asyncio.sleep(0)  # the server hears first that the connection is gone: else it complains
        finally:
            self._leave(client, group)

    def _leave(self, client: Client, group: Group) -> None:
        group.clients.discard(client)
        if not group.clients and self._groups.get(group.asked) is group:
            del self._groups[group.asked]
        self.release(client.address)

    async def _begin(self, client: Client, group: Group, subscription: Subscription) -> bool:
        """Says where the stream begins, sends what was missed, and joins the others. False where the hub is closing."""
        await self._tail.catch_up()
        asked, token = subscription.asked, subscription.token
        if token is None:
            token = Token(self._tail.epoch or "", await self._come(), asked.filter.digest)
        name = "reset" if subscription.reset else "ready"
        await client.send(_message(f"retry: {RETRY_MS}\n".encode() + _event(name, token, _told(since=str(token)))))
        while not self._closing:
            while token.seq < self._position() and not self._closing:
                async with self._replays:
                    part = await self._missed(asked, token)
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    for change in part.changes:
                        await client.send(_message(_event(change.type, token.at(change.seq), change.content)))
                token = token.at(part.reached)
                if part.wait:
                    await asyncio.sleep(min(part.wait, LOOK))
            async with self._telling:
                if token.seq >= self._position():
                    self._join(client, group, subscription, token)
                    return True
        client.send_away()
        return False

    def _join(self, client: Client, group: Group, subscription: Subscription, token: Token) -> None:
        """From now on it is told with the others; first, where its filter means other things than when it was asked."""
        client.seq = token.seq
        epoch, moved = subscription.tree
        if epoch != self._epoch or (group.follows_tree and moved < self._moved):
            client.seq = self._seq
            client.tell(self._start_again(group))
        group.clients.add(client)
        self._groups[group.asked] = group

    def _position(self) -> int:
        """How far everybody has been told; with nobody there yet, as far as the log goes."""
        if not any(group.clients for group in self._groups.values()):
            self._epoch, self._seq = self._tail.epoch, self._tail.head
            self._moved = self._tail.moved
        return self._seq

    async def _come(self) -> int:
        """How far the log has come by our clock: what is told by one that is ahead comes yet."""
        if not self._tail.is_log_ahead():
            return self._tail.head
        async with self._database.connection() as connection:
            feed = ChangeFeed(connection, self._settings(), self._tail.now, "none")
            return min(self._tail.head, await feed.come(self._tail.now()))

    async def _missed(self, asked: Asked, token: Token) -> Part:
        """One part of what was missed, from a short session."""
        async with self._database.connection() as connection:
            feed = ChangeFeed(connection, self._settings(), self._tail.now, asked.detail)
            standing = await feed.standing()
            return await feed.behind(token, asked.filter, REPLAYED_AT_ONCE, standing.head)

    async def run(self) -> None:
        """Tells everybody what is new, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            while True:
                await self._woken.wait()
                self._woken.clear()
                try:
                    await self._tell()
                except Exception:  # noqa: BLE001  # the database is away: told when it is back
                    await asyncio.sleep(0.5)
                    self._woken.set()

    async def _tell(self) -> None:
        if self._epoch is not None and self._tail.epoch != self._epoch:
            self._epoch, self._seq = self._tail.epoch, self._tail.head
            for client in (client for group in self._groups.values() for client in group.clients):
                client.seq = self._seq
            await self._reset(self._groups.values())
        most = AT_ONCE
        while self._position() < self._tail.head:
            wait = 0.0
            async with self._telling:
                try:
                    (self._seq, wait), most = await self._tell_on(most), AT_ONCE
                except Exception as error:
                    if is_outage(error):
                        raise
                    log.exception("a change behind %s cannot be told to streams", self._seq)
                    self._seq, most = (self._seq + 1, AT_ONCE) if most == 1 else (self._seq, 1)
            if wait:
                await asyncio.sleep(min(wait, LOOK))
        if self._moved != self._tail.moved:
            self._moved = self._tail.moved
            await self._reset(group for group in self._groups.values() if group.follows_tree)

    async def _tell_on(self, most: int) -> tuple[int, float]:
        """Tells each group the next rows; returns how far that is, and for how many seconds others must wait.

        Every row is read once, every state rendered once for each detail.
        """
        groups = [group for group in self._groups.values() if group.clients]
        async with self._database.connection() as connection:
            states: dict[str, Any] = {}
            found = Found((), self._tail.now())
            now = self._tail.now
            for detail in {group.asked.detail for group in groups}:
                feed = ChangeFeed(connection, self._settings(), now, detail)
                found, states[detail] = await feed.rows(self._seq, most)
                now = _always(found.now)  # the same for all
            sieves = [await group.asked.filter.prepared(connection) for group in groups]
            outdated = [group for group in groups if await group.asked.filter.is_outdated(connection)]
        for group, sieve in zip(groups, sieves, strict=True):
            if group in outdated:
                self._send_away(group)
            else:
                await self._broadcast(group, found.rows, states[group.asked.detail], sieve)
        end = self._tail.head if found.come is None else max(self._seq, found.come)
        return found.rows[-1].seq if found.rows else end, found.wait

    @staticmethod
    def _send_away(group: Group) -> None:
        """They come back with a token of another filter than theirs is by then, and are told to start again."""
        for client in tuple(group.clients):
            group.clients.discard(client)
            client.send_away()

    async def _broadcast(self, group: Group, rows: Any, states: Any, sieve: Sieve) -> None:
        start = Token(self._epoch or "", self._seq, sieve.filter.digest)
        for change in rendered_changes([row for row in rows if sieve.concerns(row)], states, sieve, start):
            event = _message(_event(change.type, start.at(change.seq), change.content))
            await self._send_all(group.clients, event, change.seq)

    async def _send_all(self, clients: Collection[Client], message: Message, seq: int | None = None) -> None:
        for number, client in enumerate(tuple(clients), start=1):
            if seq is not None:
                if client.seq >= seq:
                    continue
                client.seq = seq
            if not client.is_dropped:
                client.tell(message)
            if number % BREATH == 0:
                await asyncio.sleep(0)

    async def _reset(self, groups: Iterable[Group]) -> None:
        """The log is another one, or the filter means other things than before: these start again."""
        for group in tuple(groups):
            await self._send_all(group.clients, self._start_again(group))

    def _start_again(self, group: Group) -> Message:
        token = Token(self._epoch or "", self._seq, group.asked.filter.digest)
        return _message(_event("reset", token, _told(since=str(token))))

    async def _beat(self) -> None:
        """A sign of life, which also moves the client's last id: nothing was missed while nothing concerned it."""
        while True:
            await asyncio.sleep(self._settings().stream_heartbeat)
            for group in tuple(self._groups.values()):
                token = Token(self._epoch or "", self._seq, group.asked.filter.digest)
                await self._send_all(group.clients, _message(f": \nid: {token}\n\n".encode()))

    def close(self) -> None:
        """The process is about to stop: everybody is sent away, not all to come back at the same moment."""
        if not self._closing:
            self._closing = True
            self._farewell = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        clients = [client for group in self._groups.values() for client in group.clients]
        for number, client in enumerate(clients, start=1):
            client.send_away()
            if number % BREATH == 0:
                await asyncio.sleep(0)


def _event(name: str, token: Token, content: bytes) -> bytes:
    """HTML Living Standard §9.2. JSON holds no line break, so that `data` is one line, also for clients that take other
    characters for line breaks than the standard does."""
    for raw, escaped in OTHER_LINE_BREAKS:
        content = content.replace(raw, escaped)
    return f"id: {token}\nevent: {name}\ndata: ".encode() + content + b"\n\n"


def _always(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _told(**members: Any) -> bytes:
    return json.dumps(members).encode()


def _message(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
