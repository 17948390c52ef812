"""The audit table: one row for every desk action."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import PERSONAL
from app.kit.db import Base, Id, Key


class AuditEntry(Base):
    """Rows are never changed or deleted. Names are copied: the row stays readable after the member is gone."""

    __tablename__ = "audit"
    backup = PERSONAL

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    member_id: Mapped[str | None] = mapped_column(Id, index=True)
    member_name: Mapped[str]
    token_id: Mapped[str | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(Key, index=True)
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str | None] = mapped_column(Key, index=True)
    details: Mapped[dict[str, object]]
