"""The end of rights: a deadline of whatever depends on the permission to publish a text or picture again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnExpressionArgument, func, select

from app.changes.tail import Deadlines

BY_CLOCK = "rights:clock"
"""The cache tag of answers with full texts for others: what the clock alone changes in them."""


def rights_end(rights: Mapping[str, object] | None) -> datetime | None:
    """The moment from which on stored `rights` permit nothing any more."""
    expires_at = (rights or {}).get("expires_at")
    return datetime.fromisoformat(str(expires_at)) if expires_at else None


def permission(rights: Mapping[str, object] | None) -> tuple[object, object]:
    """What stored `rights` say of others who publish it: whether, and until when."""
    said = rights or {}
    return said.get("syndication"), said.get("expires_at")


def rights_deadlines(expire_at: Any, *where: ColumnExpressionArgument[bool]) -> Deadlines:
    """The deadlines in a column. No change is recorded: what the log tells of stays as it is."""
    return Deadlines(
        lambda now: select(func.min(expire_at)).where(*where, expire_at > now).scalar_subquery(), touches=BY_CLOCK
    )
