"""Raw columns: selected as the text that the API writes, without `datetime`, `UUID` or JSON objects in between."""

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


# Lists repeat the same few timestamps and ids: a cache hit costs a quarter of formatting one.
_written = lru_cache(maxsize=8192)(_unless_null(written))
_dashed = lru_cache(maxsize=8192)(_unless_null(dashed))
_text = _unless_null(str)


class _Moment(TypeDecorator[str]):
    """A timestamp as RFC 3339 text, which is how SQLite stores it."""

    impl = CHAR(24)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read | None:
        return _written if dialect.name == "postgresql" else None


class _Id(TypeDecorator[str]):
    """An id with dashes."""

    impl = CHAR(36)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        return _text if dialect.name == "postgresql" else _dashed


class json_text(FunctionElement[str]):  # noqa: N801  # a function of SQL
    """A JSON column as its text: asyncpg takes three times as long to parse it as `parsed` does."""

    name = "json_text"
    inherit_cache = True
    type = Text()


@compiles(json_text, "sqlite")
def _json_text_in_sqlite(element: json_text, compiler: SQLCompiler, **words: Any) -> str:
    return compiler.process(element.clauses, **words)


@compiles(json_text, "postgresql")
def _json_text_in_postgresql(element: json_text, compiler: SQLCompiler, **words: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **words)} AS TEXT)"


MOMENT, ID = _Moment(), _Id()
RAW: dict[type[TypeEngine[Any]], Callable[[Any], ColumnElement[Any]]] = {
    Instant: lambda column: type_coerce(column, MOMENT),
    type(Id): lambda column: type_coerce(column, ID),
    JSON: json_text,
    JSONB: json_text,
}


def raw(*columns: Any) -> list[ColumnElement[Any]]:
    """The columns under their names: timestamps as text, ids with dashes, JSON as text (for `parsed`)."""
    return [
        RAW[type(column.type)](column).label(column.key) if type(column.type) in RAW else column for column in columns
    ]


def parsed(value: Any) -> Any:
    """The value of a JSON column: parsed from the text of a raw row; unchanged where an ORM object has parsed it."""
    return from_json(value) if isinstance(value, str) else value


class JsonAggregate(FunctionElement[str]):
    """A JSON aggregate: all rows of a subquery as one list of lists, unordered, for `rows_of_json`."""

    name = "json_aggregate"
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
    """The rows in a `JsonAggregate`, sorted. Cached: many articles have the same few terms."""
    return tuple(sorted(map(tuple, from_json(text)))) if text else ()
