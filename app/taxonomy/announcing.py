"""What the change log says of sections, tags and authors: they come with their first visible article and go with the
last, and tell when they are changed in between."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.announced import forget, remember, remembered
from app.changes.log import Note, Noted, Thing, note
from app.sections.repository import lines_of
from app.settings import Settings
from app.taxonomy.repository import AUTHORS, SECTIONS, TAGS, Shelf, Taxonomy

SHELVES = (SECTIONS, TAGS, AUTHORS)


async def watch(session: AsyncSession, noted: Noted, _settings: Settings, now: datetime) -> None:
    """Notes what became of the terms that were touched."""
    for shelf in SHELVES:
        if ids := {id for kind, id in noted.touched | noted.edited if kind == shelf.noun}:
            await _watch(session, shelf, ids, noted.edited, now)


async def _watch(session: AsyncSession, shelf: Shelf, ids: set[str], edited: set[Thing], now: datetime) -> None:
    before = await remembered(session, shelf.noun, ids)
    lines = await lines_of(session, ids) if shelf is SECTIONS else {}
    after = await Taxonomy(session).shown_among(shelf, ids, now)
    for id in sorted(ids):
        row, known = after.get(id), before.get(id)
        if row is not None and (known is None or (shelf.noun, id) in edited):
            languages = {row.language, known.digest if known else row.language}
            note(session, _note(shelf, id, row, languages, lines.get(id, ())))
            await remember(session, shelf.noun, id, digest=row.language)
        elif row is None and known is not None:
            note(session, _note(shelf, id, None, {known.digest}, lines.get(id, ())))
            await forget(session, shelf.noun, id)


def _note(shelf: Shelf, id: str, row: Any, languages: set[str], sections: Collection[str]) -> Note:
    return Note(
        f"{shelf.noun}.changed",
        id,
        tags={f"{shelf.noun}:{id}", shelf.plural, "articles", "tickers", "crowded"},
        tombstone=row is None,
        version=None if row is None else row.version,
        sections=sections,
        languages=languages,
    )
