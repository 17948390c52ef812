"""Columns in a backup: their types, and how each value is read from the drivers and written for them.

Values are JSON: ids with dashes, times as RFC 3339 text, bytes in base64. So a file restores on either database.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from pydantic_core import from_json, to_json
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, Table, Uuid

from app.kit import clock
from app.kit.backup_rule import BackupRule
from app.kit.db import Base, Instant
from app.kit.ids import dashed
from app.models import metadata

ColumnType = Literal["text", "integer", "boolean", "time", "id", "json", "bytes"]
Convert = Callable[[Any], Any]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INTEGERS = range(-(2**63), 2**63)


class BackupColumn(NamedTuple):
    """One column of a table, as it stands in a backup."""

    name: str
    type: ColumnType


def backup_tables(*, personal: bool = True) -> list[Table]:
    """The tables in a backup, or in one `--without-personal`, in an order in which rows refer to earlier ones."""
    rules = {table: rules_by_table()[table.name] for table in metadata.sorted_tables}
    return [table for table, rule in rules.items() if rule.is_kept and (personal or not rule.is_personal)]


def rules_by_table() -> Mapping[str, BackupRule]:
    """The `BackupRule` of each table."""
    return {cast(Table, mapper.local_table).name: mapper.class_.backup for mapper in Base.registry.mappers}


def columns_of(table: Table) -> list[BackupColumn]:
    """The columns of a table that are in a backup."""
    left_out = rules_by_table()[table.name].left_out
    return [BackupColumn(column.name, _type_of(column)) for column in table.columns if column.name not in left_out]


def _type_of(column: Column[Any]) -> ColumnType:
    kinds: list[tuple[type, ColumnType]] = [(Instant, "time"), (Uuid, "id"), (JSON, "json"), (Boolean, "boolean")]
    kinds += [(Integer, "integer"), (LargeBinary, "bytes")]
    return next((name for kind, name in kinds if isinstance(column.type, kind)), "text")


def readers(columns: list[BackupColumn], dialect: str) -> list[tuple[int, Convert]]:
    """How to make values of the file from those of the driver, by position. NULL stays null."""
    sqlite: Mapping[ColumnType, Convert] = {"boolean": bool, "json": from_json, "id": dashed, "bytes": _encoded}
    # SQLAlchemy has told asyncpg how to decode JSON.
    postgresql: Mapping[ColumnType, Convert] = {"id": str, "bytes": _encoded, "time": clock.written}
    convert = sqlite if dialect == "sqlite" else postgresql
    return [(place, convert[column.type]) for place, column in enumerate(columns) if column.type in convert]


def writers(columns: list[BackupColumn], dialect: str) -> list[Convert]:
    """How to make values for the driver from those of a file, which may be hostile. Each raises `ValueError`."""
    return [_writer(column, dialect) for column in columns]


def _writer(column: BackupColumn, dialect: str) -> Convert:
    check = _CHECKS[column.type]
    finish = (_FOR_SQLITE if dialect == "sqlite" else _FOR_POSTGRESQL).get(column.type, _same)

    def write(value: Any) -> Any:
        if value is None:
            return None
        if not check(value):
            raise ValueError(f"{column.name} is not {column.type}: {str(value)[:80]!r}")
        return finish(value)

    return write


def _is_storable(value: object) -> bool:
    """PostgreSQL stores no NUL in text."""
    return isinstance(value, str) and "\0" not in value


def _is_integer(value: object) -> bool:
    return type(value) is int and value in INTEGERS


def _is_time(value: object) -> bool:
    """Raises `ValueError` for the 13th month."""
    return isinstance(value, str) and TIME.fullmatch(value) is not None and bool(datetime.fromisoformat(value))


def checked_time(text: str) -> str:
    """The same moment. Raises `ValueError` for what is none."""
    if not _is_time(text):
        raise ValueError("is no moment")
    return text


_CHECKS: Mapping[ColumnType, Callable[[Any], bool]] = {
    "text": _is_storable,
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "time": _is_time,
    "id": lambda value: isinstance(value, str) and ID.fullmatch(value) is not None,
    "json": lambda value: True,
    "bytes": lambda value: isinstance(value, str),
}


def _same(value: Any) -> Any:
    return value


def _encoded(value: bytes) -> str:
    return b64encode(value).decode()


def _decoded(value: str) -> bytes:
    return b64decode(value, validate=True)


def _json(value: object) -> str:
    return to_json(value).decode()


_FOR_SQLITE: Mapping[ColumnType, Convert] = {
    "id": lambda value: value.replace("-", ""),
    "json": _json,
    "boolean": int,
    "bytes": _decoded,
}
_FOR_POSTGRESQL: Mapping[ColumnType, Convert] = {"json": _json, "bytes": _decoded, "time": datetime.fromisoformat}
