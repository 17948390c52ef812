"""Columns as the API writes them: what is read only to be written again is not made into objects on the way."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import CHAR, JSON, ColumnElement, Dialect, Row, Text, type_coerce
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


class _Moment(TypeDecorator[str]):
    """RFC 3339 text, which is what SQLite holds."""

    impl = CHAR(24)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read | None:
        return _unless_null(written) if dialect.name == "postgresql" else None


class _Id(TypeDecorator[str]):
    """Never null."""

    impl = CHAR(36)
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        return str if dialect.name == "postgresql" else dashed


class _Json(TypeDecorator[Any]):
    """Read by Pydantic's parser, in a third of the time; asyncpg has read it already."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read | None:
        return None if dialect.name == "postgresql" else _unless_null(from_json)


MOMENT, ID, JSON_VALUE = _Moment(), _Id(), _Json()
PLAIN: dict[type[TypeEngine[Any]], TypeEngine[Any]] = {
    Instant: MOMENT,
    type(Id): ID,
    JSON: JSON_VALUE,
    JSONB: JSON_VALUE,
}


def plain(*columns: Any) -> list[ColumnElement[Any]]:
    """The columns, under their names: moments as text, ids with dashes, JSON parsed."""
    return [
        type_coerce(column, PLAIN[type(column.type)]).label(column.key) if type(column.type) in PLAIN else column
        for column in columns
    ]


def light(rows: Sequence[Row[Any]]) -> list[Any]:
    """The rows as named tuples, whose fields are read in a tenth of the time."""
    return list(map(_tuple_of(rows[0]._fields)._make, rows)) if rows else []


@lru_cache
def _tuple_of(fields: tuple[str, ...]) -> Any:
    return namedtuple("Light", fields)  # its fields are known when the statement runs


class Gathered(FunctionElement[Any]):
    """All rows of a subquery as one value: the JSON of a list of lists, in no order, for `gathered`."""

    name = "gathered"
    inherit_cache = True
    type = Text()


@compiles(Gathered, "sqlite")
def _in_sqlite(element: Gathered, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **words)}))"


@compiles(Gathered, "postgresql")
def _in_postgresql(element: Gathered, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **words)}))::text"


@lru_cache(maxsize=8192)
def gathered(text: str | None) -> tuple[tuple[Any, ...], ...]:
    """The rows in a `Gathered` value, sorted. The same few terms stand with many articles: each is read once."""
    return tuple(sorted(map(tuple, from_json(text)))) if text else ()
