"""Statements that are put together once and run often: compiled once, then given to the driver itself.

What SQLAlchemy does at every execution (looking the statement up, a context, a result, on PostgreSQL a greenlet) costs
more than most of these statements do. A statement that went wrong is done again in its own way, which knows what the
error means and what becomes of the connection; unless the server has refused it, or has ended the transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any

import asyncpg
from sqlalchemy import BindParameter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.sql.visitors import iterate

from app.kit.db import Connection, dialect_of
from app.kit.postgres import SnapshotConnection
from app.kit.sqlite import InlineConnection, InlineSession

Values = Mapping[str, Any]
EMPTY: Values = MappingProxyType({})
LENGTHS = (1, 4, 24, 101)  # of lists: those of a page, and a little more
OFTEN = 10  # runs save what compiling costs
MOST_PLANS = 200  # of one statement: a change has one for each set of columns
Process = Callable[[Any], Any]


class Prepared:
    """One statement, on either database. A session's objects are not flushed for it."""

    def __init__(self, statement: Any, *, is_lasting: bool = True) -> None:
        """One that is not `is_lasting` is one of many, and compiled for itself when it has been run often."""
        self.statement = statement
        parameters = [part for part in iterate(statement) if isinstance(part, BindParameter)]
        self._lists = {part.key for part in parameters if part.expanding and not part.unique}
        self._literals = {part.key for part in parameters if part.literal_execute}
        self._plans: dict[object, _Plan] = {}
        self._runs_left = 0 if is_lasting else OFTEN

    async def all(self, connection: Connection, values: Values = EMPTY) -> list[Any]:
        """The rows that are found with these values, as named tuples."""
        filled = self._filled(values) if self._lists else values
        driver, plan = await _driver(connection), self._plan(connection, filled)
        if isinstance(driver, sqlite3.Connection) and plan is not None:
            was_begun = driver.in_transaction
            try:
                return plan.read(driver.execute(plan.sql, plan.bound(filled)).fetchall())
            except sqlite3.Error:
                _refuse_to_go_on(driver, was_begun)
        elif driver is not None and plan is not None:
            try:
                return plan.read(await driver.fetch(plan.sql, *plan.bound(filled)))
            except asyncpg.PostgresError as error:
                if not driver.is_closed():  # it was asked: it would say the same again, or nothing any more
                    raise DBAPIError(plan.sql, None, error) from error
            except asyncpg.InterfaceError:
                pass
            except asyncio.CancelledError:
                await connection.invalidate()  # in which state it is nobody knows
                raise
        return light((await connection.execute(self.statement, values)).all())

    async def first(self, connection: Connection, values: Values = EMPTY) -> Any:
        """The first of these rows, or None."""
        rows = await self.all(connection, values)
        return rows[0] if rows else None

    async def run(self, session: AsyncSession, *several: Values) -> None:
        """Changes rows, once for each of the values."""
        driver = await _driver(session)
        if driver is not None and (plan := self._plan(session, several[0])) is not None:
            several = several[_done(driver, plan, several) :]
        if several:
            await session.execute(self.statement, list(several) if len(several) > 1 else several[0])

    def _filled(self, values: Values) -> Values:
        """Lists have a few lengths: they are filled up with their last."""
        filled = dict(values)
        for name in self._lists:
            given = list(values[name])
            length = next((length for length in LENGTHS if length >= len(given)), len(given))
            filled[name] = given + given[-1:] * (length - len(given))
        return filled

    def _plan(self, connection: Connection, values: Values) -> _Plan | None:
        """How the driver runs it; None where that is not worth it, or not yet."""
        lengths = [len(values[name]) for name in self._lists]
        if not all(length in LENGTHS for length in lengths):
            return None
        if self._runs_left:
            self._runs_left -= 1
            return None
        key = (dialect_of(connection), *lengths, *(values[name] for name in self._literals), *values)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = _Plan(self.statement, connection, values)
        return plan


def _done(driver: sqlite3.Connection, plan: _Plan, several: Sequence[Values]) -> int:
    """How many were done before one went wrong, if one did."""
    for number, values in enumerate(several):
        try:
            driver.execute(plan.sql, plan.bound(values))
        except sqlite3.Error:
            _refuse_to_go_on(driver, was_begun=True)
            return number
    return len(several)


def _refuse_to_go_on(driver: sqlite3.Connection, was_begun: bool) -> None:
    """Raises the error that is being handled where SQLite has ended the transaction for it, as it does when the disk is
    full: what came next would be stored by itself."""
    if was_begun and not driver.in_transaction:
        raise  # in an `except`


async def _driver(connection: Connection) -> Any:
    """The driver's own connection, where a transaction that is needed has begun; None where that is SQLAlchemy's."""
    if isinstance(connection, InlineConnection | InlineSession | SnapshotConnection):
        return await connection.driver()
    return None


class _Plan:
    """The statement as the driver of one database takes it."""

    def __init__(self, statement: Any, connection: Connection, values: Values) -> None:
        """For runs on the database of `reader` with values of the same names, lists of the same lengths."""
        dialect = connection.dialect if isinstance(connection, AsyncConnection) else connection.get_bind().dialect
        compiled = statement.compile(dialect=dialect, column_keys=list(values) if statement.is_dml else None)
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError(f"columns whose value is a default of ours must be given: {compiled}")
        state = compiled.construct_expanded_state(values)
        self.sql = state.statement
        processes: dict[str, Process] = {**compiled._bind_processors, **state.processors}
        self._lists = {of: names for of, names in state.parameter_expansion.items() if of in values}
        given = {*values, *chain.from_iterable(self._lists.values())}
        self._places = [
            (name, process := processes.get(name, _as_it_is), None if name in given else process(value))
            for name, value in zip(state.positiontup, state.positional_parameters, strict=True)
        ]
        columns = compiled._result_columns
        processors = [entry.type._cached_result_processor(dialect, None) for entry in columns]
        self._processors = [(place, process) for place, process in enumerate(processors) if process is not None]
        self._make = _tuple_of(tuple(entry.keyname for entry in columns))._make

    def bound(self, values: Values) -> list[Any]:
        """`values`, and those that the statement has itself, at their places."""
        if self._lists:
            lists = (zip(names, values[of], strict=True) for of, names in self._lists.items())
            values = {**values, **dict(chain.from_iterable(lists))}
        return [process(values[name]) if name in values else fixed for name, process, fixed in self._places]

    def read(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        rows = []
        for row in map(list, found):
            for place, process in self._processors:
                row[place] = process(row[place])
            rows.append(self._make(row))
        return rows


def _as_it_is(value: Any) -> Any:
    return value


def light(rows: Sequence[Any]) -> list[Any]:
    """SQLAlchemy's rows as named tuples, whose fields are read in a tenth of the time."""
    return list(map(_tuple_of(tuple(rows[0]._fields))._make, rows)) if rows else []


@lru_cache
def _tuple_of(fields: tuple[str, ...]) -> Any:
    return namedtuple("Light", fields, rename=True)  # its fields are known when the statement is
