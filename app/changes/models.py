"""The tables of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Index, Integer, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Id, Key

Sequence = BigInteger().with_variant(Integer, "sqlite")


class Change(Base):
    """One change of one thing that the public can see, in the order of the commits, without gaps.

    The thing itself is read when somebody asks: a row only says that it changed, which cache tags that touches, and
    where it was filed before or after (sections with all above them), so that a filter sees what leaves it.
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_thing", "resource_id", "seq"), Index("ix_changes_at", "at"))

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(Key)  # article.published, ticker.changed, …
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int | None] = mapped_column(Integer)
    tombstone: Mapped[bool] = mapped_column(Boolean)
    tags: Mapped[list[Any]]
    article_id: Mapped[str | None] = mapped_column(Id)  # the article that it belongs to, or is
    sections: Mapped[list[Any]]
    languages: Mapped[list[Any]]
    subjects: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))


class ChangeLog(Base):
    """The log's one row of its own. Whoever appends holds it until the commit: so the order is that of the commits."""

    __tablename__ = "change_log"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(Key)  # a restored database starts a new one
    head: Mapped[int] = mapped_column(Sequence)  # the last change
    head_at: Mapped[datetime | None]  # its `at`; null where nothing was written since there is this column
    floor: Mapped[int] = mapped_column(Sequence)  # whoever has not read this far must start again
    moved: Mapped[int] = mapped_column(Sequence)  # the last change of the tree of sections
    compacted_at: Mapped[datetime]
    purged: Mapped[int] = mapped_column(Sequence)  # not used any more: see `consumers`
    purging_until: Mapped[datetime]  # likewise


class ConsumerPosition(Base):
    """How far one consumer has read the log."""

    __tablename__ = "consumers"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    seq: Mapped[int] = mapped_column(Sequence)  # the last change that it was given
    leased_until: Mapped[datetime]  # a process is at it, or waits after a failure, until then
    failures: Mapped[int] = mapped_column(Integer)  # in a row


class LastPublished(Base):
    """What the log has last said of a thing whose look follows from others: terms by their articles, strips by both.

    Only whoever holds the log's row touches these; hence no foreign keys, which would wait for other locks.
    """

    __tablename__ = "announced"
    __table_args__ = (PrimaryKeyConstraint("resource", "resource_id"),)

    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    digest: Mapped[str | None] = mapped_column(Key)
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # when it next changes by the clock alone
