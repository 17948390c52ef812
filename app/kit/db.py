"""The database: declarative base, column types, read and write engines, transactions.

A request that reads gets a connection that cannot write, on one snapshot. A request that writes gets one transaction,
committed when its endpoint has returned and *before* the answer is sent (`scope="function"`): what was acknowledged is
stored, and a failed commit is still an error for the client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import asyncpg
from fastapi import Depends
from pydantic_core import from_json
from sqlalchemy import CHAR, JSON, URL, Dialect, MetaData, Text, Uuid, make_url
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine
from starlette.requests import HTTPConnection

from app.kit import postgres, sqlite
from app.kit.backup_rule import BackupRule
from app.kit.clock import written
from app.kit.ids import dashed

STATEMENT_TIMEOUT_MS = 30_000
Connection = AsyncConnection | AsyncSession


def dialect_of(connection: Connection) -> str:
    """`sqlite` or `postgresql`."""
    return connection.dialect.name if isinstance(connection, AsyncConnection) else connection.get_bind().dialect.name


class Instant(TypeDecorator[datetime]):
    """A timestamp in UTC, whole milliseconds: `timestamptz(3)`, on SQLite RFC 3339 text (it sorts as time)."""

    impl = CHAR(24)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(CHAR(24))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None or dialect.name == "postgresql":
            return value
        return written(value.astimezone(UTC))

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        return datetime.fromisoformat(value)


class _TextId(Uuid[str]):
    """A UUID as text. SQLite stores 32 digits: the dashes are added without a slow `UUID` object."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return lambda value: None if value is None else value.replace("-", "")

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        return lambda value: None if value is None else dashed(value)


Id = _TextId()
# Indexed text sorts by code point on both databases, whatever the server's locale.
Key = Text().with_variant(Text(collation="C"), "postgresql")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# Keeps the order of keys: for values that are sent as they are stored, so that both databases give the same bytes.
OrderedJson = JSON(none_as_null=True)


class Base(DeclarativeBase):
    """Declarative base. Constraint names are predictable, so that a violation can be mapped by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Instant,
        str: Text(),
        dict[str, object]: Json,
        list[str]: Json,
        dict[str, Any]: Json,
        list[Any]: Json,
    }
    backup: ClassVar[BackupRule]
    """What a backup does with the table. A test fails for a model that has none of its own."""


class Database:
    """The read and the write engine of one database."""

    def __init__(self, url: str, pool: int = 10) -> None:
        parsed = make_url(url)
        self._listening_url: str | None = None
        self.is_embedded = parsed.get_backend_name() == "sqlite"
        """Whether it is SQLite, which runs inside the event loop."""
        if self.is_embedded:
            path = parsed.database or ":memory:"
            self.reading, self.writing = sqlite.reading_engine(path), sqlite.writing_engine(path)
            self._session: type[AsyncSession] = sqlite.InlineSession
            self._snapshots = self.reading
        else:
            self.reading, self.writing = _postgresql(parsed, pool, read_only=True), _postgresql(parsed, pool)
            self._session = AsyncSession
            self._snapshots = self.reading.execution_options(isolation_level=postgres.SNAPSHOT)
            self._listening_url = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        self.before_commit: Callable[[AsyncSession], Awaitable[None]] | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A read-only connection on one snapshot.

        SQLAlchemy closes in a task of its own, safe from cancellation. SQLite never awaits, so it cannot be cancelled
        and is closed directly: one connection, with warm page and statement caches, then serves all requests.
        """
        kind = sqlite.InlineConnection if self.is_embedded else postgres.SnapshotConnection
        connection = kind(self.reading)
        await connection.start()
        try:
            yield connection
        finally:
            if self.is_embedded or connection.is_single_statement:
                await connection.close()
            else:
                await asyncio.shield(asyncio.ensure_future(connection.close()))

    def reading_session(self) -> AsyncSession:
        """A session that cannot write, on one snapshot."""
        return self._session(self._snapshots, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed together when the block ends, or not at all.

        Callbacks of `at_end(session, …)` run afterwards, after a rollback too.
        """
        session = self._session(self.writing, expire_on_commit=False)
        try:
            async with session:  # rolls back what was not committed
                yield session
                if self.before_commit is not None:
                    await self.before_commit(session)
                await session.commit()
        finally:
            for call in session.info.get("at_end", ()):
                call()

    async def listen(self, channel: str, on_notify: Callable[[], None]) -> None:
        """LISTEN on PostgreSQL: calls `on_notify` for every NOTIFY on `channel`; returns when the connection is lost.

        Raises `OSError` or asyncpg's errors where it cannot connect. On SQLite it never returns.
        """
        lost = asyncio.Event()
        if self._listening_url is None:
            await lost.wait()
            return
        connection = await asyncpg.connect(self._listening_url, timeout=5)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(channel, lambda *_: on_notify())
            on_notify()
            await lost.wait()
        finally:
            await connection.close(timeout=1)

    async def close(self) -> None:
        await self.reading.dispose()
        await self.writing.dispose()


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """A database for one command, with one connection of each kind; closed when the block ends."""
    database = Database(url, pool=1)
    try:
        yield database
    finally:
        await database.close()


def at_end(session: AsyncSession, call: Callable[[], None]) -> None:
    """Run `call` after the session's transaction, committed or rolled back."""
    session.info.setdefault("at_end", []).append(call)


def _postgresql(url: URL, pool: int, read_only: bool = False) -> AsyncEngine:
    settings = {
        "application_name": "nashra",
        "timezone": "UTC",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MS),
        "default_transaction_read_only": "on" if read_only else "off",
        # One snapshot for all statements of a reading request.
        "default_transaction_isolation": "repeatable read" if read_only else "read committed",
        "jit": "off",
        # Hot tables are in memory: at the default of 4 the planner scans small tables for every row that joins them.
        "random_page_cost": "1.1",
    }
    return create_async_engine(
        postgres.postgresql_url(url),
        isolation_level=postgres.BY_ITSELF if read_only else None,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=not read_only,
        hide_parameters=True,
        json_deserializer=from_json,
        # The client's own timeout, for a server that does not report its statement timeout.
        connect_args={"timeout": 5, "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 5, "server_settings": settings},
    )


async def use_database(connection: HTTPConnection) -> Database:
    # `async`, though it awaits nothing: FastAPI would use a thread, which costs more than most queries.
    database: Database = connection.app.state.database
    return database


async def _reading(database: Annotated[Database, Depends(use_database)]) -> AsyncIterator[AsyncConnection]:
    async with database.connection() as connection:
        yield connection


async def single_statement(connection: AsyncConnection) -> None:
    """Use the connection without a transaction: for requests whose statements need no common snapshot."""
    if isinstance(connection, sqlite.InlineConnection | postgres.SnapshotConnection):
        connection.is_single_statement = True


async def _reading_session(database: Annotated[Database, Depends(use_database)]) -> AsyncIterator[AsyncSession]:
    async with database.reading_session() as session:
        yield session


async def _writing(
    connection: HTTPConnection, database: Annotated[Database, Depends(use_database)]
) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as session:
        connection.state.writing = session
        yield session


def writing_session(connection: HTTPConnection) -> AsyncSession | None:
    """The writing session that this request has opened already, if any: SQLite has no second writing connection."""
    session: AsyncSession | None = getattr(connection.state, "writing", None)
    return session


# `scope="function"` closes each of them before the answer is sent; never use these without it.
Reading = Annotated[AsyncConnection, Depends(_reading, scope="function")]
ReadingSession = Annotated[AsyncSession, Depends(_reading_session, scope="function")]
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
UseDatabase = Annotated[Database, Depends(use_database)]
