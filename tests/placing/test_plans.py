"""What few articles match is sought in an index: not in the rows of the whole archive, with each publication."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from app.placing.drawing import NEWEST, _arm
from app.placing.rules import Draw, RuleFields, Shape, values_of
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RULE: RuleFields = {"sections": [], "tags": [], "urgency_max": None, "max_age_hours": None}
KINDS, LANGUAGES, URGENCY = {"kinds": ["video"]}, {"languages": ["fr", "en-GB"]}, {"urgency_max": 1}


@pytest.mark.parametrize("has_statistics", [False, True])
@pytest.mark.parametrize("condition", [KINDS, LANGUAGES, URGENCY, {**KINDS, **LANGUAGES, **URGENCY}])
async def test_a_rule_of_kind_language_or_urgency_reads_the_index_alone(
    lone_newsroom: Newsroom, condition: dict[str, object], has_statistics: bool
) -> None:
    await lone_newsroom.fill([NOON - timedelta(minutes=number) for number in range(300)])
    draw = Draw("", 0, {**RULE, **condition}, "ar", 5)  # type: ignore[typeddict-item]  # of these members
    shape = Shape.of(draw)._replace(near=False)
    values = {**values_of(0, draw, NOON), "now": NOON, "at": NEWEST.at, "before": NEWEST.id}
    compiled = (
        _arm(0, shape).params(values).compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    )
    async with lone_newsroom.app.state.database.writing.begin() as connection:
        if has_statistics:
            await connection.execute(text("ANALYZE"))
        await connection.exec_driver_sql("SELECT id FROM articles")  # reads the statistics: an EXPLAIN does not
        sql = str(compiled)
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
        plan = [row[3] for row in rows]
    assert any("COVERING INDEX ix_articles_listed" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
