"""Tickers and items at the desk: versions, roles, names, states."""

from __future__ import annotations

from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, change, moment, put_ticker, shown, texts

pytestmark = pytest.mark.anyio
PATH = f"/tickers/{SLUG}"


async def test_a_ticker_is_made_with_defaults_and_begins_empty(newsroom: Newsroom) -> None:
    answer = await newsroom.desk("PUT", PATH, {"name": "عاجل"}, expect=201)
    ticker = answer.json()
    assert answer.headers["location"] == f"/v1/desk/tickers/{ticker['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (ticker["max_items"], ticker["rules"], ticker["language"], ticker["items"]) == (15, [], "ar", [])
    found = (await newsroom.get(f"/v1/tickers/{SLUG}")).json()
    assert (found["items"], found["refresh_after"], found["direction"]) == ([], 10, "rtl")


async def test_a_ticker_is_replaced_by_its_version_and_keeps_its_items(newsroom: Newsroom) -> None:
    await put_ticker(newsroom, max_items=3, description="للواجهة")
    await add(newsroom, "خبر")
    await newsroom.desk("PUT", PATH, {"name": "آخر"}, expect=428)
    await newsroom.desk("PUT", PATH, {"name": "آخر"}, if_match='"1"', expect=412)
    ticker = (await newsroom.desk("PUT", PATH, {"name": "آخر"}, if_match='"2"', expect=200)).json()
    assert (ticker["version"], ticker["max_items"], ticker["description"]) == (3, 15, None)
    assert [item["text"] for item in ticker["items"]] == ["خبر"]
    same = await newsroom.desk("PUT", PATH, {"name": "آخر"}, if_match='"3"', expect=200)
    assert same.json()["version"] == 3
    await newsroom.desk("PUT", "/tickers/جديد", {"name": "جديد"}, if_match="*", expect=412)


async def test_max_items_cuts_the_ticker(newsroom: Newsroom) -> None:
    await put_ticker(newsroom, max_items=2)
    for text in "أبج":
        await add(newsroom, text)
    assert await texts(newsroom) == ["ج", "ب"]
    for wrong in (0, 101):
        await newsroom.desk("PUT", PATH, {"name": "عاجل", "max_items": wrong}, if_match="*", expect=422)


async def test_a_rename_leaves_a_redirect_everywhere(newsroom: Newsroom) -> None:
    ticker = await put_ticker(newsroom)
    item = await add(newsroom, "خبر")
    await newsroom.desk("PUT", PATH, {"name": "عاجل", "slug": "الآن"}, if_match="*")
    new = "%D8%A7%D9%84%D8%A2%D9%86"
    answer = await newsroom.get(f"/v1/tickers/{SLUG}?fields=name", expect=308)
    assert answer.headers["location"] == f"/v1/tickers/{new}?fields=name"
    assert [found["text"] for found in await shown(newsroom, ticker["id"])] == ["خبر"]
    await newsroom.get(f"/v1/tickers/{new}")
    base = f"/v1/desk/tickers/{new}"
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {"name": "عاجل"}),
        ("DELETE", "", None),
        ("POST", "/items", {"text": "خبر"}),
        ("PATCH", f"/items/{item['id']}", {}),
        ("DELETE", f"/items/{item['id']}", None),
        ("PUT", "/order", {"items": []}),
    ]
    for method, suffix, body in asked:
        answer = await newsroom.desk(method, f"{PATH}{suffix}", body, if_match="*", expect=308)
        assert answer.headers["location"] == base + suffix


