"""Migrations: Alembic run from the inside, under a lock, and the question whether the schema fits the code."""

from __future__ import annotations

import asyncio
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, make_url, pool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.kit import sqlite
from app.kit.db import postgresql_url
from app.kit.paging import Reader

ROOT = Path(__file__).resolve().parents[2]
LOCK = 4_716_219_533  # pg_advisory_xact_lock: any number, the same in every process


def config(connection: Connection | None = None) -> Config:
    settings = Config(str(ROOT / "alembic.ini"))
    settings.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database to `revision`. Of two processes that start at once one migrates, the other finds it done."""
    run(url, command.upgrade, revision)


def run(url: str, what: Any, *arguments: Any) -> None:
    """Runs an Alembic command in one transaction that holds the migration lock."""
    asyncio.run(_run(url, what, *arguments))


async def _run(url: str, what: Any, *arguments: Any) -> None:
    engine = _engine(make_url(url))
    try:
        async with engine.begin() as connection:  # on SQLite this takes the only write lock there is
            if engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.run_sync(lambda sync: what(config(sync), *arguments))
    finally:
        await engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(postgresql_url(url), poolclass=pool.NullPool, connect_args={"timeout": 5})
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it will hold e-mail addresses
    return sqlite.writing_engine(str(path), migrating=True)


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], str]:
    scripts = ScriptDirectory.from_config(config())
    return frozenset(script.revision for script in scripts.walk_revisions()), scripts.get_current_head() or ""


async def is_ready(reader: Reader) -> bool:
    """Whether the schema is at the code's revision, or at one that the code does not know yet."""
    try:
        found = (await reader.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except SQLAlchemyError as error:
        if getattr(error, "connection_invalidated", False):
            raise
        return False
    known, head = _known()
    return found is not None and (found == head or found not in known)
