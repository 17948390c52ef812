"""Loads the rows of a backup into an empty database: a prepared INSERT on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

import asyncpg
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.backup.columns import BackupColumn, backup_tables, columns_of, writers
from app.backup.lines import Damaged, TableLine
from app.kit.sql import as_database_error

Schema = Mapping[str, frozenset[str]]
"""The columns of each table of ours that is there."""
UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    OverflowError,  # the drivers' own, for values of a wrong kind
    TypeError,
    UnicodeError,
)
VERSION_TABLE, WORDS = "alembic_version", "index_words"


async def schema_of(connection: AsyncConnection) -> Schema:
    """The tables that are there, but for those that migrations and SQLite's full-text index keep for themselves."""
    return await connection.run_sync(_schema_of)


def _schema_of(connection: Connection) -> Schema:
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != VERSION_TABLE and not name.startswith(WORDS)]
    return {name: frozenset(column["name"] for column in inspector.get_columns(name)) for name in names}


def refuse_other_tables(names: Sequence[str], *, personal: bool) -> None:
    """Raise `Damaged` unless these are the tables of a backup of this schema, in their order."""
    wanted = [table.name for table in backup_tables(personal=personal)]
    if list(names) != wanted:
        odd = next(one for one, other in zip_longest(names, wanted) if one != other) or "the last one"
        raise Damaged(f"its tables are not those of its version, in their order: {odd}")


def checked(line: TableLine, schema: Schema, *, is_newest: bool) -> list[BackupColumn]:
    """The columns of a table in the file. Raises `Damaged` where the database has no such table or column."""
    columns = [BackupColumn(name, type) for name, type in line.columns.items()]
    if line.table not in schema:
        raise Damaged(f"it has a table {line.table}, which Nashra does not have")
    if unknown := set(line.columns) - schema[line.table]:
        raise Damaged(f"{line.table} has a column {min(unknown)}, which Nashra does not have")
    expected = {table.name: columns_of(table) for table in backup_tables()}
    if is_newest and columns != expected.get(line.table):
        raise Damaged(f"the columns of {line.table} are not those of its version")
    return columns


async def load(connection: AsyncConnection, table: str, columns: list[BackupColumn], rows: Iterator[list[Any]]) -> None:
    """Store the rows in place of those that migrations have made. Raises `Damaged` for rows that cannot be stored."""
    await connection.execute(text(f'DELETE FROM "{table}"'))  # noqa: S608  # a name of the schema
    pooled = await connection.get_raw_connection()
    driver: Any = pooled.driver_connection
    names = [column.name for column in columns]
    converted = _converted(table, columns, connection.dialect.name, rows)
    with as_database_error(), _as_damaged(table):
        if isinstance(driver, sqlite3.Connection):
            marks, listed = ", ".join("?" * len(names)), ", ".join(f'"{name}"' for name in names)
            driver.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', converted)  # noqa: S608
        else:
            await driver.copy_records_to_table(table, records=converted, columns=names)


@contextmanager
def _as_damaged(table: str) -> Iterator[None]:
    try:
        yield
    except UNSTORABLE as error:
        raise Damaged(f"a row of {table} cannot be stored: {str(error).splitlines()[0]}") from None


def _converted(
    table: str, columns: list[BackupColumn], dialect: str, rows: Iterator[list[Any]]
) -> Iterator[tuple[Any, ...]]:
    convert = writers(columns, dialect)
    for number, row in enumerate(rows, start=1):
        try:
            if len(row) != len(columns):
                raise ValueError(f"it has {len(row)} columns, not {len(columns)}")
            yield tuple(one(value) for one, value in zip(convert, row, strict=True))
        except ValueError as error:
            raise Damaged(f"row {number} of {table}: {error}") from None


async def refuse_dangling(connection: AsyncConnection) -> None:
    """Raise `Damaged` for a row that refers to one that is not there. PostgreSQL has refused it already."""
    if connection.dialect.name == "sqlite":
        found = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
        if found is not None:
            raise Damaged(f"a row of {found[0]} refers to a row of {found[2]} that is not there")
