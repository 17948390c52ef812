"""The last published digest of derived things (terms, tickers). Read and written under the log's row lock only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.models import LastPublished
from app.kit.prepared import Prepared
from app.kit.sql import insert_into

_PUBLISHED = select(LastPublished.resource_id, LastPublished.digest, LastPublished.next_at)
_PUBLISHED = _PUBLISHED.where(LastPublished.resource == bindparam("kind"))


class PublishedRow(NamedTuple):
    """The last published digest of one thing."""

    resource_id: str
    digest: str | None
    next_at: datetime | None
    """When the clock alone next changes the thing."""


ALL_OF_KIND = Prepared(_PUBLISHED, PublishedRow)
SOME_OF_KIND = Prepared(_PUBLISHED.where(LastPublished.resource_id.in_(bindparam("ids", expanding=True))), PublishedRow)


async def last_published(
    session: AsyncSession, kind: str, ids: Collection[str] | None = None
) -> Mapping[str, PublishedRow]:
    """The stored rows of these things, or of all of a kind, by id."""
    statement = ALL_OF_KIND if ids is None else SOME_OF_KIND
    rows = await statement.all(session, {"kind": kind, "ids": list(ids or ())})
    return {row.resource_id: row for row in rows}


async def keep_last_published(
    session: AsyncSession, kind: str, id: str, *, digest: str | None, next_at: datetime | None = None
) -> None:
    """Upsert the digest, and the moment at which the clock alone next changes the thing."""
    values = {"digest": digest, "next_at": next_at}
    statement = insert_into(session, LastPublished).values(resource=kind, resource_id=id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["resource", "resource_id"], set_=values))


async def forget_last_published(session: AsyncSession, kind: str, id: str) -> None:
    """Delete the row of a thing that is not public any more."""
    await session.execute(delete(LastPublished).where(LastPublished.resource == kind, LastPublished.resource_id == id))
