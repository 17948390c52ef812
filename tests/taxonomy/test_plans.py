"""Whether a term is public is asked with each publication: that must not read the archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.articles.filing import FILINGS, Filing
from app.kit.prepared import _driver
from app.taxonomy.repository import _statements
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MANY = 1_000
TABLES = {"articles", *(filing.link.__tablename__ for filing in FILINGS)}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("filing", FILINGS, ids=lambda filing: filing.kind.plural)
async def test_postgresql_reads_one_article_of_a_term(newsroom: Newsroom, filing: Filing) -> None:
    tag, author = await newsroom.tag("فلك"), await newsroom.author("ليلى")
    ids = await newsroom.fill([NOON - timedelta(minutes=number) for number in range(MANY)])
    async with newsroom.app.state.database.transaction() as session:
        for table, column, id in (
            ("article_tags", "tag_id", tag["id"]),
            ("article_authors", "author_id", author["id"]),
        ):
            link = f"INSERT INTO {table} (article_id, {column}, position) SELECT id, '{id}', 0 FROM articles"  # noqa: S608  # ours
            await session.execute(text(link))
        await session.execute(text("ANALYZE"))
    (term,) = (await newsroom.get(f"/v1/{filing.kind.plural}")).json()["data"]
    assert len(ids) == MANY
    assert term["id"]
    read = await _rows_read(newsroom, filing, term["id"])
    assert 0 < read < 10, f"{read} rows for one {filing.kind.noun}"


async def _rows_read(newsroom: Newsroom, filing: Filing, id: str) -> int:
    """How many rows of articles and their links the question reads."""
    values, statement = {"ids": [id], "now": NOON + timedelta(days=1)}, _statements(filing).among
    async with newsroom.app.state.database.connection() as connection:
        driver, plan = await _driver(connection), statement._plan(connection, values)
        assert plan is not None
        ((explained,),) = await driver.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {plan.sql}", *plan.bound(values))
    return _rows_of(explained[0]["Plan"])


def _rows_of(node: dict[str, Any]) -> int:
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") in TABLES else 0
    return int(own) + sum(_rows_of(one) for one in node.get("Plans", ()))
