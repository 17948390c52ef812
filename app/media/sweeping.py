"""Garbage collection of the stores: orphans, retired renditions, deleted and withdrawn pictures.

Rows go first, in short transactions, then their files: no row names a file that is not there. What a crash leaves in
between is an orphan, which the next run of `sweep_orphans` finds. All of it may run twice at once, and during uploads.
Kept answers with a removed file stay in memory until they are evicted: what may not be read at all is withdrawn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.changes.models import ChangeLog
from app.kit.db import Database
from app.media.models import Media, MediaFile, MediaKey, MediaUse
from app.media.names import is_original, key_of
from app.media.storage import Store

ORPHAN_AGE = timedelta(days=1)  # an upload takes minutes
KEPT = timedelta(days=30)  # what is deleted or replaced can be brought back, and former addresses answer
AGAIN = timedelta(days=2)  # a rebuild at the moment of a withdrawal may have stored files after it
BATCH = 100
SOMEBODY_ELSES = 500  # files in a store of which no row is known
log = logging.getLogger("nashra")


async def sweep_orphans(database: Database, store: Store, originals: Store, now: datetime) -> int:
    """Remove files that no row names and that are older than a day. Returns how many. Raises `StoreAway`."""
    if await _is_rehearsal(database):
        return 0
    removed = await _remove_unnamed(database, store, key_of, MediaKey.key, now - ORPHAN_AGE)
    return removed + await _remove_unnamed(
        database, originals, lambda name: name if is_original(name) else None, MediaFile.name, now - ORPHAN_AGE
    )


async def sweep_retired(database: Database, store: Store, originals: Store, now: datetime) -> int:
    """Remove keys that were retired, and pictures that were deleted, more than 30 days ago, then files as they were
    sent that no picture has any more; rows and files. Returns how many rows. Raises `StoreAway`.

    A row of a withdrawn file stays: its bytes are refused for ever. So do the keys of a withdrawn picture, which
    answer 410.
    """
    if await _is_rehearsal(database):
        return 0
    removed = 0
    for delete_some, wanted in (
        (_delete_keys, select(MediaKey.key).where(_is_retired(now - KEPT))),
        (_delete_pictures, select(Media.id).where(_is_deleted(now - KEPT))),
        (_delete_files, select(MediaFile.id).where(_is_unused(now - ORPHAN_AGE))),
    ):
        while await _some(database, wanted):
            async with database.transaction() as session:
                doomed = await delete_some(session, await _locked(session, wanted))
            if not doomed.rows:
                break  # another run has them
            await _remove_renditions(store, doomed.keys)
            await originals.remove(doomed.names)
            removed += doomed.rows
    for media_id in await _some(database, select(Media.id).where(Media.withdrawn_at > now - AGAIN)):
        await remove_withdrawn(database, store, originals, media_id)
    return removed


async def remove_withdrawn(database: Database, store: Store, originals: Store, media_id: str) -> None:
    """Remove the files of a withdrawn picture at once: its renditions, former ones too, and what was sent, where that
    file is withdrawn. A picture that is not withdrawn loses only what was made of a withdrawn file that it had before.
    Raises `StoreAway`.
    """
    of_picture = select(MediaKey.file_id).where(MediaKey.media_id == media_id)
    is_withdrawn = exists(select(Media.id).where(Media.id == media_id, Media.withdrawn_at.is_not(None)))
    refused = MediaKey.file_id.in_(select(MediaFile.id).where(MediaFile.withdrawn_at.is_not(None)))
    keys = select(MediaKey.key).where(MediaKey.media_id == media_id, or_(is_withdrawn, refused))
    own = select(Media.file_id).where(Media.id == media_id)
    files = select(MediaFile.name).where(
        or_(MediaFile.id.in_(of_picture), MediaFile.id.in_(own)), MediaFile.withdrawn_at.is_not(None)
    )
    async with database.connection() as connection:
        found = [list((await connection.scalars(wanted)).all()) for wanted in (keys, files)]
    await _remove_renditions(store, found[0])
    await originals.remove(found[1])


async def _is_rehearsal(database: Database) -> bool:
    """Whether this newsroom was restored and nothing leaves it yet: its stores may be those of the newsroom that
    readers see, with pictures that the backup does not know."""
    async with database.connection() as connection:
        return (await connection.scalar(select(ChangeLog.outbound_paused_at))) is not None


# ── Files without a row ──────────────────────────────────────────────────────────────────────────────────────────────


async def _remove_unnamed(
    database: Database,
    store: Store,
    id_of: Callable[[str], str | None],
    column: InstrumentedAttribute[str],
    before: datetime,
) -> int:
    """Of the old files of a store, those whose `id_of` is no value of `column`; other files are none of ours."""
    if not await _known(database, select(column).limit(1)) and await _is_crowded(store, id_of):
        log.warning("a store of pictures was not swept: it has many files and the database knows none of them")
        return 0
    removed, old = 0, dict[str, str]()
    async for name, stored_at in store.names():
        id = id_of(name)
        if id is not None and stored_at < before:
            old[name] = id
        if len(old) == BATCH:
            removed += await _remove_those(database, store, old, column)
            old.clear()
    removed += await _remove_those(database, store, old, column)
    if store.folder is not None:
        removed += await asyncio.to_thread(store.folder.remove_unfinished, before)
    return removed


async def _remove_those(
    database: Database, store: Store, ids: dict[str, str], column: InstrumentedAttribute[str]
) -> int:
    known = await _known(database, select(column).where(column.in_(set(ids.values()))))
    unknown = [name for name, id in ids.items() if id not in known]
    await store.remove(unknown)
    return len(unknown)


async def _is_crowded(store: Store, id_of: Callable[[str], str | None]) -> bool:
    """Whether it holds so many files that they must be those of another newsroom: the database is the wrong one."""
    count = 0
    async for name, _ in store.names():
        count += id_of(name) is not None
        if count > SOMEBODY_ELSES:
            return True
    return False


async def _known(database: Database, statement: Select[str]) -> Collection[str]:
    async with database.connection() as connection:
        return set((await connection.scalars(statement)).all())


# ── Rows whose time is over ──────────────────────────────────────────────────────────────────────────────────────────


def _is_retired(before: datetime) -> ColumnElement[bool]:
    withdrawn = select(Media.id).where(Media.withdrawn_at.is_not(None))
    return (MediaKey.retired_at < before) & MediaKey.media_id.not_in(withdrawn)


def _is_deleted(before: datetime) -> ColumnElement[bool]:
    return (Media.deleted_at < before) & ~exists(select(MediaUse.place).where(MediaUse.media_id == Media.id))


def _is_unused(before: datetime) -> ColumnElement[bool]:
    """Not one that is being uploaded, nor one whose bytes are refused."""
    is_used = or_(
        exists(select(Media.id).where(Media.file_id == MediaFile.id)),
        exists(select(MediaKey.key).where(MediaKey.file_id == MediaFile.id)),
    )
    return (MediaFile.created_at < before) & MediaFile.withdrawn_at.is_(None) & ~is_used


async def _some(database: Database, wanted: Select[str]) -> Sequence[str]:
    """A look without a lock: most runs find nothing, and SQLite has one writer."""
    async with database.connection() as connection:
        return (await connection.scalars(wanted.limit(BATCH))).all()


async def _locked(session: AsyncSession, wanted: Select[str]) -> Sequence[str]:
    """Some of them, with row locks; those that another run has are left to it.

    Asked again under the lock: one may have got a user between the look and the lock.
    """
    ids = (await session.scalars(wanted.limit(BATCH).with_for_update(skip_locked=True))).all()
    column: Any = wanted.selected_columns[0]
    return (await session.scalars(wanted.where(column.in_(ids)))).all()


class _Doomed(NamedTuple):
    """How many rows were deleted; keys of renditions and names of originals, whose files go next."""

    rows: int
    keys: Sequence[str]
    names: Sequence[str]


async def _delete_keys(session: AsyncSession, keys: Sequence[str]) -> _Doomed:
    await session.execute(delete(MediaKey).where(MediaKey.key.in_(keys)))
    return _Doomed(len(keys), keys, [])


async def _delete_pictures(session: AsyncSession, ids: Sequence[str]) -> _Doomed:
    keys = (await session.scalars(select(MediaKey.key).where(MediaKey.media_id.in_(ids)))).all()
    await session.execute(delete(MediaKey).where(MediaKey.media_id.in_(ids)))
    await session.execute(delete(Media).where(Media.id.in_(ids)))
    return _Doomed(len(ids), keys, [])


async def _delete_files(session: AsyncSession, ids: Sequence[str]) -> _Doomed:
    names = (await session.scalars(select(MediaFile.name).where(MediaFile.id.in_(ids)))).all()
    await session.execute(delete(MediaFile).where(MediaFile.id.in_(ids)))
    return _Doomed(len(ids), [], names)


async def _remove_renditions(store: Store, keys: Sequence[str]) -> None:
    for key in keys:
        await store.remove([name async for name, _ in store.names(key)])
