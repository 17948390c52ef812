"""Writing the log: what an action notes down becomes rows when its transaction ends, in the same transaction.

The log's own row is locked last, and held until the commit. So the order of the numbers is that of the commits, none is
without a row (but where the tree of sections has moved and nobody sees it), and whoever reads up to the head that a
snapshot shows has read everything that snapshot can see; a number drawn from a sequence could come into sight after a
higher one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.commit_signal import CommitSignal
from app.changes.models import Change, ChangeLog
from app.changes.noun import Noun
from app.changes.pending import PendingChange, PendingChanges
from app.kit import clock
from app.kit.db import at_end
from app.kit.prepared import Prepared
from app.kit.sql import database_clock
from app.settings import Settings

CHANNEL = "nashra_changes"  # of PostgreSQL's NOTIFY
AT_ONCE = 500  # rows of one statement
ROW = 1  # the id of the log's own row

# Built once, and of tables: an `update` of a class looks for its objects in the session.
CHANGES: Any = Change.__table__
HEAD: Any = ChangeLog.__table__
CLOCK = select(HEAD.c.head, HEAD.c.head_at, database_clock().label("clock"))
NOW, LOCK = Prepared(CLOCK), Prepared(CLOCK.with_for_update())
APPEND = Prepared(insert(CHANGES))
# The row is named: before a change of rows that it must count, SQLite writes down what words were indexed. That is left
# to the commit, which keeps nobody from being answered.
_MOVE = update(HEAD).where(HEAD.c.id == ROW).values(head=bindparam("last"), head_at=bindparam("now"))
MOVE, MOVE_TREE = Prepared(_MOVE), Prepared(_MOVE.values(moved=bindparam("last")))


class Log:
    """Ends every transaction that changed something for the public."""

    def __init__(self, commit_signal: CommitSignal, nouns: Sequence[Noun], settings: Callable[[], Settings]) -> None:
        self._signal, self._settings = commit_signal, settings
        self._before_change = [noun.before_change for noun in nouns if noun.before_change]
        self._on_change = [noun.on_change for noun in nouns if noun.on_change]
        self._types = {type for noun in nouns for type in noun.events}

    async def write(self, session: AsyncSession) -> None:
        """Writes the rows under the log's lock, and bumps the commit signal once they are committed."""
        pending: PendingChanges | None = session.info.get("pending_changes")
        if pending is None:
            return
        at_end(session, self._signal.bump)
        await session.flush()
        await _notify(session)
        if pending.changes or pending.touched:
            await self._append(session, pending)

    async def _append(self, session: AsyncSession, pending: PendingChanges) -> None:
        for hook in self._before_change:
            await hook(session, pending, self._settings(), clock.now())
        head, now = await _lock(session)
        for hook in self._on_change:
            await hook(session, pending, self._settings(), now)
        self._refuse_unknown_types(pending.changes)
        rows = [_row(head + number, now, change) for number, change in enumerate(pending.changes, start=1)]
        for start in range(0, len(rows), AT_ONCE):
            await APPEND.run(session, *rows[start : start + AT_ONCE])
            await asyncio.sleep(0)  # where many are told, others get their turn
        if rows or pending.moves_tree:  # who has read all must learn of that too: it takes a number for itself
            move = MOVE_TREE if pending.moves_tree else MOVE
            await move.run(session, {"last": head + max(len(rows), 1), "now": now})

    def _refuse_unknown_types(self, changes: Sequence[PendingChange]) -> None:
        """Sync, streams, the OpenAPI document and the documentation know an event type by its noun's record."""
        if unknown := {change.type for change in changes} - self._types:
            raise ValueError(f"add {sorted(unknown)} to the events of its noun, in app/<room>/noun.py")


async def _notify(session: AsyncSession) -> None:
    """Other machines hear of it when it is committed."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_notify(CHANNEL, "")))


async def _lock(session: AsyncSession) -> tuple[int, datetime]:
    """The head, and the moment at which rows are written; nobody else appends until this transaction ends.

    The moment is the log's own. What was just decided by a clock of ours that is a little ahead has come by then, too.
    """
    row = await LOCK.one(session)
    return row.head, _latest(clock.of_database(row.clock), row.head_at, clock.now())


async def log_clock(session: AsyncSession) -> datetime:
    """The log's own clock: the database's, or the moment of the last row where that is a little ahead of it."""
    row = await NOW.one(session)
    return _latest(clock.of_database(row.clock), row.head_at)


def _latest(database: datetime, *moments: datetime | None) -> datetime:
    """What is further ahead of the database's clock than clocks may differ is wrong, or from before it was put back."""
    return max([database, *(one for one in moments if one and one <= database + clock.SKEW)])


def _row(seq: int, now: datetime, change: PendingChange) -> dict[str, Any]:
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
