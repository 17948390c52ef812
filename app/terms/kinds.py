"""Term kinds: sections, tags, authors and tickers are named things with a slug, put and deleted alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.terms.repository import Terms

# Sets the kind's own fields of a term from the body; raises `InvalidBody`.
Fill = Callable[[AsyncSession, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class TermKind:
    """A term kind: its names, its table, its fields."""

    noun: str
    plural: str
    model: type[Any]
    shape: Callable[[Any], dict[str, Any]]
    """The fields of a term for the desk API."""
    fill: Fill
    is_tree: bool = False
    """Whether terms have parents."""

    def terms(self, session: AsyncSession) -> Terms[Any]:
        return Terms(session, self.model, self.noun, self.plural)
