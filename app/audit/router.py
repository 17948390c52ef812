"""The audit at the desk: admins read it, nobody changes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.audit.repository import entries
from app.audit.schemas import AuditList, AuditQuery
from app.kit.db import ReadingSession
from app.kit.errors import InvalidCursor, InvalidQuery
from app.kit.listing import desk_list
from app.kit.paging import Cursors
from app.kit.routing import problems, router_of
from app.staff.access import Admin

desk = router_of("/v1/desk/audit", "desk: people")


@desk.get("", response_model=AuditList, responses=problems(InvalidQuery, InvalidCursor))
async def list_audit(
    request: Request, query: Annotated[AuditQuery, Query()], session: ReadingSession, admin: Admin
) -> Response:
    """Read the audit

    Who did what at the desk, newest first. Entries are only ever added.
    """
    return desk_list(request, AuditList, await entries(session, query, Cursors(request)))
