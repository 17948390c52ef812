"""Pending changes: what an action records for the public, written to the log when its transaction ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import Settings

EVERYTHING = "changes"  # cache tag of answers that every change invalidates
UNTOLD = "changes:untold"  # cache tag of answers that a commit may change without a row in the log
Thing = tuple[str, str]
"""(kind, id)"""


@dataclass(frozen=True)
class PendingChange:
    """One change of one thing that the public can see."""

    type: str
    """One of the event types of its noun."""
    id: str
    tags: Collection[str] = ()
    """Cache tags of the answers that show it."""
    tombstone: bool = False
    version: int | None = None
    article_id: str | None = None
    """The article that it belongs to, or is."""
    sections: Collection[str] = ()
    """Sections before and after the change, with all above them."""
    languages: Collection[str] = ()
    subjects: Collection[str] = ()
    """Keys of its subjects, before and after."""
    terms: Collection[Thing] = ()
    """Of an article: its terms before and after, sections with all above them."""
    urgency: int | None = None
    """Of an article: the higher urgency (lower number) of before and after."""
    stays: bool = False
    """Of an article: its place in lists and rules, which go by time, terms and urgency, is the same as before."""

    @property
    def resource(self) -> str:
        return self.type.partition(".")[0]


@dataclass(frozen=True)
class PendingTakedown:
    """A thing that nobody may get from here any more, or again (`reinstated`)."""

    resource: str
    id: str
    action: str
    """`withdrawn`, `reinstated`, `redacted` or `deleted`."""
    reason: str | None = None
    """The public reason of a withdrawal."""


@dataclass
class PendingChanges:
    """The pending changes of one transaction."""

    changes: list[PendingChange] = field(default_factory=list)
    touched: set[Thing] = field(default_factory=set)
    """Things whose public view follows from others, and may have changed."""
    edited: set[Thing] = field(default_factory=set)
    """Those of `touched` that were edited themselves."""
    moves_tree: bool = False
    """The tree of sections has changed, so that filters by section mean something else."""
    untold: bool = False
    """Something is gone that readers did not see, and that had a place among what they see: the log takes a number."""
    takedowns: list[PendingTakedown] = field(default_factory=list)
    """Also of what the public never saw."""

    def gone(self, resource: str) -> set[str]:
        """Ids of the things of a kind that are not public any more."""
        return {change.id for change in self.changes if change.resource == resource and change.tombstone}


# Records further changes that follow: session, pending changes, settings, the log's clock.
ChangeHook = Callable[[AsyncSession, PendingChanges, Settings, datetime], Awaitable[None]]


def pending_changes(session: AsyncSession) -> PendingChanges:
    """The pending changes of this session's transaction, for an action to add to."""
    found: PendingChanges = session.info.setdefault("pending_changes", PendingChanges())
    return found


def record_change(session: AsyncSession, *changes: PendingChange) -> None:
    """Record changes, to be written to the log when the transaction ends."""
    pending_changes(session).changes.extend(changes)


def add_languages(pending: PendingChanges, found: Iterable[tuple[str, str]]) -> None:
    """Add languages to the tombstones of articles, as pairs of an article's id and a language of what goes with it.

    A filter by language may have passed a comment, and not its article: the tombstone must reach that client, too.
    """
    languages: dict[str, set[str]] = {}
    for id, language in found:
        languages.setdefault(id, set()).add(language)
    for number, change in enumerate(pending.changes):
        if change.tombstone and change.id in languages:
            pending.changes[number] = replace(change, languages={*change.languages, *languages[change.id]})


def record_takedown(session: AsyncSession, *takedowns: PendingTakedown) -> None:
    """Record takedowns, to be kept for the restore of an older backup (`app/changes/takedowns.py`)."""
    pending_changes(session).takedowns.extend(takedowns)


def deadline_changed(session: AsyncSession) -> None:
    """For an action that sets or removes a deadline and records no change.

    The commit signal is bumped, so that every process reads the new deadline before its next answer.
    """
    pending_changes(session)
