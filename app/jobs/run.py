"""One run of a background job, as its function gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import JOBS, time_of_database
from app.kit.db import Database
from app.settings import Settings


class LeaseLost(Exception):
    """The lease of this run has expired, and another worker may have the job: nothing of it may be stored."""


class Claimed(NamedTuple):
    """A claimed job, with the lease of this run."""

    id: str
    payload: dict[str, object]
    attempt: int
    lease_id: str


class JobRun:
    """What the function of a job kind gets: its payload, the database, and `finish`, which ends it."""

    def __init__(self, claimed: Claimed, database: Database, settings: Settings) -> None:
        self.id, self.payload, self.lease_id = claimed.id, claimed.payload, claimed.lease_id
        self.attempt = claimed.attempt
        """1 at the first run."""
        self.database, self.settings = database, settings
        self._is_finishing = self.is_finished = False

    @property
    def needs_no_lease(self) -> bool:
        """Whether the job is done, or the transaction that ends it holds its row lock."""
        return self._is_finishing or self.is_finished

    @asynccontextmanager
    async def finish(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits the job's effects and marks it done, both or neither: exactly once.

        Raises `LeaseLost`, and rolls back, where the lease has expired. Jobs that follow are enqueued in it. Keep it
        short on SQLite, which has one writer: what takes long (HTTP, files) is done before.
        """
        self._is_finishing = True
        try:
            async with self.database.transaction() as session:
                await self._mark_done(session)  # first: the row lock then holds the job until the commit
                yield session
            self.is_finished = True
        finally:
            self._is_finishing = False

    async def _mark_done(self, session: AsyncSession) -> None:
        ended = {"state": "done", "ended_at": await time_of_database(session), "lease_id": None, "leased_until": None}
        held = (JOBS.c.id == self.id, JOBS.c.lease_id == self.lease_id, JOBS.c.state == "running")
        statement = update(JOBS).where(*held).values(ended)
        if (await session.execute(statement.returning(JOBS.c.id))).first() is None:
            raise LeaseLost(self.id)
