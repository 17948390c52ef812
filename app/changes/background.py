"""What every process does beside answering: it reads the log, and announces what the clock brings."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes import compaction
from app.changes.log import CHANNEL
from app.changes.purging import Purger
from app.changes.tail import PATIENCE, Follower
from app.kit import clock
from app.kit.db import Database, Reader
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
Announcer = Callable[[AsyncSession, Settings, datetime], Awaitable[None]]
# Work that nobody waits for: whether there is any, and a part of it.
Chore = tuple[Callable[[Reader], Awaitable[bool]], Announcer]


class Duty:
    """The tasks of one process. Several processes do the same; what must be done once, the database decides."""

    def __init__(
        self,
        database: Database,
        follower: Follower,
        announcers: Sequence[Announcer],
        settings: Callable[[], Settings],
        purger: Purger,
        starters: Sequence[Announcer] = (),
        chores: Sequence[Chore] = (),
    ) -> None:
        self._chores = chores
        self._starters = starters
        self._quiet_until = 0.0
        self._database, self._follower, self._purger = database, follower, purger
        self._announcers, self._settings = announcers, settings
        self._notified = asyncio.Event()
        self.is_awaited: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self._listen, self._announce, self._compact, self._purge, self._tidy):
                tasks.create_task(work())
            while True:
                self._follower.doubt()
                if await self._follower.catch_up():
                    await self._pause()
                else:
                    await asyncio.sleep(PATIENCE)

    async def announce(self, announcers: Sequence[Announcer] | None = None) -> None:
        """Notes down what has come by the database's clock and nobody has announced: once, however many try."""
        async with self._database.transaction() as session:
            now = clock.of_database((await session.execute(CLOCK)).scalar_one())
            for announce in announcers or self._announcers:
                await announce(session, self._settings(), now)

    async def _announce(self) -> None:
        """In a task of its own: it may have to wait for somebody who writes, and news do not wait for that."""
        while not await self._attempt(lambda: self.announce(self._starters)):
            await asyncio.sleep(EVERY)
        while True:
            if self._follower.was_put_back:
                self._follower.was_put_back = False
                if not await self._attempt(lambda: self.announce(self._starters)):
                    self._follower.was_put_back = True
            if self._follower.is_due:
                await self._attempt(self.announce)
                await asyncio.sleep(SOON)
            else:
                await asyncio.sleep(min(EVERY, max(LEAST, self._follower.seconds_to_next_moment())))

    async def _pause(self) -> None:
        """Until the next look at the log: earlier where the bell rings, a moment comes or PostgreSQL notifies."""
        end = min(EVERY, SOON if self._follower.is_due else EVERY, self._follower.seconds_to_next_moment() + LEAST)
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

    async def _tidy(self) -> None:
        while True:
            await self._attempt(self.tidy)
            await asyncio.sleep(EVERY)

    async def tidy(self) -> None:
        """Does what is left to do, in short transactions, until nothing is; half of the time is left to requests."""
        for is_wanted, work in self._chores:
            while await self._is_wanted(is_wanted):
                began = time.monotonic()
                await self.announce([work])
                await asyncio.sleep(max(LEAST, time.monotonic() - began))

    async def _is_wanted(self, is_wanted: Callable[[Reader], Awaitable[bool]]) -> bool:
        async with self._database.reader() as reader:
            return await is_wanted(reader)

    async def _compact(self) -> None:
        while True:
            await self._attempt(self._compact_once)
            await asyncio.sleep(COMPACTED_EVERY.total_seconds())

    async def _compact_once(self) -> None:
        settings = self._settings()
        retention, purged = timedelta(days=settings.changes_days), bool(settings.purge_url)
        await compaction.compact(self._database, retention, COMPACTED_EVERY, only_purged=purged)

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
