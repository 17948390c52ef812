"""A prepared statement does what SQLAlchemy would have done with it: the same values in and out, the same errors."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
import pytest
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.articles.models import Article
from app.articles.repository import NOW, PUBLISHED, articles
from app.changes.models import Change
from app.kit import prepared, yielding
from app.kit.db import Database, single_statement
from app.kit.faults import is_outage
from app.kit.ids import new_id
from app.kit.prepared import Prepared
from tests.newsroom import asked_of, straight

pytestmark = pytest.mark.anyio
CHANGES: Any = Change.__table__
EARLY = datetime(2020, 1, 1, 10, 0, 0, 123_000, UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


def row(seq: int, **changed: Any) -> dict[str, Any]:
    values = {"seq": seq, "at": EARLY, "type": "article.updated", "resource": "article", "resource_id": new_id()}
    more: dict[str, Any] = {"version": None, "tombstone": True, "tags": ["a", "ب"], "sections": [], "languages": ["ar"]}
    return values | more | {"article_id": None, "subjects": []} | changed


async def test_values_go_in_and_come_out_as_ever(database: Database) -> None:
    """Moments, ids, truth, JSON and null; with a list of its own among its parameters."""
    ours, theirs = row(901), row(902, tombstone=False, version=7)
    append, found = Prepared(insert(CHANGES)), select(CHANGES).where(CHANGES.c.seq == bindparam("number"))
    among = Prepared(found.where(CHANGES.c.type.in_(["article.updated", "x"]), CHANGES.c.at <= NOW))
    async with database.transaction() as session:
        await append.run(session, ours)
        await session.execute(insert(CHANGES), theirs)
    for values in (ours, theirs):
        async with database.connection() as connection:
            await single_statement(connection)
            with straight() as asked:
                (read,) = await among.all(connection, {"number": values["seq"], "now": EARLY})
                assert await among.first(connection, {"number": 900, "now": EARLY}) is None
            assert len(asked) == 2
            assert read._asdict() == values
            usual = (await connection.execute(among.statement, {"number": values["seq"], "now": EARLY})).one()
            assert tuple(read) == tuple(usual)


async def test_a_change_is_made_to_what_its_values_name(database: Database) -> None:
    """Columns and conditions may both be given; other columns another time."""
    async with database.transaction() as session:
        await Prepared(insert(CHANGES)).run(session, row(901), row(902), row(903))
        change = Prepared(update(CHANGES).where(CHANGES.c.seq == bindparam("number")))
        await change.run(session, {"number": 901, "tags": ["neu"]})
        await change.run(session, {"number": 902, "version": 3, "at": EARLY.replace(year=2021)})
    statement = select(CHANGES.c.seq, CHANGES.c.tags, CHANGES.c.version, CHANGES.c.at).order_by(CHANGES.c.seq)
    async with database.connection() as connection:
        rows = (await connection.execute(statement.where(CHANGES.c.seq > 900))).all()
    both = ["a", "ب"]
    assert [tuple(one) for one in rows] == [
        (901, ["neu"], None, EARLY),
        (902, both, 3, EARLY.replace(year=2021)),
        (903, both, None, EARLY),
    ]


async def run_twice(database: Database, statement: Prepared, *several: dict[str, Any]) -> None:
    async with database.transaction() as session:
        await statement.run(session, *several)
        await statement.run(session, *several)


async def test_a_violation_is_told_as_ever(database: Database) -> None:
    append = Prepared(insert(CHANGES))
    with pytest.raises(IntegrityError):
        await run_twice(database, append, row(901))
    async with database.connection() as connection:
        assert await Prepared(select(CHANGES.c.seq).where(CHANGES.c.seq == 901)).all(connection) == []


async def test_of_several_the_first_that_goes_wrong_is_told(database: Database) -> None:
    """Those before it are not tried again: they would be told as wrong themselves."""
    append = Prepared(insert(CHANGES))
    with pytest.raises(IntegrityError) as raised:
        await run_twice(database, append, row(901), row(902, type=None))
    assert "type" in str(raised.value.orig)


async def test_a_reader_keeps_its_snapshot(database: Database) -> None:
    """Whichever way its first statement went."""
    found = Prepared(select(CHANGES.c.seq).where(CHANGES.c.seq > 900).order_by(CHANGES.c.seq))
    async with database.transaction() as session:
        await Prepared(insert(CHANGES)).run(session, row(901))
    async with database.connection() as connection:
        before = await found.all(connection)
        async with database.transaction() as session:
            await Prepared(insert(CHANGES)).run(session, row(902))
        assert (await connection.execute(found.statement)).all() == before == await found.all(connection) == [(901,)]
    async with database.connection() as connection:
        assert await found.all(connection) == [(901,), (902,)]


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_what_fails_in_a_transaction_is_told_as_what_it_is(database: Database) -> None:
    """Not as the transaction that it has ended."""
    async with database.connection() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.execute(text("SET LOCAL statement_timeout = 50"))
        with straight() as asked, pytest.raises(DBAPIError) as raised:
            await Prepared(select(func.pg_sleep(5))).all(connection)
    assert len(asked) == 1
    assert is_outage(raised.value)
    async with database.connection() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("method", ["fetch", "execute"])
async def test_a_connection_that_ends_while_a_statement_is_sent_is_an_outage(
    database: Database, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """asyncpg then says that its own state is wrong. `execute` is the BEGIN."""

    async def crossed(*_arguments: object, **_options: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")

    pid = Prepared(select(func.pg_backend_pid().label("pid")))
    async with database.connection() as connection:
        before = (await pid.one(connection)).pid
    async with database.connection() as connection:
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, method, crossed)
            with pytest.raises(DBAPIError) as raised:
                await pid.all(connection)
    assert is_outage(raised.value)
    async with database.connection() as connection:
        assert (await pid.one(connection)).pid != before


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_what_takes_too_long_is_not_asked_again(database: Database) -> None:
    async with database.connection() as connection:
        await single_statement(connection)
        await connection.execute(text("SET statement_timeout = 50"))
        with asked_of(database.reading) as asked, pytest.raises(DBAPIError) as raised:
            await Prepared(select(func.pg_sleep(5))).all(connection)
        assert len(asked) == 1
        assert is_outage(raised.value)
        await connection.execute(text("RESET statement_timeout"))


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_who_gives_up_leaves_a_good_connection(database: Database) -> None:
    async def ask() -> None:
        async with database.connection() as connection:
            await single_statement(connection)
            await Prepared(select(func.pg_sleep(5))).all(connection)

    for _ in range(15):  # more than the pool holds
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(), 0.02)
    async with database.connection() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


@pytest.mark.parametrize("number", [1, 3, 4, 5, 24, 60, 101, 102, 150])
async def test_a_list_may_be_of_any_length(database: Database, number: int) -> None:
    """Filled up to one of a few lengths; a long one goes the usual way."""
    found = Prepared(select(CHANGES.c.seq).where(CHANGES.c.resource_id.in_(bindparam("ids", expanding=True))))
    rows = [row(900 + place) for place in range(160)]
    ids = [one["resource_id"] for one in rows]
    async with database.transaction() as session:
        await Prepared(insert(CHANGES)).run(session, *rows)
    async with database.connection() as connection:
        await single_statement(connection)
        for chosen in (ids[:number], ids[-number:]):
            with straight() as asked:
                read = await found.all(connection, {"ids": chosen})
            assert len(asked) == (number <= 101)
            assert sorted(seq for (seq,) in read) == [one["seq"] for one in rows if one["resource_id"] in chosen]
        assert await found.all(connection, {"ids": []}) == []


class Found(NamedTuple):
    seq: int
    type: str


async def test_rows_are_of_the_class_that_is_given(database: Database) -> None:
    columns = select(CHANGES.c.seq, CHANGES.c.type).where(CHANGES.c.seq == bindparam("number"))
    found, wrong = Prepared(columns, Found), Prepared(columns.add_columns(CHANGES.c.resource), Found)
    async with database.transaction() as session:
        await Prepared(insert(CHANGES)).run(session, row(901))
        assert await found.one(session, {"number": 901}) == Found(901, "article.updated")
        assert type(await found.first(session, {"number": 901})) is Found
        for statement, number in ((found, 902), (wrong, 901)):
            with pytest.raises((ValueError, TypeError)):
                await statement.one(session, {"number": number})


async def test_one_of_many_is_compiled_when_it_is_worth_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "RUNS_BEFORE_COMPILING", 3)
    found = Prepared(select(articles.c.id).where(Article.state == PUBLISHED), is_lasting=False)
    with straight() as asked:
        for _ in range(5):
            async with database.connection() as connection:
                await single_statement(connection)
                assert await found.all(connection) == []
    assert len(asked) == 2


async def test_what_the_driver_cannot_do_is_left_to_sqlalchemy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is gone is so found out, thrown away, and the next one is good."""

    async def lost(*_: Any) -> Any:
        raise asyncpg.InterfaceError("gone")

    def locked(*_: Any) -> Any:
        raise sqlite3.OperationalError("locked")

    found = Prepared(select(CHANGES.c.seq).where(CHANGES.c.seq > 900))
    if database.is_embedded:
        monkeypatch.setattr(prepared._Plan, "read", locked)
    else:
        monkeypatch.setattr(asyncpg.Connection, "fetch", lost)
    async with database.connection() as connection:
        await single_statement(connection)
        assert await found.all(connection) == []
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


@pytest.mark.parametrize("is_lasting", [True, False])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_others_get_the_event_loop_while_sqlite_fetches(
    database: Database, monkeypatch: pytest.MonkeyPatch, is_lasting: bool
) -> None:
    """Prepared, or by SQLAlchemy; and who is cancelled meanwhile leaves no snapshot behind."""
    monkeypatch.setattr(yielding, "LONGEST", -1.0)
    read, append = Prepared(select(CHANGES), is_lasting=is_lasting), Prepared(insert(CHANGES))
    rows, found, turns = 3 * prepared.FETCHED_AT_ONCE, list[list[Any]](), 0

    async def fetch() -> None:
        async with database.connection() as connection:
            await single_statement(connection)
            found.append(await read.all(connection))

    async with database.transaction() as session:
        await append.run(session, *(row(number) for number in range(rows)))
    fetching = asyncio.ensure_future(fetch())
    while not fetching.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3
    assert len(found.pop()) == rows
    fetching = asyncio.ensure_future(fetch())
    await asyncio.sleep(0)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:  # holds the frames, and so what is open in them
        await fetching
    async with database.transaction() as session:
        await append.run(session, row(rows))
    await fetch()
    assert len(found.pop()) == rows + 1, cancelled
