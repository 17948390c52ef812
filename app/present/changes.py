"""Reads the change log for clients: rows after a position, rendered with the present states of their things.

A row is due once its timestamp has passed by our clock. The log's clock may be a little ahead of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import to_json
from sqlalchemy import bindparam, or_, select

from app.changes.models import Change, ChangeLog
from app.changes.noun import NOTHING_SELECTED, Absence, Detail, Lookup, State
from app.changes.pending import Thing
from app.kit import clock
from app.kit.clock import written
from app.kit.db import Connection, Instant
from app.kit.fields import Selection
from app.kit.prepared import Prepared
from app.nouns import NOUNS
from app.present.filters import Filter, ResolvedFilter
from app.present.rows import ChangeRow
from app.present.states import States, present_states
from app.present.tokens import LogState, Token
from app.settings import Settings

SCANNED = 1_000  # most rows filtered for one page
LARGEST = 10_000_000  # bytes: a page of whole states that has so many ends, whatever its limit
WHOLE_AT_ONCE = 25  # whole states that are read before the page is measured
SEARCHED = 10_000  # rows of the log that a page of a bounded first read searches
LOG_STATE = select(ChangeLog.epoch, ChangeLog.head, ChangeLog.floor, ChangeLog.moved, ChangeLog.head_at)
HEAD_AT = select(ChangeLog.head_at).scalar_subquery().label("head_at")
_ROWS_AFTER = select(Change.__table__, HEAD_AT).where(Change.seq > bindparam("seq"))
ROWS_AFTER = Prepared(_ROWS_AFTER.order_by(Change.seq).limit(bindparam("most")), ChangeRow)
# Within a bounded first read: what has changed after the bound, tombstones, and what has come since its start.
_IN_BOUNDS = or_(
    Change.seq > bindparam("first"), Change.at >= bindparam("updated_after", type_=Instant), Change.tombstone
)
_BOUNDED_ROWS = _ROWS_AFTER.where(Change.seq <= bindparam("end"), _IN_BOUNDS)
BOUNDED_ROWS = Prepared(_BOUNDED_ROWS.order_by(Change.seq).limit(bindparam("most")), ChangeRow)
LAST_DUE = select(Change.seq).where(Change.at <= bindparam("now", type_=Instant)).order_by(Change.seq.desc()).limit(1)
NOT_DUE = select(Change.resource, Change.resource_id).where(Change.seq > bindparam("last_due"))
LONGEST_WAIT = 2 * clock.SKEW  # ours may be behind the database's clock, the writer's ahead of it
SHORT_WAIT = timedelta(milliseconds=50)  # rows due so soon are waited for
FILTERED = Absence("filtered")
BY_KIND = {noun.kind: noun for noun in NOUNS}
DERIVED = {noun.kind for noun in NOUNS if noun.is_derived}


@dataclass(frozen=True)
class RenderedChange:
    """One change, as it is sent."""

    seq: int
    type: str
    content: bytes
    """As JSON."""


@dataclass(frozen=True)
class Part:
    """The changes found after a position; `reached` is the new position, `more` whether the log holds more."""

    changes: list[RenderedChange]
    reached: int
    more: bool
    wait: float = 0.0
    """Seconds until the next rows are due: the log's clock is ahead of ours."""


@dataclass(frozen=True)
class DueRows:
    """The rows of the log that are due at `now`."""

    rows: Sequence[ChangeRow]
    now: datetime
    last_due: int | None = None
    """The last row of the log that is due; None where all are."""
    log_at: datetime | None = None
    """The log's clock, where it is ahead of ours."""
    not_due: frozenset[Thing] = frozenset()
    """Things with rows that are not due."""

    @property
    def wait(self) -> float:
        return (self.log_at - self.now).total_seconds() if self.log_at else 0.0


