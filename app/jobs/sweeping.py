"""Deletes old jobs: itself a periodic job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.jobs.kinds import JobKind
from app.jobs.models import JobState
from app.jobs.queue import JOBS, time_of_database
from app.jobs.run import JobRun
from app.kit.db import Database

# Done: long enough to look back on yesterday's trouble. Dead: until somebody is back from a holiday and has seen it.
KEPT_FOR: Mapping[JobState, timedelta] = {"done": timedelta(days=1), "dead": timedelta(days=30)}
BATCH_SIZE = 2_000  # rows deleted in one transaction


async def sweep(run: JobRun) -> None:
    """Delete jobs that have ended long ago, also of kinds that this version does not know."""
    async with run.database.connection() as connection:
        now = await time_of_database(connection)
    for state, kept in KEPT_FOR.items():
        while await _delete_some(run.database, state, now - kept) == BATCH_SIZE:
            continue


async def _delete_some(database: Database, state: JobState, before: datetime) -> int:
    some = select(JOBS.c.id).where(JOBS.c.state == state, JOBS.c.ended_at < before).limit(BATCH_SIZE)
    async with database.transaction() as session:
        return len((await session.execute(delete(JOBS).where(JOBS.c.id.in_(some)).returning(JOBS.c.id))).all())


SWEEP = JobKind("jobs.sweep", sweep, lane="slow", every=timedelta(hours=1))
