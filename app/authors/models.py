"""The author table."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Json
from app.terms.models import Term


class Author(Term, Base):
    """Who wrote an article."""

    __tablename__ = "authors"
    kind = "author"
    backup = KEPT

    bio: Mapped[str | None]
    avatar: Mapped[dict[str, object] | None] = mapped_column(Json)
