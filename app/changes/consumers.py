"""Consumers of the change log: each is given every change, in order and at least once, also after a crash.

The table `consumers` holds for each name a position in the log, a lease and a count of failures. Every process runs
every consumer; the lease allows one at a time, and expires by itself when the process has died.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, bindparam, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.changes.tail import LogTail
from app.kit import clock
from app.kit.db import Database
from app.kit.prepared import Prepared
from app.kit.sql import insert_into

log = logging.getLogger("nashra")
BATCH_SIZE = 500  # changes in one batch
LEASE = timedelta(seconds=30)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=60)  # backoff after a failed batch
LONGEST_LEASE = max(LEASE, LONGEST_WAIT) + 2 * clock.SKEW
MOST_DOUBLINGS = 6  # of the shortest wait


class ConsumedChange(NamedTuple):
    """A change, as consumers get it."""

    seq: int
    type: str
    resource: str
    resource_id: str
    tombstone: bool
    tags: list[str]


@dataclass(frozen=True)
class Batch:
    """The next changes after a consumer's position, in order."""

    changes: Sequence[ConsumedChange]
    """None where the log moved without a change that the public sees."""
    after: int
    """The consumer's position before these changes."""
    until: int
    """Its position after them."""
    renew_lease: Callable[[], Awaitable[None]]
    """Await it before each part of the work; a part may take up to half a minute."""


class Consumer(ABC):
    """Code that is given every change, to pass it on to another system."""

    name: str
    """Its primary key in the table: never change it."""
    is_outbound = False
    """Whether it sends to others: after a restore it waits for `./nashra resume`, and keeps its position."""
    begins_at_head = True
    """Whether a new consumer begins at the head of the log: what came before has left nothing stale in its system."""

    @property
    def is_enabled(self) -> bool:
        """Whether the settings enable it. A disabled consumer keeps its position."""
        return True

    async def is_waiting(self, connection: AsyncConnection) -> bool:
        """Whether something after its position matters to it. If not, its position moves on in large steps."""
        return True

    @abstractmethod
    async def consume(self, batch: Batch) -> None:
        """Handle all these changes. After an exception the same batch is retried, with exponential backoff."""


