"""A page's headlines as items: kept byte for byte, in any order."""

from __future__ import annotations

import random
import unicodedata

import pytest

from tests.newsroom import Newsroom
from tests.tickers.helpers import add, change, put_order, put_ticker, texts

pytestmark = pytest.mark.anyio

HEADLINES = [
    "مكتبة المدينة تفتح أبوابها ليلاً طوال الشتاء",
    "وزيرة الثقافة: «لا نشرة بلا قارئ»",
    "المرصد: زخّات شُهُب تُرى بالعين المجرّدة فجر الجمعة",
    "ميناء اللاذقية يستقبل أوّل شحنة قمح في ٢٠٢٦",
    "«نمشي معاً».. آلاف العدّائين في ماراثون بيروت يعبرون الكورنيش رغم المطر ويجمعون التبرّعات لمدارس الجبل البعيدة",
    "إطلاق خطّ حافلات كهربائية بين حمص وحماة",
    "الدوري الممتاز: تعادل مثير ٣–٣ في الدقيقة ٩٠+٤",
    "مُعلِّمةٌ تُحوِّل حافلةً قديمةً إلى مكتبةٍ متنقّلة",
    "سعر الزيتون يتراجع بنسبة ١٢٪ قبل موسم القطاف",
    "طلاب الهندسة يبنون جسراً خشبياً فوق نهر العاصي",
    "متحف تدمر يعرض ٤٠ قطعة لم تُعرض من قبل",
    "الأرصاد: أمطار غزيرة على الساحل، وثلوج فوق ١٦٠٠ متر",
    "افتتاح معرض «خطوط» للخطّ العربي في دمشق القديمة",
    "فريق طبي ينجح في زراعة قرنية لطفلة في السابعة",
    "مهرجان الياسمين يعود بعد غياب ١٥ عاماً",
]


@pytest.mark.parametrize("seed", [1, 2])
async def test_fifteen_headlines_stand_in_any_order_byte_for_byte(newsroom: Newsroom, seed: int) -> None:
    await put_ticker(newsroom)
    ids = {text: (await add(newsroom, text))["id"] for text in HEADLINES}
    wanted = random.Random(seed).sample(HEADLINES, len(HEADLINES))
    await put_order(newsroom, [ids[text] for text in wanted])
    found = await texts(newsroom)
    assert [text.encode() for text in found] == [text.encode() for text in wanted]


async def test_without_an_order_the_last_one_in_stands_first(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    for text in HEADLINES:
        await add(newsroom, text)
    assert await texts(newsroom) == HEADLINES[::-1]


async def test_a_text_is_kept_in_nfc_and_markup_in_it_is_literal(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    text = "آلاف <b>يشاركون</b> &amp; «يصفّقون»  ـــ \u200fok\u200c"
    await add(newsroom, unicodedata.normalize("NFD", text))
    assert await texts(newsroom) == [text]


async def test_a_text_is_one_line_of_at_most_300_characters(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    assert (await add(newsroom, "سطر\nثانٍ "))["text"] == "سطر ثانٍ"
    await add(newsroom, "ب" * 300)
    answer = await newsroom.desk("POST", "/tickers/عاجل/items", {"text": "ب" * 301}, expect=422)
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"], fault["params"]) == ("/text", "too_long", {"max": 300, "actual": 301})


async def test_a_long_text_is_accepted_with_a_warning(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    fits, long = "بُ" * 100, "بُ" * 101
    assert (await add(newsroom, fits))["warnings"] == []
    (warning,) = (await add(newsroom, long))["warnings"]
    assert (warning["code"], warning["params"]) == ("long_text", {"max": 100, "actual": 101})
    assert "101" in warning["message"]
    assert await texts(newsroom) == [long, fits]


async def test_an_item_needs_a_text_or_an_article(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    for body in ({}, {"text": "\u200b ـ "}, {"text": None, "level": "flash"}):
        answer = await newsroom.desk("POST", "/tickers/عاجل/items", body, expect=422)
        faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
        assert faults == [("/text", "required"), ("/article", "required")]
    item = await add(newsroom, "خبر")
    path, match = f"/tickers/عاجل/items/{item['id']}", '"1"'
    await newsroom.desk("PATCH", path, {"text": None}, if_match=match, expect=422)
    assert (await change(newsroom, item, text="خبر آخر"))["text"] == "خبر آخر"


async def test_every_fault_is_reported_at_once(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    body = {
        "article": "لا-مقال",
        "starts_at": "2026-11-23T12:00:00Z",
        "expires_at": "2026-11-23T11:59:59Z",
    }
    answer = await newsroom.desk("POST", "/tickers/عاجل/items", body, expect=422)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [("/article", "not_found"), ("/expires_at", "before_start")]
    wrong = {"text": 1, "level": "loud", "pinned": 0, "url": "javascript:1", "starts_at": "غدا", "colour": "أحمر"}
    answer = await newsroom.desk("POST", "/tickers/عاجل/items", wrong, expect=422)
    places = [fault["pointer"] for fault in answer.json()["errors"]]
    assert sorted(places) == ["/colour", "/level", "/pinned", "/starts_at", "/text", "/url"]
