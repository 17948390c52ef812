"""Claim a background job, renew its lease, end it, or put it back: each is one short transaction of the caller's.

A lease belongs to one run: whatever ends a job names it, so a run whose lease has expired changes nothing any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.changes.models import ChangeLog
from app.jobs.kinds import LONGEST_LEASE, JobKind
from app.jobs.queue import CLOCK, JOBS, time_of_database
from app.jobs.run import Claimed
from app.kit import clock
from app.kit.ids import new_id
from app.masking import masked

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)  # before another attempt
GROWTH = 4  # of that wait with each attempt: eight attempts outlast a failure of two hours
ERROR_BYTES = 2_000
FREE: dict[str, object] = {"lease_id": None, "leased_until": None, "worker": None}


class Due(NamedTuple):
    """A kind with a job that is due."""

    kind: JobKind
    since: datetime


class _Held(NamedTuple):
    """A running job under its row lock."""

    id: str
    kind: str
    key: str | None
    attempts: int


def look_for(kinds: Sequence[JobKind]) -> Select[Any]:
    """The query of `due`: the clock, whether outbound is paused, and the first due time of each kind."""
    paused = select(ChangeLog.outbound_paused_at).limit(1).scalar_subquery()
    waiting = select(func.min(JOBS.c.due_at)).where(JOBS.c.state == "waiting")
    firsts = (waiting.where(JOBS.c.kind == kind.name).scalar_subquery() for kind in kinds)
    return CLOCK.add_columns(paused, *firsts)


async def due(connection: AsyncConnection, look: Select[Any], kinds: Sequence[JobKind]) -> list[Due]:
    """The kinds with a due job. Read only: while nothing is due, no write lock is taken."""
    now, paused_at, *firsts = (await connection.execute(look)).one()
    now = clock.of_database(now)
    found = [Due(kind, first) for kind, first in zip(kinds, firsts, strict=True) if first is not None and first <= now]
    return [one for one in found if not (one.kind.is_outbound and paused_at)]


async def claim(session: AsyncSession, kind: JobKind, worker: str) -> Claimed | None:
    """Take the lease of the first due job of a kind; None where another worker was faster."""
    now = await time_of_database(session)
    first = select(JOBS.c.id).where(JOBS.c.state == "waiting", JOBS.c.kind == kind.name, JOBS.c.due_at <= now)
    first = first.order_by(JOBS.c.due_at, JOBS.c.id).limit(1).with_for_update(skip_locked=True)
    taken = {"state": "running", "attempts": JOBS.c.attempts + 1, "worker": worker}
    lease = {"lease_id": new_id(), "leased_until": now + kind.lease}
    statement = update(JOBS).where(JOBS.c.id == first.scalar_subquery()).values(taken | lease)
    statement = statement.returning(JOBS.c.id, JOBS.c.payload, JOBS.c.attempts, JOBS.c.lease_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Claimed(*row)


async def renew(session: AsyncSession, id: str, lease_id: str, lease: timedelta) -> bool:
    """Extend a lease; False where the run has lost it."""
    until = await time_of_database(session) + lease
    statement = update(JOBS).where(*_held(id, lease_id)).values(leased_until=until)
    return (await session.execute(statement.returning(JOBS.c.id))).first() is not None


async def fail(session: AsyncSession, id: str, lease_id: str, kind: JobKind, error: str) -> None:
    """End a failed attempt: the job waits for another one, with backoff and jitter, or is dead after the last."""
    job = await _locked(session, id, lease_id)
    if job is None:
        return
    now, told = await time_of_database(session), shortened(masked(error))
    if job.attempts < kind.attempts:
        wait = backoff(job.attempts)
        await _put_back(session, job, due_at=now + wait, attempts=job.attempts, last_error=told)
    else:
        dead = {"state": "dead", "ended_at": now, "last_error": told}
        await session.execute(update(JOBS).where(JOBS.c.id == id).values(FREE | dead))


async def give_back(session: AsyncSession, id: str, lease_id: str) -> None:
    """Return a job that is not to blame, since the worker stops: it is due, and the attempt does not count."""
    if (job := await _locked(session, id, lease_id)) is not None:
        await _put_back(session, job, due_at=await time_of_database(session), attempts=job.attempts - 1)


def expired(names: Sequence[str], now: datetime) -> Select[Any]:
    """Running jobs whose lease has expired: their worker was killed, or cannot reach the database."""
    # A lease further ahead than any can be was taken by a clock that was wrong.
    over = or_(JOBS.c.leased_until <= now, JOBS.c.leased_until > now + LONGEST_LEASE + 2 * clock.SKEW)
    running = select(JOBS.c.id, JOBS.c.lease_id, JOBS.c.kind).where(JOBS.c.state == "running", over)
    return running.where(JOBS.c.kind.in_(names))


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: exponential, with jitter, so that what failed together is spread."""
    growth: int = GROWTH ** min(attempts - 1, 8)
    return min(LONGEST_WAIT, FIRST_WAIT * growth) * (0.75 + secrets.randbelow(500) / 1000)


def shortened(text: str) -> str:
    """At most 2 kB of UTF-8, no character cut, none that PostgreSQL refuses."""
    return text.replace("\0", "").encode("utf-8", "replace")[:ERROR_BYTES].decode("utf-8", "ignore")


def _held(id: str, lease_id: str) -> tuple[ColumnElement[bool], ...]:
    return JOBS.c.id == id, JOBS.c.lease_id == lease_id, JOBS.c.state == "running"


async def _locked(session: AsyncSession, id: str, lease_id: str) -> _Held | None:
    """The job under its row lock, if this lease still holds it and no transaction is ending it."""
    held = select(JOBS.c.id, JOBS.c.kind, JOBS.c.key, JOBS.c.attempts).where(*_held(id, lease_id))
    row = (await session.execute(held.with_for_update(skip_locked=True))).one_or_none()
    return None if row is None else _Held(*row)


async def _put_back(session: AsyncSession, job: _Held, **values: object) -> None:
    """Let a job wait again. Where another of its key waits already, that one goes on in its place.

    Another may come between the two statements: the unique index then refuses the second, and the job is put back when
    its lease expires.
    """
    another = select(JOBS.c.id).where(JOBS.c.state == "waiting", JOBS.c.kind == job.kind, JOBS.c.key == job.key)
    found = (await session.execute(another.with_for_update())).scalar_one_or_none() if job.key is not None else None
    if found is not None:
        await session.execute(delete(JOBS).where(JOBS.c.id == job.id))
    waiting = {"state": "waiting", **FREE, **values}
    await session.execute(update(JOBS).where(JOBS.c.id == (found or job.id)).values(waiting))
