"""Items that a rule draws from the newest articles."""

from __future__ import annotations

from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, levels, moment, put_order, put_ticker, shown, texts

pytestmark = pytest.mark.anyio


async def test_a_rule_draws_the_newest_articles(newsroom: Newsroom) -> None:
    made = [await newsroom.published(f"خبر {number}", at=moment(-number)) for number in range(5)]
    await put_ticker(newsroom, rules=[{}], max_items=3)
    with clock.frozen(at(1)):
        items = await shown(newsroom)
    assert [item["id"] for item in items] == [article["id"] for article in made[:3]]
    assert [item["published_at"] for item in items] == [article["published_at"] for article in made[:3]]
    assert items[0]["article"] == {"id": made[0]["id"], "slug": made[0]["slug"]}
    assert (items[0]["url"], items[0]["pinned"], items[0]["starts_at"]) == (made[0]["url"], None, None)


async def test_a_rules_section_holds_its_descendants_and_conditions_combine(newsroom: Newsroom) -> None:
    await newsroom.section("علوم")
    await newsroom.section("فضاء", parent="علوم")
    await newsroom.section("رياضة")
    await newsroom.tag("صور")
    await newsroom.published("في الفضاء", section="فضاء", tags=["صور"])
    await newsroom.published("في العلوم", section="علوم", urgency=7)
    await newsroom.published("في الرياضة", section="رياضة", tags=["صور"])
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"في الفضاء", "في العلوم", "في الرياضة"}),
        ({"sections": ["علوم"]}, {"في الفضاء", "في العلوم"}),
        ({"sections": ["فضاء", "رياضة"]}, {"في الفضاء", "في الرياضة"}),
        ({"sections": ["علوم"], "tags": ["صور"]}, {"في الفضاء"}),
        ({"tags": ["صور"]}, {"في الفضاء", "في الرياضة"}),
        ({"sections": ["علوم"], "urgency_max": 5}, {"في الفضاء"}),
    ]
    for rule, found in expected:
        await put_ticker(newsroom, rules=[rule])
        assert set(await texts(newsroom)) == found


