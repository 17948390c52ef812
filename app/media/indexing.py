"""The words of pictures in the full-text index, for the desk's search of the library."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.index.indexed_text import Texts
from app.index.repository import remove, upsert
from app.media.desk_repository import KIND
from app.media.models import Media


async def index(session: AsyncSession, media: Media) -> None:
    """Upserts or removes the indexed text of a picture.

    Nothing of it is a title: the words of titles are suggested to readers.
    """
    if media.deleted_at is not None:
        await remove(session, KIND, media.id)
        return
    texts = (media.filename, media.alt, media.credit, media.photographer, *media.keywords)
    lead = [text for text in texts if text]
    await upsert(session, KIND, media.id, media.created_at, Texts(media.language, "", lead, media.description or ""))
