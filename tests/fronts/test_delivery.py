"""Fronts as readers get them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import from_json

from app.fronts.schemas import FrontRead
from app.kit import clock, listing
from tests.fronts.helpers import at, at_desk, flat, link, moment, put_front, put_slot, shown
from tests.newsroom import Newsroom
from tests.sync.mirror import Mirror

pytestmark = pytest.mark.anyio


async def test_a_front_shows_what_the_desk_put_there_and_the_rule_fills_the_rest(newsroom: Newsroom) -> None:
    made = [await newsroom.published(f"خبر {number}", at=moment(-number)) for number in range(5)]
    await put_front(newsroom, {"name": "lead", "max": 1}, {"name": "top", "max": 3, "rule": {}})
    await put_slot(newsroom, "lead", {"article": made[2]["slug"], "headline": "كلمتنا", "kicker": "عاجل"})
    await put_slot(newsroom, "top", link("رابط", summary="نص"))
    assert await shown(newsroom) == {"lead": ["كلمتنا"], "top": ["رابط", "خبر 0", "خبر 1"]}
    front = (await newsroom.get("/v1/fronts/home")).json()
    assert list(front) == [
        *("id", "slug", "name", "url", "language", "direction", "section", "updated_at", "refresh_after", "version"),
        "slots",
    ]
    assert list(front["slots"][0]) == ["name", "title", "url", "layout", "max", "version", "items"]
    lead, (own, drawn, _) = front["slots"][0]["items"][0], front["slots"][1]["items"]
    assert list(lead) == [
        *("id", "source", "article", "url", "headline", "kicker", "summary", "image", "language", "direction"),
        *("starts_at", "expires_at"),
    ]
    assert (lead["source"], lead["article"]["id"], lead["url"]) == ("hand", made[2]["id"], made[2]["url"])
    assert lead["kicker"] == "عاجل"
    assert lead["article"]["headline"] == "خبر 2"
    assert (own["article"], own["url"], own["summary"]) == (None, "https://example.org/x", "نص")
    assert (drawn["id"], drawn["source"], drawn["url"]) == (made[0]["id"], "rule", made[0]["url"])
    assert front["url"] == "http://localhost:8000/"


async def test_a_list_has_no_slots_and_knows_languages(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "lead"})
    await put_front(newsroom, slug="sport", language="en-GB", section=None)
    await put_front(newsroom, slug="hidden", public=False)
    found = (await newsroom.get("/v1/fronts")).json()["data"]
    assert [(one["slug"], one["url"]) for one in found] == [
        ("home", "http://localhost:8000/"),
        ("sport", "http://localhost:8000/f/sport"),
    ]
    assert "slots" not in found[0]
    for query, slugs in (("en", ["sport"]), ("ar", ["home"]), ("fr", []), ("ar,en-GB", ["home", "sport"])):
        answer = await newsroom.get(f"/v1/fronts?language={query}&count=true")
        assert [one["slug"] for one in answer.json()["data"]] == slugs
    await newsroom.get("/v1/fronts/hidden", 404)
    await newsroom.get("/v1/fronts?lang=x", 400)


async def test_no_article_stands_on_a_front_twice(newsroom: Newsroom) -> None:
    made = [await newsroom.published(f"خبر {number}", at=moment(-number)) for number in range(6)]
    slots: list[dict[str, Any]] = [{"name": name, "max": 2, "rule": {}} for name in ("a", "b", "c")]
    await put_front(newsroom, *slots)
    assert await shown(newsroom) == {"a": ["خبر 0", "خبر 1"], "b": ["خبر 2", "خبر 3"], "c": ["خبر 4", "خبر 5"]}
    saved = await put_slot(newsroom, "c", {"article": made[0]["id"]})
    assert saved["warnings"] == []
    assert await shown(newsroom) == {"a": ["خبر 1", "خبر 2"], "b": ["خبر 3", "خبر 4"], "c": ["خبر 0", "خبر 5"]}
    saved = await put_slot(newsroom, "a", link("رابط"), {"article": made[0]["id"]})
    assert [one["code"] for one in saved["warnings"]] == ["article_on_front"]
    assert await shown(newsroom) == {"a": ["رابط", "خبر 0"], "b": ["خبر 1", "خبر 2"], "c": ["خبر 3", "خبر 4"]}
    desk = await at_desk(newsroom)
    assert [item["state"] for item in desk["slots"][2]["items"]] == ["repeated"]


async def test_what_leaves_publication_leaves_the_front_and_the_gap_is_filled(newsroom: Newsroom) -> None:
    made = [await newsroom.published(f"خبر {number}", at=moment(-number)) for number in range(4)]
    await put_front(newsroom, {"name": "a", "max": 2, "rule": {}})
    await put_slot(newsroom, "a", *({"article": one["id"]} for one in made[1:3]))
    assert await flat(newsroom) == ["خبر 1", "خبر 2"]
    await newsroom.act(made[1], "withdraw", {"reason": "س"})
    assert await flat(newsroom) == ["خبر 2", "خبر 0"]
    await newsroom.act(made[0], "unpublish")
    assert await flat(newsroom) == ["خبر 2", "خبر 3"]


async def test_a_front_follows_the_name_of_its_section_also_where_no_article_of_it_is_public(
    newsroom: Newsroom,
) -> None:
    """No change tells of such a section."""
    await newsroom.section("خفي")
    await put_front(newsroom, section="خفي")
    mirror = Mirror(newsroom, "&type=front")
    for name in ("خفي", "اسم جديد"):
        await newsroom.desk("PUT", "/sections/خفي", {"name": name}, if_match="*")
        front = (await newsroom.get("/v1/fronts/home")).json()
        assert front["section"]["name"] == name
        assert (await newsroom.get("/v1/fronts")).json()["data"][0]["section"]["name"] == name
        await mirror.follow()
        assert mirror.things["front", front["id"]]["section"]["name"] == name


async def test_items_wait_until_those_before_them_go(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a", "max": 2})
    with clock.frozen(at(0)):
        items = [link("أ", expires_at=moment(10)), link("ب"), link("ج"), link("د", starts_at=moment(5))]
        saved = await put_slot(newsroom, "a", *items)
        assert [item["state"] for item in saved["items"]] == ["live", "live", "waiting", "scheduled"]
        assert await flat(newsroom) == ["أ", "ب"]
    with clock.frozen(at(10)):
        assert await flat(newsroom) == ["ب", "ج"]
        desk = await at_desk(newsroom)
        assert [item["state"] for item in desk["slots"][0]["items"]] == ["expired", "live", "live", "waiting"]


async def test_a_scheduled_article_comes_by_the_clock_before_anybody_records_it(newsroom: Newsroom) -> None:
    start = clock.now()
    later = start + timedelta(days=300)
    await newsroom.published("قديم", at=clock.written(start))
    soon = await newsroom.published("آتٍ", at=clock.written(later))
    await put_front(newsroom, {"name": "a", "max": 1, "rule": {}}, {"name": "b", "max": 1})
    await put_slot(newsroom, "b", {"article": soon["id"]})
    assert await shown(newsroom) == {"a": ["قديم"], "b": []}
    with clock.frozen(later):
        assert await shown(newsroom) == {"a": ["قديم"], "b": ["آتٍ"]}
        await newsroom.app.state.background.run_due()
        assert await shown(newsroom) == {"a": ["قديم"], "b": ["آتٍ"]}
    with clock.frozen(start):
        assert await shown(newsroom) == {"a": ["قديم"], "b": []}


async def test_a_rule_draws_by_author_kind_and_language(newsroom: Newsroom) -> None:
    await newsroom.author("ليلى")
    await newsroom.published("رأي", authors=["ليلى"], kind="opinion")
    await newsroom.published("خبرها", authors=["ليلى"])
    await newsroom.published("خبر")
    await newsroom.published("News", language="en")
    rule = {"authors": ["ليلى"], "kinds": ["opinion"]}
    front = await put_front(newsroom, {"name": "a", "rule": rule}, {"name": "b", "rule": {"languages": ["en"]}})
    assert await shown(newsroom) == {"a": ["رأي"], "b": ["News"]}
    assert front["slots"][0]["rule"]["authors"] == ["ليلى"]
    await newsroom.desk("DELETE", "/authors/ليلى", if_match="*", expect=409)


async def test_a_former_slug_leads_on(newsroom: Newsroom) -> None:
    await put_front(newsroom, slug="old")
    await newsroom.desk("PUT", "/fronts/old", {"name": "x", "slug": "new"}, if_match="*")
    answer = await newsroom.get("/v1/fronts/old", 308)
    assert answer.headers["location"] == "/v1/fronts/new"
    answer = await newsroom.desk("PUT", "/fronts/old/slots/a", {"items": []}, expect=308)
    assert answer.headers["location"] == "/v1/desk/fronts/new/slots/a"


@pytest.mark.parametrize("count", [1, 8])
async def test_a_read_takes_two_statements_whatever_the_number_of_slots(newsroom: Newsroom, count: int) -> None:
    for number in range(8):
        await newsroom.published(f"خبر {number}")
    await put_front(newsroom, *({"name": f"s{number}", "max": 2, "rule": {}} for number in range(count)))
    await put_slot(newsroom, "s0", link("رابط"))
    with newsroom.counted() as statements:
        await newsroom.get("/v1/fronts/home")
    assert len(statements) == 2
    with newsroom.counted() as statements:
        await newsroom.get("/v1/fronts/home?fields=name")
    assert len(statements) == 1


async def test_the_answer_is_written_as_its_schema_says(newsroom: Newsroom) -> None:
    """Its parts are put together as bytes."""
    await newsroom.author("ليلى")
    article = await newsroom.published('خبر "مهم"', summary="سطر\nثان", authors=["ليلى"])
    await newsroom.published("News", language="en")
    await put_front(newsroom, {"name": "a", "rule": {"languages": ["ar", "en"]}}, {"name": "b"}, section="علوم")
    image = {"url": "https://example.org/a.jpg", "alt": "صورة"}
    own = {"article": article["id"], "headline": "«كلمتنا»", "language": "fr", "expires_at": "2100-01-01T00:00:00Z"}
    await put_slot(newsroom, "b", own, link("رابط", image=image))
    content = (await newsroom.get("/v1/fronts/home")).content
    assert content == listing.written(FrontRead, from_json(content))
    every = ",".join(FrontRead.model_fields)
    assert from_json((await newsroom.get(f"/v1/fronts/home?fields={every}")).content) == from_json(content)


async def test_fields_are_selected(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    await put_slot(newsroom, "a", link("رابط"))
    front = (await newsroom.get("/v1/fronts/home?fields=slots.items.headline")).json()
    assert [item["headline"] for item in front["slots"][0]["items"]] == ["رابط"]
    await newsroom.get("/v1/fronts/home?fields=slots.nothing", 400)
