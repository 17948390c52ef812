"""PostgreSQL through asyncpg: a reading connection that asks the driver itself."""

from __future__ import annotations

from typing import Any

import asyncpg
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

SNAPSHOT = "REPEATABLE READ"
BY_ITSELF = "AUTOCOMMIT"
WRONG = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
ANYTHING = text("SELECT 1")
PATIENCE = 5  # seconds for the end of a transaction that has only read


class SnapshotConnection(AsyncConnection):
    """One snapshot from the first statement on, unless it `is_alone`.

    Its engine leaves transactions alone; this one is begun and ended here, where the driver is asked past SQLAlchemy.
    """

    is_single_statement = False
    """Whether each statement is read by itself."""

    async def driver(self) -> Any:
        """The driver's own connection, in its transaction. It cannot write, by what the server was told."""
        driver = self._driver
        if not self.is_single_statement and not driver.is_in_transaction():
            try:
                await driver.execute("BEGIN")
            except WRONG:
                await super().execute(ANYTHING)  # SQLAlchemy knows what the error means, and what becomes of the pool
                raise
        return driver

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        await self.driver()
        return await super().execute(statement, parameters, execution_options=execution_options)

    async def close(self) -> None:
        """Whoever gets the connection next must not see an old snapshot."""
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


def postgresql_url(url: URL) -> URL:
    """The address in asyncpg's words: libpq's `sslmode` is its `ssl`."""
    query = dict(url.query)
    if mode := query.pop("sslmode", None):
        query["ssl"] = mode
    return url.set(drivername="postgresql+asyncpg", query=query)
