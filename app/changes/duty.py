"""What every process does beside answering: it reads the log, and announces what the clock brings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes import compaction
from app.changes.follower import Follower
from app.changes.log import CHANNEL
from app.changes.purging import Purger
from app.kit import clock
from app.kit.db import Database
from app.settings import Settings

log = logging.getLogger("nashra")

EVERY = 0.5  # seconds: the log's head is read this often, whatever happens
GLANCE = 0.025  # seconds between two looks at the bell while somebody waits for news
SOON = 0.1  # seconds: what is due and could not be announced is tried again
COMPACTED_EVERY = timedelta(hours=1)

Announcer = Callable[[AsyncSession, Settings, datetime], Awaitable[None]]


class Duty:
    """The tasks of one process. Several processes do the same; what must be done once, the database decides."""

    def __init__(
        self,
        database: Database,
        follower: Follower,
        announcers: Sequence[Announcer],
        settings: Callable[[], Settings],
        purger: Purger,
    ) -> None:
        self._database, self._follower, self._purger = database, follower, purger
        self._announcers, self._settings = announcers, settings
        self._notified = asyncio.Event()
        self.is_awaited: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._compact())
            tasks.create_task(self._purge())
            while True:
                self._follower.doubt()
                heard = await self._follower.catch_up()
                if heard and self._follower.is_due:
                    await self._attempt(self.announce)
                await self._pause()

    async def announce(self) -> None:
        """Notes down what has come by the clock and nobody has announced: the same once, however many try."""
        async with self._database.transaction() as session:
            for announce in self._announcers:
                await announce(session, self._settings(), clock.now())

    async def _pause(self) -> None:
        """Until the next look at the log: earlier where the bell rings, a moment comes or PostgreSQL notifies."""
        end = min(EVERY, SOON if self._follower.is_due else EVERY, self._follower.seconds_to_next_moment())
        while end > 0 and not (self._notified.is_set() or (self.is_awaited() and self._follower.rung())):
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

    async def _purge(self) -> None:
        while True:
            if self._purger.is_wanted:
                await self._attempt(self._purger.turn)
            await asyncio.sleep(EVERY)

    async def _compact(self) -> None:
        while True:
            await self._attempt(self._compact_once)
            await asyncio.sleep(COMPACTED_EVERY.total_seconds())

    async def _compact_once(self) -> None:
        await compaction.compact(self._database, timedelta(days=self._settings().changes_days), COMPACTED_EVERY)

    @staticmethod
    async def _attempt(work: Callable[[], Awaitable[None]]) -> None:
        """The database may be away; then it is tried again."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # nothing may end the duty
            log.warning("duty failed: %s: %s", type(error).__name__, error)
