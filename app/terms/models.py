"""The columns of every term."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Id, Key


class Term:
    """A named thing that articles are filed under."""

    kind: ClassVar[str]
    """The name of its kind in the slug registry and in the change log."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[str]
    language: Mapped[str]
    description: Mapped[str | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
