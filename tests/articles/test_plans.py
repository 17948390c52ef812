"""Plans of SQLite that statistics must not spoil."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.articles import repository
from app.articles.filters import filters_of
from app.articles.query_schemas import ArticleListQuery
from app.kit.prepared import Prepared
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_after_analyze_translations_are_found_by_their_index(lone_newsroom: Newsroom) -> None:
    """`ANALYZE`, which a restore runs, counts nulls: most articles have no translation."""
    await lone_newsroom.fill([NOON - timedelta(minutes=number) for number in range(300)])
    async with lone_newsroom.app.state.database.writing.begin() as connection:
        await connection.execute(text("ANALYZE"))
    plans = [
        plan
        for statement in (repository.SUMMARIES, repository.RELATED_SHOWN)
        for plan in await _plans(lone_newsroom, statement)
    ]
    found = [plan for plan in plans if plan.split()[1] == "articles_1"]
    assert len(found) == 2, plans
    assert all("translation_group=?" in plan for plan in found), found


@pytest.mark.parametrize("search", [{}, {"language": "ar"}, {"section": "علوم"}], ids=str)
async def test_texts_are_not_sorted(lone_newsroom: Newsroom, search: dict[str, str]) -> None:
    """SQLite would read the texts of all rows before it gives the first one."""
    await lone_newsroom.fill([NOON])
    filters = filters_of(ArticleListQuery.model_validate(search))
    paged = repository._published("-published_at", frozenset({"related", "body"}), filters)
    for statement in paged.near if search else [paged.first]:
        later = {"after0": NOON, "after1": "0" * 32}
        plans = await _plans(lone_newsroom, Prepared(statement.statement), {"now": NOON, "rows": 21, **later})
        body = next(number for number, plan in enumerate(plans) if "article_bodies" in plan)
        assert not any("ORDER BY" in plan for plan in plans[body:]), plans


async def _plans(room: Newsroom, statement: Prepared, values: dict[str, Any] | None = None) -> list[str]:
    """With parameters, as it is run: SQLite judges literals by more statistics."""
    values = values or {"ids": ["0" * 32], "now": NOON}
    async with room.app.state.database.reading.connect() as connection:
        await connection.exec_driver_sql("SELECT id FROM articles")  # reads the statistics: an EXPLAIN does not
        plan = statement._plan(connection, values)
        assert plan is not None
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plan.sql}", tuple(plan.bound(values)))
        return [row[3] for row in rows]
