"""Makes a backup: every table in one snapshot, while editors and readers go on writing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.backup.columns import backup_tables, columns_of, readers, rules_by_table
from app.backup.file import BackupReader, BackupWriter
from app.backup.lines import VERSION as FORMAT
from app.backup.lines import WITH_FILES, Header, Manifest
from app.backup.pictures import FilesWritten, named_files, note_names, write_files
from app.kit import clock, migrations
from app.kit.backup_rule import BackupRule
from app.kit.db import open_database
from app.kit.new_file import NewFile, new_file
from app.kit.openapi import VERSION
from app.kit.signing import signer_of
from app.kit.sql import as_database_error, database_clock
from app.media.storage import Stores
from app.settings import Settings

ROWS_AT_ONCE = 500
UNLIMITED = [
    text(f"SET LOCAL {name} = 0") for name in ("statement_timeout", "idle_in_transaction_session_timeout")
]  # of PostgreSQL
Progress = Callable[[str, int, int], None]
"""Told what is done, the rows so far and all rows."""


class NotThisSchema(Exception):
    """The database is not at the schema of this code; the message says what to do."""


class Written(NamedTuple):
    """What is in a backup."""

    rows: int
    files: FilesWritten | None
    """None: without the files of pictures."""


async def write_backup(
    settings: Settings,
    path: Path,
    progress: Progress,
    *,
    with_key: bool = False,
    personal: bool = True,
    with_media: bool = False,
) -> Written:
    """Write a backup to `path`, and read it again to its end before it has that name.

    Raises `FileError`, `NotThisSchema`, `Damaged`, `StoreAway`, errors of the database; then no file is left.
    """
    with new_file(path) as file:
        kept = Kept(with_key=with_key, personal=personal, with_media=with_media)
        written = await _write(settings, file, progress, kept)
        verify(file.part, settings, progress)
    return written


def verify(path: Path, settings: Settings, progress: Progress) -> tuple[Header, Manifest]:
    """Read a backup to its end. Raises `Damaged` and `OSError`."""
    with BackupReader(path, settings.max_body_bytes) as reader:
        total = sum(reader.header.rows.values())
        return reader.header, reader.check(lambda done: progress("checked", done, total))


class Kept(NamedTuple):
    """What goes into a backup beside the rows that always do."""

    with_key: bool
    personal: bool
    with_media: bool


async def _write(settings: Settings, file: NewFile, progress: Progress, kept: Kept) -> Written:
    with named_files() as names:
        async with open_database(settings.database_url) as database, database.connection() as connection:
            await _prepare(connection)
            tables = backup_tables(personal=kept.personal)
            header = await _header(connection, settings, tables, kept)
            writer = BackupWriter(file, header)
            try:
                manifest = await _write_tables(connection, writer, tables, header, progress)
                number = await note_names(connection, names, personal=kept.personal) if kept.with_media else 0
            except BaseException:
                writer.close()
                raise
        # The snapshot has ended: a file that is removed from now on was withdrawn, or its time was over.
        try:
            found = None
            if kept.with_media:
                stores = Stores.of(settings)
                found = await write_files(writer, stores, names, lambda done: progress("files: written", done, number))
            writer.finish()
        finally:
            writer.close()
    return Written(manifest.rows, found)


async def _write_tables(
    connection: AsyncConnection, writer: BackupWriter, tables: Sequence[Table], header: Header, progress: Progress
) -> Manifest:
    done, total = 0, sum(header.rows.values())
    for table in tables:
        async for number in _write_table(connection, writer, table, header):
            done += number
            progress("written", done, total)
    return writer.end_tables()


async def _write_table(
    connection: AsyncConnection, writer: BackupWriter, table: Table, header: Header
) -> AsyncIterator[int]:
    """Write the rows of one table; yields how many, some at a time."""
    columns = columns_of(table)
    names, convert = [column.name for column in columns], readers(columns, connection.dialect.name)
    rule = BackupRule() if header.personal else rules_by_table()[table.name]
    writer.begin_table(table.name, columns)
    async for rows in _rows(connection, table, names, rule.public_rows.format(made_at=header.made_at)):
        for row in rows:
            values = _converted(row, convert)
            writer.row(_replaced(values, names, rule, header.made_at) if rule.replaced else values)
        yield len(rows)


def _converted(row: Sequence[Any], convert: Sequence[tuple[int, Any]]) -> list[Any]:
    values = list(row)
    for place, value_of in convert:
        if values[place] is not None:
            values[place] = value_of(values[place])
    return values


def _replaced(values: list[Any], names: Sequence[str], rule: BackupRule, made_at: str) -> list[Any]:
    """The row of a backup `--without-personal`."""
    row = dict(zip(names, values, strict=True))
    replaced = {name: replace({**row, "made_at": made_at}) for name, replace in rule.replaced.items()}
    return list({**row, **replaced}.values())


async def _prepare(connection: AsyncConnection) -> None:
    """Let a large database and a slow disk take their time.

    A file that is read through once would fill the memory of this process on paper, as mapped pages.
    """
    if connection.dialect.name == "postgresql":
        for timeout in UNLIMITED:
            await connection.execute(timeout)
    else:
        pooled = await connection.get_raw_connection()
        driver: Any = pooled.driver_connection
        driver.execute("PRAGMA mmap_size=0")


async def _header(connection: AsyncConnection, settings: Settings, tables: Sequence[Table], kept: Kept) -> Header:
    if not await migrations.is_ready(connection):
        raise NotThisSchema("the schema is older than the code, or there is none: run ./nashra migrate first")
    revision = await migrations.revision_of(connection)
    if revision != migrations.known()[1]:
        raise NotThisSchema(
            f"the database is at revision {revision}, which this code does not know: make the backup with the code "
            "that serves it"
        )
    made_at = clock.of_database((await connection.execute(select(database_clock()))).scalar_one())
    counts = {table.name: select(func.count()).select_from(table) for table in tables}
    return Header(
        version=WITH_FILES if kept.with_media else FORMAT,
        nashra=VERSION,
        revision=revision,
        database="sqlite" if connection.dialect.name == "sqlite" else "postgresql",
        made_at=clock.written(made_at),
        personal=kept.personal,
        key_id=key_id(settings.secret_key),
        keys=list(settings.secret_key) if kept.with_key else None,
        rows={name: (await connection.execute(count)).scalar_one() for name, count in counts.items()},
    )


def key_id(keys: Sequence[str]) -> str:
    """Eight digits that are the same in another newsroom only if its first key is."""
    return signer_of(tuple(keys), "backup").sign(b"key id", 4).hex()


async def _rows(
    connection: AsyncConnection, table: Table, names: Sequence[str], where: str
) -> AsyncIterator[Sequence[Any]]:
    """The rows as the driver gives them, by primary key, some at a time: so memory is bounded."""
    selected = ", ".join(f'"{name}"' for name in names)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    statement = f'SELECT {selected} FROM "{table.name}" WHERE {where or "true"} ORDER BY {order}'  # noqa: S608  # ours
    with as_database_error():
        driver = await _driver(connection)
        if isinstance(driver, sqlite3.Connection):
            found = driver.execute(statement)
            while rows := found.fetchmany(ROWS_AT_ONCE):
                yield rows
            return
        cursor = await driver.cursor(statement)
        while rows := await cursor.fetch(ROWS_AT_ONCE):
            yield rows


async def _driver(connection: Any) -> Any:
    """The `sqlite3` or asyncpg connection of a read connection, in its transaction."""
    return await connection.driver()
