"""Prepared statements: compiled once by SQLAlchemy, then run by the driver (`sqlite3`, asyncpg) itself.

SQLAlchemy's work at every execution (cache lookup, context, result, on PostgreSQL a greenlet) costs more than most of
these statements. After a driver error the statement runs again through SQLAlchemy, which maps the error and decides
about the connection; unless the server has refused it, or the transaction has ended.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Generic, NamedTuple

import asyncpg
from sqlalchemy import BindParameter, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.sql.visitors import iterate
from typing_extensions import TypeVar

from app.kit.db import Connection, dialect_of
from app.kit.postgres import SnapshotConnection, lost
from app.kit.sqlite import InlineConnection, InlineSession
from app.kit.yielding import yielding

Values = Mapping[str, Any]
EMPTY: Values = MappingProxyType({})
LIST_LENGTHS = (1, 4, 24, 64, 101)  # of expanding parameters: pages, the articles of a front, and a little more
FETCHED_AT_ONCE = 4  # rows: of the longest texts they take 10 ms
RUNS_BEFORE_COMPILING = 10  # after so many runs compiling pays
MOST_PLANS = 200  # of one statement: an UPDATE has one for each set of columns
Process = Callable[[Any], Any]
R = TypeVar("R", bound=NamedTuple, default=Any)


class Prepared(Generic[R]):
    """A statement for SQLite and PostgreSQL. It does not flush the session."""

    def __init__(self, statement: Any, row: type[R] | None = None, *, is_lasting: bool = True) -> None:
        """`row` is the class of its rows, a `NamedTuple` with the names of the columns.

        `is_lasting=False`: for one of many statements; compiled only when it has run often.
        """
        self.statement, self._row = statement, row
        parameters = [part for part in iterate(statement) if isinstance(part, BindParameter)]
        self._lists = {part.key for part in parameters if part.expanding and not part.unique}
        self._literals = {part.key for part in parameters if part.literal_execute}
        self._plans: dict[object, _Plan] = {}
        self._runs_left = 0 if is_lasting else RUNS_BEFORE_COMPILING

    async def all(self, connection: Connection, values: Values = EMPTY) -> list[R]:
        """Run the query with these parameters; returns all rows as named tuples."""
        padded = self._padded(values) if self._lists else values
        driver, plan = await _driver(connection), self._plan(connection, padded)
        if isinstance(driver, sqlite3.Connection) and plan is not None:
            was_begun = driver.in_transaction
            try:
                return plan.read(await _fetched(driver.execute(plan.sql, plan.bound(padded))))
            except sqlite3.Error:
                _raise_if_rolled_back(driver, was_begun)
        elif driver is not None and plan is not None:
            try:
                return plan.read(await driver.fetch(plan.sql, *plan.bound(padded)))
            except asyncpg.PostgresError as error:
                if not driver.is_closed():  # the server has answered: a second run would fail alike
                    raise DBAPIError(plan.sql, None, error) from error
            except asyncpg.InterfaceError:
                pass
            except asyncpg.InternalClientError as error:
                raise await lost(connection, plan.sql, error) from error
            except asyncio.CancelledError:
                await connection.invalidate()  # its state is unknown
                raise
        rows = await _fetched(await connection.execute(self.statement, values))
        return list(map(_row_class(tuple(rows[0]._fields), self._row)._make, rows)) if rows else []

    async def first(self, connection: Connection, values: Values = EMPTY) -> R | None:
        """The first row, or None."""
        rows = await self.all(connection, values)
        return rows[0] if rows else None

    async def one(self, connection: Connection, values: Values = EMPTY) -> R:
        """The row of a query that always has one. Raises `ValueError` for any other number."""
        (row,) = await self.all(connection, values)
        return row

    async def run(self, session: AsyncSession, *several: Values) -> None:
        """Run an INSERT, UPDATE or DELETE once for each set of parameters."""
        driver = await _driver(session)
        if driver is not None and (plan := self._plan(session, several[0])) is not None:
            several = several[_run_each(driver, plan, several) :]
        if several:
            await session.execute(self.statement, list(several) if len(several) > 1 else several[0])

    def _padded(self, values: Values) -> Values:
        """Pad lists to one of `LIST_LENGTHS` with their last item, so that few plans are needed."""
        padded = dict(values)
        for name in self._lists:
            given = list(values[name])
            length = next((length for length in LIST_LENGTHS if length >= len(given)), len(given))
            padded[name] = given + given[-1:] * (length - len(given))
        return padded

    def _plan(self, connection: Connection, values: Values) -> _Plan | None:
        """The compiled plan; None where SQLAlchemy is to run the statement."""
        lengths = [len(values[name]) for name in self._lists]
        if not all(length in LIST_LENGTHS for length in lengths):
            return None
        if self._runs_left:
            self._runs_left -= 1
            return None
        key = (dialect_of(connection), *lengths, *(values[name] for name in self._literals), *values)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = _Plan(self.statement, self._row, connection, values)
        return plan


async def _fetched(cursor: sqlite3.Cursor | Result[Any]) -> list[Any]:
    """All rows. Closed even if cancelled: a statement that is not at its end holds the connection's snapshot."""
    rows: list[Any] = []
    try:
        async for some in yielding(iter(partial(cursor.fetchmany, FETCHED_AT_ONCE), [])):
            rows += some
    finally:
        cursor.close()
    return rows


