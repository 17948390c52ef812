"""Reads the change log: rows behind a place, as entries with the present state of what they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Row, bindparam, select

from app.changes.models import Change, ChangeLog
from app.kit import clock
from app.kit.clock import written
from app.kit.db import Reader
from app.settings import Settings
from app.sync.filters import Filter, Sieve
from app.sync.states import Absence, Present, State, States
from app.sync.tokens import Standing, Token

SCANNED = 1_000  # rows looked through for one page
STANDING = select(ChangeLog.epoch, ChangeLog.head, ChangeLog.floor, ChangeLog.moved)
BEHIND = select(Change.__table__).where(Change.seq > bindparam("seq")).order_by(Change.seq).limit(bindparam("most"))
FILTERED = Absence("filtered")


@dataclass(frozen=True)
class Entry:
    """One change, ready to be sent."""

    seq: int
    type: str
    content: bytes
    """As JSON."""


@dataclass(frozen=True)
class Part:
    """What was found behind a place: entries, how far was read, and whether there is more by now."""

    entries: list[Entry]
    reached: int
    more: bool
    is_held: bool = False
    """What comes next was told by a clock that is ahead of ours, and waits."""


class ChangeFeed:
    """The log, in the snapshot of one reader."""

    def __init__(self, reader: Reader, settings: Settings, now: Callable[[], datetime], detail: str) -> None:
        """`now` is asked once, when rows have been read: what was told before has come by then."""
        self.reader, self.now = reader, now
        self.states = States(reader, settings, clock.now(), detail)

    async def standing(self) -> Standing:
        row = (await self.reader.execute(STANDING)).one()
        return Standing(row.epoch, row.head, row.floor, row.moved)

    async def behind(self, token: Token, filter: Filter, limit: int, head: int) -> Part:
        """Up to `limit` entries behind `token` that concern `filter`; of several changes of one thing the last.

        `head` is where the log stands: that far was read where nothing more was found.
        """
        sieve = await filter.prepared(self.reader)
        most = limit + 1 if filter == Filter() else SCANNED
        rows, is_held = await self._behind(token.seq, most)
        chosen = [row for row in rows if sieve.concerns(row)][:limit]
        last = chosen[-1] if len(chosen) == limit else rows[-1] if rows else None
        more = last is not None and (len(rows) == most or last is not rows[-1])
        concerned = _last_of_each(chosen, sieve)
        states = await self.states.of((row.resource, row.resource_id) for row in concerned)
        entries = entries_of(concerned, states, sieve, token)
        end = head if not is_held else rows[-1].seq if rows else token.seq
        return Part(entries, last.seq if last is not None and more else end, more, is_held)

    async def _behind(self, seq: int, most: int) -> tuple[Sequence[Row[Any]], bool]:
        """The rows behind a place, and whether others must wait.

        What a clock that is a little ahead of ours has told of is not there yet by ours: it is told when it is.
        """
        rows = (await self.reader.execute(BEHIND, {"seq": seq, "most": most})).all()
        now = self.states.now = self.now()
        for number, row in enumerate(rows):
            if now < row.at <= now + clock.SKEW:
                return rows[:number], True
        return rows, False

    async def rows(self, seq: int, most: int) -> tuple[Sequence[Row[Any]], Present, bool]:
        """The rows behind a place, whomever they concern, the present states of what they name, and whether others
        must wait."""
        rows, is_held = await self._behind(seq, most)
        return rows, await self.states.of((row.resource, row.resource_id) for row in rows), is_held


def entries_of(rows: Iterable[Row[Any]], states: Present, sieve: Sieve, token: Token) -> list[Entry]:
    """These rows with the present states. Who reads for the first time can have nothing of what went before that."""
    found = []
    for row in rows:
        state = states[row.resource, row.resource_id]
        if isinstance(state, State) and not sieve.passes(state):
            state = FILTERED
        if isinstance(state, State) and not (row.tombstone or sieve.asks_for(row)):
            continue  # it might have left the filter, and has not
        if isinstance(state, State) or token.first is None or row.seq > token.first:
            found.append(Entry(row.seq, row.type, _entry(token.epoch, row, state)))
    return found


def _last_of_each(rows: Sequence[Row[Any]], sieve: Sieve) -> list[Row[Any]]:
    """Of the rows of one thing the last that was asked for; where none was, the last."""
    last = {row.resource_id: row.seq for row in sorted(rows, key=sieve.asks_for)}
    return [row for row in rows if last[row.resource_id] == row.seq]


def _entry(epoch: str, row: Row[Any], state: State | Absence) -> bytes:
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
