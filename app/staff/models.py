"""Tables of staff members and their tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import PERSONAL, BackupRule, nameless
from app.kit.db import Base, Id, Key
from app.kit.errors import AlreadyExists
from app.kit.faults import VIOLATIONS


class Member(Base):
    """A person or program of the newsroom. Drafts, revisions and the audit refer to the member, not the token."""

    __tablename__ = "members"
    backup = BackupRule(replaced=dict.fromkeys(("name", "name_key"), lambda row: nameless(row["id"])))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Key, unique=True)
    roles: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]


class StaffToken(Base):
    """A token without its secret: its first letters to recognise it, its SHA-256 digest to look it up."""

    __tablename__ = "staff_tokens"
    backup = PERSONAL

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, ForeignKey("members.id", ondelete="CASCADE"), index=True)
    prefix: Mapped[str]
    digest: Mapped[str] = mapped_column(Key, unique=True)
    label: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


VIOLATIONS["members.name_key"] = VIOLATIONS["uq_members_name_key"] = AlreadyExists
