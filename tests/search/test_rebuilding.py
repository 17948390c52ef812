"""Reindexing without downtime: each indexed text is the old one until it is the new one."""

from __future__ import annotations

import asyncio

import pytest

from app.articles import indexing
from app.index import repository
from app.kit import clock
from app.text.analysis import VERSION
from tests.newsroom import Newsroom
from tests.search.test_search import found

NUMBER = 24
BATCH = 3


async def stale_count(newsroom: Newsroom) -> int:
    async with newsroom.app.state.database.connection() as connection:
        return await repository.stale_count(connection)


async def test_an_index_made_anew_under_load_answers_all_the_while(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [await newsroom.published(f"مفاوضات اليوم {number}") for number in range(NUMBER)]
    before = await found(newsroom, "المفاوضات", "&limit=50&sort=newest")
    assert len(before) == NUMBER
    monkeypatch.setattr(repository, "VERSION", VERSION + 1)  # as after an update of the analyser
    newsroom.set()
    assert await stale_count(newsroom) == NUMBER
    counts: list[int] = []

    async def make_anew() -> None:
        while await stale_count(newsroom):
            async with newsroom.app.state.database.transaction() as session:
                await indexing.index_some(session, BATCH, clock.now())
            counts.append(await stale_count(newsroom))

    async def write() -> None:
        for number in range(0, NUMBER, 4):
            articles[number] = await newsroom.change(articles[number], summary=f"ملخص {number}")

    async def read() -> int:
        parse_question = 0
        while not making.done():
            assert await found(newsroom, "المفاوضات", "&limit=50&sort=newest") == before
            parse_question += 1
            await asyncio.sleep(0)
        return parse_question

    making = asyncio.create_task(make_anew())
    _, parse_question = await asyncio.gather(write(), read())
    await making
    assert parse_question > 0
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
    assert len(await found(newsroom, "ملخص", "&limit=50")) == NUMBER // 4
    assert await found(newsroom, "المفاوضات", "&limit=50&sort=newest") == before
