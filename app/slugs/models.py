"""The registry of present and former slugs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Id, Key


class Slug(Base):
    """`slug` leads to the `kind` with id `target_id`. The row of the thing itself holds its present slug."""

    __tablename__ = "slugs"
    __table_args__ = (PrimaryKeyConstraint("kind", "slug"),)
    backup = KEPT

    kind: Mapped[str] = mapped_column(Key)
    slug: Mapped[str] = mapped_column(Key)
    target_id: Mapped[str] = mapped_column(Id, index=True)
    claimed_at: Mapped[datetime]
