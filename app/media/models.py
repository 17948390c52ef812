"""The tables of the media library: files as they were sent, pictures, their addresses and their uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT, BackupRule
from app.kit.db import Base, Id, Json, Key, OrderedJson

NOT_DELETED, EXPIRE = text("deleted_at IS NULL"), text("rights_expire_at IS NOT NULL")


class MediaFile(Base):
    """A file as it was sent: one row for each content. It lies under `name` in the private store of originals."""

    __tablename__ = "media_files"
    backup = KEPT

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(Key, unique=True)  # hexadecimal; never part of a public address
    name: Mapped[str] = mapped_column(Key)  # random, with the extension
    mime_type: Mapped[str] = mapped_column(Key)
    bytes: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    width: Mapped[int] = mapped_column(Integer)  # as shown, after EXIF orientation
    height: Mapped[int] = mapped_column(Integer)
    animated: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]  # these bytes are refused since


class Media(Base):
    """A picture of the library: the words about it, and what was made of its file."""

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_newest", "created_at", "id", postgresql_where=NOT_DELETED, sqlite_where=NOT_DELETED),
        Index("ix_media_deleted_at", "deleted_at"),
        Index("ix_media_rights_expire_at", "rights_expire_at", postgresql_where=EXPIRE, sqlite_where=EXPIRE),
    )
    # Without personal data: nothing that only the desk sees. Words that answers show stay, as a draft's do.
    backup = BackupRule(
        replaced={
            "filename": lambda row: f"picture {row['id'][-12:]}",
            "description": lambda _: None,
            "photographer": lambda _: None,
            "keywords": lambda _: [],
            "taken_at": lambda _: None,
        }
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Key, default="image")
    file_id: Mapped[str] = mapped_column(Id, ForeignKey("media_files.id", ondelete="RESTRICT"), index=True)
    key: Mapped[str] = mapped_column(Key)  # of the present renditions: `/media/{key}/…`
    recipe: Mapped[str] = mapped_column(Key)  # the settings that they were made by
    filename: Mapped[str]
    language: Mapped[str] = mapped_column(Key)  # of the words
    alt: Mapped[str | None]
    description: Mapped[str | None]  # for the desk
    credit: Mapped[str | None]
    photographer: Mapped[str | None]
    rights: Mapped[dict[str, object] | None] = mapped_column(Json)
    rights_expire_at: Mapped[datetime | None]  # from `rights`, for the list
    focal_point: Mapped[dict[str, float] | None] = mapped_column(Json)
    keywords: Mapped[list[str]] = mapped_column(default=list)
    taken_at: Mapped[datetime | None]
    placeholder: Mapped[dict[str, Any]]
    renditions: Mapped[list[Any]] = mapped_column(OrderedJson)
    member_id: Mapped[str] = mapped_column(Id, ForeignKey("members.id", ondelete="RESTRICT"), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]  # of what the public sees of it
    withdrawn_at: Mapped[datetime | None]
    withdrawn_cause: Mapped[str | None] = mapped_column(Key)
    withdrawn_reason: Mapped[str | None]
    deleted_at: Mapped[datetime | None]  # kept for 30 days


class MediaKey(Base):
    """A public address that renditions have, or had: also a former one is found, until its files are removed."""

    __tablename__ = "media_keys"
    __table_args__ = (Index("ix_media_keys_retired_at", "retired_at"),)
    backup = KEPT

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    media_id: Mapped[str] = mapped_column(Id, ForeignKey("media.id", ondelete="CASCADE"), index=True)
    file_id: Mapped[str] = mapped_column(Id, ForeignKey("media_files.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class MediaUse(Base):
    """A place that shows a picture: `lead_image`, `media`, `poster` or `body` of an article, an author's `avatar`, a
    section's `image`."""

    __tablename__ = "media_uses"
    __table_args__ = (PrimaryKeyConstraint("resource_id", "place", "media_id"),)
    backup = KEPT

    media_id: Mapped[str] = mapped_column(Id, ForeignKey("media.id", ondelete="RESTRICT"), index=True)
    resource: Mapped[str] = mapped_column(Key)  # article, author, section
    resource_id: Mapped[str] = mapped_column(Id)
    place: Mapped[str] = mapped_column(Key)
