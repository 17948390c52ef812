"""Consumers of the change log: who is told of every change, in order and at least once, wherever the server stops.

A consumer has a name and, in the table `consumers`, a position in the log, a lease and a count of failures. Every
process runs every consumer; the lease sees to it that one at a time does. It ends by itself when the process does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Row, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.changes.tail import LogTail
from app.kit import clock
from app.kit.db import Database
from app.kit.sql import insert_into

log = logging.getLogger("nashra")
AT_ONCE = 500  # changes in one batch
LEASE = timedelta(seconds=30)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=60)  # before a failed batch is tried again
MOST_DOUBLINGS = 6  # of the shortest wait


@dataclass(frozen=True)
class Batch:
    """Changes behind a consumer's position, in order."""

    changes: Sequence[Row[Any]]
    """`seq`, `type`, `resource`, `resource_id`, `tombstone`, `tags` of each."""
    renew_lease: Callable[[], Awaitable[None]]
    """To be called before each part of the work that may take up to half a minute."""


class Consumer(Protocol):
    """Somebody outside who is told of changes."""

    name: str
    """Its key in the table: never changed."""

    @property
    def is_enabled(self) -> bool:
        """Whether the settings ask for it. One that is not enabled keeps its position."""

    async def consume(self, batch: Batch) -> None:
        """Tells of all these changes; what it raises means that the batch is tried again, later and later."""


class ConsumerRun:
    """One consumer, as this process runs it."""

    def __init__(self, database: Database, tail: LogTail, consumer: Consumer) -> None:
        self._database, self._tail, self.consumer = database, tail, consumer
        self._reached = -1  # the position, as this process last saw it
        self._is_registered = False

    @property
    def is_wanted(self) -> bool:
        """Whether there may be changes that it was not told of."""
        return self.consumer.is_enabled and self._tail.head != self._reached

    async def turn(self) -> None:
        """Tells of the next batch, unless another process is at it. Raises what the consumer raises."""
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

    async def _take_lease(self) -> Row[int, int] | None:
        """The position, from now on ours; None where another process holds it, or it waits after a failure."""
        now, table = clock.now(), ConsumerPosition
        lease = update(table).where(table.name == self.consumer.name, table.leased_until <= now)
        lease = lease.values(leased_until=now + LEASE).returning(table.seq, table.failures)
        async with self._database.transaction() as session:
            if not self._is_registered:
                await self._register(session, now)
            return (await session.execute(lease)).one_or_none()

    async def _register(self, session: AsyncSession, now: datetime) -> None:
        """A consumer that is new begins at the head: it never had anything that could be wrong."""
        head = select(ChangeLog.head).scalar_subquery()
        first = {"name": self.consumer.name, "seq": head, "leased_until": now, "failures": 0}
        await session.execute(insert_into(session, ConsumerPosition).values(first).on_conflict_do_nothing())
        self._is_registered = True

    async def _consume(self, seq: int) -> int:
        """Tells of the changes behind `seq`; returns how far it has told."""
        async with self._database.connection() as connection:
            standing = (await connection.execute(select(ChangeLog.head, ChangeLog.floor))).one()
            after = self._in_the_log(seq, standing.head, standing.floor)
            rows = (await connection.execute(BEHIND.where(Change.seq > after))).all()
        if rows:
            await self.consumer.consume(Batch(rows, self._renew_lease))
        last: int = rows[-1].seq if len(rows) == AT_ONCE else standing.head
        return last

    def _in_the_log(self, seq: int, head: int, floor: int) -> int:
        """One that was away for longer than the log is kept goes on where the log begins."""
        if seq < floor:
            log.warning("consumer %s has missed the changes %s to %s", self.consumer.name, seq + 1, floor)
        return min(max(seq, floor), head)  # the head falls back when a database is restored

    async def _renew_lease(self) -> None:
        await self._set(leased_until=clock.now() + LEASE)

    async def _give_back(self, seq: int, failures: int, wait: timedelta) -> None:
        await self._set(seq=seq, failures=failures, leased_until=clock.now() + wait)

    async def _set(self, **values: Any) -> None:
        async with self._database.transaction() as session:
            mine = update(ConsumerPosition).where(ConsumerPosition.name == self.consumer.name)
            await session.execute(mine.values(values))


BEHIND = select(Change.seq, Change.type, Change.resource, Change.resource_id, Change.tombstone, Change.tags)
BEHIND = BEHIND.order_by(Change.seq).limit(AT_ONCE)
POSITIONS = select(ConsumerPosition.name, ConsumerPosition.seq, ConsumerPosition.failures, ChangeLog.head)
POSITIONS = POSITIONS.join(ChangeLog, true()).order_by(ConsumerPosition.name)  # the log has one row of its own


async def positions(connection: AsyncConnection) -> Sequence[Row[str, int, int, int]]:
    """`name`, `seq`, `failures` of each consumer, and the `head` of the log."""
    return (await connection.execute(POSITIONS)).all()
