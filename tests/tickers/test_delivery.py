"""Tickers as readers get them: validators, fields, pages, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.kit import clock
from app.kit.ids import new_id
from app.tickers.models import Ticker, TickerPlace
from app.tickers.repository import TickersToEdit
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, change, moment, put_order, put_ticker, shown

pytestmark = pytest.mark.anyio
ITEM = {
    "id", "text", "level", "level_until", "url", "article", "pinned", "language", "direction", "starts_at",
    "expires_at", "published_at",
}  # fmt: skip


async def repeat(room: Newsroom, times: int) -> None:
    """The ticker again and again, with its rules and its order."""
    async with room.app.state.database.transaction() as session:
        tickers = TickersToEdit(session)
        ticker = await tickers.require(SLUG)
        fields = {name: getattr(ticker, name) for name in Ticker.__table__.c.keys()}  # noqa: SIM118  # columns, not a dict
        (place,) = (await session.scalars(select(TickerPlace.article_id))).all()
        for number in range(times):
            copy = Ticker(**{**fields, "id": new_id(), "slug": f"شريط-{number}"})
            session.add(copy)
            await session.flush()
            await tickers.link(copy)
            await tickers.place(copy, [(None, place)])


async def test_a_ticker_has_the_fields_of_the_contract(newsroom: Newsroom) -> None:
    await put_ticker(newsroom, rules=[{}])
    await newsroom.published("خبر")
    await add(newsroom, "نص")
    ticker = (await newsroom.get(f"/v1/tickers/{SLUG}")).json()
    fields = {"id", "slug", "name", "language", "direction", "updated_at", "refresh_after", "items"}
    assert set(ticker) == fields
    assert [set(item) for item in ticker["items"]] == [ITEM, ITEM]
    assert (await newsroom.get("/v1/tickers")).json()["data"] == [ticker]


async def test_include_article_embeds_summaries(newsroom: Newsroom) -> None:
    await put_ticker(newsroom, rules=[{}])
    await newsroom.tag("صور")
    drawn = await newsroom.published("مسحوب", tags=["صور"])
    followed = await newsroom.published("متبوع")
    await add(newsroom, article=followed["id"])
    await add(newsroom, "نص")
    summaries = {row["id"]: row for row in (await newsroom.get("/v1/articles")).json()["data"]}
    for path in (f"/v1/tickers/{SLUG}?include=article", "/v1/tickers?include=article"):
        found = (await newsroom.get(path)).json()
        items = found.get("data", [found])[0]["items"]
        embedded = [item["article"] for item in items]
        assert embedded == [None, summaries[followed["id"]], summaries[drawn["id"]]]
    answer = await newsroom.get("/v1/tickers?include=article&limit=21", expect=400)
    assert answer.json()["errors"][0]["parameter"] == "limit"


async def test_fields_keep_what_is_asked_for(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("خبر")
    item = await add(newsroom, article=article["id"])
    found = (await newsroom.get(f"/v1/tickers/{SLUG}?fields=items.text,items.article.headline&include=article")).json()
    assert set(found) == {"id", "items"}
    expected = {"id": item["id"], "text": "خبر", "article": {"id": article["id"], "headline": "خبر"}}
    assert found["items"] == [expected]
    with newsroom.counted() as run:
        found = (await newsroom.get("/v1/tickers?fields=name")).json()["data"]
    assert (set(found[0]), len(run)) == ({"id", "name"}, 1)
    await newsroom.get(f"/v1/tickers/{SLUG}?fields=rules", expect=400)


async def test_answers_have_validators_and_answer_head(newsroom: Newsroom) -> None:
    ticker = await put_ticker(newsroom)
    await add(newsroom, "خبر", level="flash")
    for path, tag in ((f"/v1/tickers/{SLUG}", f"tickers,ticker:{ticker['id']}"), ("/v1/tickers", "tickers")):
        answer = await newsroom.get(path)
        assert answer.headers["cache-control"] == "public, max-age=10"
        assert answer.headers["cache-tag"] == tag
        match = {"If-None-Match": answer.headers["etag"]}
        assert (await newsroom.get(path, headers=match, expect=304)).content == b""
        head = await newsroom.client.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
        with clock.shifted(at(21) - at(0)):
            await newsroom.get(path, headers=match, expect=200)  # the flash has calmed down


async def test_no_cache_can_revalidate_by_a_time(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    for path in (f"/v1/tickers/{SLUG}", "/v1/tickers"):
        assert "last-modified" not in (await newsroom.get(path)).headers, "an article that goes leaves no moment"


async def test_unknown_tickers_and_parameters_are_refused(newsroom: Newsroom) -> None:
    await newsroom.get("/v1/tickers/لا-شريط", expect=404)
    await newsroom.get("/v1/tickers/0193aaaa-0000-7000-8000-000000000000", expect=404)
    await put_ticker(newsroom)
    for query in ("x=1", "include=body", "limit=101", "cursor=x", "include=article&include=article"):
        await newsroom.get(f"/v1/tickers?{query}", expect=400)
    await newsroom.get(f"/v1/tickers/{SLUG}?limit=1", expect=400)


async def test_tickers_are_paged_by_slug(newsroom: Newsroom) -> None:
    for slug in ("ج", "أ", "ب"):
        await put_ticker(newsroom, slug)
        await add(newsroom, f"خبر {slug}", to=slug)
    answer = await newsroom.get("/v1/tickers?limit=2&count=true")
    page = answer.json()["page"]
    assert [ticker["items"][0]["text"] for ticker in answer.json()["data"]] == ["خبر أ", "خبر ب"]
    assert (page["total"], 'rel="next"' in answer.headers["link"]) == (3, True)
    rest = (await newsroom.get(f"/v1/tickers?limit=2&count=true&cursor={page['next']}")).json()
    assert [ticker["slug"] for ticker in rest["data"]] == ["ج"]


async def test_the_address_of_an_item_is_the_articles_whatever_its_form(newsroom: Newsroom) -> None:
    newsroom.set(article_path="/{section}/{year}/{slug}", site_url="https://news.example")
    await put_ticker(newsroom, rules=[{}])
    article = await newsroom.published("خبر")
    assert [item["url"] for item in await shown(newsroom)] == [article["url"]]
    assert article["url"].startswith("https://news.example/%D8%B9%D9%84%D9%88%D9%85/2")


async def test_the_number_of_queries_is_fixed(newsroom: Newsroom) -> None:
    await newsroom.section("علوم")
    await newsroom.section("فضاء", parent="علوم")
    await newsroom.tag("صور")
    rules: list[dict[str, Any]] = [
        {"sections": ["علوم"], "tags": ["صور"], "urgency_max": 5, "max_age_hours": 48},
        {"sections": ["فضاء"], "level": "urgent"},
        {"tags": ["صور"]},
        {"urgency_max": 4},
        {},
    ]
    articles = [await newsroom.published(f"خبر {n}", section="فضاء", tags=["صور"]) for n in range(4)]
    await put_ticker(newsroom, rules=rules[:1])
    await add(newsroom, "نص")

    async def count(path: str) -> int:
        with newsroom.counted() as run:
            await newsroom.get(path)
        return len(run)

    paths = {f"/v1/tickers/{SLUG}": 6, "/v1/tickers": 6, "/v1/tickers?count=true": 7, "/v1/tickers?include=article": 7}
    before = {path: await count(path) for path in paths}
    assert all(few <= paths[path] for path, few in before.items()), "one less where no rule looks far back"
    for number in range(3):
        slug = f"شريط-{number}"
        await put_ticker(newsroom, slug, rules=rules)
        for article in articles[:3]:
            await add(newsroom, article=article["id"], to=slug)
        await add(newsroom, "نص", to=slug)
    await put_ticker(newsroom, rules=rules)
    assert {path: await count(path) for path in paths} == paths


async def test_the_largest_page_that_can_be_asked_for_takes_no_more(newsroom: Newsroom) -> None:
    """A hundred tickers of five rules: within what SQLite and PostgreSQL take in terms and parameters."""
    await newsroom.section("علوم")
    await newsroom.tag("صور")
    article = await newsroom.published("خبر", tags=["صور"])
    rule = {"sections": ["علوم"], "tags": ["صور"], "urgency_max": 5, "max_age_hours": 48}
    await put_ticker(newsroom, rules=[rule] * 5, max_items=100)
    await put_order(newsroom, [article["id"]])
    await repeat(newsroom, 99)
    with newsroom.counted() as run:
        tickers = (await newsroom.get("/v1/tickers?limit=100&fields=items.id")).json()["data"]
    assert (len(tickers), len(run)) == (100, 5)
    assert all(ticker["items"] == [{"id": article["id"]}] for ticker in tickers)


async def test_time_alone_fills_and_empties_a_ticker(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom, rules=[{"max_age_hours": 1}])
        await newsroom.published("موعود", at=moment(5))
    for minutes, expected in ((4, 0), (5, 1), (65, 1), (66, 0)):
        with clock.frozen(at(minutes)):
            assert len(await shown(newsroom)) == expected


async def test_an_item_names_the_language_of_its_text(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("Story", language="en")
    english = await add(newsroom, "Breaking news", language="EN-gb")
    assert (english["language"], english["warnings"]) == ("en-GB", [])
    await add(newsroom, "عاجل")
    await add(newsroom, article=article["id"])
    await add(newsroom, "خبر", article=article["id"], language="fa")
    found = {item["text"]: (item["language"], item["direction"]) for item in await shown(newsroom)}
    assert found == {
        "Breaking news": ("en-GB", "ltr"), "عاجل": ("ar", "rtl"), "خبر": ("fa", "rtl"),
    }  # fmt: skip
    changed = await change(newsroom, english, language=None)
    assert changed["language"] is None
    await newsroom.desk("POST", f"/tickers/{SLUG}/items", {"text": "x", "language": "?"}, expect=422)


async def test_an_item_that_has_ended_before_it_began_is_a_warning(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    late = await add(newsroom, "قديم", expires_at="2020-01-01T00:00:00Z")
    assert [warning["code"] for warning in late["warnings"]] == ["already_expired"]
    item = await add(newsroom, "جديد")
    changed = await change(newsroom, item, expires_at="2020-01-01T00:00:00Z")
    assert [warning["code"] for warning in changed["warnings"]] == ["already_expired"]
