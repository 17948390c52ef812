"""Flood buckets in the database: how often something happened in a window of time, over all processes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Instant, Key
from app.kit.sql import insert_for


class Bucket(Base):
    """How often `key` (a digest, never an address) was counted in the window that ends at `ends_at`."""

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


@dataclass(frozen=True)
class Exceeded:
    """A limit that is reached, and the seconds until its window ends."""

    limit: Limit
    wait: int


async def count_in(session: AsyncSession, limits: Iterable[Limit], now: datetime) -> Exceeded | None:
    """Counts one more under every limit. Returns the exceeded one that takes longest to wait for, None when none is.

    Rows are touched in one order, so that two requests never wait for each other in a circle. They stay locked until
    the transaction ends: where the caller refuses and rolls back, nothing was counted.
    """
    waits = [
        await _count(session, limit, now) for limit in sorted(limits, key=lambda limit: (limit.key, limit.seconds))
    ]
    await session.execute(CLEAR, {"before": now - timedelta(hours=1)})
    found = [exceeded for exceeded in waits if exceeded is not None]
    return max(found, key=lambda exceeded: exceeded.wait) if found else None


async def _count(session: AsyncSession, limit: Limit, now: datetime) -> Exceeded | None:
    seconds = int(now.timestamp())
    left = limit.seconds - seconds % limit.seconds
    ends_at = (now + timedelta(seconds=left)).replace(microsecond=0)
    row = {"key": f"{limit.seconds}:{limit.key}", "ends_at": ends_at, "count": 1}
    count = (await session.execute(_one_more(session.get_bind().dialect.name), row)).scalar_one()
    return Exceeded(limit, left) if count > limit.count else None


# Built once: putting a statement together costs more than running it on SQLite.
TABLE: Any = Bucket.__table__
CLEAR = delete(TABLE).where(TABLE.c.ends_at < bindparam("before", type_=Instant))


@lru_cache
def _one_more(dialect: str) -> Any:
    count = TABLE.c["count"]
    first = insert_for(dialect, TABLE)
    return first.on_conflict_do_update(index_elements=["key", "ends_at"], set_={"count": count + 1}).returning(count)
