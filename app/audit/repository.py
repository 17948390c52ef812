"""Writes and lists audit rows."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.models import AuditEntry
from app.audit.schemas import AuditQuery
from app.kit import clock
from app.kit.db import Base
from app.kit.ids import new_id
from app.kit.paging import Cursors, Key, Slice, take
from app.kit.prepared import Prepared

RECORD = Prepared(insert(Base.metadata.tables[AuditEntry.__tablename__]))


class Actor(Protocol):
    """The member who acts, and the token."""

    @property
    def member_id(self) -> str | None: ...

    @property
    def name(self) -> str: ...

    @property
    def token_id(self) -> str | None: ...


async def record(
    session: AsyncSession, actor: Actor, action: str, resource: str, resource_id: str | None, **details: object
) -> None:
    """Insert the audit row of an `action` (`article.publish`) on a thing. `details` must hold no personal data."""
    entry = {
        "id": new_id(),
        "at": clock.now(),
        "member_id": actor.member_id,
        "member_name": actor.name,
        "token_id": actor.token_id,
        "action": action,
        "resource": resource,
        "resource_id": resource_id,
        "details": details,
    }
    await RECORD.run(session, entry)


async def entries(session: AsyncSession, query: AuditQuery, cursors: Cursors) -> Slice[AuditEntry]:
    """One page of audit rows, newest first."""
    statement = select(AuditEntry)
    if query.member:
        statement = statement.where(AuditEntry.member_id == query.member)
    if query.action:
        statement = statement.where(AuditEntry.action == query.action)
    if query.resource_id:
        statement = statement.where(AuditEntry.resource_id == query.resource_id)
    keys = [Key(AuditEntry.id, descending=True)]
    return await take(session, statement, keys, query, cursors, position=lambda row: [row.id], scalars=True)
