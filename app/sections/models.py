"""The section table."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Id
from app.terms.models import Term


class Section(Term, Base):
    """A section; `parent_id` makes the tree."""

    __tablename__ = "sections"
    kind = "section"
    backup = KEPT

    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    parent: Mapped[Section | None] = relationship(remote_side="Section.id", lazy="selectin", join_depth=1)
