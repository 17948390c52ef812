"""Pictures to measure with: rows of the library and files in a folder, without decoding."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import delete, insert, select, update

from app.articles.models import Article
from app.articles.repository import KIND
from app.kit import clock
from app.kit.db import Database
from app.kit.ids import new_id
from app.media.models import Media, MediaFile, MediaKey, MediaUse
from app.media.names import new_key, rendition_file
from app.media.storage import Store
from app.settings import Settings
from app.staff.models import Member
from bench.crowd import JPEG, photo

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


def upload(client: httpx.Client, token: str) -> str:
    """A picture in the library, with all renditions and the words that a desk writes; its id."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post("/v1/desk/media", content=photo((2_400, 1_600)), headers={**headers, "Content-Type": JPEG})
    answer.raise_for_status()
    id = str(answer.json()["id"])
    words = {"alt": "صورة من الإسكندرية", "credit": "ليلى حدّاد"}
    changed = client.patch(f"/v1/desk/media/{id}", json=words, headers={**headers, "If-Match": "*"})
    changed.raise_for_status()
    return id


def lead(url: str, images: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Give articles, by their ids, these lead images, by rows."""
    asyncio.run(_lead(url, images))


async def _lead(url: str, images: Mapping[str, Mapping[str, Any] | None]) -> None:
    database = Database(url, 1)
    used = [(id, image["id"]) for id, image in images.items() if image and "id" in image]
    try:
        async with database.transaction() as session:
            for id, image in images.items():
                stored = update(Article).where(Article.id == id).values(lead_image=image)
                await session.execute(stored.execution_options(synchronize_session=False))
            for id in images:
                await session.execute(delete(MediaUse).where(MediaUse.resource_id == id))
            if used:
                place = {"resource": KIND, "place": "lead_image"}
                rows = [{"resource_id": id, "media_id": media_id, **place} for id, media_id in used]
                await session.execute(insert(MediaUse), rows)
    finally:
        await database.close()
