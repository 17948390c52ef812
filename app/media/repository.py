"""Statements of the media library."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.kit.db import Connection, Key
from app.kit.errors import Gone, NotFound
from app.kit.prepared import Prepared
from app.media.models import Media, MediaFile, MediaKey
from app.media.shown import stored_renditions


class AddressRow(NamedTuple):
    """Whose address a key is, and since when that is taken down."""

    media_id: str
    withdrawn_at: datetime | None
    file_withdrawn_at: datetime | None


BY_KEY = Prepared(
    select(MediaKey.media_id, Media.withdrawn_at, MediaFile.withdrawn_at.label("file_withdrawn_at"))
    .join(Media, Media.id == MediaKey.media_id)
    .join(MediaFile, MediaFile.id == MediaKey.file_id)
    .where(MediaKey.key == bindparam("key", type_=Key)),
    AddressRow,
)
OF_KEY = Prepared(
    select(Media.renditions).where(Media.key == bindparam("key", type_=Key), Media.deleted_at.is_(None)),
)


class Renditions:
    """The public addresses of renditions."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def media_at(self, key: str) -> str:
        """The id of the picture that has, or had, this key.

        Raises `NotFound`; `Gone` where it was withdrawn, also while its files are still there.
        """
        row = await BY_KEY.first(self.connection, {"key": key})
        if row is None:
            raise NotFound()
        if row.withdrawn_at or row.file_withdrawn_at:
            raise Gone()
        return row.media_id

    async def are_promised(self, key: str, name: str, mime_type: str) -> bool:
        """Whether a picture's row lists this rendition: its file must be there."""
        row = await OF_KEY.first(self.connection, {"key": key})
        listed = stored_renditions(row.renditions) if row is not None else ()
        return any((one.name, one.mime_type) == (name, mime_type) for one in listed)
