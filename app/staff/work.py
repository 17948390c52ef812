"""`Work`: the transaction, actor, settings and time of one desk action.

The actor is found before the transaction is opened (FastAPI resolves parameters in their order): noting the use of the
token is a transaction of its own, and SQLite has one writing connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from app.audit import repository
from app.kit import clock
from app.kit.db import Writing
from app.settings import Settings
from app.staff.access import Actor, Admin, AnyStaff, Editor, Moderator, Writer


@dataclass(frozen=True)
class Work:
    """The context of one desk action."""

    session: AsyncSession
    actor: Actor
    settings: Settings
    now: datetime

    async def record(self, action: str, resource: str, resource_id: str | None, **details: object) -> None:
        """Insert the audit row of this action."""
        await repository.record(self.session, self.actor, action, resource, resource_id, **details)


def _work(request: Request, session: AsyncSession, actor: Actor) -> Work:
    return Work(session, actor, request.app.state.settings, clock.now())


async def _admin(request: Request, actor: Admin, session: Writing) -> Work:
    return _work(request, session, actor)


async def _editor(request: Request, actor: Editor, session: Writing) -> Work:
    return _work(request, session, actor)


async def _writer(request: Request, actor: Writer, session: Writing) -> Work:
    return _work(request, session, actor)


async def _moderator(request: Request, actor: Moderator, session: Writing) -> Work:
    return _work(request, session, actor)


async def _anyone(request: Request, actor: AnyStaff, session: Writing) -> Work:
    return _work(request, session, actor)


AdminWork = Annotated[Work, Depends(_admin, scope="function")]
EditorWork = Annotated[Work, Depends(_editor, scope="function")]
WriterWork = Annotated[Work, Depends(_writer, scope="function")]
ModeratorWork = Annotated[Work, Depends(_moderator, scope="function")]
StaffWork = Annotated[Work, Depends(_anyone, scope="function")]
