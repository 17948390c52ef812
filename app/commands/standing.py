"""What `serve` says at its start of the newsroom that it serves."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from app.articles.models import Article
from app.changes.models import ChangeLog
from app.kit import clock, migrations
from app.kit.db import Database
from app.settings import Settings
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


async def said_of(settings: Settings, address: str) -> list[str]:
    """Lines on the database, its articles, and what to do when there are none."""
    database = Database(settings.database_url, pool=1)
    try:
        async with asyncio.timeout(PATIENCE), database.connection() as connection:
            if not await migrations.is_ready(connection):
                return [f"database: {place_of(settings)}. Its schema is older than the code: run ./nashra migrate"]
            some = select(Article.id).limit(COUNTED_UP_TO).subquery()
            articles = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
            paused = (await connection.execute(select(ChangeLog.outbound_paused_at))).scalar_one()
            token = (await connection.execute(select(StaffToken.id).limit(1))).first()
    except (SQLAlchemyError, OSError) as error:
        return [f"database: {place_of(settings)}. It does not answer yet: {type(error).__name__}"]
    finally:
        await database.close()
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
