"""What the log has last said of things whose look follows from others. Used under the log's lock only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.models import LastPublished
from app.kit.prepared import Prepared
from app.kit.sql import insert_into

_SAID = select(LastPublished.resource_id, LastPublished.digest, LastPublished.next_at)
_SAID = _SAID.where(LastPublished.resource == bindparam("kind"))
SAID_OF_ALL = Prepared(_SAID)
SAID_OF_SOME = Prepared(_SAID.where(LastPublished.resource_id.in_(bindparam("ids", expanding=True))))


async def last_published(session: AsyncSession, kind: str, ids: Collection[str] | None = None) -> Mapping[str, Any]:
    """What was said of these things, or of all of a kind, by id: `digest`, `next_at`."""
    statement = SAID_OF_ALL if ids is None else SAID_OF_SOME
    rows = await statement.all(session, {"kind": kind, "ids": list(ids or ())})
    return {row.resource_id: row for row in rows}


async def keep_last_published(
    session: AsyncSession, kind: str, id: str, *, digest: str | None, next_at: datetime | None = None
) -> None:
    """Keeps what is said now, and when the thing next changes by the clock alone."""
    said = {"digest": digest, "next_at": next_at}
    statement = insert_into(session, LastPublished).values(resource=kind, resource_id=id, **said)
    await session.execute(statement.on_conflict_do_update(index_elements=["resource", "resource_id"], set_=said))


async def forget_last_published(session: AsyncSession, kind: str, id: str) -> None:
    """Nothing more is said of it."""
    await session.execute(delete(LastPublished).where(LastPublished.resource == kind, LastPublished.resource_id == id))
