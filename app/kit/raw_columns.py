"""Columns as the API writes them: what is read only to be written again is not made into objects on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import CHAR, JSON, ColumnElement, Dialect, Text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.kit.clock import written
from app.kit.db import Id, Instant
from app.kit.ids import dashed

Read = Callable[[Any], Any]


def _unless_null(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


# The same few moments stand in the rows of every list: looking one up costs a quarter of writing it.
_written = lru_cache(maxsize=8192)(_unless_null(written))


class _Moment(TypeDecorator[str]):
    """RFC 3339 text, which is what SQLite holds."""

    impl = CHAR(24)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read | None:
        return _written if dialect.name == "postgresql" else None


class _Id(TypeDecorator[str]):
    """Never null."""

    impl = CHAR(36)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        return str if dialect.name == "postgresql" else dashed


class _Unread(FunctionElement[Any]):
    """A JSON column as the text that it is; asyncpg would parse it, in three times the time that `unread` takes."""

    name = "unread"
    inherit_cache = True
    type = Text()


@compiles(_Unread, "sqlite")
def _unread_in_sqlite(element: _Unread, compiler: SQLCompiler, **words: Any) -> str:
    return compiler.process(element.clauses, **words)


@compiles(_Unread, "postgresql")
def _unread_in_postgresql(element: _Unread, compiler: SQLCompiler, **words: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **words)} AS TEXT)"


MOMENT, ID = _Moment(), _Id()
PLAIN: dict[type[TypeEngine[Any]], Callable[[Any], ColumnElement[Any]]] = {
    Instant: lambda column: type_coerce(column, MOMENT),
    type(Id): lambda column: type_coerce(column, ID),
    JSON: _Unread,
    JSONB: _Unread,
}


def plain(*columns: Any) -> list[ColumnElement[Any]]:
    """The columns, under their names: moments as text, ids with dashes, JSON as text (for `read`)."""
    return [
        PLAIN[type(column.type)](column).label(column.key) if type(column.type) in PLAIN else column
        for column in columns
    ]


def read(value: Any) -> Any:
    """What a JSON column holds: of a plain row, or of an object that has it read already."""
    return from_json(value) if isinstance(value, str) else value


class JsonAggregate(FunctionElement[Any]):
    """All rows of a subquery as one value: the JSON of a list of lists, in no order, for `gathered`."""

    name = "gathered"
    inherit_cache = True
    type = Text()


@compiles(JsonAggregate, "sqlite")
def _in_sqlite(element: JsonAggregate, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **words)}))"


@compiles(JsonAggregate, "postgresql")
def _in_postgresql(element: JsonAggregate, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **words)}))::text"


@lru_cache(maxsize=8192)
def rows_of_json(text: str | None) -> tuple[tuple[Any, ...], ...]:
    """The rows in a `Gathered` value, sorted. The same few terms stand with many articles: each is read once."""
    return tuple(sorted(map(tuple, from_json(text)))) if text else ()
