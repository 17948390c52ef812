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

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock
from app.kit.backup_rule import NOT_KEPT
from app.kit.db import Base, Connection, Instant, Key, dialect_of
from app.kit.prepared import Prepared
from app.kit.sql import database_clock, insert_for

PARTS = 10  # sub-windows of a window
DIGITS = 10  # of each count
NOTHING = "0" * DIGITS
AHEAD = 10 * PARTS  # ten windows
LEFT = timedelta(hours=1)  # after which an expired row is cleared
CLEARED_AT_ONCE = 500


class CountedWindows(Base):
    """The recent counts of `key` (a digest, never an address)."""

    __tablename__ = "counted_windows"
    backup = NOT_KEPT

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    part: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))  # number of the present sub-window
    counts: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Bucket(Base):
    """Unused; kept for an older version that may still run, and counts fixed windows here."""

    __tablename__ = "flood_buckets"
    backup = NOT_KEPT

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
    values: dict[str, object] = {}
    for number, (key, limit) in enumerate(by_key.items()):
        expires = now + timedelta(seconds=2 * limit.seconds)
        values |= {f"key{number}": key, f"part{number}": limit.part(now), f"expires{number}": expires}
    counted = await _one_more(dialect_of(session), len(by_key)).all(session, values)
    found = [exceeded for key, part, counts in counted if (exceeded := _exceeded(by_key[key], part, counts, now))]
    return max(found, key=lambda exceeded: exceeded.wait) if found else None


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


TABLE = Base.metadata.tables[CountedWindows.__tablename__]
BEFORE = bindparam("before", type_=Instant)
OLDEST = Prepared(select(func.min(TABLE.c.expires_at).label("expires_at"), database_clock().label("clock")))
EXPIRED = select(TABLE.c.key).where(TABLE.c.expires_at < BEFORE).order_by(TABLE.c.expires_at).limit(CLEARED_AT_ONCE)
CLEAR = Prepared(delete(TABLE).where(TABLE.c.key.in_(EXPIRED.with_for_update(skip_locked=True))))


async def has_expired(connection: Connection) -> bool:
    """Whether a row expired `LEFT` ago: then all expired ones are cleared, in one go once in a while."""
    row = await OLDEST.one(connection)
    return row.expires_at is not None and row.expires_at < clock.of_database(row.clock) - LEFT


async def clear_expired(session: AsyncSession, now: datetime) -> None:
    """Delete expired rows, except locked ones, up to `CLEARED_AT_ONCE`."""
    await CLEAR.run(session, {"before": now})


@lru_cache
def _one_more(dialect: str, count: int) -> Prepared:
    """The upsert of `count` rows: inserts a row, or shifts its counts to the present sub-window and adds one.

    Not `VALUES`: SQLAlchemy compiles a statement with several rows of them anew each time.
    """
    rows = union_all(*(_first(number) for number in range(count)))
    first = insert_for(dialect, TABLE).from_select(["key", "part", "counts", "expires_at"], rows)
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
    upsert = first.on_conflict_do_update(index_elements=["key"], set_=changed)
    return Prepared(upsert.returning(TABLE.c.key, TABLE.c.part, TABLE.c.counts))


def _first(number: int) -> Select[str, int, str, datetime]:
    return select(
        bindparam(f"key{number}", type_=TABLE.c.key.type),
        bindparam(f"part{number}", type_=TABLE.c.part.type),
        literal_column(f"'{1:0{DIGITS}}{NOTHING * PARTS}'", Text),
        bindparam(f"expires{number}", type_=Instant),
    )
