"""Term kinds: sections, tags, authors and tickers are named things with a slug, put and deleted alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypeVar

from app.settings import Settings
from app.terms.models import Term
from app.terms.repository import Terms
from app.terms.schemas import TermInput

M = TypeVar("M", bound=Term, default=Any)
B = TypeVar("B", bound=TermInput, default=Any)


@dataclass(frozen=True)
class TermKind(Generic[M, B]):
    """A term kind: its names, its table, its fields."""

    noun: str
    plural: str
    model: type[M]
    shape: Callable[[M, Settings], dict[str, object]]
    """The fields of a term for the desk API."""
    fill: Callable[[AsyncSession, M, B], Awaitable[None]]
    """Sets the kind's own fields of a term from the body; raises `InvalidBody`."""
    is_tree: bool = False
    """Whether terms have parents."""
    computed: tuple[str, ...] = ()
    """Attributes that the database computes: read again after a change."""

    def terms(self, session: AsyncSession) -> Terms[M]:
        return Terms(session, self.model, self.noun, self.plural)
