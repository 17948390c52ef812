"""Tickers are composed only where they may show something else, and every change of what they show is recorded."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.changes.models import Change, LastPublished
from app.kit import clock
from app.tickers.events import on_start
from app.tickers.repository import Tickers
from tests.newsroom import Newsroom, beside, opened
from tests.tickers.helpers import add, at, moment, put_ticker, shown, updated_at

pytestmark = pytest.mark.anyio


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The slugs of the tickers that were composed, each time."""
    times: list[list[str]] = []
    compose = Tickers.composed

    async def counted(self: Tickers, tickers: Any, now: Any) -> Any:
        times.append([ticker.slug for ticker in tickers])
        return await compose(self, tickers, now)

    monkeypatch.setattr(Tickers, "composed", counted)
    return times


async def change_count(room: Newsroom) -> int:
    """The number of changes of tickers in the log."""
    async with room.app.state.database.connection() as connection:
        rows = select(func.count()).where(Change.resource == "ticker")
        return int((await connection.execute(rows)).scalar_one())


async def test_only_the_tickers_that_show_an_article_are_composed_again(
    newsroom: Newsroom, composed: list[list[str]]
) -> None:
    old, new = [await newsroom.published(f"خبر {number}", at=moment(number)) for number in range(2)]
    await put_ticker(newsroom, "أول", rules=[{}], max_items=1)
    await put_ticker(newsroom, "ثان", rules=[{"urgency_max": 1}])
    composed.clear()
    await newsroom.change(old, summary="جديد")
    assert composed == []
    await newsroom.change(new, summary="جديد")
    assert composed == [["أول"]]


async def test_what_may_bring_an_article_into_a_ticker_has_all_composed(
    newsroom: Newsroom, composed: list[list[str]]
) -> None:
    article = await newsroom.published()
    await put_ticker(newsroom, rules=[{"urgency_max": 1}])
    await put_ticker(newsroom, "ثان", rules=[{"urgency_max": 2}])
    composed.clear()
    recorded = await change_count(newsroom)
    await newsroom.change(article, urgency=1)
    assert [len(tickers) for tickers in composed] == [2]
    assert await change_count(newsroom) == recorded + 2


@pytest.mark.parametrize("change", [{"headline": "غيره"}, {"short_headline": "غيره"}, {"summary": "غيره"}])
async def test_a_change_of_a_drawn_article_is_recorded(newsroom: Newsroom, change: dict[str, Any]) -> None:
    article = await newsroom.published()
    await put_ticker(newsroom, rules=[{}])
    recorded = await change_count(newsroom)
    await newsroom.change(article, **change)
    assert await change_count(newsroom) == recorded + 1


