"""The article tables. Bodies have a table of their own, so that lists read narrow rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, PrimaryKeyConstraint, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT, BackupRule, Row, nameless
from app.kit.db import Base, Id, Json, Key, OrderedJson
from app.kit.errors import AlreadyExists
from app.kit.faults import VIOLATIONS
from app.text.blocks import Block
from app.text.markup import Format

LIVE = text("state = 'published'")
CAME_OUT = text("first_published_at IS NOT NULL")
GONE = text("state = 'withdrawn'")
UNANNOUNCED = text("state = 'published' AND NOT announced")
RIGHTS_END = text("state = 'published' AND rights_expire_at IS NOT NULL")
STARTS, ENDS = text("live_started_at IS NOT NULL"), text("live_ended_at IS NOT NULL")


def _public_count(row: Row) -> int:
    """Comments of an article that is not public are left out."""
    is_out = row["state"] == "published" and row["published_at"] <= row["made_at"]
    return int(row["comment_count"]) if is_out else 0


class Article(Base):
    """An article. `state` is the editors' decision; a published one is visible from `published_at` on."""

    __tablename__ = "articles"
    __table_args__ = (
        # With what rules and filters ask: what is rare is sought in the index, not in the rows of the whole archive.
        Index(
            "ix_articles_listed",
            *("published_at", "id", "language", "kind", "urgency", "state"),
            postgresql_where=LIVE,
            sqlite_where=LIVE,
        ),
        Index("ix_articles_changed", "updated_at", "id", postgresql_where=LIVE, sqlite_where=LIVE),
        Index("ix_articles_saved", "saved_at", "id"),
        Index("ix_articles_unheard", "published_at", "id", postgresql_where=UNANNOUNCED, sqlite_where=UNANNOUNCED),
        # By month of first publication, for sitemaps: holds all that their index needs of an article.
        Index(
            "ix_articles_months",
            *("first_published_at", "id", "state", "published_at", "updated_at", "last_entry_at", "withdrawn_at"),
            postgresql_where=CAME_OUT,
            sqlite_where=CAME_OUT,
        ),
        # The newest withdrawals, which feeds tell of.
        Index("ix_articles_withdrawn", "withdrawn_at", "id", postgresql_where=GONE, sqlite_where=GONE),
        Index("ix_articles_live_started_at", "live_started_at", postgresql_where=STARTS, sqlite_where=STARTS),
        Index("ix_articles_live_ended_at", "live_ended_at", postgresql_where=ENDS, sqlite_where=ENDS),
        Index("ix_articles_rights_expire_at", "rights_expire_at", postgresql_where=RIGHTS_END, sqlite_where=RIGHTS_END),
        UniqueConstraint("external_system", "external_id"),
        UniqueConstraint("translation_group", "language"),
    )
    backup = BackupRule(
        replaced={"note": lambda row: None, "editorial_note": lambda row: None, "comment_count": _public_count}
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(Key, unique=True)
    slug_by_hand: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[str] = mapped_column(Key, default="draft")  # or in_review, published, withdrawn
    language: Mapped[str] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(default="news")
    access: Mapped[str] = mapped_column(default="free")
    urgency: Mapped[int] = mapped_column(Integer, default=5)
    headline: Mapped[str]
    short_headline: Mapped[str | None]
    summary: Mapped[str | None]
    content_warning: Mapped[str | None]
    byline: Mapped[str | None]
    dateline: Mapped[str | None]
    source: Mapped[str | None]
    section_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)
    lead_image: Mapped[dict[str, object] | None] = mapped_column(Json)
    media: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)
    subjects: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    rights: Mapped[dict[str, object] | None] = mapped_column(Json)
    rights_expire_at: Mapped[datetime | None]  # from `rights`, for the deadline
    seo: Mapped[dict[str, object] | None] = mapped_column(Json)
    canonical_url: Mapped[str | None]
    reading_minutes: Mapped[int] = mapped_column(Integer, default=0)
    corrected: Mapped[bool] = mapped_column(Boolean, default=False)
    comments_mode: Mapped[str | None]
    comment_count: Mapped[int] = mapped_column(Integer, default=0)  # approved ones
    translation_group: Mapped[str | None] = mapped_column(Id)
    external_system: Mapped[str | None] = mapped_column(Key)
    external_id: Mapped[str | None] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)
    member_id: Mapped[str] = mapped_column(Id, ForeignKey("members.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revised_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    announced: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )  # the change log holds its `article.published`
    first_published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_cause: Mapped[str | None] = mapped_column(Key)
    withdrawn_mandatory: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # a kill
    note: Mapped[str | None]  # for the desk: why it was returned or withdrawn
    embargo_until: Mapped[datetime | None]  # of a published one never after `published_at`
    share_early: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    editorial_note: Mapped[str | None]  # for partners, never for readers
    # Ids of members who write entries; for the desk.
    contributors: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    live_started_at: Mapped[datetime | None]
    live_ended_at: Mapped[datetime | None]
    # Changed in the transaction of an entry, under the lock of this row.
    entry_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))  # published ones
    draft_entry_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    last_entry_at: Mapped[datetime | None]


class ArticleBody(Base):
    """The body: its source, and the rendered HTML (sanitised), plain text and blocks."""

    __tablename__ = "article_bodies"
    backup = KEPT

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str]
    format: Mapped[Format] = mapped_column(Text())
    html: Mapped[str]
    text: Mapped[str]
    blocks: Mapped[list[Block]] = mapped_column(OrderedJson)


class ArticleSection(Base):
    """The sections of an article, the primary one first."""

    __tablename__ = "article_sections"
    __table_args__ = (PrimaryKeyConstraint("article_id", "section_id"),)
    backup = KEPT

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    section_id: Mapped[str] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer)


class ArticleTag(Base):
    """The tags of an article, in the editor's order."""

    __tablename__ = "article_tags"
    __table_args__ = (PrimaryKeyConstraint("article_id", "tag_id"),)
    backup = KEPT

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    tag_id: Mapped[str] = mapped_column(Id, ForeignKey("tags.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer)


class ArticleAuthor(Base):
    """The authors of an article, in byline order."""

    __tablename__ = "article_authors"
    __table_args__ = (PrimaryKeyConstraint("article_id", "author_id"),)
    backup = KEPT

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    author_id: Mapped[str] = mapped_column(Id, ForeignKey("authors.id", ondelete="RESTRICT"), index=True)
    position: Mapped[int] = mapped_column(Integer)


class ArticleSubject(Base):
    """The subjects of an article by their key, for filters; the article's row has them whole."""

    __tablename__ = "article_subjects"
    __table_args__ = (
        PrimaryKeyConstraint("article_id", "subject"),
        Index("ix_article_subjects_subject", "subject", "article_id"),
    )
    backup = KEPT

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(Key)  # `medtop:04000000`, or the URI of the concept


class Correction(Base):
    """A public note on a correction after publication."""

    __tablename__ = "article_corrections"
    backup = KEPT

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]


class Revision(Base):
    """The editable fields of an article after one save."""

    __tablename__ = "article_revisions"
    __table_args__ = (PrimaryKeyConstraint("article_id", "number"),)
    backup = BackupRule(
        replaced={
            "member_name": lambda row: nameless(row["member_id"]),
            "content": lambda row: {**row["content"], "editorial_note": None},
        }
    )

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(Id)
    member_name: Mapped[str]
    action: Mapped[str]
    content: Mapped[dict[str, Any]]


VIOLATIONS["articles.external_system"] = VIOLATIONS["uq_articles_external_system"] = AlreadyExists
