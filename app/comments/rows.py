"""What is read of a comment's row, as protocols: checked by mypy, free at run time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class CommentRow(Protocol):
    """The columns of the table: a row, or a `Comment`."""

    id: str
    article_id: str
    parent_id: str | None
    path: str
    depth: int
    status: str
    shown: bool
    author_name: str | None
    author_role: str
    body: str | None
    language: str
    descendants: int
    replies: int
    version: int
    created_at: datetime
    edited_at: datetime | None


class ReplyRow(CommentRow, Protocol):
    """A comment that is not a root."""

    parent_id: str


class CommentWithArticleRow(CommentRow, Protocol):
    """A comment with slug and headline of its article; both null where a moderator may not read the article."""

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