async def test_a_slug_that_is_or_was_anothers_is_taken(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    await put_ticker(newsroom, "رياضة")
    body = {"name": "رياضة", "slug": SLUG}
    await newsroom.desk("PUT", "/tickers/رياضة", body, if_match="*", expect=409)
    await newsroom.desk("PUT", PATH, {"name": "عاجل", "slug": "الآن"}, if_match="*")
    await newsroom.desk("PUT", "/tickers/رياضة", body, if_match="*", expect=409)


async def test_an_item_is_changed_by_its_own_version(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    item = await add(newsroom, "خبر", level="urgent", pinned=2)
    path = f"{PATH}/items/{item['id']}"
    for method, body in (("PATCH", {"text": "آخر"}), ("DELETE", None)):
        await newsroom.desk(method, path, body, expect=428)
        answer = await newsroom.desk(method, path, body, if_match='"9"', expect=412)
        assert answer.json()["version"] == 1
    answer = await newsroom.desk("PATCH", path, {"text": "آخر", "pinned": None}, if_match='"1"')
    changed = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert (changed["text"], changed["pinned"], changed["level"], changed["version"]) == ("آخر", None, "urgent", 2)
    assert changed["ticker_version"] == 3
    same = await change(newsroom, changed, text="آخر")
    assert (same["version"], same["ticker_version"]) == (2, 3), "a change that changes nothing leaves no trace"
    await newsroom.desk("DELETE", path, if_match='"2"', expect=204)
    assert await shown(newsroom) == []
    await newsroom.desk("PATCH", path, {"text": "آخر"}, if_match="*", expect=404)


async def test_an_item_is_found_on_its_own_ticker_only(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    await put_ticker(newsroom, "رياضة")
    item = await add(newsroom, "خبر")
    for id in (item["id"], "؟"):
        await newsroom.desk("DELETE", f"/tickers/رياضة/items/{id}", if_match="*", expect=404)
    await newsroom.desk("POST", "/tickers/لا-شريط/items", {"text": "خبر"}, expect=404)
    assert await texts(newsroom) == ["خبر"]


async def test_adding_obeys_the_tickers_version_where_it_is_named(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    await newsroom.desk("POST", f"{PATH}/items", {"text": "خبر"}, if_match='"7"', expect=412)
    await newsroom.desk("POST", f"{PATH}/items", {"text": "خبر"}, if_match='"1"', expect=201)


async def test_an_item_that_is_sent_again_is_added_once(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    key = {"idempotency_key": "a-key-of-sixteen-"}
    first = await newsroom.desk("POST", f"{PATH}/items", {"text": "خبر"}, expect=201, **key)
    again = await newsroom.desk("POST", f"{PATH}/items", {"text": "خبر"}, expect=201, **key)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert len(await shown(newsroom)) == 1


async def test_pinned_items_stand_at_their_positions(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    first = await add(newsroom, "أول", pinned=1)
    for text in "أب":
        await add(newsroom, text, level="flash")
    await add(newsroom, "ثالث", pinned=3)
    assert await texts(newsroom) == ["أول", "ب", "ثالث", "أ"]
    last = await add(newsroom, "جديد", pinned=1)
    assert await texts(newsroom) == ["جديد", "أول", "ثالث", "ب", "أ"]
    await change(newsroom, first, pinned=None)
    assert await texts(newsroom) == ["جديد", "ب", "ثالث", "أ", "أول"]
    assert [item["pinned"] for item in await shown(newsroom)] == [1, None, 3, None, None]
    first = await change(newsroom, {**first, "version": 2}, pinned=1)
    assert (await texts(newsroom))[:2] == ["أول", "جديد"], "it was pinned last"
    await newsroom.desk("DELETE", f"{PATH}/items/{last['id']}", if_match="*", expect=204)


async def test_the_desk_sees_every_item_with_its_state_and_what_was_entered(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        draft = await newsroom.draft("مسودة")
        planned = await newsroom.published("موعود", at=moment(60))
        await add(newsroom, "ظاهر", level="flash", level_until=moment(5), url="https://news.example/1")
        await add(newsroom, "منته", expires_at=moment(-1))
        await add(newsroom, article=draft["id"])
        await add(newsroom, article=planned["id"])
        await add(newsroom, "لاحق", starts_at=moment(10), expires_at=moment(100))
    with clock.frozen(at(6)):
        items = (await newsroom.desk("GET", PATH)).json()["items"]
        assert [(item["state"], item["text"]) for item in items] == [
            ("live", "ظاهر"),
            ("scheduled", "لاحق"),
            ("scheduled", None),
            ("hidden", None),
            ("expired", "منته"),
        ]
        live = items[0]
        assert (live["level"], live["level_until"], live["url"]) == ("flash", moment(5), "https://news.example/1")
        assert (live["created_at"], live["version"], live["article"]) == (moment(0), 1, None)
        assert items[2]["article"]["status"] == "scheduled"
        assert items[3]["article"] == {**items[3]["article"], "headline": "مسودة", "status": "draft"}
        assert await texts(newsroom) == ["ظاهر"]


async def test_the_desk_lists_tickers_by_slug(newsroom: Newsroom) -> None:
    for slug in ("ج", "أ", "ب"):
        await put_ticker(newsroom, slug)
    answer = await newsroom.desk("GET", "/tickers?limit=2&count=true")
    page = answer.json()
    assert [ticker["slug"] for ticker in page["data"]] == ["أ", "ب"]
    assert page["page"]["total"] == 3
    following = await newsroom.desk("GET", f"/tickers?limit=2&count=true&cursor={page['page']['next']}")
    assert [ticker["slug"] for ticker in following.json()["data"]] == ["ج"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", ["editor", "reporter", "moderator"])
async def test_tickers_are_the_editors(newsroom: Newsroom, role: str) -> None:
    await newsroom.hire(role)
    await put_ticker(newsroom)
    item = await add(newsroom, "خبر")
    allowed = role == "editor"
    asked: list[tuple[str, str, Any, int]] = [
        ("GET", "/tickers", None, 200),
        ("GET", PATH, None, 200),
        ("POST", f"{PATH}/items", {"text": "آخر"}, 201),
        ("PATCH", f"{PATH}/items/{item['id']}", {"text": "آخر"}, 200),
        ("DELETE", f"{PATH}/items/{item['id']}", None, 204),
        ("PUT", PATH, {"name": "عاجل"}, 200),
        ("DELETE", PATH, None, 204),
    ]
    for method, path, body, status in asked:
        match = {} if method == "GET" else {"if_match": "*"}
        await newsroom.desk(method, path, body, by=role, expect=status if allowed else 403, **match)
    await newsroom.desk("PUT", f"{PATH}/order", {"items": []}, by=role, if_match="*", expect=404 if allowed else 403)
    assert (await newsroom.client.get(f"/v1/desk{PATH}")).status_code == 401


async def test_every_action_leaves_an_audit_row(newsroom: Newsroom) -> None:
    ticker = await put_ticker(newsroom)
    item = await add(newsroom, "خبر")
    item = await change(newsroom, item, text="آخر")
    await newsroom.desk("PUT", f"{PATH}/order", {"items": [item["id"]]}, if_match="*")
    await newsroom.desk("DELETE", f"{PATH}/items/{item['id']}", if_match="*")
    await put_ticker(newsroom, name="آخر")
    await newsroom.desk("DELETE", PATH, if_match="*")
    rows = (await newsroom.desk("GET", f"/audit?resource_id={ticker['id']}")).json()["data"]
    assert [row["action"] for row in reversed(rows)] == [
        "ticker.create",
        "ticker.item_add",
        "ticker.item_change",
        "ticker.order",
        "ticker.item_delete",
        "ticker.update",
        "ticker.delete",
    ]
