"""Database migrations: runs Alembic under a lock, and checks whether the schema fits the code.

The check runs at every start, without Alembic, whose import takes 0.2 s.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import URL, make_url, pool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.kit import sqlite
from app.kit.db import Connection
from app.kit.postgres import postgresql_url

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("down_revision", "revision")
LOCK = 4_716_219_533  # pg_advisory_xact_lock: any number, the same in every process


def config(connection: sqlalchemy.Connection | None = None) -> Config:
    from alembic.config import Config

    settings = Config(str(ROOT / "alembic.ini"))
    settings.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database to `revision`. Of two concurrent processes one migrates, the other waits."""
    if revision == "head" and asyncio.run(_is_at_head(url)):
        return
    from alembic import command

    run(url, command.upgrade, revision)


def run(url: str, what: Callable[..., object], *arguments: object) -> None:
    """Run an Alembic command in one transaction that holds the migration lock."""
    asyncio.run(_run(url, what, *arguments))


async def _run(url: str, what: Callable[..., object], *arguments: object) -> None:
    engine = _engine(make_url(url))
    try:
        async with engine.begin() as connection:  # on SQLite this takes the write lock
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


async def _is_at_head(url: str) -> bool:
    engine = _engine(make_url(url))
    try:
        async with engine.connect() as connection:
            return await _revision(connection) == known()[1]
    except SQLAlchemyError:
        return False
    finally:
        await engine.dispose()


@lru_cache(maxsize=1)
def known() -> tuple[frozenset[str], str]:
    """All revisions of the code, and the head. Parsed from the text of the scripts."""
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "migrations" / "versions").glob("*.py"))
    before, revisions = (frozenset(re.findall(rf'^{name}\b[^=\n]*= "(.*)"$', scripts, re.M)) for name in NAMES)
    (head,) = revisions - before
    return revisions, head


async def is_ready(connection: Connection) -> bool:
    """Whether the schema is at the code's head, or at a newer revision, unknown to the code."""
    try:
        found = await _revision(connection)
    except SQLAlchemyError as error:
        if getattr(error, "connection_invalidated", False):
            raise
        return False
    revisions, head = known()
    return found is not None and (found == head or found not in revisions)


async def _revision(connection: Connection) -> str | None:
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
