"""What is read of a comment's row, as protocols: checked by mypy, free at run time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.articles.rows import Moment


class CommentRow(Protocol):
    """What is shown of a comment: a row, or a `Comment`. Rows of lists are raw: their times are RFC 3339 text."""

    id: str
    article_id: str
    parent_id: str | None
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
    def created_at(self) -> Moment: ...

    @property
    def edited_at(self) -> Moment | None: ...


class ListedCommentRow(CommentRow, Protocol):
    """A row of a list: it never changes."""

    def __hash__(self) -> int: ...


class ReplyRow(ListedCommentRow, Protocol):
    """A comment that is not a root."""

    parent_id: str


class CommentWithArticleRow(CommentRow, Protocol):
    """A comment with slug and headline of its article; both null where a moderator may not read the article."""

    version: int
    created_at: datetime
    edited_at: datetime | None
    article_slug: str | None
    article_headline: str | None


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
