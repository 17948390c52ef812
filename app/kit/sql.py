"""SQL for both SQLite and PostgreSQL: upserts, hints for the planner, the database's clock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import BindParameter, ColumnElement, Table, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.kit.db import Base, Instant


def insert_into(session: AsyncSession, table: Table | type[Base]) -> postgresql.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` for the session's dialect."""
    return insert_for(session.get_bind().dialect.name, table)


def in_language_range(column: InstrumentedAttribute[str], tag: str | BindParameter[str]) -> ColumnElement[bool]:
    """RFC 4647 basic filtering, as `is_in_range` in `app/text/languages.py`: `ar` finds `ar` and `ar-SY`.

    A bound tag is in lower case and well-formed, since no wildcard in it is escaped.
    """
    known: ColumnElement[str] = func.lower(column)
    if isinstance(tag, BindParameter):
        return or_(known == tag, known.startswith(tag.concat("-")))
    return or_(known == tag.lower(), known.startswith(f"{tag.lower()}-", autoescape=True))


def insert_for(dialect: str, table: Table | type[Base]) -> postgresql.Insert:
    """The same by the name of the dialect, for a statement that is built once."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)  # type: ignore[return-value]  # the same methods


@contextmanager
def as_database_error() -> Iterator[None]:
    """Raises SQLAlchemy's `DBAPIError` for an error of a driver that is used directly, so that commands word it."""
    try:
        yield
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DBAPIError(None, None, error) from error


class database_clock(FunctionElement[datetime]):  # noqa: N801  # a function of SQL
    """The database's current time, for `clock.of_database`; null on SQLite, whose clock is this machine's."""

    name = "database_clock"
    inherit_cache = True
    type = Instant()


@compiles(database_clock, "sqlite")
def _clock_of_sqlite(_element: database_clock, _compiler: SQLCompiler, **_words: object) -> str:
    return "NULL"


@compiles(database_clock, "postgresql")
def _clock_of_postgresql(_element: database_clock, _compiler: SQLCompiler, **_words: object) -> str:
    return "clock_timestamp()"


class rarely(FunctionElement[bool]):  # noqa: N801  # a function of SQL
    """A condition that few rows pass, on a column that is null in most rows.

    `ANALYZE` counts nulls as equal values: SQLite then takes an index of such a column for useless, and scans another
    one or the table. This overrides the statistics (https://www.sqlite.org/lang_corefunc.html#likelihood); PostgreSQL
    counts nulls apart.
    """

    name = "rarely"
    inherit_cache = True  # and no type: SQLAlchemy would write `= 1` behind a boolean, which hides the column


@compiles(rarely, "sqlite")
def _rarely_in_sqlite(element: rarely, compiler: SQLCompiler, **words: Any) -> str:
    return f"likelihood({compiler.process(element.clauses, **words)}, 0.00001)"


@compiles(rarely, "postgresql")
def _rarely_in_postgresql(element: rarely, compiler: SQLCompiler, **words: Any) -> str:
    return f"({compiler.process(element.clauses, **words)})"
