"""The front tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.fronts.rows import SlotFields
from app.kit.backup_rule import KEPT, BackupRule, nameless
from app.kit.db import Base, Id, Json, Key, OrderedJson
from app.terms.models import Term


class Front(Term, Base):
    """A front: a page made of slots. `version` counts its saves; what stands in a slot has a version of its own."""

    __tablename__ = "fronts"
    kind = "front"
    backup = KEPT

    section_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)
    public: Mapped[bool] = mapped_column(Boolean, default=True)
    slots: Mapped[list[SlotFields]] = mapped_column(Json)  # in order


class FrontSlot(Base):
    """The version of what stands in a slot: two desks that change one slot wait for its row."""

    __tablename__ = "front_slots"
    __table_args__ = (PrimaryKeyConstraint("front_id", "name"),)
    backup = KEPT

    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Key)
    version: Mapped[int] = mapped_column(Integer, default=1)


class FrontItem(Base):
    """What the desk has put into a slot: an article or a link, in words of its own where it has any."""

    __tablename__ = "front_items"
    __table_args__ = (Index("ix_front_items_front_id", "front_id", "slot", "position"),)
    backup = KEPT

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"))
    slot: Mapped[str] = mapped_column(Key)
    position: Mapped[int] = mapped_column(Integer)
    article_id: Mapped[str | None] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    url: Mapped[str | None]
    headline: Mapped[str | None]
    kicker: Mapped[str | None]
    summary: Mapped[str | None]
    image: Mapped[dict[str, object] | None] = mapped_column(Json)
    language: Mapped[str | None]  # of its own words; null: the front's
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class FrontSection(Base):
    """The sections that the rule of a slot (numbered from 0) names; the foreign key keeps them from being deleted."""

    __tablename__ = "front_sections"
    __table_args__ = (PrimaryKeyConstraint("front_id", "rule", "section_id"),)
    backup = KEPT

    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"))
    rule: Mapped[int] = mapped_column(Integer)
    section_id: Mapped[str] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)


class FrontTag(Base):
    """The tags that the rule of a slot names."""

    __tablename__ = "front_tags"
    __table_args__ = (PrimaryKeyConstraint("front_id", "rule", "tag_id"),)
    backup = KEPT

    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"))
    rule: Mapped[int] = mapped_column(Integer)
    tag_id: Mapped[str] = mapped_column(Id, ForeignKey("tags.id", ondelete="RESTRICT"), index=True)


class FrontAuthor(Base):
    """The authors that the rule of a slot names."""

    __tablename__ = "front_authors"
    __table_args__ = (PrimaryKeyConstraint("front_id", "rule", "author_id"),)
    backup = KEPT

    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"))
    rule: Mapped[int] = mapped_column(Integer)
    author_id: Mapped[str] = mapped_column(Id, ForeignKey("authors.id", ondelete="RESTRICT"), index=True)


class FrontDraft(Base):
    """What is to stand in some slots of a front: published by hand, or by the clock at `publish_at`."""

    __tablename__ = "front_drafts"
    backup = BackupRule(replaced={"member_name": lambda row: nameless(row["member_id"])})

    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    slots: Mapped[dict[str, Any]] = mapped_column(Json)  # by name: items, the slot's version they replace, skipped_at
    publish_at: Mapped[datetime | None] = mapped_column(index=True)
    member_id: Mapped[str] = mapped_column(Id)  # who saved it last
    member_name: Mapped[str]
    updated_at: Mapped[datetime]


class FrontState(Base):
    """What stood in the slots after one change, by whom: the last 50 of each front."""

    __tablename__ = "front_states"
    backup = BackupRule(replaced={"member_name": lambda row: nameless(row["member_id"])})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    front_id: Mapped[str] = mapped_column(Id, ForeignKey("fronts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    member_id: Mapped[str] = mapped_column(Id)
    member_name: Mapped[str]
    action: Mapped[str]
    slot: Mapped[str | None]  # the one that was changed; null: several, or the front itself
    content: Mapped[dict[str, Any]]


class FrontComposition(Base):
    """What a front shows, as it was composed with its last change.

    Like the last published digests it is written by the transaction that holds the log's row, hence no foreign key.
    """

    __tablename__ = "front_compositions"
    backup = KEPT

    front_id: Mapped[str] = mapped_column(Id, primary_key=True)
    composed_at: Mapped[datetime]
    next_at: Mapped[datetime | None]  # when the clock alone may change it
    told_at: Mapped[datetime]  # when the log last told of the front
    slots: Mapped[list[Any]] = mapped_column(OrderedJson)
