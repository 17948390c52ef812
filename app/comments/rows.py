"""What is read of a comment's row, as protocols: checked by mypy, free at run time. Replies come from JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.articles.rows import Moment
from app.kit.clock import written
from app.kit.ids import dashed


class CommentRow(Protocol):
    """What is shown of a comment: a row, or a `Comment`. Rows of lists are raw: their times are RFC 3339 text."""

    id: str
    article_id: str
    path: str
    depth: int
    status: str
    author_name: str | None
    author_role: str
    body: str | None
    language: str
    descendants: int
    replies: int

    @property
    def parent_id(self) -> str | None: ...

    @property
    def created_at(self) -> Moment: ...

    @property
    def edited_at(self) -> Moment | None: ...


@dataclass(slots=True)
class ReplyRow:
    """A comment below another, from JSON. Its fields are the columns of a comment in a list."""

    id: str
    article_id: str
    parent_id: str
    path: str
    depth: int
    status: str
    author_name: str | None
    author_role: str
    body: str | None
    language: str
    descendants: int
    replies: int
    created_at: str
    edited_at: str | None

    def __post_init__(self) -> None:
        """As the API writes ids and moments: each database has its own form of them in JSON."""
        self.id, self.article_id, self.parent_id = map(dashed, (self.id, self.article_id, self.parent_id))
        self.created_at = _moment(self.created_at)
        self.edited_at = _moment(self.edited_at) if self.edited_at else None


def _moment(text: str) -> str:
    """SQLite holds it as it is written."""
    return text if text.endswith("Z") else written(datetime.fromisoformat(text))


class ThreadRow(CommentRow, Protocol):
    """A row of a list, with the comments below it as a JSON text. It never changes."""

    below: str | None

    def __hash__(self) -> int: ...


class CommentWithArticleRow(CommentRow, Protocol):
    """A comment with slug and headline of its article; both null where a moderator may not read the article."""

    version: int
    created_at: datetime
    edited_at: datetime | None
    article_slug: str | None
    article_headline: str | None


class CommentInContextRow(CommentWithArticleRow, Protocol):
    """The same with the comments below it as a JSON text."""

    below: str | None


class ModerationRow(CommentWithArticleRow, Protocol):
    """A comment in the moderators' queue: with its parent, and with what only moderators see."""

    was_approved: bool
    author_url: str | None
    parent_name: str | None
    parent_status: str | None
    parent_body: str | None
    email: str | None
    consent_at: datetime | None
    consent_version: str | None
