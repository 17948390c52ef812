"""PostgreSQL: a read connection that runs statements on asyncpg directly."""

from __future__ import annotations

from typing import Any

import asyncpg
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

SNAPSHOT = "REPEATABLE READ"
BY_ITSELF = "AUTOCOMMIT"
WRONG = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
ANYTHING = text("SELECT 1")
PATIENCE = 5  # seconds for the ROLLBACK of a read transaction


class SnapshotConnection(AsyncConnection):
    """A read connection with one snapshot from its first statement on, unless `is_single_statement`.

    Its engine is in autocommit mode; BEGIN and ROLLBACK are sent here, since statements bypass SQLAlchemy.
    """

    is_single_statement = False
    """Whether statements run without a transaction."""

    async def driver(self) -> Any:
        """The asyncpg connection, in its transaction (read only by a server setting)."""
        driver = self._driver
        if not self.is_single_statement and not driver.is_in_transaction():
            try:
                await driver.execute("BEGIN")
            except asyncpg.InternalClientError as error:
                raise await lost(self, "BEGIN", error) from error
            except WRONG:
                await super().execute(ANYTHING)  # lets SQLAlchemy map the error and invalidate the pool
                raise
        return driver

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        await self.driver()
        return await super().execute(statement, parameters, execution_options=execution_options)

    async def close(self) -> None:
        """Roll back before the pool reuses the connection: its next user needs a new snapshot."""
        own = self.sync_connection
        if own is not None and not own.closed and not own.invalidated and self._driver.is_in_transaction():
            try:
                await self._driver.execute("ROLLBACK", timeout=PATIENCE)
            except WRONG:
                await self.invalidate()
        await super().close()

    @property
    def _driver(self) -> Any:
        connection: Any = self._proxied.connection
        return connection.driver_connection


async def lost(connection: Any, sql: str, error: asyncpg.InternalClientError) -> DBAPIError:
    """The error of a connection whose state asyncpg itself does not know, which is closed: it says so where the server
    ends the connection in the moment in which a statement is sent."""
    await connection.invalidate()
    return DBAPIError(sql, None, error, connection_invalidated=True)


def postgresql_url(url: URL) -> URL:
    """The URL for asyncpg, which calls libpq's `sslmode` `ssl`."""
    query = dict(url.query)
    if mode := query.pop("sslmode", None):
        query["ssl"] = mode
    return url.set(drivername="postgresql+asyncpg", query=query)
