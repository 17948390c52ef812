"""A long coverage is read by an index in the order of each list: its entries are never sorted for a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from app.entries.models import UNPINNED, Entry
from app.entries.repository import ORDERS
from app.kit.ids import new_id
from app.kit.prepared import Prepared, Values, _driver
from tests.entries.live import coverage, entry
from tests.newsroom import Newsroom

NOON = datetime(2036, 11, 23, 12, 0, tzinfo=UTC)
MANY = 2_000
pytestmark = pytest.mark.anyio


async def test_no_page_sorts_the_entries_of_its_article(newsroom: Newsroom) -> None:
    article = await _long_coverage(newsroom)
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(text("ANALYZE"))  # as after a restore, and by the automatic vacuum of PostgreSQL
    await _assert_unsorted(newsroom, article)


async def test_nor_does_sqlite_without_statistics(lone_newsroom: Newsroom) -> None:
    await _assert_unsorted(lone_newsroom, await _long_coverage(lone_newsroom))


async def _assert_unsorted(newsroom: Newsroom, article: str) -> None:
    first = {"article": article, "now": NOON + timedelta(days=1), "rows": 21}
    later = {**first, "after0": UNPINNED, "after1": NOON - timedelta(seconds=MANY // 2), "after2": article}
    for (sort, key_event), order in ORDERS.items():
        plans = [
            await _plan(newsroom, order.forward.first, first),
            await _plan(newsroom, order.forward.later, later),
            await _plan(newsroom, order.backward.later, later),
        ]
        assert not any("TEMP B-TREE" in plan for plan in plans), plans
        # PostgreSQL may find all key events by an index, and sort those few.
        assert key_event or not any("Sort" in plan for plan in plans), plans
        assert key_event or all(f"ix_entries_{sort}" in plan for plan in plans), plans


async def _long_coverage(newsroom: Newsroom) -> str:
    """The id of an article with many entries, every hundredth a key event, among other articles."""
    await newsroom.fill([datetime(2026, 1, 1, tzinfo=UTC)] * 100)
    article = await coverage(newsroom)
    one = await entry(newsroom, article)
    async with newsroom.app.state.database.transaction() as session:
        row = (await session.execute(select(Entry.__table__).where(Entry.id == one["id"]))).mappings().one()
        await session.execute(insert(Entry), [{**row, **_own(number)} for number in range(MANY)])
    return str(article["id"])


def _own(number: int) -> dict[str, object]:
    return {"id": new_id(), "key_event": number % 100 == 0, "published_at": NOON - timedelta(seconds=number)}


async def _plan(newsroom: Newsroom, statement: Prepared, values: Values) -> str:
    """With parameters, as it is run."""
    async with newsroom.app.state.database.connection() as connection:
        driver, plan = await _driver(connection), statement._plan(connection, values)
        assert plan is not None
        bound = plan.bound(values)
        rows: Sequence[Sequence[object]]
        if isinstance(driver, sqlite3.Connection):
            driver.execute("SELECT id FROM articles")  # reads the statistics: an EXPLAIN does not
            rows = driver.execute(f"EXPLAIN QUERY PLAN {plan.sql}", bound).fetchall()
        else:
            rows = await driver.fetch(f"EXPLAIN {plan.sql}", *bound)
    return "\n".join(str(row[-1]) for row in rows)
