"""The tables of the change log, its consumers and the last published digests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT, NOT_KEPT
from app.kit.db import Base, Id, Key

Sequence = BigInteger().with_variant(Integer, "sqlite")


class Change(Base):
    """One change of one thing that the public can see, in commit order.

    A number may have no row: of a commit that tells nothing (`PendingChanges.untold`, `moves_tree`). A row holds no
    content: the thing is read when the log is read. It holds the cache tags to invalidate, and where the thing was
    filed before and after (sections with all above them), so that a filter sees what leaves it.
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_thing", "resource_id", "seq"), Index("ix_changes_at", "at"))
    backup = KEPT

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(Key)  # article.published, ticker.changed, …
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int | None] = mapped_column(Integer)
    tombstone: Mapped[bool] = mapped_column(Boolean)
    tags: Mapped[list[str]]
    article_id: Mapped[str | None] = mapped_column(Id)  # the article that it belongs to, or is
    sections: Mapped[list[str]]
    languages: Mapped[list[str]]
    subjects: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))


class ChangeLog(Base):
    """The single row that writers lock until they commit, which makes sequence numbers follow the commit order."""

    __tablename__ = "change_log"
    backup = KEPT

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(Key)  # of sequence numbers: a restored database starts a new one
    head: Mapped[int] = mapped_column(Sequence)  # seq of the last change
    head_at: Mapped[datetime | None]  # `at` of the last change; null where none was written since this column exists
    floor: Mapped[int] = mapped_column(Sequence)  # tokens below it are refused: rows up to here may be compacted
    moved: Mapped[int] = mapped_column(Sequence)  # seq of the last change of the tree of sections
    compacted_at: Mapped[datetime]
    purged: Mapped[int] = mapped_column(Sequence)  # unused since the table `consumers`
    purging_until: Mapped[datetime]  # unused too
    outbound_paused_at: Mapped[datetime | None]  # since a restore nothing is sent to anybody
    site_id: Mapped[str] = mapped_column(Id)  # of what the database holds, for ever: a restore keeps it


class ConsumerPosition(Base):
    """The position of one consumer in the log, with its lease."""

    __tablename__ = "consumers"
    backup = NOT_KEPT  # of an installation

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    seq: Mapped[int] = mapped_column(Sequence)  # the last change that it was given
    leased_until: Mapped[datetime]  # end of a process's lease, or of the backoff
    failures: Mapped[int] = mapped_column(Integer)  # in a row


class Takedown(Base):
    """A withdrawal, redaction or erasure, to be applied again to an older backup. `seq` is the head of its log then."""

    __tablename__ = "takedowns"
    __table_args__ = (PrimaryKeyConstraint("seq", "resource", "resource_id"),)
    backup = KEPT

    seq: Mapped[int] = mapped_column(Sequence)
    at: Mapped[datetime]
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    action: Mapped[str] = mapped_column(Key)  # withdrawn, reinstated, redacted, deleted
    reason: Mapped[str | None]  # public: of a withdrawal


class LastPublished(Base):
    """The last published digest of a derived thing: terms follow articles, tickers follow both.

    Only the transaction that holds the log's row writes here; hence no foreign keys, which would wait for other locks.
    """

    __tablename__ = "announced"
    __table_args__ = (PrimaryKeyConstraint("resource", "resource_id"),)
    backup = KEPT

    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    digest: Mapped[str | None] = mapped_column(Key)
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # when it next changes by the clock alone