def _run_each(driver: sqlite3.Connection, plan: _Plan, several: Sequence[Values]) -> int:
    """Run the statement for each; returns how many succeeded before an error, or all."""
    for number, values in enumerate(several):
        try:
            driver.execute(plan.sql, plan.bound(values))
        except sqlite3.Error:
            _raise_if_rolled_back(driver, was_begun=True)
            return number
    return len(several)


def _raise_if_rolled_back(driver: sqlite3.Connection, was_begun: bool) -> None:
    """Re-raise where SQLite has rolled back, as on a full disk: else the next statement would autocommit."""
    if was_begun and not driver.in_transaction:
        raise  # in an `except`


async def _driver(connection: Connection) -> Any:
    """The driver's connection, with its transaction begun; None where only SQLAlchemy can run statements."""
    if isinstance(connection, InlineConnection | InlineSession | SnapshotConnection):
        return await connection.driver()
    return None


class _Plan:
    """A statement compiled for one dialect: SQL text, parameter order, type processors."""

    def __init__(self, statement: Any, row: type[NamedTuple] | None, connection: Connection, values: Values) -> None:
        """For runs on the dialect of `connection` with the same parameter names and list lengths as `values`."""
        dialect = connection.dialect if isinstance(connection, AsyncConnection) else connection.get_bind().dialect
        compiled = statement.compile(dialect=dialect, column_keys=list(values) if statement.is_dml else None)
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError(f"columns with a Python-side default need a value: {compiled}")
        state = compiled.construct_expanded_state(values)
        self.sql = state.statement
        processes: dict[str, Process] = {**compiled._bind_processors, **state.processors}
        self._lists = {of: names for of, names in state.parameter_expansion.items() if of in values}
        given = {*values, *chain.from_iterable(self._lists.values())}
        self._places = [
            (name, process := processes.get(name, _identity), None if name in given else process(value))
            for name, value in zip(state.positiontup, state.positional_parameters, strict=True)
        ]
        columns = compiled._result_columns
        processors = [entry.type._cached_result_processor(dialect, None) for entry in columns]
        self._processors = [(place, process) for place, process in enumerate(processors) if process is not None]
        # Not `_make`, which is a function in Python.
        self._make = partial(tuple.__new__, _row_class(tuple(entry.keyname for entry in columns), row))

    def bound(self, values: Values) -> list[Any]:
        """The positional parameters: from `values`, else the literals of the statement."""
        if self._lists:
            lists = (zip(names, values[of], strict=True) for of, names in self._lists.items())
            values = {**values, **dict(chain.from_iterable(lists))}
        return [process(values[name]) if name in values else fixed for name, process, fixed in self._places]

    def read(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Column by column: a loop over rows costs twice as much."""
        if self._processors and found:
            columns: list[Iterable[Any]] = list(zip(*found, strict=True))
            for place, process in self._processors:
                columns[place] = map(process, columns[place])
            found = list(zip(*columns, strict=True))
        return list(map(self._make, found))


def _identity(value: Any) -> Any:
    return value


@lru_cache
def _row_class(fields: tuple[str, ...], row: type[NamedTuple] | None) -> Any:
    """`row`, or a named tuple made for `fields`, whose attributes are ten times faster than a SQLAlchemy row's."""
    if row is None:
        return namedtuple("Row", fields, rename=True)
    if row._fields != fields:
        raise TypeError(f"the statement selects {fields}, {row.__name__} has {row._fields}")
    return row
