"""The newsroom that a command finds: whether it is there, and what `serve` says of it at its start."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from app.articles.models import Article
from app.changes.models import ChangeLog
from app.commands.failing import fail
from app.kit import clock, migrations
from app.kit.db import Connection, open_database
from app.settings import Settings, load
from app.staff.models import StaffToken

COUNTED_UP_TO = 100_000
PATIENCE = 5  # seconds
FIRST = 'a token first, in another terminal: ./nashra token create --name "Editor" --role admin'


def place_of(settings: Settings) -> str:
    """The database without user and password."""
    if settings.is_sqlite:
        return f"SQLite, {settings.sqlite_path}"
    url = make_url(settings.database_url)
    host = url.host or url.query.get("host") or "its local socket"
    return f"PostgreSQL, {url.database} on {host}{f':{url.port}' if url.port else ''}"


def existing_newsroom(verb: str) -> Settings:
    """The settings of a newsroom that is there; ends the command where there is none to `verb` (to "export")."""
    settings = load()
    if settings.is_sqlite and not settings.sqlite_path.exists():
        fail(f"there is no newsroom at {settings.sqlite_path}: nothing to {verb}")
    return settings


async def refuse_older_schema(connection: Connection) -> None:
    """End the command where the schema is older than the code, or there is none."""
    if not await migrations.is_ready(connection):
        fail("the schema is older than the code: run ./nashra migrate first")


async def said_of(settings: Settings, address: str) -> list[str]:
    """Lines on the database, its articles, and what to do when there are none."""
    try:
        async with (
            open_database(settings.database_url) as database,
            asyncio.timeout(PATIENCE),
            database.connection() as connection,
        ):
            if not await migrations.is_ready(connection):
                return [f"database: {place_of(settings)}. Its schema is older than the code: run ./nashra migrate"]
            some = select(Article.id).limit(COUNTED_UP_TO).subquery()
            articles = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
            paused = (await connection.execute(select(ChangeLog.outbound_paused_at))).scalar_one()
            token = (await connection.execute(select(StaffToken.id).limit(1))).first()
    except (SQLAlchemyError, OSError) as error:
        return [f"database: {place_of(settings)}. It does not answer yet: {type(error).__name__}"]
    count = f"{articles:,}{' or more' if articles == COUNTED_UP_TO else ''}"
    lines = [f"database: {place_of(settings)}; articles: {count}"]
    if paused:
        lines.append(f"nothing is sent to anybody since the restore of {clock.written(paused)}: ./nashra resume")
    return lines if articles else [*lines, *_first_steps(address, has_token=token is not None)]


def _first_steps(address: str, *, has_token: bool) -> list[str]:
    steps = [] if has_token else [FIRST]
    return [
        "the newsroom is empty",
        *steps,
        f"then the first article: the quick start in README.md, or {address}/docs",
    ]
