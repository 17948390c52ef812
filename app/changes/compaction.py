"""Compaction of the log: keep the last change of each present thing, delete tombstones after the retention.

So a client that starts from nothing reads about one row for each thing. Rows younger than a day are all kept, for
clients that want every event. Rows that a consumer has not been given are kept as long as the retention, no longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.changes.takedowns import TakedownsFile
from app.kit import clock
from app.kit.db import Database

KEPT_WHOLE = timedelta(days=1)
BATCH_SIZE = 2_000  # rows deleted in one transaction


async def compact(database: Database, retention: timedelta, every: timedelta) -> bool:
    """Delete rows that nobody needs; returns False where any process did so less than `every` ago."""
    now = clock.now()
    if not await _claim_turn(database, now, now - every):
        return False
    await _raise_floor(database, now - retention)
    await _delete(database, _old_tombstones(now - retention))
    await _delete(database, _superseded(now - retention, same_filters=False))
    await _delete(database, _superseded(now - KEPT_WHOLE, same_filters=True).where(_is_consumed()))
    return True


async def _claim_turn(database: Database, now: datetime, before: datetime) -> bool:
    async with database.transaction() as session:
        is_due = or_(ChangeLog.compacted_at <= before, ChangeLog.compacted_at > now)  # the clock went back
        claim = update(ChangeLog).where(is_due).values(compacted_at=now)
        return (await session.execute(claim.returning(ChangeLog.id))).first() is not None


async def _raise_floor(database: Database, before: datetime) -> None:
    """Raise the floor of valid tokens; committed before rows are deleted, so that no client misses one."""
    async with database.transaction() as session:
        last = (await session.execute(select(func.max(Change.seq)).where(Change.at < before))).scalar_one()
        if last is not None:
            await session.execute(update(ChangeLog).where(ChangeLog.floor < last).values(floor=last))


def _is_consumed() -> ColumnElement[bool]:
    """Whether every consumer was given a change; a consumer below the floor does not count.

    Nor does the one of takedowns: it reads its own table, and moves its position in large steps.
    """
    floor = select(ChangeLog.floor).scalar_subquery()
    behind = exists().where(ConsumerPosition.seq < Change.seq, ConsumerPosition.seq >= floor)
    behind = behind.where(ConsumerPosition.name != TakedownsFile.name)
    return ~behind


def _old_tombstones(before: datetime) -> Select[int]:
    return select(Change.seq).where(Change.at < before, Change.tombstone)


def _superseded(before: datetime, *, same_filters: bool) -> Select[int]:
    """Rows older than `before` with a later row of the same thing.

    `same_filters`: only where sections, languages and subjects are alike; else a section would miss the row of what has
    left it.
    """
    later = aliased(Change)
    filters = (Change.sections, Change.languages, Change.subjects)
    same = [getattr(later, column.key) == column for column in filters] if same_filters else []
    newer = exists().where(later.resource_id == Change.resource_id, later.seq > Change.seq, *same)
    return select(Change.seq).where(Change.at < before, newer)


async def _delete(database: Database, rows: Select[int]) -> None:
    deleted = BATCH_SIZE
    while deleted == BATCH_SIZE:
        async with database.transaction() as session:
            some = delete(Change).where(Change.seq.in_(rows.limit(BATCH_SIZE)))
            deleted = len((await session.execute(some.returning(Change.seq))).all())
