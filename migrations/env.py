"""Alembic's environment: runs inside the transaction, and under the lock, that `app/kit/migrations.py` opened."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from app.kit.db import Instant
from app.models import metadata


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Our column types are constants at the head of each script: a migration imports nothing of the application."""
    if kind != "type":
        return False
    if isinstance(item, Instant):
        return "INSTANT"
    if isinstance(item, sa.Uuid):
        return "ID"
    variant = item._variant_mapping.get("postgresql") if hasattr(item, "_variant_mapping") else None
    if variant is None:
        return False
    return "JSON" if isinstance(item, sa.JSON) else "KEY"


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """SQLite's full-text table, and the tables that it keeps for itself, are no models."""
    return not (kind == "table" and name and name.startswith("index_words"))


def include_object(thing: Any, _name: str | None, kind: str, _reflected: bool, other: Any) -> bool:
    """An index of one database is none of the other's."""
    if kind != "index":
        return True
    only, dialect = getattr(thing, "_ddl_if", None), context.get_context().dialect.name
    if only is not None and only.dialect != dialect:
        return False
    return dialect != "sqlite" or other is None or not differs_in_direction(thing, other)


def differs_in_direction(model: sa.Index, reflected: sa.Index) -> bool:
    """SQLAlchemy does not reflect which columns of an index descend in SQLite: the model alone has directions."""
    return [column.name for column in model.columns] == [column.name for column in reflected.columns]


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise SystemExit("Run migrations with ./nashra migrate")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_item=render_item,
        include_name=include_name,
        include_object=include_object,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # the transaction is the caller's
    )
    context.run_migrations()


run()
