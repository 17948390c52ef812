"""What every process does beside answering: it reads the log, and announces what the clock brings."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from sqlalchemy import select

from app.changes import compaction
from app.changes.consumers import ConsumerRun
from app.changes.log import CHANNEL
from app.changes.noun import IdleTask, Noun, SessionTask
from app.changes.tail import PATIENCE, LogTail
from app.kit import clock
from app.kit.db import Database
from app.kit.sql import database_clock
from app.settings import Settings

log = logging.getLogger("nashra")

EVERY = 0.5  # seconds: the log's head is read this often, whatever happens
GLANCE = 0.025  # seconds between two looks at the bell while somebody waits for news
SOON = 0.1  # seconds: what is due and could not be announced is tried again
LEAST = 0.01  # seconds
SAID_EVERY = 30.0  # seconds
COMPACTED_EVERY = timedelta(hours=1)

CLOCK = select(database_clock())


class BackgroundTasks:
    """The tasks of one process. Several processes do the same; what must be done once, the database decides."""

    def __init__(
        self,
        database: Database,
        tail: LogTail,
        nouns: Sequence[Noun],
        settings: Callable[[], Settings],
        consumers: Sequence[ConsumerRun] = (),
    ) -> None:
        self._database, self._tail, self._settings, self._consumers = database, tail, settings, consumers
        self._when_due = [noun.when_due for noun in nouns if noun.when_due]
        self.on_start = [task for noun in nouns for task in noun.on_start]
        self._idle_tasks = [task for noun in nouns for task in noun.idle_tasks]
        self._quiet_until = 0.0
        self._notified = asyncio.Event()
        self.is_awaited: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._listen, self._run_due_tasks, self._compact, self._run_idle_tasks):
                tasks.create_task(work())
            for consumer in self._consumers:
                tasks.create_task(self._consume(consumer))
            while True:
                self._tail.mark_stale()
                if await self._tail.catch_up():
                    await self._pause()
                else:
                    await asyncio.sleep(PATIENCE)

    async def run_due(self, when_due: Sequence[SessionTask] | None = None) -> None:
        """Notes down what has come by the database's clock and nobody has announced: once, however many try."""
        async with self._database.transaction() as session:
            now = clock.of_database((await session.execute(CLOCK)).scalar_one())
            for run_due in when_due or self._when_due:
                await run_due(session, self._settings(), now)

    async def _run_due_tasks(self) -> None:
        """In a task of its own: it may have to wait for somebody who writes, and news do not wait for that."""
        while not await self._attempt(lambda: self.run_due(self.on_start)):
            await asyncio.sleep(EVERY)
        while True:
            if self._tail.was_put_back:
                self._tail.was_put_back = False
                if not await self._attempt(lambda: self.run_due(self.on_start)):
                    self._tail.was_put_back = True
            if self._tail.is_due:
                await self._attempt(self.run_due)
                await asyncio.sleep(SOON)
            else:
                await asyncio.sleep(min(EVERY, max(LEAST, self._tail.seconds_to_next_deadline())))

    async def _pause(self) -> None:
        """Until the next look at the log: earlier where the bell rings, a moment comes or PostgreSQL notifies."""
        end = min(EVERY, SOON if self._tail.is_due else EVERY, self._tail.seconds_to_next_deadline() + LEAST)
        while end > 0 and not (self._notified.is_set() or (self.is_awaited() and self._tail.has_new_commits())):
            nap = min(end, GLANCE if self.is_awaited() else EVERY)
            try:
                await asyncio.wait_for(self._notified.wait(), nap)
            except TimeoutError:
                end -= nap
        self._notified.clear()

    async def _listen(self) -> None:
        while True:
            await self._attempt(lambda: self._database.listen(CHANNEL, self._notified.set))
            await asyncio.sleep(EVERY)

    async def _consume(self, consumer: ConsumerRun) -> None:
        while True:
            if consumer.is_wanted:
                await self._attempt(consumer.turn)
            await asyncio.sleep(EVERY)

    async def _run_idle_tasks(self) -> None:
        while True:
            await self._attempt(self.run_idle_tasks)
            await asyncio.sleep(EVERY)

    async def run_idle_tasks(self) -> None:
        """Does what is left to do, in short transactions, until nothing is; half of the time is left to requests."""
        for task in self._idle_tasks:
            while await self._is_wanted(task):
                began = time.monotonic()
                await self.run_due([task.work])
                await asyncio.sleep(max(LEAST, time.monotonic() - began))

    async def _is_wanted(self, task: IdleTask) -> bool:
        async with self._database.connection() as connection:
            return await task.is_wanted(connection)

    async def _compact(self) -> None:
        while True:
            await self._attempt(self._compact_once)
            await asyncio.sleep(COMPACTED_EVERY.total_seconds())

    async def _compact_once(self) -> None:
        retention = timedelta(days=self._settings().changes_days)
        await compaction.compact(self._database, retention, COMPACTED_EVERY)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it went well. The database may be away; then it is tried again, and said once in a while."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # nothing may end the duty
            if time.monotonic() >= self._quiet_until:
                self._quiet_until = time.monotonic() + SAID_EVERY
                log.warning("duty failed: %s: %s", type(error).__name__, error)
            return False
        return True
