"""The record of a noun: what change log, sync, streams and background tasks need to know of one kind of thing.

Each room exports one record for each kind; `app/nouns.py` is the ordered list of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel
from sqlalchemy import ColumnElement, SQLColumnExpression, or_
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import ChangeHook
from app.changes.tail import Deadlines
from app.kit.db import Connection
from app.kit.fields import Selection
from app.settings import Settings

Detail = Literal["none", "summary", "full"]
"""How much of the present state is wanted."""


@dataclass(frozen=True)
class State:
    """The present state of a thing that the public can see."""

    version: int | None
    language: str
    sections: Collection[str]
    """Ids of the sections by which filters find it."""
    content: bytes
    """JSON of one of the noun's `schemas`; empty for the detail `none`."""
    subjects: Collection[str] = ()
    """Keys of the subjects by which filters find it."""


@dataclass(frozen=True)
class Absence:
    """Why the public cannot see a thing: `unpublished`, `withdrawn`, `deleted` or `filtered`."""

    reason: str
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


NOTHING_SELECTED: Mapping[str, Selection] = {}


@dataclass(frozen=True)
class Lookup:
    """The context of a lookup of present states: connection, settings, moment, and the level of detail."""

    connection: Connection
    settings: Settings
    now: datetime
    detail: Detail
    selections: Mapping[str, Selection] = field(default_factory=lambda: NOTHING_SELECTED)
    """The fields that are wanted, by kind of thing; whole states of kinds that are left out. `app/present` drops the
    other fields: a noun may save the work for them."""


@dataclass(frozen=True)
class Viewer:
    """A member of the staff who asks about things of other rooms."""

    member_id: str
    sees_all: bool
    """Whether they may read everything at the desk."""


@dataclass(frozen=True)
class Label:
    """What a thing is called."""

    title: str
    url: str | None
    """Its page on the web site, where it has one now."""
    is_public: bool


@dataclass(frozen=True)
class Target:
    """An article, for those who look for what leads to it."""

    id: str
    addresses: frozenset[str]
    """Decoded, with and without the site: without query, fragment and slash at the end."""
    forms: tuple[str, ...]
    """How an address to it can begin in stored texts."""

    @classmethod
    def at(cls, id: str, urls: Collection[str], site_url: str) -> Target:
        """The article with these absolute addresses on the site."""
        every = {form for url in urls for form in (url, url.removeprefix(site_url))}
        forms = every | {unquote(form) for form in every}
        return cls(id, frozenset(unquote(form).rstrip("/") for form in every), tuple(sorted(forms)))

    def is_named_by(self, url: str) -> bool:
        """Whether an address leads to it."""
        return unquote(url.partition("#")[0].partition("?")[0]).rstrip("/") in self.addresses

    def is_linked_in(self, html: str) -> bool:
        """Whether a link of cleaned HTML leads to it."""
        return any(self.is_named_by(part.partition('"')[0]) for part in html.split('href="')[1:])

    def may_begin(self, url: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Stored addresses that may lead to it. Percent-encoding is upper or lower case."""
        return or_(*(url.istartswith(form, autoescape=True) for form in self.forms))

    def may_be_linked_in(self, html: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Cleaned HTML that may lead to it."""
        return or_(*(html.icontains(f'href="{form}', autoescape=True) for form in self.forms))


@dataclass(frozen=True)
class Placement:
    """A place from which something leads to an article, and which does not change with it."""

    resource: str
    id: str
    title: str
    kind: Literal["words", "link", "body"]
    item_id: str | None = None
    place: str | None = None
    text: str | None = None
    is_public: bool = True


# The present states of the things with these ids that the public can see, by id.
Present = Callable[[Lookup, Sequence[str]], Awaitable[Mapping[str, State]]]
# Why the public cannot see the things with these ids, by id; for ids left out it is `Noun.absence`.
Absent = Callable[[Lookup, Sequence[str]], Awaitable[Mapping[str, Absence]]]
# What the things with these ids are called, those that the viewer may know of, by id.
Labels = Callable[[Connection, Sequence[str], Viewer, Settings, datetime], Awaitable[Mapping[str, Label]]]
# What leads to an article from things of one kind.
Placements = Callable[[Connection, Target, Settings, datetime], Awaitable[Sequence[Placement]]]
# Work in a transaction of its own: session, settings, the database's clock.
SessionTask = Callable[[AsyncSession, Settings, datetime], Awaitable[None]]


@dataclass(frozen=True)
class IdleTask:
    """Work without a deadline, done in short transactions."""

    is_wanted: Callable[[Connection], Awaitable[bool]]
    """Whether work is left."""
    work: SessionTask
    """One part of it."""


async def _none(_lookup: Lookup, _ids: Sequence[str]) -> Mapping[str, Absence]:
    return {}


@dataclass(frozen=True)
class Noun:
    """One kind of thing that the public can see."""

    kind: str
    """Its name in the log (`article`), and the first part of its event types."""
    events: Mapping[str, str]
    """Each event type, and when it is recorded: for the OpenAPI document and `docs/api/sync.md`."""
    schemas: Sequence[type[BaseModel]]
    """The shapes of a state's `content`: first the whole one; the last is the summary."""
    present: Present
    absence: str = "deleted"
    """The reason of a tombstone where `absent` gives none."""
    absent: Absent = _none
    labels: Labels | None = None
    """For rooms below that must name what uses their things."""
    placements: Placements | None = None
    """For the desk of articles: what leads to one, and does not change with it."""
    is_derived: bool = False
    """Whether its state follows from other things and from the clock."""
    before_change: ChangeHook | None = None
    """Called before the log is locked: may wait for rows that other transactions have locked."""
    on_change: ChangeHook | None = None
    """Called under the log's lock, in the order of the list of nouns: records what follows from the pending changes."""
    when_due: SessionTask | None = None
    """Records changes that the clock alone has made."""
    on_start: Sequence[SessionTask] = ()
    """Run once in each process when it starts."""
    idle_tasks: Sequence[IdleTask] = ()
    deadlines: Callable[[Settings], Sequence[Deadlines]] = field(default=lambda _settings: ())
    """When the clock alone changes what the public sees of it."""

    def __post_init__(self) -> None:
        if wrong := [name for name in self.events if name.partition(".")[0] != self.kind]:
            raise ValueError(f"not events of {self.kind}: {wrong}")


def deadlines_of(nouns: Sequence[Noun], settings: Settings) -> list[Deadlines]:
    """The deadlines of all nouns. Raises `ValueError` for a noun whose `when_due` would never run."""
    for noun in nouns:
        if noun.when_due is not None and not any(one.due for one in noun.deadlines(settings)):
            raise ValueError(f"{noun.kind}: `when_due` runs only while a deadline says that it is `due`")
    return [one for noun in nouns for one in noun.deadlines(settings)]
