"""Reads the change log: rows behind a place, as entries with the present state of what they name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Row, bindparam, select

from app.changes.models import Change, ChangeLog
from app.changes.noun import Absence, Detail, Lookup, State
from app.changes.pending import Thing
from app.kit import clock
from app.kit.clock import written
from app.kit.db import Connection, Instant
from app.nouns import NOUNS
from app.present.filters import Filter, Sieve
from app.present.states import States, present_states
from app.present.tokens import Standing, Token
from app.settings import Settings

SCANNED = 1_000  # rows looked through for one page
STANDING = select(ChangeLog.epoch, ChangeLog.head, ChangeLog.floor, ChangeLog.moved)
HEAD_AT = select(ChangeLog.head_at).scalar_subquery().label("head_at")
BEHIND = select(Change.__table__, HEAD_AT).where(Change.seq > bindparam("seq"))
BEHIND = BEHIND.order_by(Change.seq).limit(bindparam("most"))
COME = select(Change.seq).where(Change.at <= bindparam("now", type_=Instant)).order_by(Change.seq.desc()).limit(1)
COMING = select(Change.resource, Change.resource_id).where(Change.seq > bindparam("come"))
HELD = 2 * clock.SKEW  # a clock that may be behind the database's, and one that may be ahead of it
AWAITED = timedelta(milliseconds=50)  # what comes as soon as this is waited for
FILTERED = Absence("filtered")
BY_KIND = {noun.kind: noun for noun in NOUNS}
DERIVED = {noun.kind for noun in NOUNS if noun.is_derived}


@dataclass(frozen=True)
class RenderedChange:
    """One change, ready to be sent."""

    seq: int
    type: str
    content: bytes
    """As JSON."""


@dataclass(frozen=True)
class Part:
    """What was found behind a place: entries, how far was read, and whether there is more by now."""

    changes: list[RenderedChange]
    reached: int
    more: bool
    wait: float = 0.0
    """Seconds until what comes next has come by our clock: it was told by one that is ahead."""


@dataclass(frozen=True)
class Found:
    """Rows of the log that have come by our clock, which says `now`."""

    rows: Sequence[Row[Any]]
    now: datetime
    come: int | None = None
    """The last row of the log that has come; None where all have."""
    log_at: datetime | None = None
    """The log's clock, where it is ahead of ours."""
    coming: frozenset[Thing] = frozenset()
    """What has rows that have not come."""

    @property
    def wait(self) -> float:
        return (self.log_at - self.now).total_seconds() if self.log_at else 0.0


