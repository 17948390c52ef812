"""The comment tables. Private data has a table of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import PERSONAL, BackupRule, Row
from app.kit.db import Base, Id, Key

FINAL = ("deleted", "redacted")  # no way back
SHOWN_ROOT = text("parent_id IS NULL AND shown")
SHOWN_ROOT_IN_SQLITE = text("parent_id IS NULL AND shown = 1")
IS_REPLY = text("parent_id IS NOT NULL")
HAS_ADDRESS = text("address_digest IS NOT NULL")


def _if_approved(column: str) -> Callable[[Row], Any]:
    return lambda row: row[column] if row["status"] == "approved" else None


# What is below a comment that is shown only for its replies stays in its place.
PUBLIC_ONES = BackupRule(
    public_rows="shown AND article_id IN "
    "(SELECT id FROM articles WHERE state = 'published' AND published_at <= '{made_at}')",
    replaced={
        **{name: _if_approved(name) for name in ("author_name", "author_url", "body")},
        "status": lambda row: row["status"] if row["status"] in {"approved", *FINAL} else "redacted",
    },
)


class Comment(Base):
    """A comment. `shown` says whether it stands in the public tree: approved, or above an approved one.

    `path` is the ids from the root down to this comment, 32 hexadecimal digits each: in its order a thread reads depth
    first, and a subtree is one range. `descendants` counts the approved ones below, `replies` the shown ones directly
    below.
    """

    __tablename__ = "comments"
    __table_args__ = (
        Index(
            "ix_comments_roots",
            "article_id",
            "created_at",
            "id",
            postgresql_where=SHOWN_ROOT,
            sqlite_where=SHOWN_ROOT_IN_SQLITE,
        ),
        Index(
            "ix_comments_top",
            "article_id",
            "descendants",
            "created_at",
            "id",
            postgresql_where=SHOWN_ROOT,
            sqlite_where=SHOWN_ROOT_IN_SQLITE,
        ),
        Index("ix_comments_article", "article_id", "created_at", "id"),
        # Without roots: the planner estimates rows per parent, and all roots have the same one, null.
        Index("ix_comments_replies", "parent_id", "id", postgresql_where=IS_REPLY, sqlite_where=IS_REPLY),
        Index("ix_comments_queue", "status", "created_at", "id"),
        Index("ix_comments_sent", "created_at", "id"),
        CheckConstraint("shown = (status = 'approved' OR descendants > 0)", name="shown"),
    )
    backup = PUBLIC_ONES

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    # No `ondelete`: deleting a comment must not delete replies of others.
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("comments.id"))
    path: Mapped[str] = mapped_column(Key, unique=True)
    depth: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(Key)  # pending, approved, rejected, spam, deleted, redacted
    shown: Mapped[bool] = mapped_column(Boolean)
    was_approved: Mapped[bool] = mapped_column(Boolean, default=False)
    author_name: Mapped[str | None]
    author_role: Mapped[str]  # guest, verified, staff, article_author
    author_url: Mapped[str | None]
    body: Mapped[str | None]
    language: Mapped[str]
    descendants: Mapped[int] = mapped_column(Integer, default=0)
    replies: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


class CommentPrivate(Base):
    """The e-mail address, and keyed digests that identify a sender. No public statement reads this table."""

    __tablename__ = "comment_private"
    __table_args__ = (
        Index(
            "ix_comment_private_with_address",
            "created_at",
            postgresql_where=HAS_ADDRESS,
            sqlite_where=HAS_ADDRESS,
        ),
    )
    backup = PERSONAL

    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str | None]
    email_digest: Mapped[str | None] = mapped_column(Key)
    address_digest: Mapped[str | None] = mapped_column(Key)
    network_digest: Mapped[str | None] = mapped_column(Key)
    body_digest: Mapped[str] = mapped_column(Key, index=True)
    # The answered comment; in the tree the reply may be beside it. No foreign key: it may be deleted.
    answered_id: Mapped[str | None] = mapped_column(Id)
    consent_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    created_at: Mapped[datetime]
