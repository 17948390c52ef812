"""The log tail: what one process has read of the change log, and when the clock next changes an answer.

An answer made earlier may be sent only while `is_current`: the commit signal has the value that it had when the log was
read, that was less than a second ago, and no deadline has passed since. Otherwise `catch_up` reads the log on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.changes.commit_signal import CommitSignal
from app.changes.models import Change, ChangeLog
from app.changes.pending import EVERYTHING, UNTOLD
from app.kit import clock
from app.kit.db import Database, Instant
from app.kit.prepared import Prepared
from app.kit.sql import database_clock

TRUSTED = 1.0  # seconds for which a read of the log is trusted without another one
RETRY_DELAY = 0.2  # seconds before the next attempt while the database is away
LONGEST_READ = 3.0  # seconds that a request waits for a read of the log
MOST_ROWS = 2_000  # with more unread changes than this, everything is invalidated
NEVER = float("inf")


InstantColumn = ColumnElement[datetime]


@dataclass(frozen=True)
class Deadlines:
    """Deadlines of one kind: moments at which the clock alone changes what the public sees."""

    next: Callable[[InstantColumn], ScalarSelect[Any]]
    """The first deadline after a moment."""
    due: Callable[[InstantColumn], ColumnElement[bool]] | None = None
    """Whether a deadline has passed, by the database's clock, whose change is not recorded; None where none ever is."""
    early: Callable[[InstantColumn], ColumnElement[bool]] | None = None
    """Whether a change was recorded for a deadline that is still to come by the log's clock."""
    touches: str | None = None
    """The cache tag of the answers that a deadline invalidates; None for all."""
    lag: timedelta = timedelta(0)
    """How long after the stored moment the deadline is."""


class Subscriber:
    """A subscriber of the log tail, told what is stale. Both methods run on the event loop and must not block."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Things with one of these tags have changed."""

    def invalidate_all(self) -> None:
        """Anything may have changed."""


class StateRow(Protocol):
    """The log's row, the database's clock (null on SQLite), which kinds of deadline are due, the next of each."""

    epoch: str
    head: int
    head_at: datetime | None
    floor: int
    moved: int
    clock: datetime | None

    def __getitem__(self, part: slice) -> Sequence[Any]: ...


class TagsRow(NamedTuple):
    """The cache tags of one change."""

    tags: list[str]


