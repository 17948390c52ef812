"""Feeds of the whole site and of searches keep their ids: the site has one of its own, which a restore brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from app.changes.models import ChangeLog
from app.kit import migrations
from app.kit.db import open_database
from tests.backup.files import backed_up, restored
from tests.feeds.reading import get
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[str], str]
ASKED = (("articles", ""), ("articles", "language=ar"), ("search", "q=خبر"), ("search", "q=قمر"))


async def ids(newsroom: Newsroom) -> list[str | None]:
    return [(await get(newsroom, feed, "atom", query)).id for feed, query in ASKED]


async def test_a_feed_has_the_same_id_on_another_host_and_under_another_name(
    newsroom: Newsroom, other_kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await newsroom.published("خبر")
    before = await ids(newsroom)
    assert len(set(before)) == len(ASKED)
    url = new_database(other_kind)
    await restored(await backed_up(newsroom.settings.database_url, tmp_path / "b.gz"), url)
    async with beside(newsroom, database_url=url) as moved:
        moved.set(site_url="https://moved.example", api_url="https://api.moved.example", site_name="اسم آخر")
        assert await ids(moved) == before


async def test_every_site_has_an_id_of_its_own(backend: str, new_database: NewDatabase) -> None:
    found = set()
    for _ in range(2):
        url = new_database(backend)
        await run_in_threadpool(migrations.upgrade, url)
        async with open_database(url) as database, database.connection() as connection:
            found.add((await connection.execute(select(ChangeLog.site_id))).scalar_one())
    assert len(found) == 2
