"""Deletes old previews: a periodic background job."""

from __future__ import annotations

from datetime import timedelta

from app.jobs.kinds import JobKind
from app.jobs.queue import time_of_database
from app.jobs.run import JobRun
from app.previews.repository import delete_expired

KEPT_FOR = timedelta(days=30)  # after its end: the desk sees who showed what to somebody


async def sweep(run: JobRun) -> None:
    """Delete previews that expired long ago."""
    async with run.database.connection() as connection:
        now = await time_of_database(connection)
    await delete_expired(run.database, now - KEPT_FOR)


SWEEP = JobKind("previews.sweep", sweep, lane="slow", every=timedelta(days=1))
