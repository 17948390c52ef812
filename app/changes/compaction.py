"""Keeping the log short: of each thing that is there the last change stays, of what is gone nothing after a while.

So whoever starts from nothing reads about as many rows as there are things. What is younger than a day stays whole,
for those who want every event. What a consumer has not been given stays as long as the retention lasts, and no longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.kit import clock
from app.kit.db import Database

WHOLE = timedelta(days=1)
AT_ONCE = 2_000  # rows deleted in one transaction


async def compact(database: Database, retention: timedelta, every: timedelta) -> bool:
    """Deletes what nobody needs any more; False where that was done less than `every` ago, by whomever."""
    now = clock.now()
    if not await _is_mine(database, now, now - every):
        return False
    await _raise_floor(database, now - retention)
    await _delete(database, _gone(now - retention))
    await _delete(database, _superseded(now - retention, everywhere=False))
    await _delete(database, _superseded(now - WHOLE, everywhere=True).where(_is_consumed()))
    return True


async def _is_mine(database: Database, now: datetime, before: datetime) -> bool:
    async with database.transaction() as session:
        is_due = or_(ChangeLog.compacted_at <= before, ChangeLog.compacted_at > now)  # the clock was put back
        mine = update(ChangeLog).where(is_due).values(compacted_at=now)
        return (await session.execute(mine.returning(ChangeLog.id))).first() is not None


async def _raise_floor(database: Database, before: datetime) -> None:
    """Whoever has not read what is older than the retention starts again: committed before anything is deleted."""
    async with database.transaction() as session:
        last = (await session.execute(select(func.max(Change.seq)).where(Change.at < before))).scalar_one()
        if last is not None:
            await session.execute(update(ChangeLog).where(ChangeLog.floor < last).values(floor=last))


def _is_consumed() -> ColumnElement[bool]:
    """Whether every consumer was given a change; one that is behind the floor has lost its claim."""
    floor = select(ChangeLog.floor).scalar_subquery()
    behind = exists().where(ConsumerPosition.seq < Change.seq, ConsumerPosition.seq >= floor)
    return ~behind


def _gone(before: datetime) -> Select[Any]:
    return select(Change.seq).where(Change.at < before, Change.tombstone)


def _superseded(before: datetime, *, everywhere: bool) -> Select[Any]:
    """`everywhere`: for every filter; a row that tells a section what left it is not replaced by one that does not."""
    later = aliased(Change)
    same = (later.sections == Change.sections, later.languages == Change.languages) if everywhere else ()
    newer = exists().where(later.resource_id == Change.resource_id, later.seq > Change.seq, *same)
    return select(Change.seq).where(Change.at < before, newer)


async def _delete(database: Database, rows: Select[Any]) -> None:
    deleted = AT_ONCE
    while deleted == AT_ONCE:
        async with database.transaction() as session:
            some = delete(Change).where(Change.seq.in_(rows.limit(AT_ONCE)))
            deleted = len((await session.execute(some.returning(Change.seq))).all())
