"""The tag table."""

from __future__ import annotations

from app.kit.backup_rule import KEPT
from app.kit.db import Base
from app.terms.models import Term


class Tag(Term, Base):
    """A word that gathers articles across sections."""

    __tablename__ = "tags"
    kind = "tag"
    backup = KEPT
