"""Reading the log: one follower in each process, that knows how far it has read and when the clock next changes things.

Nobody trusts an answer that was made earlier before asking `is_current`: that the bell sounds as it did when the log
was read, that this was less than a second ago, and that no moment has come since. If not, `catch_up` reads on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.changes.commit_signal import CommitSignal
from app.changes.models import Change, ChangeLog
from app.changes.pending import EVERYTHING
from app.kit import clock
from app.kit.db import Database, Instant
from app.kit.prepared import Prepared
from app.kit.sql import database_clock

TRUSTED = 1.0  # seconds that an answer may be given without having heard of the log
PATIENCE = 0.2  # seconds between two attempts while the database is away
LONGEST_READ = 3.0  # seconds that a request waits for the log
MOST_ROWS = 2_000  # further behind than this, everything is forgotten instead
NEVER = float("inf")


MomentColumn = ColumnElement[datetime]


@dataclass(frozen=True)
class Deadlines:
    """Moments of one kind that change what readers see, by the clock alone."""

    next: Callable[[MomentColumn], ScalarSelect[Any]]
    """The first one after a moment."""
    due: Callable[[MomentColumn], ColumnElement[bool]] | None = None
    """Whether one has come, by a moment of the database's clock, that nobody has announced; None where none is."""
    early: Callable[[MomentColumn], ColumnElement[bool]] | None = None
    """Whether one was announced that is later than a moment of the log's clock."""
    touches: str | None = None
    """The tag of the answers that it changes; None for all."""
    lag: timedelta = timedelta(0)
    """How long after the stored moment it comes."""


class Subscriber:
    """Who wants to know what the follower has read. Both are called on the loop, and must not wait."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Whatever carries one of these tags has changed."""

    def invalidate_all(self) -> None:
        """Anything may have changed."""