async def test_an_item_pushed_off_the_end_still_moves_the_ticker(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await put_ticker(newsroom, max_items=1)
    await add(newsroom, article=article["id"])
    await add(newsroom, "نص", level="flash")
    before, recorded = await updated_at(newsroom), await change_count(newsroom)
    await newsroom.change(article, summary="جديد")
    assert await updated_at(newsroom) > before
    assert await change_count(newsroom) == recorded + 1


async def test_what_an_older_process_has_said_is_not_trusted(newsroom: Newsroom, composed: list[list[str]]) -> None:
    article = await newsroom.published()
    await put_ticker(newsroom, rules=[{}])
    recorded = await change_count(newsroom)
    async with newsroom.app.state.database.transaction() as session:
        tickers = LastPublished.resource == "ticker"
        digest = (await session.execute(select(LastPublished.digest).where(tickers))).scalar_one()
        await session.execute(update(LastPublished).where(tickers).values(digest=str(digest).partition(" shows ")[0]))
    article = await newsroom.change(article, summary="جديد")
    assert await change_count(newsroom) == recorded + 1


async def test_what_tickers_show_is_known_after_the_start(newsroom: Newsroom, composed: list[list[str]]) -> None:
    other, _ = [await newsroom.published(f"خبر {number}", at=moment(number)) for number in range(2)]
    await put_ticker(newsroom, rules=[{}], max_items=1)
    async with newsroom.app.state.database.transaction() as session:
        tickers = LastPublished.resource == "ticker"
        digest = (await session.execute(select(LastPublished.digest).where(tickers))).scalar_one()
        await session.execute(update(LastPublished).where(tickers).values(digest=str(digest).partition(" shows ")[0]))
    recorded = await change_count(newsroom)
    await newsroom.app.state.background.run_due([on_start])
    assert await change_count(newsroom) == recorded
    composed.clear()
    await newsroom.change(other, summary="جديد")
    assert composed == []


async def summaries(room: Newsroom) -> list[Any]:
    items = await shown(room, query="?include=article")
    return [(item["url"], item["article"]["summary"], item["article"]["authors"]) for item in items if item["article"]]


async def test_what_has_come_by_the_clock_is_recorded_before_the_clock_publishes_it(newsroom: Newsroom) -> None:
    await newsroom.author("ليلى", name="ليلى")
    with clock.frozen(at(0)):
        first = await newsroom.published("أول", summary="قديم")
        await newsroom.published("ثان", at=moment(20), authors=["ليلى"], urgency=1)
        await put_ticker(newsroom, max_items=1, rules=[{}])
        await add(newsroom, "نص", level="flash", expires_at=moment(10))
    with clock.frozen(at(11)):
        assert [summary for _, summary, _ in await summaries(newsroom)] == ["قديم"]
        recorded = await change_count(newsroom)
        await newsroom.change(first, summary="جديد")
        assert await change_count(newsroom) == recorded + 1
        assert [summary for _, summary, _ in await summaries(newsroom)] == ["جديد"]
    with clock.frozen(at(21)):
        assert [authors[0]["name"] for _, _, authors in await summaries(newsroom)] == ["ليلى"]
        await newsroom.desk("PUT", "/authors/ليلى", {"name": "سلمى"}, if_match='"1"')
        assert [authors[0]["name"] for _, _, authors in await summaries(newsroom)] == ["سلمى"]


async def test_another_first_section_is_another_address(database_url: str) -> None:
    async with opened(database_url, article_path="/{section}/{slug}") as room:
        for slug in ("علوم", "طب"):
            await room.section(slug)
        article = await room.published(section="علوم", sections=["علوم", "طب"])
        await put_ticker(room, rules=[{}])
        recorded, (before,) = await change_count(room), await shown(room)
        await room.change(article, section="طب", sections=["طب", "علوم"])
        (after,) = await shown(room)
        assert after["url"] != before["url"]
        assert await change_count(room) == recorded + 1


CHANGES: list[dict[str, Any]] = [
    *[{"summary": "ملخص"}, {"byline": "سلمى"}] * 3,
    {"headline": "عنوان"},
    {"short_headline": "قصير"},
    {"urgency": 1},
    {"urgency": 5},
    {"section": "طب", "sections": ["طب", "علوم"]},
    {"section": "علوم", "sections": ["علوم", "طب"]},
    {"section": "فضاء", "sections": ["فضاء"]},
]


async def change_something(room: Newsroom, articles: list[str], chosen: random.Random, step: int) -> None:
    """A change of an article, a comment on one, or an article that is to come."""
    if chosen.random() < 0.15:
        ahead = clock.written(clock.now() + timedelta(minutes=chosen.randrange(1, 9)))
        articles.append((await room.published(f"خبر {step}", at=ahead))["id"])
        if chosen.random() < 0.5:
            await add(room, article=articles[-1], expires_at=clock.written(clock.now() + timedelta(minutes=20)))
        return
    article = chosen.choice(articles[-7:])
    if chosen.random() < 0.2:
        form = {"author_name": "س", "author_email": "s@example.com", "body": f"تعليق {step}"}
        await room.client.post(f"/v1/articles/{article}/comments", json=form)
        return
    fields = {
        name: f"{v} {step}" if name in {"summary", "headline"} else v for name, v in chosen.choice(CHANGES).items()
    }
    await room.desk("PATCH", f"/articles/{article}", fields, if_match="*")


async def everything_is_said(room: Newsroom) -> bool:
    """Whether composing all tickers anew finds nothing to record."""
    before = await change_count(room)
    async with room.app.state.database.transaction() as session:
        await on_start(session, room.settings, clock.now())
    return await change_count(room) == before


@pytest.mark.parametrize("seed", range(3))
async def test_tickers_and_the_log_agree_whatever_is_changed(database_url: str, seed: int) -> None:
    chosen, articles = random.Random(seed), list[str]()
    urls = ("/v1/tickers", "/v1/tickers/أول", "/v1/tickers/أول?include=article", "/v1/tickers/عاجل?include=article")
    settings: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    async with opened(database_url, **settings) as room, beside(room, cache_bytes=0) as anew:
        for slug in ("علوم", "طب", "فضاء"):
            await room.section(slug)
        with clock.frozen(at(-1)):
            await put_ticker(room, "أول", rules=[{"sections": ["علوم"]}, {"urgency_max": 3}], max_items=3)
            await put_ticker(room, rules=[{"max_age_hours": 1}], max_items=4)
            articles += [(await room.published(f"خبر أول {number}"))["id"] for number in range(4)]
        minutes = 0
        for step in range(60):
            minutes += chosen.randrange(4)
            with clock.frozen(at(minutes)):
                announced = chosen.random() < 0.6
                if announced:
                    await room.app.state.background.run_due()
                for url in urls:
                    await room.get(url)
                await change_something(room, articles, chosen, step)
                for url in urls:
                    assert (await room.get(url)).content == (await anew.get(url)).content, (step, url)
                assert not announced or await everything_is_said(room), step