class LogTail:
    """The log as this process has read it: its head, its subscribers, and the next deadline."""

    def __init__(self, database: Database, commit_signal: CommitSignal, deadlines: Sequence[Deadlines]) -> None:
        self._database, self._signal = database, commit_signal
        self.set_deadlines(deadlines)
        self._running: asyncio.Task[None] | None = None
        self._signal_value: bytes | None = None  # from before the last read of the log
        self._trusted_until = self._retry_at = self._asked_at = 0.0  # monotonic
        self._read_at = 0.0  # Unix time
        self.epoch: str | None = None
        self.head = 0
        self.floor = self.moved = 0
        self._head_at: datetime | None = None
        self.is_due = False
        """Whether a deadline has passed whose change is not recorded yet."""
        self.clock_went_back = False
        """Whether the clock went back, and what follows from it is not recorded yet."""
        self._skew = timedelta(0)  # clock skew: the database's clock minus this machine's
        self._last_database_clock: datetime | None = None  # at the last read
        self.subscribers: list[Subscriber] = []

    def set_deadlines(self, deadlines: Sequence[Deadlines]) -> None:
        """Replace the deadlines."""
        self._deadlines = tuple(deadlines)
        self._statement = _log_state(self._deadlines)
        self._next = self._stored = [0.0] * len(self._deadlines)  # unknown
        self._recorded_at = [0.0] * len(self._deadlines)
        self._due: Sequence[bool] = [False] * len(self._deadlines)
        self._clock_until = 0.0

    def is_current(self) -> bool:
        """Whether every commit acknowledged on this machine before now has been read."""
        return (
            self._signal.value() == self._signal_value
            and time.monotonic() < self._trusted_until
            and self._read_at <= clock.seconds() < self._clock_until
        )

    def now(self) -> datetime:
        """The moment for which present states are read: this machine's, as for requests to delivery here.

        With more clock skew than `clock.SKEW` it is the database's, by which deadlines are recorded.
        """
        return clock.now() + (self._skew if abs(self._skew) > clock.SKEW else timedelta(0))

    def is_log_ahead(self) -> bool:
        """Whether the last change has a timestamp after this machine's now."""
        return self._head_at is not None and self._head_at > self.now()

    async def catch_up(self) -> bool:
        """Read the log until `is_current`, or until a read that began after this call; False where the database fails.

        The second condition keeps a slow read, or commits without end, from making a request wait for one more read.
        """
        called = time.monotonic()
        while not self.is_current() and self._asked_at < called:
            if time.monotonic() < self._retry_at:
                return False
            try:
                await (self._read_on() if self._database.is_embedded else self._read_together())
            except Exception:  # noqa: BLE001  # any failure of the database: the caller gets False
                self._retry_at = time.monotonic() + RETRY_DELAY
                return False
        return True

    async def _read_together(self) -> None:
        """Share one read between all requests that wait for it."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._read_on())
        running = self._running
        try:
            async with asyncio.timeout(LONGEST_READ):  # not `wait_for`, which on Python 3.11 can swallow a cancellation
                await asyncio.shield(running)
        finally:
            if running.done() and self._running is running:
                self._running = None

    async def close(self) -> None:
        """Let a read in progress end before the database is closed."""
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=LONGEST_READ)

    def has_new_commits(self) -> bool:
        """Whether the commit signal has changed since the last read."""
        return self._signal.value() != self._signal_value

    def seconds_to_next_deadline(self) -> float:
        """Seconds until the next deadline; 0 where it has passed."""
        return max(0.0, self._clock_until - clock.seconds())

    def mark_stale(self) -> None:
        """Force a read of the log before the next answer."""
        self._trusted_until = 0.0

    async def _read_on(self) -> None:
        value, asked, at = self._signal.value(), time.monotonic(), clock.now()
        async with self._database.connection() as connection:
            (row,) = await self._statement.all(connection, self._deadlines_at(at))
            self._compare_clocks(clock.of_database(row.clock), at)
            tags = await self._changed_tags(connection, row)
        self._apply(row, at, tags)
        self._signal_value, self._trusted_until, self._asked_at = value, asked + TRUSTED, asked

    def _deadlines_at(self, at: datetime) -> dict[str, datetime]:
        deadlines = {f"now_{number}": at - one.lag for number, one in enumerate(self._deadlines)}
        database = at + self._skew
        return {**deadlines, "at_database": database, "too_early": database + clock.SKEW}

    def _compare_clocks(self, database: datetime, asked: datetime) -> None:
        """Update the clock skew: none where the database's time is between the question and the answer."""
        self._skew = database - min(max(database, asked), clock.now())
        if self._last_database_clock is not None and database < self._last_database_clock:
            self.clock_went_back = True
        self._last_database_clock = database

    async def _changed_tags(self, connection: AsyncConnection, row: StateRow) -> set[str] | None:
        """The tags of all changes since the last read; None where everything is to be invalidated."""
        if row.epoch != self.epoch or not 0 <= row.head - self.head <= MOST_ROWS:
            return None
        if row.head == self.head:
            return set()
        rows = await TAGS.all(connection, {"after": self.head, "until": row.head})
        has_untold = len(rows) < row.head - self.head or row.moved != self.moved
        untold = {UNTOLD} if has_untold else set[str]()
        return {EVERYTHING, *untold}.union(*(change.tags for change in rows))

    def _apply(self, row: StateRow, at: datetime, tags: set[str] | None) -> None:
        """Notify the subscribers first, then store what was read."""
        then, count = at.timestamp(), len(self._deadlines)
        due, coming = [bool(one) for one in row[-2 * count : -count]], row[-count:]
        for number, deadlines in enumerate(self._deadlines):
            unforeseen = due[number] and not self._due[number]  # set and passed since the last read
            if tags is not None and (unforeseen or self._next[number] <= then):
                tags = None if deadlines.touches is None else tags | {deadlines.touches, EVERYTHING}
        if then < self._read_at:  # the clock went back
            tags, self.clock_went_back = None, True
        for one in self.subscribers:
            one.invalidate_all() if tags is None else one.invalidate(tags)
        self.epoch, self.head, self.floor, self.moved = row.epoch, row.head, row.floor, row.moved
        self._head_at = row.head_at
        self._due, self.is_due = due, any(due)
        self._next = self._next_after(then, coming)
        self._read_at, self._clock_until = then, min(self._next)

    def _next_after(self, then: float, coming: Sequence[datetime | None]) -> list[float]:
        """The next deadline of each kind. A clock ahead of this one may have recorded it before it is here: then it
        still is one, as is the last moment that was recorded, by which others may have passed there.
        """
        moments = zip(self._deadlines, coming, strict=True)
        stored = [(moment + one.lag).timestamp() if moment else NEVER for one, moment in moments]
        head_at, went_back = self._head_at.timestamp() if self._head_at else 0.0, then < self._read_at
        found = []
        for number, moment in enumerate(stored):
            if went_back or moment != self._stored[number]:
                self._recorded_at[number] = head_at
            elsewhere = (self._next[number], self._recorded_at[number])
            found.append(min([moment, *(one for one in elsewhere if one > then)]))
        self._stored = stored
        return found


SINCE = (Change.seq > bindparam("after"), Change.seq <= bindparam("until"))
TAGS = Prepared(select(Change.tags).where(*SINCE).order_by(Change.seq), TagsRow)


@lru_cache(maxsize=8)
def _log_state(deadlines: tuple[Deadlines, ...]) -> Prepared:
    times: list[InstantColumn] = [bindparam(f"now_{number}", type_=Instant) for number in range(len(deadlines))]
    pairs = list(zip(deadlines, times, strict=True))
    at_database: InstantColumn = bindparam("at_database", type_=Instant)
    too_early: InstantColumn = bindparam("too_early", type_=Instant)
    is_ahead = ChangeLog.head_at.between(at_database, too_early)
    at_log: InstantColumn = case((is_ahead, ChangeLog.head_at), else_=at_database)  # as `log_clock`
    due = [_is_due(one, at_database, at_log).label(f"due_{number}") for number, one in enumerate(deadlines)]
    coming = [one.next(time).label(f"next_{number}") for number, (one, time) in enumerate(pairs)]
    log = (ChangeLog.epoch, ChangeLog.head, ChangeLog.head_at, ChangeLog.floor, ChangeLog.moved)
    return Prepared(select(*log, database_clock().label("clock"), *due, *coming))


def _is_due(deadlines: Deadlines, at_database: InstantColumn, at_log: InstantColumn) -> ColumnElement[bool]:
    conditions = [deadlines.due(at_database)] if deadlines.due is not None else []
    conditions += [deadlines.early(at_log)] if deadlines.early is not None else []
    return or_(false(), *conditions)
