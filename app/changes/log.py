"""Writes the change log: pending changes become rows at the end of their transaction, and commit with it.

The log's one row is locked last and held until the commit. So sequence numbers are in commit order and gap-free (but
for a number that only moves the tree of sections, or only takes down what the public does not see), and a client that
has read up to the head of its snapshot has read all that the snapshot sees. With a database sequence, a lower number
could become visible after a higher one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.commit_signal import CommitSignal
from app.changes.models import Change, ChangeLog, Takedown
from app.changes.noun import Noun
from app.changes.pending import PendingChange, PendingChanges, PendingTakedown
from app.kit import clock
from app.kit.db import Base, at_end
from app.kit.prepared import Prepared
from app.kit.sql import database_clock
from app.settings import Settings

CHANNEL = "nashra_changes"  # of PostgreSQL's NOTIFY
ROWS_PER_INSERT = 500  # rows of one statement
LOG_ID = 1  # the id of the log's own row

# Built once, from tables: an ORM `update` of a class would search the session for its objects.
CHANGES = Base.metadata.tables[Change.__tablename__]
HEAD = Base.metadata.tables[ChangeLog.__tablename__]
CLOCK = select(HEAD.c.head, HEAD.c.head_at, database_clock().label("clock"))


class ClockRow(NamedTuple):
    """The head of the log, and the two moments that make its clock."""

    head: int
    head_at: datetime | None
    clock: datetime | None


NOW, LOCK = Prepared(CLOCK, ClockRow), Prepared(CLOCK.with_for_update(), ClockRow)
APPEND = Prepared(insert(CHANGES))
# The WHERE names the row: before an UPDATE of possibly many rows SQLite flushes its full-text index. With one
# row named it does so at the commit, which blocks no answer.
_MOVE = update(HEAD).where(HEAD.c.id == LOG_ID).values(head=bindparam("last"), head_at=bindparam("now"))
TAKE_DOWN = Prepared(insert(Base.metadata.tables[Takedown.__tablename__]))
MOVE, MOVE_TREE = Prepared(_MOVE), Prepared(_MOVE.values(moved=bindparam("last")))


class Log:
    """Ends every transaction that changed something for the public."""

    def __init__(self, commit_signal: CommitSignal, nouns: Sequence[Noun], settings: Callable[[], Settings]) -> None:
        self._signal, self._settings = commit_signal, settings
        self._before_change = [noun.before_change for noun in nouns if noun.before_change]
        self._on_change = [noun.on_change for noun in nouns if noun.on_change]
        self._types = {type for noun in nouns for type in noun.events}

    async def write(self, session: AsyncSession) -> None:
        """Write the rows under the log's row lock; bump the commit signal after the commit."""
        pending: PendingChanges | None = session.info.get("pending_changes")
        if pending is None:
            return
        at_end(session, self._signal.bump)
        await session.flush()
        await _notify(session)
        if pending.changes or pending.touched or pending.takedowns or pending.untold:
            await self._append(session, pending)

    async def _append(self, session: AsyncSession, pending: PendingChanges) -> None:
        for hook in self._before_change:
            await hook(session, pending, self._settings(), clock.now())
        head, now = await _lock(session)
        for hook in self._on_change:
            await hook(session, pending, self._settings(), now)
        self._refuse_unknown_types(pending.changes)
        rows = [_row(head + number, now, change) for number, change in enumerate(pending.changes, start=1)]
        for start in range(0, len(rows), ROWS_PER_INSERT):
            await APPEND.run(session, *rows[start : start + ROWS_PER_INSERT])
            await asyncio.sleep(0)  # a large batch must not block the event loop
        last = head + max(len(rows) + pending.untold, 1)
        if pending.takedowns:
            await TAKE_DOWN.run(session, *_takedown_rows(pending.takedowns, last, now))
        # Without rows a move takes a number too: clients at the head must notice it, as must the consumer of takedowns.
        if rows or pending.moves_tree or pending.takedowns or pending.untold:
            move = MOVE_TREE if pending.moves_tree else MOVE
            await move.run(session, {"last": last, "now": now})

    def _refuse_unknown_types(self, changes: Sequence[PendingChange]) -> None:
        """Raise `ValueError` for an event type that no noun lists: sync, streams and OpenAPI go by these lists."""
        if unknown := {change.type for change in changes} - self._types:
            raise ValueError(
                f"add {sorted(unknown)} to the events of its noun (app/<room>/noun.py), which app/nouns.py lists"
            )


async def _notify(session: AsyncSession) -> None:
    """Queue a NOTIFY, sent by PostgreSQL on commit: other machines do not share the commit signal."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_notify(CHANNEL, "")))


async def _lock(session: AsyncSession) -> tuple[int, datetime]:
    """Lock the log's row until the commit; returns the head and the timestamp of the new rows.

    The timestamp is the log's clock, or ours where that is a little ahead, so that what we have just published is due.
    """
    row = await LOCK.one(session)
    return row.head, _latest(clock.of_database(row.clock), row.head_at, clock.now())


async def log_clock(session: AsyncSession) -> datetime:
    """The log's clock: the database's, or the timestamp of the last row where that is a little ahead."""
    row = await NOW.one(session)
    return _latest(clock.of_database(row.clock), row.head_at)


def _latest(database: datetime, *moments: datetime | None) -> datetime:
    """The latest moment within `clock.SKEW` of the database's clock; later ones are wrong, or the clock went back."""
    return max([database, *(one for one in moments if one and one <= database + clock.SKEW)])


def _takedown_rows(takedowns: Sequence[PendingTakedown], seq: int, now: datetime) -> list[dict[str, object]]:
    """The last takedown of each thing, as rows."""
    last = {(one.resource, one.id): one for one in takedowns}
    return [
        {"seq": seq, "at": now, "resource": one.resource, "resource_id": one.id}
        | {"action": one.action, "reason": one.reason}
        for one in last.values()
    ]


def _row(seq: int, now: datetime, change: PendingChange) -> dict[str, object]:
    return {
        "seq": seq,
        "at": now,
        "type": change.type,
        "resource": change.resource,
        "resource_id": change.id,
        "version": change.version,
        "tombstone": change.tombstone,
        "tags": sorted(change.tags),
        "article_id": change.article_id,
        "sections": sorted(change.sections),
        "languages": sorted(change.languages),
        "subjects": sorted(change.subjects),
    }
