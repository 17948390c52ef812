"""Pictures to measure with: rows of the library and files in a folder, without decoding."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from sqlalchemy import select

from app.kit import clock
from app.kit.db import Database
from app.kit.ids import new_id
from app.media.models import Media, MediaFile, MediaKey
from app.media.names import new_key, rendition_file
from app.media.storage import Store
from app.settings import Settings
from app.staff.models import Member

STORE = Path(__file__).resolve().parents[1] / "var" / "bench" / "media"
SETTINGS = {"media_store": str(STORE), "media_originals": str(STORE.with_name("originals"))}
WEBP = "image/webp"


def add(url: str, size: int) -> str:
    """A picture with one rendition of `size` bytes, in the database at `url`; the name of its file."""
    return asyncio.run(_add(url, size))


async def _add(url: str, size: int) -> str:
    database, key, moment = Database(url, 1), new_key(), clock.now()
    file = rendition_file(key, "w640", WEBP)
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "w640.webp")
            source.write_bytes(os.urandom(size))
            await Store.at(SETTINGS["media_store"], Settings(), private=False).put(file, source, WEBP, immutable=True)
        async with database.transaction() as session:
            member = (await session.scalars(select(Member.id).limit(1))).one()
            sent = MediaFile(id=new_id(), sha256=key, name=f"{key}.jpg", mime_type="image/jpeg", created_at=moment)
            sent.bytes, sent.width, sent.height, sent.animated = size, 640, 480, False
            media = Media(id=new_id(), file_id=sent.id, key=key, recipe="", filename="a.jpg", language="ar")
            media.placeholder, media.renditions, media.member_id = {}, [], member
            media.created_at = media.changed_at = moment
            for row in (sent, media, MediaKey(key=key, media_id=media.id, file_id=sent.id, created_at=moment)):
                session.add(row)
                await session.flush()
    finally:
        await database.close()
    return file
