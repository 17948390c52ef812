"""Queries on jobs: the desk's list, and counts for metrics and `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.jobs.models import STATES, Job
from app.jobs.queue import JOBS, time_of_database
from app.jobs.schemas import JobQuery
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, Slice, take


async def jobs(session: AsyncSession, query: JobQuery, cursors: Cursors) -> Slice[Job]:
    """One page of jobs, newest first."""
    statement = select(Job)
    if query.state:
        statement = statement.where(Job.state == query.state)
    if query.kind:
        statement = statement.where(Job.kind == query.kind)
    keys = [Key(Job.id, descending=True)]
    return await take(session, statement, keys, query, cursors, position=lambda row: [row.id], scalars=True)


async def job_to_change(session: AsyncSession, id: str) -> Job:
    """A job under its row lock. Raises `NotFound`."""
    known = as_id(id)
    job = await session.get(Job, known, with_for_update=True) if known is not None else None
    if job is None:
        raise NotFound()
    return job


async def waiting_twin(session: AsyncSession, job: Job) -> str | None:
    """The id of another job of this kind and key that waits."""
    if job.key is None:
        return None
    twin = select(Job.id).where(Job.state == "waiting", Job.kind == job.kind, Job.key == job.key, Job.id != job.id)
    return (await session.execute(twin)).scalar_one_or_none()


class DueJobs(NamedTuple):
    """Jobs of one kind that are due and that nobody has begun."""

    kind: str
    number: int
    oldest_at: datetime


@dataclass(frozen=True)
class JobCounts:
    """How the queue stands."""

    now: datetime
    due: list[DueJobs]
    by_state: Mapping[str, int]
    failing: int
    """Jobs that wait for another attempt."""
    last_ended_at: datetime | None


async def counts(connection: AsyncConnection) -> JobCounts:
    """Count jobs. Those that are done are swept after a day, so that there are never many rows."""
    now = await time_of_database(connection)
    due = select(JOBS.c.kind, func.count(), func.min(JOBS.c.due_at)).group_by(JOBS.c.kind)
    rows = (await connection.execute(due.where(JOBS.c.state == "waiting", JOBS.c.due_at <= now))).all()
    states = (await connection.execute(select(JOBS.c.state, func.count().label("number")).group_by(JOBS.c.state))).all()
    by_state: dict[str, int] = {**dict.fromkeys(STATES, 0), **{row.state: row.number for row in states}}
    failing = select(func.count()).where(and_(JOBS.c.state == "waiting", JOBS.c.attempts > 0))
    rest = (await connection.execute(select(failing.scalar_subquery(), func.max(JOBS.c.ended_at)))).one()
    return JobCounts(now, [DueJobs(*row) for row in rows], by_state, *rest)
