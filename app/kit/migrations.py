"""Database migrations: runs Alembic under a lock, and checks whether the schema fits the code.

The check runs at every start, without Alembic, whose import takes 0.2 s.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import URL, make_url, pool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.kit import sqlite
from app.kit.db import Connection
from app.kit.postgres import postgresql_url

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("down_revision", "revision")
LOCK = 4_716_219_533  # pg_advisory_xact_lock: any number, the same in every process


class RevisionError(Exception):
    """A revision that is not there; the message says which are."""


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
    move(url, revision)


def move(url: str, revision: str) -> None:
    """Migrate to `revision`, up or down. Raises `RevisionError` where there is none of this name."""
    from alembic.util import CommandError

    try:
        run(url, _move, revision)
    except CommandError as error:
        raise RevisionError(_explained(str(error), revision)) from None


def _move(config: Config, revision: str) -> None:
    from alembic import command
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(config.attributes["connection"]).get_current_revision()
    is_down = revision == "base" or revision.startswith("-")
    if not is_down and current in known()[0] and not revision.startswith("+"):
        target = scripts.get_revision(revision)
        below = scripts.iterate_revisions(current, "base")
        is_down = target.revision != current and target.revision in {script.revision for script in below}
    (command.downgrade if is_down else command.upgrade)(config, revision)


def run(url: str, what: Callable[..., object], *arguments: object) -> None:
    """Run an Alembic command in one transaction that holds the migration lock."""
    asyncio.run(_run(url, what, *arguments))


def _explained(error: str, asked: str) -> str:
    missing = re.search(r"identified by '([^']*)'", error)
    if missing is None:
        return f"cannot migrate: {error.splitlines()[0]}"
    name, (revisions, head) = missing[1], known()
    if name != asked:
        return (
            f"the database is at revision {name}, which this code does not know: newer code has migrated it. Run that "
            "code, or serve with NASHRA_MIGRATE_ON_START=false."
        )
    near = get_close_matches(name, revisions, 3, 0.5) or sorted(revisions)[-3:]
    return f"there is no revision {name}. Near it: {', '.join(near)}; the newest: {head}; before all: base."


async def _run(url: str, what: Callable[..., object], *arguments: object) -> None:
    async with locked(url) as connection:
        await connection.run_sync(lambda sync: what(config(sync), *arguments))


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction that holds the migration lock, committed at the end. SQLite checks no foreign keys in it."""
    engine = _engine(make_url(url))
    try:
        async with engine.begin() as connection:  # on SQLite this takes the write lock
            if engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection
    finally:
        await engine.dispose()


async def move_in(connection: AsyncConnection, revision: str) -> None:
    """Migrate to `revision`, up or down, in the transaction of `locked`."""
    await connection.run_sync(lambda sync: _move(config(sync), revision))


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
            return await revision_of(connection) == known()[1]
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
        found = await revision_of(connection)
    except SQLAlchemyError as error:
        if getattr(error, "connection_invalidated", False):
            raise
        return False
    revisions, head = known()
    return found is not None and (found == head or found not in revisions)


async def revision_of(connection: Connection) -> str | None:
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