class ChangeFeed:
    """The change log, in the snapshot of one connection."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        now: Callable[[], datetime],
        detail: Detail,
        selections: Mapping[str, Selection] = NOTHING_SELECTED,
    ) -> None:
        """`now` is called after rows are read, so that all of them that were written before are due.

        `selections`: the fields of states that are wanted, by kind of thing.
        """
        self.connection, self.settings, self.now, self.detail = connection, settings, now, detail
        self.selections = selections

    async def log_state(self) -> LogState:
        row = (await self.connection.execute(LOG_STATE)).one()
        return LogState(row.epoch, row.head, row.floor, row.moved, row.head_at)

    async def due_head(self, log_state: LogState) -> int:
        """The last change that is due: where a client begins that wants only what comes from now on.

        Numbers are in commit order, so whatever commits after this snapshot has a greater one.
        """
        now = await self._now_for(log_state.head_at)
        is_ahead = _is_ahead(log_state.head_at, now)
        return min(log_state.head, await self.last_due(now)) if is_ahead else log_state.head

    async def after(self, token: Token, filter: Filter, limit: int, head: int) -> Part:
        """Up to `limit` changes after `token` that match `filter`, of several of one thing the last.

        `head` is the log's head: the new position where nothing more was found.
        """
        resolved = await filter.resolve(self.connection)
        most = limit + 1 if filter == Filter() else SCANNED
        found = await self._rows_after(token, most)
        rows = found.rows
        chosen = [row for row in rows if resolved.concerns(row)][:limit]
        last = chosen[-1] if len(chosen) == limit else rows[-1] if rows else None
        more = last is not None and (len(rows) == most or last is not rows[-1])
        concerned = _last_of_each(chosen, resolved)
        changes, left = await self._rendered(found, concerned, resolved, token)
        if left:
            return Part(changes, left[0].seq - 1, more=True, wait=found.wait)
        end = head if found.last_due is None else max(token.seq, found.last_due)
        if last is not None and more:
            return Part(changes, last.seq, more, found.wait)
        searched = end if token.updated_after is None else min(end, token.seq + SEARCHED)
        return Part(changes, searched, searched < end, found.wait)

    async def _rendered(
        self, found: DueRows, rows: Sequence[ChangeRow], resolved: ResolvedFilter, token: Token
    ) -> tuple[list[RenderedChange], Sequence[ChangeRow]]:
        """These rows as changes, and those that are left for another page: one of `LARGEST` bytes is full."""
        at_once = WHOLE_AT_ONCE if self.detail == "full" else SCANNED
        changes: list[RenderedChange] = []
        while rows and sum(len(change.content) for change in changes) < LARGEST:
            some, rows = rows[:at_once], rows[at_once:]
            changes += rendered_changes(some, await self._states(found, some), resolved, token)
        return changes, rows

    async def rows(self, seq: int, most: int) -> tuple[DueRows, States]:
        """The due rows after a position, unfiltered, and the present states of the things that they name."""
        found = await self._rows_after(Token("", seq, ""), most)
        return found, await self._states(found, found.rows)

    async def _rows_after(self, token: Token, most: int) -> DueRows:
        """The due rows after a position. Rows written by a clock a little ahead of ours are left for later."""
        values: dict[str, object] = {"seq": token.seq, "most": most}
        if token.updated_after is None:
            rows = await ROWS_AFTER.all(self.connection, values)
        else:
            bounds = {"end": token.seq + SEARCHED, "first": token.first, "updated_after": token.updated_after}
            rows = await BOUNDED_ROWS.all(self.connection, values | bounds)
        head_at = rows[0].head_at if rows else None
        now = await self._now_for(head_at)
        if head_at is None or not _is_ahead(head_at, now):
            return DueRows(rows, now)
        last_due = await self.last_due(now)
        not_due = (await self.connection.execute(NOT_DUE, {"last_due": last_due})).all()
        return DueRows(
            [row for row in rows if row.seq <= last_due],
            now,
            last_due,
            head_at,
            frozenset((row.resource, row.resource_id) for row in not_due),
        )

    async def _now_for(self, head_at: datetime | None) -> datetime:
        """Our now; a log that is ahead for a moment is waited for."""
        now = self.now()
        if head_at is not None and now < head_at <= now + SHORT_WAIT:
            await asyncio.sleep((head_at - now).total_seconds())
            now = self.now()
        return now

    async def last_due(self, now: datetime) -> int:
        """The last row that is due, by a clock that is behind the log's."""
        return (await self.connection.execute(LAST_DUE, {"now": now})).scalar_one_or_none() or 0

    async def _states(self, found: DueRows, rows: Sequence[ChangeRow]) -> States:
        """The present states of the things that these rows name, by our clock.

        A derived thing without rows to come is read by the log's clock, for which its row was written. By our clock it
        might differ, as some changes that it follows are not due, and no later row would correct it.
        """
        things = [(row.resource, row.resource_id) for row in rows]
        derived = [one for one in things if found.log_at and one[0] in DERIVED and one not in found.not_due]
        present = await self._states_at(found.now, (one for one in things if one not in derived))
        return present | await self._states_at(found.log_at or found.now, derived)

    async def _states_at(self, moment: datetime, things: Iterable[Thing]) -> States:
        lookup = Lookup(self.connection, self.settings, moment, self.detail, self.selections)
        return await present_states(BY_KIND, lookup, things)


def _is_ahead(head_at: datetime | None, now: datetime) -> bool:
    """Whether the log has rows that are not due. A clock that is further ahead was put back since."""
    return head_at is not None and now < head_at <= now + LONGEST_WAIT


def rendered_changes(
    rows: Iterable[ChangeRow], states: States, resolved: ResolvedFilter, token: Token
) -> list[RenderedChange]:
    """Render these rows with the present states. A first read skips tombstones from before its start, unless it is
    bounded; then it skips what has not changed after the bound."""
    found = []
    for row in rows:
        state = states[row.resource, row.resource_id]
        if isinstance(state, State) and not resolved.passes(state):
            state = FILTERED
        if isinstance(state, State) and not (row.tombstone or resolved.wants_type(row)):
            continue  # of another type, and still in the filter
        if isinstance(state, State) and token.is_outside(row.seq, row.at):
            continue  # it was gone, and came back before the bound
        if isinstance(state, State) or token.tells_tombstone(row.seq):
            found.append(RenderedChange(row.seq, row.type, _rendered(token.epoch, row, state)))
    return found


def _last_of_each(rows: Sequence[ChangeRow], resolved: ResolvedFilter) -> list[ChangeRow]:
    """Keep one row for each thing: the last of a wanted type, else the last."""
    last = {row.resource_id: row.seq for row in sorted(rows, key=resolved.wants_type)}
    return [row for row in rows if last[row.resource_id] == row.seq]


def _rendered(epoch: str, row: ChangeRow, state: State | Absence) -> bytes:
    """The JSON of `ChangeRead`. The state is JSON already and is inserted as it is, not parsed."""
    gone = state if isinstance(state, Absence) else None
    here = state if isinstance(state, State) else None
    head = {
        "change_id": f"{epoch}-{row.seq}",
        "type": row.type,
        "resource": row.resource,
        "id": row.resource_id,
        "article_id": row.article_id,
        "version": here.version if here and here.version is not None else row.version,
        "at": written(row.at),
        "tombstone": gone is not None,
        "reason": gone and gone.reason,
        "withdrawn_at": gone and gone.withdrawn_at and written(gone.withdrawn_at),
        "withdrawn_reason": gone and gone.withdrawn_reason,
    }
    return b'%b,"object":%b}' % (to_json(head)[:-1], (here and here.content) or b"null")