class LogTail:
    """How far this process has read the log."""

    def __init__(self, database: Database, commit_signal: CommitSignal, deadlines: Sequence[Deadlines]) -> None:
        self._database, self._signal = database, commit_signal
        self.set_deadlines(deadlines)
        self._running: asyncio.Task[None] | None = None
        self._signal_value: bytes | None = None  # what the bell sounded like before the log was read last
        self._trusted_until = self._refused_until = self._asked_at = 0.0  # monotonic
        self._read_at = 0.0  # seconds since 1970
        self.epoch: str | None = None
        self.head = 0
        self.floor = self.moved = 0
        self._head_at: datetime | None = None
        self.is_due = False
        """Whether a moment has come that nobody has announced: what it changes is not known yet."""
        self.was_put_back = False
        """Whether the clock was put back, and what follows from it is not announced."""
        self._ahead = timedelta(0)  # of this machine's clock: the database's
        self._database_at: datetime | None = None  # what the database's clock said last
        self.subscribers: list[Subscriber] = []

    def set_deadlines(self, deadlines: Sequence[Deadlines]) -> None:
        """From now on these deadlines count."""
        self._deadlines = tuple(deadlines)
        self._statement = _where_the_log_stands(self._deadlines)
        self._next = [NEVER] * len(self._deadlines)
        self._clock_until = 0.0

    def is_current(self) -> bool:
        """Whether all that was committed and acknowledged on this machine before now has been read."""
        return (
            self._signal.value() == self._signal_value
            and time.monotonic() < self._trusted_until
            and self._read_at <= clock.seconds() < self._clock_until
        )

    def now(self) -> datetime:
        """The moment at which others are told of the present: this machine's, as for whoever asks delivery here.

        Where its clock is wrong it is the database's, by which things are announced.
        """
        return clock.now() + (self._ahead if abs(self._ahead) > clock.SKEW else timedelta(0))

    def is_log_ahead(self) -> bool:
        """Whether the log was written to by a clock that is ahead of this machine's."""
        return self._head_at is not None and self._head_at > self.now()

    async def catch_up(self) -> bool:
        """Reads on until `is_current`, or the log was read after this call; False where the database cannot be asked.

        A reading that takes long, or a bell that rings all the while, keeps nobody waiting for another one.
        """
        called = time.monotonic()
        while not self.is_current() and self._asked_at < called:
            if time.monotonic() < self._refused_until:
                return False
            try:
                await (self._read_on() if self._database.is_embedded else self._read_together())
            except Exception:  # noqa: BLE001  # whatever keeps the database from answering: the caller goes without
                self._refused_until = time.monotonic() + PATIENCE
                return False
        return True

    async def _read_together(self) -> None:
        """Where the answer is waited for, all who ask meanwhile wait for the same one."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._read_on())
        running = self._running
        try:
            await asyncio.wait_for(asyncio.shield(running), LONGEST_READ)
        finally:
            if running.done() and self._running is running:
                self._running = None

    async def close(self) -> None:
        """Lets a reading that is under way end, with its connection, before the database is closed."""
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=LONGEST_READ)

    def has_new_commits(self) -> bool:
        """Whether the bell sounds other than when the log was read."""
        return self._signal.value() != self._signal_value

    def seconds_to_next_deadline(self) -> float:
        """Until the clock changes something; 0 where that has come."""
        return max(0.0, self._clock_until - clock.seconds())

    def mark_stale(self) -> None:
        """The log must be read before the next answer: somebody said that it has grown."""
        self._trusted_until = 0.0

    async def _read_on(self) -> None:
        value, asked, at = self._signal.value(), time.monotonic(), clock.now()
        async with self._database.connection() as connection:
            (row,) = await self._statement.all(connection, self._deadlines_at(at))
            self._compare_clocks(clock.of_database(row.clock), at)
            touched = await self._touched(connection, row)
        self._take(row, at, touched)
        self._signal_value, self._trusted_until, self._asked_at = value, asked + TRUSTED, asked

    def _deadlines_at(self, at: datetime) -> dict[str, datetime]:
        deadlines = {f"now_{number}": at - one.lag for number, one in enumerate(self._deadlines)}
        database = at + self._ahead
        return {**deadlines, "at_database": database, "too_early": database + clock.SKEW}

    def _compare_clocks(self, database: datetime, asked: datetime) -> None:
        """Clocks are the same where the database's says a moment between the question and the answer."""
        self._ahead = database - min(max(database, asked), clock.now())
        if self._database_at is not None and database < self._database_at:
            self.was_put_back = True
        self._database_at = database

    async def _touched(self, connection: AsyncConnection, row: Any) -> set[str] | None:
        """The tags of all changes since; None where that is not to be told."""
        if row.epoch != self.epoch or not 0 <= row.head - self.head <= MOST_ROWS:
            return None
        if row.head == self.head:
            return set()
        rows = await TAGS.all(connection, {"after": self.head, "until": row.head})
        return {EVERYTHING}.union(*(change.tags for change in rows))

    def _take(self, row: Any, at: datetime, touched: set[str] | None) -> None:
        """What was read holds now; all who listen are told first."""
        then = at.timestamp()
        for deadlines, come in zip(self._deadlines, self._next, strict=True):
            if touched is not None and come <= then:
                touched = None if deadlines.touches is None else touched | {deadlines.touches, EVERYTHING}
        if then < self._read_at:  # the clock was put back
            touched, self.was_put_back = None, True
        for one in self.subscribers:
            one.invalidate_all() if touched is None else one.invalidate(touched)
        self.epoch, self.head, self.floor, self.moved = row.epoch, row.head, row.floor, row.moved
        self._head_at = row.head_at
        self.is_due = bool(row.due)
        coming = zip(self._deadlines, row[-len(self._deadlines) :], strict=True)
        self._next = [(moment + one.lag).timestamp() if moment else NEVER for one, moment in coming]
        self._read_at, self._clock_until = then, min(self._next)


SINCE = (Change.seq > bindparam("after"), Change.seq <= bindparam("until"))
TAGS = Prepared(select(Change.tags).where(*SINCE).order_by(Change.seq))


def _where_the_log_stands(deadlines: Sequence[Deadlines]) -> Prepared:
    times: list[MomentColumn] = [bindparam(f"now_{number}", type_=Instant) for number in range(len(deadlines))]
    pairs = list(zip(deadlines, times, strict=True))
    at_database: MomentColumn = bindparam("at_database", type_=Instant)
    too_early: MomentColumn = bindparam("too_early", type_=Instant)
    is_ahead = ChangeLog.head_at.between(at_database, too_early)
    at_log: MomentColumn = case((is_ahead, ChangeLog.head_at), else_=at_database)  # as `log_clock`
    found = [one.due(at_database) for one in deadlines if one.due is not None]
    found += [one.early(at_log) for one in deadlines if one.early is not None]
    due = or_(*found)
    coming = [one.next(time).label(f"next_{number}") for number, (one, time) in enumerate(pairs)]
    log = (ChangeLog.epoch, ChangeLog.head, ChangeLog.head_at, ChangeLog.floor, ChangeLog.moved)
    return Prepared(select(*log, database_clock().label("clock"), due.label("due"), *coming))
