"""The entry tables. An entry is always read with its body, so the body stands in the same row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, PrimaryKeyConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT, BackupRule, nameless
from app.kit.db import Base, Id, Key, OrderedJson
from app.text.blocks import Block
from app.text.markup import Format

PUBLISHED = text("status = 'published'")
UNPINNED = 1_000
"""The rank of an entry that is not pinned: behind every position."""


class Entry(Base):
    """An entry of live coverage. `rank` is the position where it is pinned, else `UNPINNED`: lists sort by it first.

    `version` grows with every save; `updated_at` moves with what readers see of it.
    """

    __tablename__ = "entries"
    __table_args__ = (Index("ix_entries_article", "article_id", "id"),)
    backup = KEPT

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    # RESTRICT: an article is not deleted with work of several people below it.
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(Key, default="draft")  # or published
    headline: Mapped[str | None]
    language: Mapped[str] = mapped_column(Key)
    key_event: Mapped[bool] = mapped_column(Boolean, default=False)
    rank: Mapped[int] = mapped_column(Integer, default=UNPINNED)
    source: Mapped[str] = mapped_column(default="")
    format: Mapped[Format] = mapped_column(Text(), default="html")
    html: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    blocks: Mapped[list[Block]] = mapped_column(OrderedJson, default=list)
    corrected: Mapped[bool] = mapped_column(Boolean, default=False)
    corrections: Mapped[list[dict[str, str]]] = mapped_column(OrderedJson, default=list)  # id, at, note; oldest first
    member_id: Mapped[str] = mapped_column(Id, ForeignKey("members.id", ondelete="RESTRICT"), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    @property
    def pinned(self) -> int | None:
        """Its position on top, from 1; None where it is not pinned."""
        return None if self.rank == UNPINNED else self.rank


def _in_order(*newness: Any) -> tuple[Any, ...]:
    """Pinned entries come first in both lists: neither index read backward is the other. Both find key events too."""
    return (Entry.article_id, Entry.rank, *newness, Entry.key_event)


NEWEST, OLDEST = _in_order(Entry.published_at.desc(), Entry.id.desc()), _in_order(Entry.published_at, Entry.id)
Index("ix_entries_newest", *NEWEST, postgresql_where=PUBLISHED, sqlite_where=PUBLISHED)
Index("ix_entries_oldest", *OLDEST, postgresql_where=PUBLISHED, sqlite_where=PUBLISHED)


class EntryAuthor(Base):
    """The authors of an entry, in the editor's order."""

    __tablename__ = "entry_authors"
    __table_args__ = (PrimaryKeyConstraint("entry_id", "author_id"),)
    backup = KEPT

    entry_id: Mapped[str] = mapped_column(Id, ForeignKey("entries.id", ondelete="CASCADE"))
    author_id: Mapped[str] = mapped_column(Id, ForeignKey("authors.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer)


class EntryRevision(Base):
    """The editable fields of an entry after one save."""

    __tablename__ = "entry_revisions"
    __table_args__ = (PrimaryKeyConstraint("entry_id", "number"),)
    backup = BackupRule(replaced={"member_name": lambda row: nameless(row["member_id"])})

    entry_id: Mapped[str] = mapped_column(Id, ForeignKey("entries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(Id)
    member_name: Mapped[str]
    action: Mapped[str]
    content: Mapped[dict[str, Any]]
