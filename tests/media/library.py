"""Pictures without decoding: rows of the library, made with the session, and files in the stores."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from app.kit import clock
from app.kit.ids import new_id
from app.media.models import Media, MediaFile, MediaKey
from app.media.names import EXTENSIONS, new_key, rendition_file
from app.media.storage import Stores
from tests.newsroom import Newsroom

WEBP = "image/webp"


def bytes_of(count: int) -> bytes:
    """Random bytes: nothing here looks inside a picture."""
    return os.urandom(count)


class Library:
    """The pictures of a newsroom."""

    def __init__(self, room: Newsroom, folder: Path) -> None:
        self.room, self._folder = room, folder

    @property
    def stores(self) -> Stores:
        stores: Stores = self.room.app.state.media
        return stores

    async def store(self, name: str, content: bytes, mime_type: str = WEBP, *, original: bool = False) -> None:
        source = self._folder / new_key()
        source.write_bytes(content)
        store = self.stores.originals if original else self.stores.renditions
        await store.put(name, source, mime_type, immutable=not original)
        source.unlink()

    async def file(self, **fields: Any) -> MediaFile:
        """A file as it was sent, with its row."""
        row = await self._sent(**fields)
        await self._add(row)
        return row

    async def _sent(self, *, content: bytes = b"a file as it was sent", **fields: Any) -> MediaFile:
        name = f"{new_key()}.jpg"
        await self.store(name, content, "image/jpeg", original=True)
        values = {"sha256": new_key(), "mime_type": "image/jpeg", "width": 640, "height": 480, "animated": False}
        return MediaFile(id=new_id(), name=name, bytes=len(content), created_at=clock.now(), **{**values, **fields})

    async def picture(
        self, renditions: dict[str, bytes] | None = None, *, file: MediaFile | None = None, **fields: Any
    ) -> Media:
        """A picture as an upload makes it: files, then rows in one transaction. `renditions` by name, in WebP."""
        file = file or await self._sent()
        files = {"w320": bytes_of(3_000)} if renditions is None else renditions
        row = Media(
            **{
                "id": new_id(),
                "file_id": file.id,
                "key": new_key(),
                "recipe": "r",
                "filename": "صورة.jpg",
                "language": "ar",
                "placeholder": {},
                "renditions": [[name, None, "webp", 320, 240, len(content), False] for name, content in files.items()],
                "member_id": self.room.members["admin"],
                "created_at": clock.now(),
                "changed_at": clock.now(),
                **fields,
            }
        )
        await self._store_all(row.key, files)
        await self._add(file, row, self._address(row, row.key))
        return row

    async def key(
        self, picture: Media, key: str, files: dict[str, bytes], *, retired_at: datetime | None = None
    ) -> None:
        """An address of the picture, with its files."""
        await self._store_all(key, files)
        await self._add(self._address(picture, key, retired_at))

    async def _store_all(self, key: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            await self.store(rendition_file(key, name, WEBP), content)

    @staticmethod
    def _address(picture: Media, key: str, retired_at: datetime | None = None) -> MediaKey:
        return MediaKey(
            key=key, media_id=picture.id, file_id=picture.file_id, created_at=clock.now(), retired_at=retired_at
        )

    async def set(self, row: Any, **values: Any) -> None:
        async with self.room.app.state.database.transaction() as session:
            row = await session.merge(row)
            for name, value in values.items():
                setattr(row, name, value)

    async def _add(self, *rows: Any) -> None:
        async with self.room.app.state.database.transaction() as session:
            for row in rows:
                await session.merge(row)
                await session.flush()


def path_of(picture: Media, name: str = "w320", mime_type: str = WEBP) -> str:
    return f"/media/{picture.key}/{name}.{EXTENSIONS[mime_type]}"


async def undecoded_picture(room: Newsroom, **fields: Any) -> str:
    """The id of a picture of the library that has rows and no files: for what shows pictures, and reads none."""
    now, renditions = clock.now(), [["w320", None, kind, 320, 240, 9, False] for kind in ("webp", "jpg")]
    sizes = {"mime_type": "image/jpeg", "bytes": 9, "width": 320, "height": 240, "animated": False}
    file = MediaFile(id=new_id(), sha256=new_key() * 2, name=f"{new_key()}.jpg", created_at=now, **sizes)
    placeholder = {"color": "#336699", "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI"}
    values = {"placeholder": placeholder, "renditions": renditions, "recipe": "r", "filename": "صورة.jpg"}
    times = {"created_at": now, "changed_at": now}
    owner = {"member_id": room.members["admin"], "language": "ar"}
    row = Media(**{"id": new_id(), "file_id": file.id, "key": new_key(), **values, **times, **owner, **fields})
    key = MediaKey(key=row.key, media_id=row.id, file_id=file.id, created_at=now)
    async with room.app.state.database.transaction() as session:
        for one in (file, row, key):
            session.add(one)
            await session.flush()
    return row.id
