"""Pending changes: what an action records for the public, written to the log when its transaction ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import Settings

EVERYTHING = "changes"  # the tag of answers that any change touches
Thing = tuple[str, str]
"""(kind, id)"""


@dataclass(frozen=True)
class PendingChange:
    """One change of one thing that the public can see."""

    type: str
    """One of the events of its noun."""
    id: str
    tags: Collection[str] = ()
    """Cache tags of the answers that show it."""
    tombstone: bool = False
    version: int | None = None
    article_id: str | None = None
    """The article that it belongs to, or is."""
    sections: Collection[str] = ()
    """Where it was filed before and is filed now, with all sections above."""
    languages: Collection[str] = ()
    subjects: Collection[str] = ()
    """Codes of its subjects, before and now."""
    terms: Collection[Thing] = ()
    """Of an article: what it was and is filed under, sections with all above them."""
    urgency: int | None = None
    """Of an article: the higher one (the lower number) of before and now."""
    stays: bool = False
    """Of an article: lists and rules, which go by time, terms and urgency, hold it where they held it before."""

    @property
    def resource(self) -> str:
        return self.type.partition(".")[0]


@dataclass
class PendingChanges:
    """What one transaction has recorded so far."""

    changes: list[PendingChange] = field(default_factory=list)
    touched: set[Thing] = field(default_factory=set)
    """Things whose public view follows from others, and may be another now."""
    edited: set[Thing] = field(default_factory=set)
    """Those among them that were changed themselves."""
    moves_tree: bool = False
    """Filters by section mean something else than before."""
    sets_clock: bool = False
    """A moment was set or given up, at which the public will see something else."""


# Adds what follows from the pending changes: session, pending changes, settings, the log's clock.
ChangeHook = Callable[[AsyncSession, PendingChanges, Settings, datetime], Awaitable[None]]


def pending_changes(session: AsyncSession) -> PendingChanges:
    """The pending changes of this session's transaction, for an action to add to."""
    found: PendingChanges = session.info.setdefault("pending_changes", PendingChanges())
    return found


def record_change(session: AsyncSession, *changes: PendingChange) -> None:
    """Records what changed for the public."""
    pending_changes(session).changes.extend(changes)
