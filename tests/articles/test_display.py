"""`display=`: dates and the reading time as text in a locale."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

AT = "2026-11-23T21:14:15.000Z"


@pytest.fixture
async def dated(newsroom: Newsroom) -> Newsroom:
    """An article that appeared late in the evening: in Damascus it is the next day."""
    newsroom.set(timezone="Asia/Damascus")
    await newsroom.published("خبر", at=AT, body=f"<p>{'كلمة ' * 151}</p>")
    return newsroom


async def shown(newsroom: Newsroom, tag: str) -> dict[str, Any]:
    """The member `display` of the one article, which is the same in a list."""
    alone = (await newsroom.get(f"/v1/articles/خبر?display={tag}")).json()
    (listed,) = (await newsroom.get(f"/v1/articles?display={tag}")).json()["data"]
    assert alone["display"] == listed["display"]
    return dict(alone["display"])


async def test_an_article_is_dated_in_words(dated: Newsroom) -> None:
    display = await shown(dated, "ar-SY")
    assert display["published"] == {
        "date": "الثلاثاء 24 تشرين الثاني 2026",
        "time": "00:14",
        "text": "الثلاثاء 24 تشرين الثاني 2026، 00:14",
        "hijri": {"date": "14 جمادى الآخرة 1448 هـ", "calendar": "islamic-umalqura"},
    }
    assert (display["locale"], display["direction"], display["reading_time"]) == ("ar-SY", "rtl", "قراءة دقيقتين")
    assert set(display) == {"locale", "direction", "published", "updated", "reading_time"}


@pytest.mark.parametrize(
    ("tag", "locale", "direction", "date", "reading_time"),
    [
        ("AR-eg-u-nu-arab", "ar-EG-u-nu-arab", "rtl", "الثلاثاء ٢٤ نوفمبر ٢٠٢٦", "قراءة دقيقتين"),
        ("ar-MA", "ar-MA", "rtl", "الثلاثاء 24 نونبر 2026", "قراءة دقيقتين"),
        ("en-GB", "en-GB", "ltr", "Tuesday 24 November 2026", "2-minute read"),
        ("fr", "fr", "ltr", "mardi 24 novembre 2026", "2 minutes de lecture"),
        ("he", "en", "ltr", "Tuesday, November 24, 2026", "2-minute read"),
    ],
)
async def test_the_words_are_those_of_the_locale(
    dated: Newsroom, tag: str, locale: str, direction: str, date: str, reading_time: str
) -> None:
    display = await shown(dated, tag)
    assert (display["locale"], display["direction"]) == (locale, direction)
    assert (display["published"]["date"], display["reading_time"]) == (date, reading_time)


async def test_updated_is_said_apart_from_published(dated: Newsroom) -> None:
    (listed,) = (await dated.get("/v1/articles?display=en-GB")).json()["data"]
    updated = datetime.fromisoformat(listed["updated_at"]).astimezone(ZoneInfo("Asia/Damascus"))
    assert f" {updated.year}, " in listed["display"]["updated"]["text"]
    assert listed["display"]["published"]["text"] == "Tuesday 24 November 2026, 00:14"


async def test_display_is_absent_where_it_is_not_asked_for(dated: Newsroom) -> None:
    plain = (await dated.get("/v1/articles/خبر")).json()
    (listed,) = (await dated.get("/v1/articles")).json()["data"]
    assert "display" not in plain
    assert "display" not in listed
    await dated.get("/v1/articles?fields=display", 400)
    await dated.get("/v1/articles/خبر?fields=display", 400)


async def test_what_machines_read_stays_as_it_is(dated: Newsroom) -> None:
    plain = (await dated.get("/v1/articles/خبر")).json()
    shown = (await dated.get("/v1/articles/خبر?display=ar-EG-u-nu-arab")).json()
    shown.pop("display")
    assert shown == plain
    assert (shown["published_at"], shown["reading_minutes"]) == (AT, 2)


async def test_display_goes_with_fields_and_bodies(dated: Newsroom) -> None:
    query = "fields=headline,display.published.text&display=ar-SY"
    (listed,) = (await dated.get(f"/v1/articles?{query}")).json()["data"]
    alone = (await dated.get(f"/v1/articles/خبر?{query}")).json()
    assert listed == alone
    assert alone["display"] == {"published": {"text": "الثلاثاء 24 تشرين الثاني 2026، 00:14"}}
    (without,) = (await dated.get("/v1/articles?fields=headline&display=ar-SY")).json()["data"]
    assert set(without) == {"id", "headline"}
    (whole,) = (await dated.get("/v1/articles?include=body&display=ar-SY")).json()["data"]
    assert {"body", "display"} <= set(whole)


async def test_there_is_no_hijri_date_outside_the_calendar(newsroom: Newsroom) -> None:
    await newsroom.published("قديم", at="1901-02-03T04:05:06.000Z")
    display = (await newsroom.get("/v1/articles/قديم?display=ar")).json()["display"]
    assert display["published"]["text"] == "الأحد 3 فبراير 1901، 04:05"
    assert display["published"]["hijri"] is None
    assert display["updated"]["hijri"]["calendar"] == "islamic-umalqura"


async def test_without_a_text_there_is_no_reading_time(newsroom: Newsroom) -> None:
    await newsroom.published("صور", body='<figure><img src="https://news.example/a.jpg" alt=""></figure>')
    article = (await newsroom.get("/v1/articles/صور?display=ar")).json()
    assert (article["reading_minutes"], article["display"]["reading_time"]) == (0, None)


@pytest.mark.parametrize("tag", ["", "ar_SY", "عربي", "a", "ar-SY-" + "x" * 40, "ar-SY,en"])
async def test_what_is_no_tag_is_refused_by_name(dated: Newsroom, tag: str) -> None:
    for path in ("/v1/articles", "/v1/articles/خبر"):
        answer = await dated.get(path, 400, params={"display": tag})
        (fault,) = answer.json()["errors"]
        assert fault["parameter"] == "display"
        assert answer.json()["type"] == "/problems/invalid-query"


async def test_the_words_depend_on_the_address_alone(dated: Newsroom) -> None:
    """The first request fills the cache for all: the response must not depend on its `Accept-Language`."""
    for path in ("/v1/articles", "/v1/articles/خبر"):
        first = await dated.get(f"{path}?display=ar-SY", headers={"Accept-Language": "en"})
        dated.app.state.cache.invalidate_all()
        second = await dated.get(f"{path}?display=ar-SY", headers={"Accept-Language": "fr"})
        assert first.content == second.content
        assert first.headers["etag"] == second.headers["etag"]
        assert "accept-language" not in second.headers.get("vary", "").lower()
        other = await dated.get(f"{path}?display=en-GB")
        assert other.content != second.content


async def test_a_new_save_is_in_the_words_at_once(dated: Newsroom) -> None:
    before = (await dated.get("/v1/articles/خبر?display=ar")).json()
    article = (await dated.desk("GET", f"/articles/{before['id']}")).json()
    await dated.change(article, body=f"<p>{'كلمة ' * 400}</p>")
    assert before["display"]["reading_time"] == "قراءة دقيقتين"
    assert (await shown(dated, "ar"))["reading_time"] == "قراءة 3 دقائق"
