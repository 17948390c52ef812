"""Restores a backup into an empty database, in one transaction: cut off in the middle, nothing of it is there.

The rows go into the schema that they were written under; then the migrations bring them to the code's. The log gets a
new epoch, so that clients start again; nothing is sent to anybody until `./nashra resume`; and what was taken down
since the backup was made is taken down again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.backup import aftermath
from app.backup.aftermath import IncompletePictures
from app.backup.columns import rules_by_table
from app.backup.file import BackupReader
from app.backup.lines import WITH_FILES, Damaged, Header
from app.backup.loading import Schema, checked, load, refuse_dangling, refuse_other_tables, schema_of
from app.backup.pictures import store_files
from app.backup.writing import ROWS_AT_ONCE, Progress, key_id, verify
from app.changes.commit_signal import CommitSignal, signal_path
from app.changes.models import ChangeLog
from app.index.rebuilding import rebuild
from app.kit import clock, migrations
from app.kit.db import open_database
from app.kit.sql import database_clock
from app.media.storage import Stores
from app.settings import Settings

# Tables of an empty newsroom that have rows: of migrations, and of a worker's periodic jobs.
MADE_WITHOUT_PEOPLE = {"change_log", "consumers", "jobs"}


class NotEmpty(Exception):
    """The database holds a newsroom; the message says what."""


@dataclass
class Restored:
    """What a restore has done."""

    header: Header
    rows: int
    has_same_key: bool | None
    """Whether the backup's key is one of those of the settings; None where they have none."""
    aftermath: aftermath.Aftermath = field(default_factory=aftermath.Aftermath)
    files: int | None = None
    """Files of pictures that were put into the stores; None for a backup without them."""
    pictures: IncompletePictures = field(default_factory=IncompletePictures)


async def rehearse(settings: Settings, path: Path, progress: Progress) -> Restored:
    """Check the whole file, and whether it could be restored here. Nothing is changed. Raises as `restore` does."""
    header, manifest = verify(path, settings, progress)
    _refuse_newer(header)
    if not settings.is_sqlite or settings.sqlite_path.exists():
        async with open_database(settings.database_url) as database, database.connection() as connection:
            await _refuse_rows(connection, await schema_of(connection))
    return Restored(header, manifest.rows, _has_same_key(header, settings))


async def restore(
    settings: Settings, path: Path, progress: Progress, takedowns: Sequence[Path] = (), *, hold_scheduled: bool = False
) -> Restored:
    """Restore a backup. `takedowns`: the files whose takedowns to apply again.

    Raises `Damaged`, `NotEmpty`, `StoreAway`, `OSError`, and errors of the database; then the database is as before.
    """
    with BackupReader(path, settings.max_body_bytes) as reader:
        _refuse_newer(reader.header)
        signal = CommitSignal(signal_path(settings.database_url))
        try:
            async with migrations.locked(settings.database_url) as connection:
                await _fill(connection, reader, progress)
                done = await aftermath.settle(
                    connection, settings, signal, reader.header, takedowns, hold_scheduled=hold_scheduled
                )
                files, pictures = await _bring_files(connection, reader, Stores.of(settings), progress)
                await refuse_dangling(connection)
                await connection.execute(text("ANALYZE"))
            signal.bump()
        finally:
            signal.close()
        has_same_key = _has_same_key(reader.header, settings)
        return Restored(reader.header, reader.manifest.rows, has_same_key, done, files, pictures)


async def _fill(connection: AsyncConnection, reader: BackupReader, progress: Progress) -> None:
    """The rows of the backup, in the schema of the code, with a log that begins anew."""
    schema = await _prepare(connection, reader.header)
    await _load(connection, schema, reader, progress)
    await migrations.move_in(connection, "head")
    await _rebuild_words(connection, reader, progress)
    if not reader.header.personal:
        await aftermath.index_pictures(connection)
    await _begin_epoch(connection)


async def _bring_files(
    connection: AsyncConnection, reader: BackupReader, stores: Stores, progress: Progress
) -> tuple[int | None, IncompletePictures]:
    """Before the commit: a file that no row names does no harm, a row without its file does."""
    number = await store_files(connection, reader, stores, lambda done: progress("files: put", done, done))
    pictures = await aftermath.find_incomplete_pictures(connection, stores)
    return number if reader.header.version == WITH_FILES else None, pictures


async def _prepare(connection: AsyncConnection, header: Header) -> Schema:
    """Bring an empty database to the schema of the backup, and return it without tables of other applications."""
    schema = await schema_of(connection)
    await _refuse_rows(connection, schema)
    if schema:  # of whatever revision: all its tables are empty
        await migrations.move_in(connection, "base")
    others = await schema_of(connection)
    await migrations.move_in(connection, header.revision)
    return {name: columns for name, columns in (await schema_of(connection)).items() if name not in others}


async def _rebuild_words(connection: AsyncConnection, reader: BackupReader, progress: Progress) -> None:
    total = reader.manifest.manifest.get("indexed")
    await rebuild(connection, lambda done: progress("indexed", done, total.rows if total else done))


def _refuse_newer(header: Header) -> None:
    if header.revision not in migrations.known()[0]:
        raise Damaged(f"Nashra {header.nashra} has made it, which is newer than this one: restore it with that version")


def _has_same_key(header: Header, settings: Settings) -> bool | None:
    ids = {key_id([key]) for key in settings.secret_key}  # after a rotation the backup's is no longer the first
    return header.key_id in ids if ids else None


async def _refuse_rows(connection: AsyncConnection, schema: Schema) -> None:
    """Raise `NotEmpty` for a database with rows of ours."""
    found = []
    for name in sorted(set(schema) & set(rules_by_table()) - MADE_WITHOUT_PEOPLE):
        if (await connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1'))).first():  # noqa: S608
            found.append(name)
    if found:
        raise NotEmpty(f"the database is not empty: it holds {', '.join(found)}")


async def _load(connection: AsyncConnection, schema: Schema, reader: BackupReader, progress: Progress) -> None:
    is_newest = reader.header.revision == migrations.known()[1]
    done, total = 0, sum(reader.header.rows.values())

    def counted(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        nonlocal done
        for row in rows:
            done += 1
            if done % ROWS_AT_ONCE == 0:
                progress("restored", done, total)
            yield row

    names = []
    for line, rows in reader.tables():
        names.append(line.table)
        await load(connection, line.table, checked(line, schema, is_newest=is_newest), counted(rows))
    if is_newest:
        refuse_other_tables(names, personal=reader.header.personal)


async def _begin_epoch(connection: AsyncConnection) -> None:
    """A new epoch for the log; consumers that send to others wait, and begin at its head."""
    now = clock.of_database((await connection.execute(select(database_clock()))).scalar_one())
    log = update(ChangeLog).values(epoch=secrets.token_hex(4), outbound_paused_at=now).returning(ChangeLog.head)
    heads = (await connection.execute(log)).scalars().all()
    if len(heads) != 1:
        raise Damaged(f"it has {len(heads)} rows of change_log, not one")
