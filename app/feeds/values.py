"""What a feed is made of, whatever its format: frozen values, from which the writers make bytes.

Texts are plain but for `html`; times are RFC 3339 in UTC; addresses are absolute and percent-encoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Person(NamedTuple):
    """An author."""

    id: str | None
    name: str
    url: str | None = None


class Category(NamedTuple):
    """A section, tag or subject that an item is filed under."""

    kind: str
    """`section`, `tag` or `subject`."""
    uri: str
    """The same for ever: `urn:uuid:` and an id; of a subject scheme and code, as QCodes of the IPTC are written."""
    term: str
    """Slug or code."""
    name: str
    url: str | None = None


class File(NamedTuple):
    """A file of a picture, or a video or sound."""

    url: str
    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    name: str | None = None
    """Of a rendition."""
    duration: float | None = None
    """In seconds."""


class Picture(NamedTuple):
    """A picture, video or sound that belongs to an item."""

    medium: str
    """`image`, `video` or `audio`."""
    file: File
    alt: str = ""
    caption: str | None = None
    credit: str | None = None
    renditions: tuple[File, ...] = ()


class Correction(NamedTuple):
    """What was put right."""

    kind: str
    at: str
    note: str


class Rights(NamedTuple):
    """To whom an item belongs, and what others may do with it."""

    holder: str | None = None
    notice: str | None = None
    usage: str | None = None
    credit_line: str | None = None
    syndication: str | None = None
    expires_at: str | None = None

    @property
    def line(self) -> str | None:
        """The notice and the terms in one text."""
        notice = self.notice or (f"© {self.holder}" if self.holder else None)
        return " ".join(filter(None, (notice, self.usage))) or None


NO_RIGHTS = Rights()


class Discussion(NamedTuple):
    """Where the comments on an item are."""

    url: str
    rss_url: str
    atom_url: str


@dataclass(frozen=True)
class Item:
    """An article, a comment, an entry of live coverage, or a line of a ticker or front."""

    id: str
    """`urn:uuid:…`, the same for ever."""
    title: str
    published: str
    updated: str
    language: str
    direction: str
    url: str | None = None
    summary: str | None = None
    html: str | None = None
    """The whole text, where rights allow and the feed is a full one."""
    authors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """The lead image first."""
    rights: Rights = NO_RIGHTS
    corrections: tuple[Correction, ...] = ()
    discussion: Discussion | None = None
    reply_to: tuple[str, str | None] | None = None
    """Id and address of what a comment answers."""
    withheld: bool = False
    """Whether rights keep its text, or a picture of it, out of a full feed."""
    short_title: str | None = None
    byline: str | None = None
    dateline: str | None = None
    source: str | None = None
    kind: str | None = None
    access: str | None = None
    urgency: int | None = None
    version: int | None = None
    slug: str | None = None
    first_published: str | None = None
    content_warning: str | None = None


class Tombstone(NamedTuple):
    """An article that was withdrawn: nothing but what its address answers (410)."""

    id: str
    at: str
    version: int
    reason: str | None


@dataclass(frozen=True)
class Feed:
    """A page of a feed."""

    id: str
    title: str
    url: str
    """The page of the web site that shows the same."""
    self_url: str
    first_url: str
    language: str
    direction: str
    publisher: Person
    updated: str | None
    """The latest change of what it holds; None where it holds nothing that has a time."""
    next_url: str | None = None
    description: str | None = None
    items: tuple[Item, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
