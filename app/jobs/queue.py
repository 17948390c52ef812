"""Enqueue a background job in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import WAITING, Job
from app.kit import clock
from app.kit.db import Base, Connection
from app.kit.ids import new_id
from app.kit.sql import database_clock, insert_into

JOBS = Base.metadata.tables[Job.__tablename__]
CLOCK = select(database_clock())


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: dict[str, object],
    *,
    key: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Insert a background job, which exists when the session's transaction commits, and only then.

    With a `key`, at most one job of the kind and key waits: a second one is that one, which is run no later than
    either asked for. A job that is running counts as none: what is asked for now may be what it has read already.
    `payload` is JSON without personal data. Whoever enqueues several keys does so in a fixed order, as with row locks.
    """
    now = await time_of_database(session)
    job = {"id": new_id(), "kind": kind, "key": key, "payload": payload, "state": "waiting"}
    insert = insert_into(session, JOBS).values(job | {"due_at": due_at or now, "attempts": 0, "created_at": now})
    if key is not None:
        # An UPDATE, not DO NOTHING: it locks the waiting job until this transaction commits. A worker could run it
        # before, and would not see what this transaction stores.
        earlier = and_(JOBS.c.attempts == 0, insert.excluded.due_at < JOBS.c.due_at)  # else its backoff holds
        insert = insert.on_conflict_do_update(
            index_elements=[JOBS.c.kind, JOBS.c.key],
            index_where=WAITING,
            set_={"due_at": case((earlier, insert.excluded.due_at), else_=JOBS.c.due_at)},
        )
    await session.execute(insert)


async def time_of_database(connection: Connection) -> datetime:
    """The current time by the database's clock: due times and leases are compared by it on all machines."""
    return clock.of_database((await connection.execute(CLOCK)).scalar_one())
