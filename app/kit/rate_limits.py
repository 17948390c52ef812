"""Rate limits in the database, shared by all processes: sliding windows.

A limit of `count` in `seconds` holds in every window of that length, wherever it begins. Time is divided into
sub-windows of a tenth of the window; a row holds the counts of the present sub-window and of the ten before, and all
eleven count. So a window may be up to a tenth longer than `seconds`, and never shorter.

Each host uses its own clock. A host whose clock is behind counts in the row's latest sub-window, so limits hold in
spite of clock skew. A row more than `AHEAD` sub-windows ahead comes from a wrong clock: it is reset, or it would lock
its sender out until that time.

`CountedWindows.counts` is text, the present sub-window first, ten digits each. So one upsert, the same on both
databases, shifts and increments the counts for all limits of a request; its row locks serialise concurrent requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil

from sqlalchemy import BigInteger, Integer, Text, case, cast, delete, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import Insert
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
    """The recent counts of `key` (a digest, never an address)."""

    __tablename__ = "counted_windows"

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    part: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))  # number of the present sub-window
    counts: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Bucket(Base):
    """Unused; kept for an older version that may still run, and counts fixed windows here."""

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
        """The number of the sub-window of a moment."""
        return int(moment.timestamp() * 1000) * PARTS // (self.seconds * 1000)


@dataclass(frozen=True)
class Exceeded:
    """An exceeded limit, and the seconds until a retry can succeed."""

    limit: Limit
    wait: int


async def count_in(session: AsyncSession, limits: Iterable[Limit], now: datetime) -> Exceeded | None:
    """Increment every limit. Returns the exceeded limit with the longest wait, or None.

    The rows are locked in one order, to avoid deadlocks, until the transaction ends: a rollback by the caller also
    undoes the counting.
    """
    by_key = {limit.row_key: limit for limit in sorted(limits, key=lambda limit: limit.row_key)}
    rows = [_first(limit, now) for limit in by_key.values()]
    statement = _one_more(session.get_bind().dialect.name).values(rows)
    counted = (await session.execute(statement.returning(TABLE.c.key, TABLE.c.part, TABLE.c.counts))).all()
    if any(counts == _first_counts() for _, _, counts in counted):  # rarely enough: on the first request of a sender
        await _clear(session, now)
    found = [exceeded for key, part, counts in counted if (exceeded := _exceeded(by_key[key], part, counts, now))]
    return max(found, key=lambda exceeded: exceeded.wait) if found else None


def _first_counts() -> str:
    return f"{1:0{DIGITS}}" + NOTHING * PARTS


def _first(limit: Limit, now: datetime) -> dict[str, object]:
    expires = now + timedelta(seconds=2 * limit.seconds)
    return {"key": limit.row_key, "part": limit.part(now), "counts": _first_counts(), "expires_at": expires}


def _exceeded(limit: Limit, part: int, counts: str, now: datetime) -> Exceeded | None:
    """The exceeded limit, or None; its wait lasts until enough sub-windows have left the window.

    `counts` includes the present request, which the caller's rollback removes.
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
    """Delete expired rows, except locked ones."""
    old = select(TABLE.c.key).where(TABLE.c.expires_at < now).limit(CLEARED_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(TABLE).where(TABLE.c.key.in_(old)))


TABLE = Base.metadata.tables[CountedWindows.__tablename__]


@lru_cache
def _one_more(dialect: str) -> Insert:
    """The upsert: inserts a row, or shifts its counts to the present sub-window and adds one."""
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
