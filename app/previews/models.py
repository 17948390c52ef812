"""The table of previews."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import PERSONAL
from app.kit.db import Base, Id, Key


class Preview(Base):
    """A preview without its token: the SHA-256 digest of the token, to look it up."""

    __tablename__ = "previews"
    backup = PERSONAL  # it gives access, as a token of staff does

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    article_version: Mapped[int] = mapped_column(Integer)  # when it was made: a withdrawal since then ends it
    member_id: Mapped[str] = mapped_column(Id, ForeignKey("members.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(Key, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)  # for the sweep
    revoked_at: Mapped[datetime | None]
