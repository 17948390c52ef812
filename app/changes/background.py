"""Background tasks of every process: read the change log, publish what is due by the clock, compact, run consumers."""

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
from app.changes.tail import RETRY_DELAY, LogTail
from app.kit import clock
from app.kit.db import Database
from app.kit.sql import database_clock
from app.settings import Settings

log = logging.getLogger("nashra")

POLL_EVERY = 0.5  # seconds between two reads of the log's head, at the longest
SIGNAL_POLL = 0.025  # seconds between two reads of the commit signal while a stream is open
DUE_RETRY = 0.1  # seconds until due work that failed is tried again
SHORTEST_SLEEP = 0.01  # seconds
WARN_EVERY = 30.0  # seconds
COMPACT_EVERY = timedelta(hours=1)

CLOCK = select(database_clock())


class BackgroundTasks:
    """The background tasks of one process. All processes run them; the database decides what is done only once."""

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
        """Run all tasks until cancelled."""
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
                    await asyncio.sleep(RETRY_DELAY)

    async def run_due(self, when_due: Sequence[SessionTask] | None = None) -> None:
        """Record what is due by the database's clock and not yet recorded; done once, however many processes try."""
        async with self._database.transaction() as session:
            now = clock.of_database((await session.execute(CLOCK)).scalar_one())
            for run_due in when_due or self._when_due:
                await run_due(session, self._settings(), now)

    async def _run_due_tasks(self) -> None:
        """Run due work in a task of its own: it may wait for a row lock, and reading the log must not wait for that."""
        while not await self._attempt(lambda: self.run_due(self.on_start)):
            await asyncio.sleep(POLL_EVERY)
        while True:
            if self._tail.clock_went_back:
                self._tail.clock_went_back = False
                if not await self._attempt(lambda: self.run_due(self.on_start)):
                    self._tail.clock_went_back = True
            if self._tail.is_due:
                await self._attempt(self.run_due)
                await asyncio.sleep(DUE_RETRY)
            else:
                await asyncio.sleep(min(POLL_EVERY, max(SHORTEST_SLEEP, self._tail.seconds_to_next_deadline())))

    async def _pause(self) -> None:
        """Sleep until the next read of the log: shorter on a commit signal, a deadline or a NOTIFY from PostgreSQL."""
        end = min(
            POLL_EVERY,
            DUE_RETRY if self._tail.is_due else POLL_EVERY,
            self._tail.seconds_to_next_deadline() + SHORTEST_SLEEP,
        )
        while end > 0 and not (self._notified.is_set() or (self.is_awaited() and self._tail.has_new_commits())):
            timeout = min(end, SIGNAL_POLL if self.is_awaited() else POLL_EVERY)
            try:
                async with asyncio.timeout(timeout):  # not `wait_for`, which on Python 3.11 can swallow a cancellation
                    await self._notified.wait()
            except TimeoutError:
                end -= timeout
        self._notified.clear()

    async def _listen(self) -> None:
        while True:
            await self._attempt(lambda: self._database.listen(CHANNEL, self._notified.set))
            await asyncio.sleep(POLL_EVERY)

    async def _consume(self, consumer: ConsumerRun) -> None:
        while True:
            if consumer.is_wanted:
                await self._attempt(consumer.turn)
            await asyncio.sleep(POLL_EVERY)

    async def _run_idle_tasks(self) -> None:
        while True:
            await self._attempt(self.run_idle_tasks)
            await asyncio.sleep(POLL_EVERY)

    async def run_idle_tasks(self) -> None:
        """Run idle tasks in short transactions until none is wanted; sleep as long as each took, for requests."""
        for task in self._idle_tasks:
            while await self._is_wanted(task):
                began = time.monotonic()
                await self.run_due([task.work])
                await asyncio.sleep(max(SHORTEST_SLEEP, time.monotonic() - began))

    async def _is_wanted(self, task: IdleTask) -> bool:
        async with self._database.connection() as connection:
            return await task.is_wanted(connection)

    async def _compact(self) -> None:
        while True:
            await self._attempt(self._compact_once)
            await asyncio.sleep(COMPACT_EVERY.total_seconds())

    async def _compact_once(self) -> None:
        retention = timedelta(days=self._settings().changes_days)
        await compaction.compact(self._database, retention, COMPACT_EVERY)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Run `work`; False where it raised, as while the database is away. Warn at most every `WARN_EVERY` seconds."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # an error must not end the background task
            if time.monotonic() >= self._quiet_until:
                self._quiet_until = time.monotonic() + WARN_EVERY
                log.warning("background task failed: %s: %s", type(error).__name__, error)
            return False
        return True