class ChangeFeed:
    """The log, in the snapshot of one reader."""

    def __init__(self, connection: Connection, settings: Settings, now: Callable[[], datetime], detail: Detail) -> None:
        """`now` is asked when rows have been read: what was told before has come by then."""
        self.connection, self.settings, self.now, self.detail = connection, settings, now, detail

    async def standing(self) -> Standing:
        row = (await self.connection.execute(STANDING)).one()
        return Standing(row.epoch, row.head, row.floor, row.moved)

    async def behind(self, token: Token, filter: Filter, limit: int, head: int) -> Part:
        """Up to `limit` entries behind `token` that concern `filter`; of several changes of one thing the last.

        `head` is where the log stands: that far was read where nothing more was found.
        """
        sieve = await filter.prepared(self.connection)
        most = limit + 1 if filter == Filter() else SCANNED
        found = await self._behind(token.seq, most)
        rows = found.rows
        chosen = [row for row in rows if sieve.concerns(row)][:limit]
        last = chosen[-1] if len(chosen) == limit else rows[-1] if rows else None
        more = last is not None and (len(rows) == most or last is not rows[-1])
        concerned = _last_of_each(chosen, sieve)
        changes = rendered_changes(concerned, await self._states(found, concerned), sieve, token)
        end = head if found.come is None else max(token.seq, found.come)
        return Part(changes, last.seq if last is not None and more else end, more, found.wait)

    async def rows(self, seq: int, most: int) -> tuple[Found, States]:
        """The rows behind a place, whomever they concern, and the present states of what they name."""
        found = await self._behind(seq, most)
        return found, await self._states(found, found.rows)

    async def _behind(self, seq: int, most: int) -> Found:
        """The rows behind a place that have come by our clock.

        What was told by a clock that is a little ahead of ours is not there yet by ours: it is told when it is.
        """
        rows = (await self.connection.execute(BEHIND, {"seq": seq, "most": most})).all()
        now, head_at = self.now(), rows[0].head_at if rows else None
        if head_at is not None and now < head_at <= now + AWAITED:
            await asyncio.sleep((head_at - now).total_seconds())
            now = self.now()
        if head_at is None or not now < head_at <= now + HELD:
            return Found(rows, now)
        come = await self.come(now)
        coming = (await self.connection.execute(COMING, {"come": come})).all()
        return Found(
            [row for row in rows if row.seq <= come],
            now,
            come,
            head_at,
            frozenset((row.resource, row.resource_id) for row in coming),
        )

    async def come(self, now: datetime) -> int:
        """The last row that has come by a clock that is behind the log's."""
        return (await self.connection.execute(COME, {"now": now})).scalar_one_or_none() or 0

    async def _states(self, found: Found, rows: Sequence[Row[Any]]) -> States:
        """The present states of what these rows name, by our clock.

        What follows from other things, and has no row to come, is by the log's clock what it was when it was told. By
        ours it may be something else, since what was changed has come already in part; and nobody would tell it again.
        """
        things = [(row.resource, row.resource_id) for row in rows]
        as_told = [one for one in things if found.log_at and one[0] in DERIVED and one not in found.coming]
        present = await self._states_at(found.now, (one for one in things if one not in as_told))
        return present | await self._states_at(found.log_at or found.now, as_told)

    async def _states_at(self, moment: datetime, things: Iterable[Thing]) -> States:
        lookup = Lookup(self.connection, self.settings, moment, self.detail)
        return await present_states(BY_KIND, lookup, things)


def rendered_changes(rows: Iterable[Row[Any]], states: States, sieve: Sieve, token: Token) -> list[RenderedChange]:
    """These rows with the present states. Who reads for the first time can have nothing of what went before that."""
    found = []
    for row in rows:
        state = states[row.resource, row.resource_id]
        if isinstance(state, State) and not sieve.passes(state):
            state = FILTERED
        if isinstance(state, State) and not (row.tombstone or sieve.asks_for(row)):
            continue  # it might have left the filter, and has not
        if isinstance(state, State) or token.first is None or row.seq > token.first:
            found.append(RenderedChange(row.seq, row.type, _rendered(token.epoch, row, state)))
    return found


def _last_of_each(rows: Sequence[Row[Any]], sieve: Sieve) -> list[Row[Any]]:
    """Of the rows of one thing the last that was asked for; where none was, the last."""
    last = {row.resource_id: row.seq for row in sorted(rows, key=sieve.asks_for)}
    return [row for row in rows if last[row.resource_id] == row.seq]


def _rendered(epoch: str, row: Row[Any], state: State | Absence) -> bytes:
    """The JSON of `ChangeRead`. The state is JSON already: it is put in, not read again."""
    gone = state if isinstance(state, Absence) else None
    here = state if isinstance(state, State) else None
    head = {
        "change_id": f"{epoch}-{row.seq}",
        "type": row.type,
        "resource": row.resource,
        "id": row.resource_id,
        "version": here.version if here and here.version is not None else row.version,
        "at": written(row.at),
        "tombstone": gone is not None,
        "reason": gone and gone.reason,
        "withdrawn_at": gone and gone.withdrawn_at and written(gone.withdrawn_at),
        "withdrawn_reason": gone and gone.withdrawn_reason,
    }
    return to_json(head)[:-1] + b',"object":' + ((here and here.content) or b"null") + b"}"
