"""The index agrees with the articles, whatever runs at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from app.articles import indexing
from app.articles.models import ArticleTag
from app.index.repository import PLACES_PER_SECOND, indexed, mark_stale, upsert
from app.kit import clock
from app.tags.models import Tag
from app.text.analysis import VERSION
from tests.newsroom import Newsroom
from tests.search.test_search import found, search


async def test_a_scheduled_article_comes_out_under_the_present_names(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك", name="عنقاء")
    await newsroom.author("ليلى", name="ليلى")
    now = clock.now()
    await newsroom.published("خبر", tags=["فلك"], authors=["ليلى"], at=clock.written(now + timedelta(hours=1)))
    await newsroom.desk("PUT", "/tags/فلك", {"name": "زرافة"}, if_match='"1"')
    await newsroom.desk("PUT", "/authors/ليلى", {"name": "سلمى"}, if_match='"1"')
    await newsroom.app.state.background.run_idle_tasks()
    with clock.frozen(now + timedelta(hours=1, seconds=1)):
        for old, new in (("عنقاء", "زرافة"), ("ليلى", "سلمى")):
            assert await found(newsroom, f'"{old}"') == []
            assert await found(newsroom, new) == ["خبر"]


async def test_an_article_published_while_its_tag_is_renamed_has_the_new_name(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newsroom.tag("فلك", name="عنقاء")
    await newsroom.published("أول", tags=["فلك"])
    draft = await newsroom.draft("ثان", tags=["فلك"])
    is_indexed, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(*args: Any, **options: Any) -> None:
        await upsert(*args, **options)
        is_indexed.set()
        await goes_on.wait()

    monkeypatch.setattr(indexing, "upsert", slowly)
    publishing = asyncio.create_task(newsroom.act(draft, "publish"))
    await is_indexed.wait()
    renaming = asyncio.create_task(newsroom.desk("PUT", "/tags/فلك", {"name": "زرافة"}, if_match='"1"'))
    await asyncio.sleep(0.3)
    goes_on.set()
    await asyncio.gather(publishing, renaming)
    await newsroom.app.state.background.run_idle_tasks()
    assert await found(newsroom, "عنقاء") == []
    assert sorted(await found(newsroom, "زرافة")) == ["أول", "ثان"]


async def test_transactions_that_mark_the_same_rows_stale_do_not_deadlock(newsroom: Newsroom) -> None:
    """In any order in which PostgreSQL's plan reads the rows: the plan depends on how many articles a tag has."""
    now, database = clock.now(), newsroom.app.state.database
    ids = await newsroom.fill([now - timedelta(seconds=number) for number in range(1_500)])
    common = {"resource": "article", "at": now, "version": VERSION, "digest": "", "title": "|||", "lead": "|||"}
    async with database.transaction() as session:
        rows = [{**common, "place": place, "resource_id": id} for place, id in enumerate(reversed(ids))]
        await session.execute(insert(indexed), rows)

    tags = (await newsroom.tag("فلك"), ids), (await newsroom.tag("قمر"), ids[::-1])
    async with database.transaction() as session:
        for tag, filed in tags:
            links = [{"article_id": id, "tag_id": tag["id"], "position": 0} for id in filed]
            await session.execute(insert(ArticleTag), links)

    async def mark(tag: str, *unwanted_plans: str) -> None:
        async with database.transaction() as session:
            if newsroom.settings.database_url.startswith("postgresql"):
                for plan in unwanted_plans:
                    await session.execute(text(f"SET LOCAL enable_{plan} = off"))
            filed = select(ArticleTag.article_id).join(Tag, Tag.id == ArticleTag.tag_id).where(Tag.slug == tag)
            await mark_stale(session, "article", filed)

    for _ in range(4):
        ways = (
            mark("فلك"),
            mark("قمر", "hashjoin", "seqscan", "mergejoin"),
            mark("فلك", "nestloop"),
        )
        await asyncio.wait_for(asyncio.gather(*ways), 20)


async def test_pages_by_relevance_skip_nothing_when_the_newest_is_gone(newsroom: Newsroom) -> None:
    now = clock.now()
    for number in range(5):
        await newsroom.published(f"قمر {number}", at=clock.written(now - timedelta(days=200 - number)))
    newest = await newsroom.published("قمر جديد")
    first = await search(newsroom, "قمر", "&limit=2")
    await newsroom.act(newest, "unpublish")
    rest = await found(newsroom, "قمر", f"&limit=20&cursor={first['page']['next']}")
    assert [hit["article"]["headline"] for hit in first["data"]] + rest == [
        "قمر جديد",
        *(f"قمر {number}" for number in reversed(range(5))),
    ]


async def test_more_than_a_second_has_places_for_is_found_at_once(newsroom: Newsroom) -> None:
    now = clock.now()
    with clock.frozen(now):
        for number in range(PLACES_PER_SECOND * 2 + 3):
            await newsroom.published(f"قمر {number}")
        names = await found(newsroom, "قمر", "&sort=newest&limit=50")
    assert names == [f"قمر {number}" for number in reversed(range(PLACES_PER_SECOND * 2 + 3))]