async def test_a_rule_draws_only_as_far_back_as_it_says(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await newsroom.published("جديد", at=moment(-59))
        await newsroom.published("قديم", at=moment(-61))
        await put_ticker(newsroom, rules=[{"max_age_hours": 1}])
        assert await texts(newsroom) == ["جديد"]
    with clock.frozen(at(2)):
        assert await shown(newsroom) == []


async def test_a_rules_level_goes_before_urgency_and_calms_down(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await newsroom.published("خبر", urgency=3)
        await put_ticker(newsroom, rules=[{}])
        assert await levels(newsroom) == ["urgent"]
        await put_ticker(newsroom, rules=[{"level": "flash"}])
        (item,) = await shown(newsroom)
        assert (item["level"], item["level_until"]) == ("flash", moment(20))
        await put_ticker(newsroom, rules=[{"level": "normal"}])
        assert await levels(newsroom) == ["normal"]
        await put_ticker(newsroom, rules=[{"level": "normal"}, {"level": "bulletin"}])
        assert await levels(newsroom) == ["bulletin"]
    with clock.frozen(at(120)):
        assert await levels(newsroom) == ["normal"]


async def test_an_urgent_article_is_not_crowded_out_by_newer_ones(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await newsroom.published("عاجل قديم", urgency=3, at=moment(-300))
        for number in range(5):
            await newsroom.published(f"عادي {number}", at=moment(-number))
        await put_ticker(newsroom, rules=[{}], max_items=2)
        assert await texts(newsroom) == ["عاجل قديم", "عادي 0"]
    with clock.frozen(at(60)):
        assert await texts(newsroom) == ["عادي 0", "عادي 1"]


async def test_an_ordered_article_is_not_crowded_out_by_a_later_one(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        ids = [(await newsroom.published(name, at=moment(-n)))["id"] for n, name in enumerate("أبج")]
        await put_ticker(newsroom, rules=[{}], max_items=3)
        await put_order(newsroom, [ids[2], ids[0], ids[1]])
        assert await texts(newsroom) == ["ج", "أ", "ب"]
    with clock.frozen(at(1)):
        await newsroom.published("د")
        assert await texts(newsroom) == ["د", "ج", "أ"]


async def test_an_old_article_comes_only_where_a_rule_reaches_it(newsroom: Newsroom) -> None:
    """Articles still urgent, or ordered on one ticker, do not slip into another."""
    await newsroom.section("علوم")
    await newsroom.section("فضاء", parent="علوم")
    await newsroom.section("رياضة")
    await newsroom.tag("صور")
    with clock.frozen(at(0)):
        old: dict[str, Any] = {"at": moment(-300), "tags": ["صور"], "section": "فضاء"}
        urgent = await newsroom.published("عاجل", urgency=3, **old)
        placed = await newsroom.published("مرتّب", urgency=6, **old)
        for number in range(3):
            await newsroom.published(f"علم {number}", section="علوم", tags=["صور"], at=moment(-number))
            await newsroom.published(f"هدف {number}", section="رياضة", at=moment(-number))
        everything = {"sections": ["علوم"], "tags": ["صور"], "urgency_max": 6, "max_age_hours": 5}
        rules: dict[str, tuple[dict[str, Any], list[str]]] = {
            "كله": (everything, ["عاجل", "مرتّب"]),
            "رياضة": ({"sections": ["رياضة"]}, ["هدف 0", "هدف 1"]),
            "أحدث": ({**everything, "max_age_hours": 4}, ["علم 0", "علم 1"]),
            "أهم": ({**everything, "urgency_max": 3}, ["عاجل"]),
            "وسم": ({"tags": ["صور"]}, ["عاجل", "علم 0"]),
        }
        for slug, (rule, _) in rules.items():
            await put_ticker(newsroom, slug, rules=[rule], max_items=2)
        await put_ticker(newsroom, "كله", rules=[everything], max_items=100)
        await put_order(newsroom, [placed["id"], urgent["id"]], of="كله")
        await put_ticker(newsroom, "كله", rules=[everything], max_items=2)
        for slug, (_, expected) in rules.items():
            assert await texts(newsroom, slug) == expected, slug


async def test_no_article_stands_twice_and_the_ticker_is_filled_up(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        ids = [(await newsroom.published(f"خبر {n}", at=moment(-n)))["id"] for n in range(6)]
        await put_ticker(newsroom, rules=[{}, {"urgency_max": 5}], max_items=4)
        await add(newsroom, "بيد المحرّر", article=ids[1])
        assert await texts(newsroom) == ["بيد المحرّر", "خبر 0", "خبر 2", "خبر 3"]


async def test_articles_that_items_follow_take_no_place_from_those_that_a_rule_draws(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        ids = [(await newsroom.published(f"خبر {n}", at=moment(-n)))["id"] for n in range(4)]
        await put_ticker(newsroom, rules=[{"level": "urgent"}], max_items=2)
        for id in ids[:2]:
            await add(newsroom, article=id, level="normal")
        assert await texts(newsroom) == ["خبر 2", "خبر 3"]


async def test_scheduled_articles_take_no_place_from_those_that_show(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom, rules=[{}], max_items=1)
        await newsroom.published("ظاهر", urgency=6)
        for minutes in (5, 6):
            await newsroom.published("موعود", at=moment(minutes), urgency=6)
        assert await texts(newsroom) == ["ظاهر"]


async def test_rules_are_kept_by_id_and_shown_by_slug(newsroom: Newsroom) -> None:
    section = await newsroom.section("علوم")
    await newsroom.tag("صور")
    rules = [{"sections": [section["id"]], "tags": ["صور"], "max_age_hours": 5}, {"level": "urgent"}]
    ticker = await put_ticker(newsroom, rules=rules)
    no_more: dict[str, Any] = {"kinds": [], "languages": []}
    assert ticker["rules"] == [
        {**no_more, "sections": ["علوم"], "tags": ["صور"], "urgency_max": None, "max_age_hours": 5, "level": None},
        {**no_more, "sections": [], "tags": [], "urgency_max": None, "max_age_hours": None, "level": "urgent"},
    ]
    await newsroom.desk("PUT", "/sections/علوم", {"name": "علوم", "slug": "علم"}, if_match='"1"')
    found = (await newsroom.desk("GET", f"/tickers/{SLUG}")).json()
    assert found["rules"][0]["sections"] == ["علم"]
    assert (await newsroom.desk("GET", "/tickers")).json()["data"][0]["rules"] == found["rules"]


async def test_every_unknown_name_in_a_rule_is_reported(newsroom: Newsroom) -> None:
    await newsroom.section("علوم")
    rules = [{"sections": ["علوم", "لا-قسم"], "tags": ["لا-وسم"]}, {"tags": ["لا-وسم"]}]
    answer = await newsroom.desk("PUT", f"/tickers/{SLUG}", {"name": "عاجل", "rules": rules}, expect=422)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    places = ["/rules/0/sections/1", "/rules/0/tags/0", "/rules/1/tags/0"]
    assert faults == [(place, "not_found") for place in places]
    answer = await newsroom.desk("PUT", f"/tickers/{SLUG}", {"name": "عاجل", "rules": [{}] * 6}, expect=422)
    assert answer.json()["errors"][0]["code"] == "too_many"
    await newsroom.get(f"/v1/tickers/{SLUG}", expect=404)


@pytest.mark.parametrize("plural", ["sections", "tags"])
async def test_what_a_rule_names_cannot_be_deleted(newsroom: Newsroom, plural: str) -> None:
    path = f"/{plural}/علوم"
    await newsroom.desk("PUT", path, {"name": "علوم"}, expect=201)
    await put_ticker(newsroom, rules=[{}, {plural: ["علوم"]}])
    answer = await newsroom.desk("DELETE", path, if_match='"1"', expect=409)
    assert answer.json()["type"] == "/problems/in-use"
    await put_ticker(newsroom, rules=[{}])
    await newsroom.desk("DELETE", path, if_match='"1"', expect=204)


async def test_deleting_a_ticker_frees_what_its_rules_named(newsroom: Newsroom) -> None:
    await newsroom.tag("صور")
    await put_ticker(newsroom, rules=[{"tags": ["صور"]}])
    await add(newsroom, "خبر")
    await newsroom.desk("DELETE", f"/tickers/{SLUG}", if_match="*", expect=204)
    await newsroom.get(f"/v1/tickers/{SLUG}", expect=404)
    await newsroom.desk("DELETE", "/tags/صور", if_match='"1"', expect=204)
