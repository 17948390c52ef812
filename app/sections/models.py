"""The section table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Id, Json
from app.media.shown import pictures_of
from app.terms.models import Term


class Section(Term, Base):
    """A section; `parent_id` makes the tree."""

    __tablename__ = "sections"
    kind = "section"
    backup = KEPT

    if TYPE_CHECKING:
        pictures: Mapped[str | None]
        """Of the library, for `read_pictures`: a subquery, read with each section."""

    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    image: Mapped[dict[str, object] | None] = mapped_column(Json)
    parent: Mapped[Section | None] = relationship(remote_side="Section.id", lazy="selectin", join_depth=1)


Section.pictures = column_property(pictures_of(Section.id, "image"))
