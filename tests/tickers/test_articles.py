"""Items that follow an article."""

from __future__ import annotations

from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, change, levels, moment, put_ticker, shown, texts

pytestmark = pytest.mark.anyio


async def verb(room: Newsroom, article: dict[str, Any], name: str, **body: Any) -> None:
    await room.desk("POST", f"/articles/{article['id']}/{name}", body)


async def test_an_item_takes_headline_address_and_language_of_its_article(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("Rain over Palmyra", language="en", short_headline="Rain")
    await add(newsroom, article=article["id"])
    (item,) = await shown(newsroom)
    assert (item["text"], item["url"], item["language"], item["direction"]) == ("Rain", article["url"], "en", "ltr")
    assert item["article"] == {"id": article["id"], "slug": article["slug"]}
    assert item["id"] != article["id"]


async def test_an_item_follows_what_becomes_of_its_article(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("عنوان أول")
    await add(newsroom, article=article["slug"])
    changes = {"headline": "عنوان ثانٍ", "slug": "عنوان-جديد"}
    changed = (await newsroom.desk("PATCH", f"/articles/{article['id']}", changes, if_match="*")).json()
    (item,) = await shown(newsroom)
    assert (item["text"], item["url"]) == ("عنوان ثانٍ", changed["url"])
    assert item["article"]["slug"] == "عنوان-جديد"


async def test_a_text_and_an_address_of_its_own_go_before_the_articles(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("Rain over Palmyra", language="en")
    await add(newsroom, "مطر فوق تدمر", article=article["id"], url="https://news.example/مطر")
    (item,) = await shown(newsroom)
    assert (item["text"], item["url"]) == ("مطر فوق تدمر", "https://news.example/مطر")
    assert (item["language"], item["direction"]) == ("ar", "rtl"), "the text is the ticker's"
    assert item["article"]["id"] == article["id"]


async def test_an_item_goes_and_comes_back_with_its_article(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("خبر يغيب ويعود")
    await add(newsroom, article=article["id"])
    await add(newsroom, "نص عن الخبر نفسه", article=(await newsroom.published("خبر ثان"))["id"])
    both = await texts(newsroom)
    assert len(both) == 2
    await verb(newsroom, article, "unpublish")
    assert await texts(newsroom) == both[:1]
    await verb(newsroom, article, "publish")
    assert sorted(await texts(newsroom)) == sorted(both)
    await verb(newsroom, article, "withdraw", reason="خطأ في المصدر")
    assert await texts(newsroom) == both[:1]
    await verb(newsroom, article, "reinstate")
    assert await texts(newsroom) == both[:1]


async def test_a_scheduled_article_appears_by_the_clock(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom, rules=[{}])
        await newsroom.published("موعود", at=moment(10))
        followed = await newsroom.published("متبوع", at=moment(10), urgency=1)
        await add(newsroom, article=followed["id"])
        assert await shown(newsroom) == []
    with clock.frozen(at(9.99)):
        assert await shown(newsroom) == []
    with clock.frozen(at(10)):
        first, second = await shown(newsroom)
        assert (first["text"], first["level"], first["level_until"]) == ("متبوع", "flash", moment(30))
        assert (second["text"], second["published_at"]) == ("موعود", moment(10))


async def test_an_explicit_level_lasts_from_when_the_item_appears(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        article = await newsroom.published("موعود", at=moment(60))
        await add(newsroom, article=article["id"], level="flash")
    with clock.frozen(at(61)):
        assert (await shown(newsroom))[0]["level_until"] == moment(80)


@pytest.mark.parametrize(
    ("urgency", "level", "minutes"), [(1, "flash", 20), (2, "bulletin", 120), (3, "urgent", 360), (4, "normal", None)]
)
async def test_urgency_of_a_followed_article_is_its_level(
    newsroom: Newsroom, urgency: int, level: str, minutes: int | None
) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        article = await newsroom.published("خبر", urgency=urgency)
    with clock.frozen(at(5)):
        item = await add(newsroom, article=article["id"])
        (found,) = await shown(newsroom)
        until = moment(minutes) if minutes else None  # from its publication, not from the item's making
        assert (found["level"], found["level_until"]) == (level, until)
        await change(newsroom, item, level="normal")
        assert await levels(newsroom) == ["normal"]


async def test_following_an_article_twice_is_accepted_with_a_warning_and_shown_once(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    article = await newsroom.published("خبر")
    first = await add(newsroom, article=article["id"])
    assert first["warnings"] == []
    second = await add(newsroom, "الخبر نفسه", article=article["id"])
    assert [warning["code"] for warning in second["warnings"]] == ["article_repeated"]
    assert await texts(newsroom) == ["الخبر نفسه"]
    await change(newsroom, second, expires_at=moment(-60))
    assert await texts(newsroom) == ["خبر"]
    assert (await change(newsroom, first, text="نص"))["warnings"] == [], "the other one has expired"


async def test_any_article_of_the_desk_can_be_followed(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    draft = await newsroom.draft("مسودة")
    item = await add(newsroom, article=draft["slug"])
    assert item["state"] == "hidden"
    assert item["article"] == {"id": draft["id"], "slug": draft["slug"], "headline": "مسودة", "status": "draft"}
    body = {"article": "0193aaaa-0000-7000-8000-000000000000"}
    await newsroom.desk("POST", f"/tickers/{SLUG}/items", body, expect=422)
    await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match="*", expect=204)
    assert (await newsroom.desk("GET", f"/tickers/{SLUG}")).json()["items"] == []


async def test_what_readers_cannot_see_yet_changes_no_byte(newsroom: Newsroom) -> None:
    await put_ticker(newsroom, rules=[{}])
    await add(newsroom, "ظاهر")
    before = (await newsroom.get("/v1/tickers/عاجل")).headers
    draft = await newsroom.draft("سرّ")
    item = await add(newsroom, "سرّ آخر", article=draft["id"], level="flash")
    await change(newsroom, item, level="urgent")
    await add(newsroom, "غداً", starts_at="2499-01-01T00:00:00Z")
    after = (await newsroom.get("/v1/tickers/عاجل")).headers
    assert before["etag"] == after["etag"]
