"""What an audit entry looks like."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import IdInput, IdText, Moment, Output


class AuditQuery(CountedQuery):
    """Filters of the audit."""

    member: IdInput | None = None
    """Only what this member did."""
    action: Annotated[str | None, Field(max_length=80, pattern=r"^[a-z_.]+$")] = None
    """Only this action: `article.publish`."""
    resource_id: IdInput | None = None
    """Only what was done to this thing."""


class AuditRead(Output):
    """Who did what, when."""

    model_config = ConfigDict(from_attributes=True)

    id: IdText
    at: Moment
    member_id: IdText | None
    member_name: str
    token_id: IdText | None
    action: str
    """`article.publish`, `comment.reject`, `section.update`, …"""
    resource: str
    resource_id: str | None
    details: dict[str, Any]


class AuditList(Listed[AuditRead]):
    """One page of the audit."""
