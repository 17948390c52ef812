"""SQLite on the event loop: statements run inline, only waits for locks and commits go to a thread.

An indexed statement takes tens of microseconds; a thread switch there and back costs several times that. So both
engines run the standard library's `sqlite3` inline, through dialects that only *say* they are asynchronous. Waits for
another process's write lock, and for the disk at commit, run in a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

OLDEST = (3, 35, 0)  # RETURNING
BUSY_TIMEOUT_MS = 15_000
MAPPED = 2_147_418_112  # bytes of the file in `mmap`: SQLite's maximum
PAGES_KB = 32_000  # page cache for the rest of the file


class _Nothing:
    """An awaitable that is ready."""

    def __await__(self) -> Generator[None]:
        return
        yield


_nothing = _Nothing()


def _await_something() -> None:
    """Await a ready awaitable: SQLAlchemy refuses an asynchronous statement that awaited nothing."""
    if in_greenlet():
        await_only(_nothing)


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """Called by SQLAlchemy's asynchronous results; all rows are fetched already."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class InlineSQLite(SQLiteDialect_pysqlite):
    """A SQLAlchemy dialect: `sqlite3` behind the asynchronous interface, every call inline."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return AsyncAdaptedQueuePool

    def do_begin(self, dbapi_connection: Any) -> None:
        """BEGIN here, not in a "begin" event, which would cost a whole SQLAlchemy execution."""
        dbapi_connection.execute("BEGIN")

    def do_execute(self, cursor: DBAPICursor, statement: str, parameters: Any, context: object = None) -> None:
        _await_something()
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: DBAPICursor, statement: str, parameters: Any, context: object = None) -> None:
        _await_something()
        cursor.executemany(statement, parameters)


class WritingSQLite(InlineSQLite):
    """The dialect for writes: BEGIN IMMEDIATE and COMMIT run in a thread where they wait."""

    driver = "writing"
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        try:
            dbapi_connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await_only(_in_thread(_begin_patiently, dbapi_connection))

    def do_commit(self, dbapi_connection: Any) -> None:
        await_only(_in_thread(dbapi_connection.commit))


def _begin_patiently(connection: sqlite3.Connection) -> None:
    """Wait for the write lock that another process holds."""
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute("PRAGMA busy_timeout=0")


async def _in_thread(call: Callable[..., object], *arguments: object) -> None:
    """Run `call` in a thread. A cancelled caller waits for its end: no thread keeps using the connection."""
    running = asyncio.get_running_loop().run_in_executor(None, call, *arguments)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        running.exception()
        raise


registry.register("sqlite.inline", __name__, "InlineSQLite")
registry.register("sqlite.writing", __name__, "WritingSQLite")


class InlineConnection(AsyncConnection):
    """A read connection that runs without greenlets: SQLite reads never await."""

    is_single_statement = False
    """Whether statements run without a transaction."""

    async def start(self, is_ctxmanager: bool = False) -> AsyncConnection:
        pool: Any = self.sync_engine.pool
        if not pool.checkedin():  # the first connection is opened under an asynchronous lock
            return await super().start(is_ctxmanager)
        self.sync_connection = self._assign_proxied(self.sync_engine.connect())
        return self

    async def driver(self) -> sqlite3.Connection:
        """The `sqlite3` connection, in a transaction unless `is_single_statement`."""
        if not self.is_single_statement and not self._proxied.in_transaction():
            self._proxied.begin()
        connection: Any = self._proxied.connection
        driver: sqlite3.Connection = connection.dbapi_connection
        return driver

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        return self._proxied.execute(statement, parameters, execution_options=execution_options)

    async def close(self) -> None:
        self._proxied.close()


class InlineSession(AsyncSession):
    """A session of one transaction that needs greenlets only to connect and to commit.

    A greenlet costs as much as a small statement.
    """

    _driver: sqlite3.Connection | None = None

    async def driver(self) -> sqlite3.Connection:
        """The `sqlite3` connection, in its transaction."""
        if self._driver is None:
            connection: Any = (await self.connection()).sync_connection
            driver: sqlite3.Connection = connection.connection.dbapi_connection
            self._driver = driver
        return self._driver

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        await self.driver()
        return self.sync_session.execute(statement, params, **options)

    async def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        await self.driver()
        return self.sync_session.get(entity, ident, **options)

    async def flush(self, objects: Sequence[object] | None = None) -> None:
        await self.driver()
        self.sync_session.flush(objects)

    async def close(self) -> None:
        self.sync_session.close()

    async def __aexit__(self, *_: object) -> None:
        await self.close()  # inline, so no cancellation can interrupt it: SQLAlchemy would start a task


class SQLiteTooOld(RuntimeError):
    """Python's SQLite library is older than `OLDEST`."""


def reading_engine(path: str) -> AsyncEngine:
    """The read engine: `query_only` connections; each transaction sees one snapshot."""
    # No bound on connections: at a bound a checkout would have to wait.
    engine = _engine("sqlite+inline", path, pool_size=8, max_overflow=-1, factory=_Connection)
    _on_connect(
        engine.sync_engine, ["PRAGMA query_only=ON", f"PRAGMA mmap_size={MAPPED}", f"PRAGMA cache_size=-{PAGES_KB}"]
    )
    return engine


def writing_engine(path: str, *, migrating: bool = False) -> AsyncEngine:
    """The write engine: one connection for which writers of this process queue; other processes wait for SQLite's lock.

    Foreign keys are off while migrating: rebuilding a table would cascade as deletions.
    """
    engine = _engine("sqlite+writing", path, pool_size=1, max_overflow=0, factory=_Connection, check_same_thread=False)
    keys = f"PRAGMA foreign_keys={'OFF' if migrating else 'ON'}"
    at_once = "PRAGMA busy_timeout=0"  # a wait for the lock happens in a thread
    _on_connect(engine.sync_engine, ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", keys, at_once])
    return engine


def _engine(driver: str, path: str, *, pool_size: int, max_overflow: int, **connect_args: object) -> AsyncEngine:
    if sqlite3.sqlite_version_info < OLDEST:
        raise SQLiteTooOld(f"SQLite {'.'.join(map(str, OLDEST))} or newer is needed, this is {sqlite3.sqlite_version}")
    return create_async_engine(
        URL.create(driver, database=path),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        json_serializer=_json,
        json_deserializer=from_json,
        hide_parameters=True,
        connect_args=connect_args,
    )


def _json(value: object) -> str:
    """JSON without `\\u` escapes, which triple the size of Arabic text."""
    return to_json(value).decode()


def _on_connect(engine: Engine, pragmas: list[str]) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # `do_begin` begins transactions, not the driver
        cursor = connection.cursor()
        for pragma in [f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", *pragmas]:
            cursor.execute(pragma)
        cursor.close()
