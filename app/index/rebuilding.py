"""Makes the full-text words of all rows anew from their packed keys, after a restore."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.index.indexed_text import Fields, tiers_of, tsvector_of
from app.index.models import index_words
from app.index.packing import unpack
from app.index.repository import MARKED_STALE, columns, day_of, headwords, indexed, title_words

ROWS_AT_ONCE = 500


async def rebuild(connection: AsyncConnection, on_rows: Callable[[int], None]) -> None:
    """Write headwords and words of every row; the tables of words are empty. `on_rows` is told how many are done."""
    write = _to_sqlite if connection.dialect.name == "sqlite" else _to_postgresql
    last, done = None, 0
    while True:
        page = select(indexed.c.place, indexed.c.packed).order_by(indexed.c.place).limit(ROWS_AT_ONCE)
        page = page if last is None else page.where(indexed.c.place > last)
        rows = (await connection.execute(page)).all()
        if not rows:
            return
        last, done = rows[-1].place, done + len(rows)
        unpacked = {row.place: _unpacked(row.packed) for row in rows if row.packed is not None}
        found = [(place, fields) for place, fields in unpacked.items() if fields is not None]
        broken = [place for place, fields in unpacked.items() if fields is None]
        if broken:  # the next idle task indexes them again
            blank = {"packed": None, "digest": "", "version": MARKED_STALE}
            await connection.execute(update(indexed).where(indexed.c.place.in_(broken)).values(blank))
        words = [{"word": word, "place": place} for place, fields in found for word in title_words(fields)]
        if words:
            await connection.execute(insert(headwords), words)
        if found:
            await write(connection, found)
        on_rows(done)


def _unpacked(packed: bytes) -> Fields | None:
    try:
        return unpack(packed)
    except (zlib.error, ValueError, IndexError):
        return None


async def _to_sqlite(connection: AsyncConnection, found: Sequence[tuple[int, Fields]]) -> None:
    await connection.execute(insert(index_words), [{"rowid": place, **columns(fields)} for place, fields in found])


async def _to_postgresql(connection: AsyncConnection, found: Sequence[tuple[int, Fields]]) -> None:
    rows: list[dict[str, Any]] = [
        {"of_place": place, "words": tsvector_of(tiers_of(fields), day_of(place))} for place, fields in found
    ]
    statement = update(indexed).where(indexed.c.place == bindparam("of_place")).values(vector=bindparam("words"))
    await connection.execute(statement, rows)