class ConsumerRun:
    """Runs one consumer in this process."""

    def __init__(self, database: Database, tail: LogTail, consumer: Consumer) -> None:
        self._database, self._tail, self.consumer = database, tail, consumer
        self._reached = -1  # the position, as this process last saw it

    @property
    def is_wanted(self) -> bool:
        """Whether the log may hold changes that the consumer was not given."""
        return self.consumer.is_enabled and self._tail.head != self._reached

    async def turn(self) -> None:
        """Give the consumer the next batch, unless another process holds the lease. Raises what the consumer raises."""
        head = self._tail.head
        if await self._is_paused():
            return
        if await self._is_idle():
            self._reached = head
            return
        position = await self._take_lease()
        if position is None:
            return
        reached, failures = position.seq, position.failures + 1
        wait = min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(position.failures, MOST_DOUBLINGS))
        try:
            reached = self._reached = await self._consume(position.seq)
            failures, wait = 0, timedelta(0)
        except asyncio.CancelledError:  # the process stops: another may go on at once
            failures, wait = position.failures, timedelta(0)
            raise
        finally:
            await asyncio.shield(self._give_back(reached, failures, wait))

    async def _is_paused(self) -> bool:
        """Whether nothing is sent to anybody; a new consumer is registered first, so that it misses nothing."""
        if not self.consumer.is_outbound:
            return False
        async with self._database.connection() as connection:
            row = await STATE.one(connection, {"name": self.consumer.name})
        if row.paused_at is not None and row.seq is None:
            async with self._database.transaction() as session:
                await self._register(session, clock.now())
        return row.paused_at is not None

    async def _is_idle(self) -> bool:
        """Whether there is nothing to do but to move the position, by less than a batch: not worth a write."""
        async with self._database.connection() as connection:
            if await self.consumer.is_waiting(connection):
                return False
            row = await STATE.one(connection, {"name": self.consumer.name})
            return row.seq is not None and 0 <= row.head - row.seq < BATCH_SIZE

    async def _take_lease(self) -> Row[int, int] | None:
        """Take the lease; returns the position, or None where another process holds it or the backoff is not over."""
        now, table = clock.now(), ConsumerPosition
        # A lease further ahead than any of ours was taken by a clock that was wrong.
        free = or_(table.leased_until <= now, table.leased_until > now + LONGEST_LEASE)
        lease = update(table).where(table.name == self.consumer.name, free)
        lease = lease.values(leased_until=now + LEASE).returning(table.seq, table.failures)
        async with self._database.transaction() as session:
            position = (await session.execute(lease)).one_or_none()
            if position is None and await self._register(session, now):
                position = (await session.execute(lease)).one_or_none()
            return position

    async def _register(self, session: AsyncSession, now: datetime) -> bool:
        """Insert a new consumer. False: it is known."""
        begin = select(ChangeLog.head).scalar_subquery() if self.consumer.begins_at_head else 0
        first = {"name": self.consumer.name, "seq": begin, "leased_until": now, "failures": 0}
        insert = insert_into(session, ConsumerPosition).values(first).on_conflict_do_nothing()
        return (await session.execute(insert.returning(ConsumerPosition.seq))).first() is not None

    async def _consume(self, seq: int) -> int:
        """Give the consumer the changes after `seq`; returns the new position."""
        async with self._database.connection() as connection:
            state = (await connection.execute(select(ChangeLog.head, ChangeLog.floor))).one()
            after = self._clamped(seq, state.head, state.floor)
            rows = await NEXT_CHANGES.all(connection, {"after": after})
        until = rows[-1].seq if len(rows) == BATCH_SIZE else state.head
        if until != seq:
            await self.consumer.consume(Batch(rows, min(seq, after), until, self._renew_lease))
        return until

    def _clamped(self, seq: int, head: int, floor: int) -> int:
        """The position within the log. Rows below the floor are gone: the consumer skips them, with a warning."""
        if seq < floor:
            log.warning("consumer %s has missed the changes %s to %s", self.consumer.name, seq + 1, floor)
        return min(max(seq, floor), head)  # the head falls back when a database is restored

    async def _renew_lease(self) -> None:
        await self._set(leased_until=clock.now() + LEASE)

    async def _give_back(self, seq: int, failures: int, wait: timedelta) -> None:
        await self._set(seq=seq, failures=failures, leased_until=clock.now() + wait)

    async def _set(self, **values: object) -> None:
        async with self._database.transaction() as session:
            statement = update(ConsumerPosition).where(ConsumerPosition.name == self.consumer.name)
            await session.execute(statement.values(values))


_CHANGES = select(Change.seq, Change.type, Change.resource, Change.resource_id, Change.tombstone, Change.tags)
_CHANGES = _CHANGES.where(Change.seq > bindparam("after")).order_by(Change.seq).limit(BATCH_SIZE)
NEXT_CHANGES = Prepared(_CHANGES, ConsumedChange)
STATE = Prepared(
    select(ChangeLog.outbound_paused_at.label("paused_at"), ChangeLog.head, ConsumerPosition.seq).outerjoin_from(
        ChangeLog, ConsumerPosition, ConsumerPosition.name == bindparam("name")
    )
)
POSITIONS = select(ConsumerPosition.name, ConsumerPosition.seq, ConsumerPosition.failures, ChangeLog.head)
POSITIONS = POSITIONS.join(ChangeLog, true()).order_by(ConsumerPosition.name)  # the log has one row of its own


async def positions(connection: AsyncConnection) -> Sequence[Row[str, int, int, int]]:
    """`name`, `seq`, `failures` of each consumer, and the `head` of the log."""
    return (await connection.execute(POSITIONS)).all()
