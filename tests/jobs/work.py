"""Workers and jobs to test with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit import repository
from app.audit.models import AuditEntry
from app.jobs.kinds import JobKind
from app.jobs.models import Job
from app.jobs.queue import JOBS, enqueue
from app.jobs.run import JobRun
from app.jobs.worker import Worker
from app.kit import clock
from app.kit.db import Database
from app.staff.access import Actor
from tests.newsroom import Newsroom

NOBODY = Actor("01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "a job", frozenset(), None)


def worker(newsroom: Newsroom, *kinds: JobKind) -> Worker:
    return Worker(newsroom.app.state.database, newsroom.settings, kinds)


async def put(newsroom: Newsroom, kind: str, payload: Mapping[str, object] | None = None, **options: Any) -> None:
    async with newsroom.app.state.database.transaction() as session:
        await enqueue(session, kind, dict(payload or {}), **options)


async def jobs(database: Database, **where: object) -> list[Any]:
    """Jobs with these values, oldest first."""
    async with database.connection() as connection:
        statement = select(JOBS).where(*(JOBS.c[name] == value for name, value in where.items()))
        return list((await connection.execute(statement.order_by(Job.id))).all())


async def one(newsroom: Newsroom, **where: object) -> Any:
    (found,) = await jobs(newsroom.app.state.database, **where)
    return found


async def effect(run: JobRun) -> None:
    """The function of a kind: a row of the audit, which is stored exactly once."""
    async with run.finish() as session:
        await effect_in(session, run)


async def effect_in(session: AsyncSession, run: JobRun) -> None:
    await repository.record(session, NOBODY, "job.effect", "job", run.id)


async def effects(database: Database) -> int:
    async with database.connection() as connection:
        rows = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "job.effect")
        return int((await connection.execute(rows)).scalar_one())


def later(seconds: float) -> AbstractContextManager[None]:
    return clock.shifted(timedelta(seconds=seconds))


def failing(error: Exception) -> Callable[[JobRun], Awaitable[None]]:
    async def run(_: JobRun) -> None:
        raise error

    return run
