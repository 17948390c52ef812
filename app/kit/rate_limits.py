"""Rate limits in the database: how often something happened in any window of time, over all processes.

A limit of `count` in `seconds` holds in every window of that length, wherever it begins. Time is cut into sub-windows,
a tenth of the window each; of each key the counts of the present sub-window and of the ten before are kept, and all
eleven count. So a window may be up to a tenth longer than it says, and never shorter.

The time is each host's own. One whose clock is behind counts in the sub-window that was the present one last, so limits
hold between hosts that are out of step. A row that is more than `AHEAD` sub-windows ahead was counted by a clock that
was wrong: it starts anew, or it would lock its sender out until that time comes.

`CountedWindows.counts` holds them as text, the present one first, each as ten digits. In this form one statement, alike
on both databases, moves them on and adds to them, for all limits of a request; the row lock of the upsert sees to it
that what is counted at once is counted one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, case, cast, delete, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Key
from app.kit.sql import insert_for

PARTS = 10  # sub-windows of a window
DIGITS = 10  # of each count
NOTHING = "0" * DIGITS
AHEAD = 10 * PARTS  # ten windows
CLEARED_AT_ONCE = 100


class CountedWindows(Base):
    """How often `key` (a digest, never an address) was counted lately."""

    __tablename__ = "counted_windows"

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    part: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))  # number of the present sub-window
    counts: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Bucket(Base):
    """Not used any more; an older version, which may still be running, counts fixed windows here."""

    __tablename__ = "flood_buckets"

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer)


@dataclass(frozen=True)
class Limit:
    """At most `count` in `seconds` for `key`."""

    key: str
    count: int
    seconds: int

    @property
    def row_key(self) -> str:
        return f"{self.seconds}:{self.key}"

    def part(self, moment: datetime) -> int:
        """Number of the sub-window that a moment is in."""
        return int(moment.timestamp() * 1000) * PARTS // (self.seconds * 1000)


@dataclass(frozen=True)
class Exceeded:
    """A limit that is reached, and the seconds until something counts again."""

    limit: Limit
    wait: int


async def count_in(session: AsyncSession, limits: Iterable[Limit], now: datetime) -> Exceeded | None:
    """Counts one more under every limit. Returns the exceeded one that takes longest to wait for, None when none is.

    The rows are locked in one order, so that two requests never wait for each other in a circle, and until the
    transaction ends: where the caller refuses and rolls back, nothing was counted.
    """
    by_key = {limit.row_key: limit for limit in sorted(limits, key=lambda limit: limit.row_key)}
    rows = [_first(limit, now) for limit in by_key.values()]
    statement = _one_more(session.get_bind().dialect.name).values(rows)
    counted = (await session.execute(statement.returning(TABLE.c.key, TABLE.c.part, TABLE.c.counts))).all()
    if any(counts == _first_counts() for _, _, counts in counted):  # now and then: somebody is here for the first time
        await _clear(session, now)
    found = [exceeded for key, part, counts in counted if (exceeded := _exceeded(by_key[key], part, counts, now))]
    return max(found, key=lambda exceeded: exceeded.wait) if found else None


def _first_counts() -> str:
    return f"{1:0{DIGITS}}" + NOTHING * PARTS


def _first(limit: Limit, now: datetime) -> dict[str, Any]:
    expires = now + timedelta(seconds=2 * limit.seconds)
    return {"key": limit.row_key, "part": limit.part(now), "counts": _first_counts(), "expires_at": expires}


def _exceeded(limit: Limit, part: int, counts: str, now: datetime) -> Exceeded | None:
    """Whether more than the limit was counted; it is waited until enough sub-windows have left the window.

    The one that is too many is among `counts`, and is taken back with the transaction.
    """
    parts = [int(counts[start : start + DIGITS]) for start in range(0, len(counts), DIGITS)]
    if sum(parts) <= limit.count:
        return None
    left = sum(parts)
    for age in reversed(range(len(parts))):  # the oldest leaves first
        left -= parts[age]
        if left <= limit.count:
            ends = (part - age + PARTS + 1) * limit.seconds / PARTS
            return Exceeded(limit, max(1, ceil(ends - now.timestamp())))
    return Exceeded(limit, limit.seconds)


async def _clear(session: AsyncSession, now: datetime) -> None:
    """Rows that count for nothing any more; those that others have locked are left to the next time."""
    old = select(TABLE.c.key).where(TABLE.c.expires_at < now).limit(CLEARED_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(TABLE).where(TABLE.c.key.in_(old)))


TABLE: Any = CountedWindows.__table__


@lru_cache
def _one_more(dialect: str) -> Any:
    """Inserts what is counted for the first time; else moves the counts on to the present sub-window and adds one."""
    first = insert_for(dialect, TABLE)
    counts, passed = TABLE.c.counts, first.excluded.part - TABLE.c.part
    ahead = case((or_(passed > PARTS, passed < -AHEAD), PARTS + 1), else_=cast(passed, Integer))
    zeros = literal_column(f"'{NOTHING * (PARTS + 1)}'", Text)
    moved = case(
        (ahead <= 0, counts),
        (ahead > PARTS, zeros),
        else_=func.substr(zeros, 1, ahead * DIGITS).concat(func.substr(counts, 1, (PARTS + 1 - ahead) * DIGITS)),
    )
    present = cast(cast(func.substr(moved, 1, DIGITS), BigInteger) + 1, Text)
    padded = func.substr(literal_column(f"'{NOTHING}'", Text).concat(present), func.length(present) + 1, DIGITS)
    changed = {
        "counts": padded.concat(func.substr(moved, DIGITS + 1)),
        "part": case((ahead > 0, first.excluded.part), else_=TABLE.c.part),
        "expires_at": first.excluded.expires_at,
    }
    return first.on_conflict_do_update(index_elements=["key"], set_=changed)
