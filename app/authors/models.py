"""The author table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Json
from app.media.shown import pictures_of
from app.terms.models import Term


class Author(Term, Base):
    """Who wrote an article."""

    __tablename__ = "authors"
    kind = "author"
    backup = KEPT

    if TYPE_CHECKING:
        pictures: Mapped[str | None]
        """Of the library, for `read_pictures`: a subquery, read with each author."""

    bio: Mapped[str | None]
    avatar: Mapped[dict[str, object] | None] = mapped_column(Json)


Author.pictures = column_property(pictures_of(Author.id, "avatar"))
