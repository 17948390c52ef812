"""Bad input for fronts: a problem with every fault at its pointer; never a fault of the server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fronts.helpers import at_desk, link, put_draft, put_front, put_slot
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
ITEMS = "/fronts/home/slots/a/items"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (link("أ", url="javascript:alert(1)"), ["/url"]),
        (link("\u200b\u2800ـ"), ["/headline"]),
        ({"article": "\0"}, ["/article"]),
        ({"article": ""}, ["/article"]),
        ({}, ["/url", "/headline"]),
        (link("أ", language="no-such-language-at-all"), ["/language"]),
        (link("أ", image={}), ["/image/url"]),
        (link("أ", image={"url": "data:image/png;base64,x"}), ["/image/url"]),
        (link("أ", image={"id": "x"}), ["/image/id"]),
        (link("أ", id="x", state="live"), ["/id", "/state"]),
        (link("أ", starts_at="2026-11-24T00:00:00"), ["/starts_at"]),
        ({"url": 1, "headline": True, "kicker": [], "summary": {}}, ["/url", "/headline", "/kicker", "/summary"]),
    ],
)
async def test_each_fault_of_an_item_has_its_pointer(
    newsroom: Newsroom, body: dict[str, Any], pointers: list[str]
) -> None:
    await put_front(newsroom, {"name": "a"})
    for language in ("ar", "en", "fr"):
        answer = await newsroom.desk("POST", ITEMS, body, expect=422, accept_language=language)
        assert [one["pointer"] for one in answer.json()["errors"]] == pointers
        assert answer.headers["content-language"] == language


@pytest.mark.parametrize(
    ("slot", "pointers"),
    [
        *(({"name": "a", "max": value}, ["/slots/0/max"]) for value in (0, 51, "5", True, 5.5, None)),
        ({"name": "A_"}, ["/slots/0/name"]),
        ({"name": "a\n"}, ["/slots/0/name"]),
        ({"name": "a", "layout": "ل"}, ["/slots/0/layout"]),
        ({"name": "a", "url": "javascript:x"}, ["/slots/0/url"]),
        (
            {"name": "a", "rule": {"sections": ["x"], "tags": ["y"]}},
            ["/slots/0/rule/sections/0", "/slots/0/rule/tags/0"],
        ),
        ({"name": "a", "rule": {"authors": ["\0"]}}, ["/slots/0/rule/authors/0"]),
        ({"name": "a", "rule": {"kinds": ["x"]}}, ["/slots/0/rule/kinds/0"]),
        (
            {"name": "a", "rule": {"max_age_hours": 0, "urgency_max": 10}},
            ["/slots/0/rule/urgency_max", "/slots/0/rule/max_age_hours"],
        ),
    ],
)
async def test_each_fault_of_a_slot_has_its_pointer(
    newsroom: Newsroom, slot: dict[str, Any], pointers: list[str]
) -> None:
    body = {"name": "home", "slots": [slot]}
    answer = await newsroom.desk("PUT", "/fronts/home", body, expect=422)
    assert sorted(one["pointer"] for one in answer.json()["errors"]) == sorted(pointers)


async def test_there_are_no_more_items_than_a_slot_holds(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    many = {"items": [link("أ")] * 101}
    for path in ("/fronts/home/slots/a", "/fronts/home/draft/slots/a"):
        answer = await newsroom.desk("PUT", path, many, if_match="*" if "draft" not in path else '"1"', expect=422)
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/items"]
    await put_slot(newsroom, "a", *many["items"][:100])
    await newsroom.desk("POST", ITEMS, link("ب"), expect=422)


@pytest.mark.parametrize("name", ["x", "A", "a%00", "%20", "..%2fa", "a" * 500, "%F0%9F%98%80"])
async def test_an_unknown_slot_is_not_found(newsroom: Newsroom, name: str) -> None:
    await put_front(newsroom, {"name": "a"})
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": "*"}
    for method, path, body in (
        ("PUT", f"slots/{name}", {"items": []}),
        ("POST", f"slots/{name}/items", link("أ")),
        ("PATCH", f"slots/{name}/items/x", {}),
        ("DELETE", f"slots/{name}/items/{'0' * 36}", None),
        ("PATCH", f"slots/a/items/{name}", {}),
    ):
        content: dict[str, Any] = {} if body is None else {"json": body}
        answer = await newsroom.client.request(method, f"/v1/desk/fronts/home/{path}", headers=token, **content)
        assert answer.status_code == 404, (method, path, answer.text)
    no_match = {"Authorization": token["Authorization"]}
    answer = await newsroom.client.put(f"/v1/desk/fronts/home/draft/slots/{name}", json={"items": []}, headers=no_match)
    assert answer.status_code == 404


async def test_reporters_and_moderators_do_not_reach_fronts(newsroom: Newsroom) -> None:
    front = await put_front(newsroom, {"name": "a"})
    await put_draft(newsroom, "a", link("أ"))
    for role in ("reporter", "moderator"):
        await newsroom.hire(role)
        for method, path, body in (
            ("GET", "", None), ("GET", "/home", None), ("GET", "/home/history", None),
            ("PUT", "/home", {"name": "x"}), ("DELETE", "/home", None), ("PUT", "/home/slots/a", {"items": []}),
            ("POST", "/home/slots/a/items", link("ب")), ("PUT", "/home/draft/slots/a", {"items": []}),
            ("POST", "/home/draft/publish", {}), ("DELETE", "/home/draft", None),
            ("POST", "/home/restore", {"state": front["id"]}),
        ):  # fmt: skip
            await newsroom.desk(method, f"/fronts{path}", body, by=role, if_match="*", expect=403)


async def test_what_the_desk_gives_is_taken_back(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك")
    article = await newsroom.published("خبر")
    rule = {"tags": ["فلك"], "kinds": ["news"], "languages": ["ar", "en"], "urgency_max": 5, "max_age_hours": 5}
    await put_front(newsroom, {"name": "a", "title": "ت", "url": "https://example.org/", "layout": "x", "rule": rule})
    await put_slot(
        newsroom, "a", {"article": article["id"], "kicker": "ك"}, link("أ", image={"url": "https://e.org/x"})
    )
    front = await at_desk(newsroom)
    slot = front["slots"][0]
    fields = ("name", "title", "url", "layout", "max", "rule")
    again = await put_front(newsroom, {name: slot[name] for name in fields})
    assert again["version"] == front["version"]
    words = ("id", "url", "headline", "kicker", "summary", "image", "language", "starts_at", "expires_at")
    items = [
        {**{name: item[name] for name in words}, "article": item["article"] and item["article"]["id"]}
        for item in slot["items"]
    ]
    saved = await put_slot(newsroom, "a", *items)
    assert saved["version"] == slot["version"]


async def test_nulls_take_words_away_but_never_leave_an_item_without_any(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر")
    await put_front(newsroom, {"name": "a"})
    made = (await newsroom.desk("POST", ITEMS, {"article": article["id"], "headline": "كلمتنا"}, expect=201)).json()
    path = f"{ITEMS}/{made['id']}"
    nulls = dict.fromkeys(("headline", "kicker", "summary", "image", "language", "starts_at", "expires_at", "url"))
    changed = (await newsroom.desk("PATCH", path, nulls, if_match="*")).json()
    assert changed["headline"] is None
    answer = await newsroom.desk("PATCH", path, {"article": None}, if_match="*", expect=422)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/url", "/headline"]
