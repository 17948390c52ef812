"""What is read of the rows of terms, as protocols: checked by mypy, free at run time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class TermRow(Protocol):
    """The columns that every term has: a row, or a `Term`."""

    id: str
    slug: str
    name: str
    language: str
    description: str | None
    version: int
    created_at: datetime
    updated_at: datetime
