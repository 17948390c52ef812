"""Fronts at the desk: versions, items, faults, pictures, states."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fronts.helpers import at_desk, flat, link, put_draft, put_front, put_slot, shown
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
SLOT = "/fronts/home/slots/a"


async def test_a_slot_has_a_version_of_its_own(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    await newsroom.desk("PUT", SLOT, {"items": [link("أ")]}, expect=428)
    answer = await newsroom.desk("PUT", SLOT, {"items": [link("أ")]}, if_match='"1"')
    assert (answer.headers["etag"], answer.json()["version"]) == ('"2"', 2)
    answer = await newsroom.desk("PUT", SLOT, {"items": []}, if_match='"1"', expect=412)
    assert answer.json()["version"] == 2
    front = await at_desk(newsroom)
    assert (front["version"], [slot["version"] for slot in front["slots"]]) == (1, [2, 1])
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": [{"name": "a"}]}, if_match='"1"')
    assert await shown(newsroom) == {"a": ["أ"]}
    await newsroom.desk("PUT", "/fronts/home/slots/b", {"items": []}, if_match="*", expect=404)
    await newsroom.desk("DELETE", "/fronts/home", if_match='"1"', expect=412)
    await newsroom.desk("DELETE", "/fronts/home", if_match='"2"')
    await newsroom.get("/v1/fronts/home", 404)
    await newsroom.desk("PUT", SLOT, {"items": []}, if_match="*", expect=404)


async def test_items_are_added_on_top_changed_and_deleted(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر", summary="ملخص")
    await put_front(newsroom, {"name": "a"})
    first = (await newsroom.desk("POST", f"{SLOT}/items", link("أ"), expect=201)).json()
    body = {"article": article["slug"], "headline": "كلمتنا", "summary": "سطرنا"}
    made = await newsroom.desk("POST", f"{SLOT}/items", body, if_match='"2"', expect=201)
    item = made.json()
    assert (item["slot_version"], made.headers["etag"], item["state"]) == (3, '"3"', "live")
    assert made.headers["location"].endswith(f"/slots/a/items/{item['id']}")
    assert item["article"] == {"id": article["id"], "slug": article["slug"], "headline": "خبر", "status": "published"}
    assert await flat(newsroom) == ["كلمتنا", "أ"]
    url = f"{SLOT}/items/{item['id']}"
    await newsroom.desk("PATCH", url, {"headline": None}, expect=428)
    changed = (await newsroom.desk("PATCH", url, {"headline": None}, if_match='"3"')).json()
    assert (changed["headline"], changed["summary"], changed["slot_version"]) == (None, "سطرنا", 4)
    (_, second) = (await newsroom.get("/v1/fronts/home")).json()["slots"][0]["items"]
    assert second["id"] == first["id"]
    assert await flat(newsroom) == ["خبر", "أ"]
    same = await newsroom.desk("PATCH", url, {"headline": ""}, if_match='"4"')
    assert same.headers["etag"] == '"4"'
    await newsroom.desk("DELETE", url, if_match='"3"', expect=412)
    await newsroom.desk("DELETE", url, if_match='"4"')
    assert await flat(newsroom) == ["أ"]
    await newsroom.desk("DELETE", url, if_match="*", expect=404)


async def test_an_item_keeps_its_id_when_a_slot_is_set_anew(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    one, two = (await put_slot(newsroom, "a", link("أ"), link("ب")))["items"]
    saved = await put_slot(newsroom, "a", {**link("ب"), "id": two["id"]}, link("ج"), {**link("ألف"), "id": one["id"]})
    assert [item["id"] for item in saved["items"]][::2] == [two["id"], one["id"]]
    assert saved["items"][2]["created_at"] == one["created_at"]
    wrong = {"items": [{**link("x"), "id": one["id"]}]}
    answer = await newsroom.desk("PUT", "/fronts/home/slots/b", wrong, if_match="*", expect=422)
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/items/0/id", "not_found")]


async def test_every_fault_is_told_at_once(newsroom: Newsroom) -> None:
    wrong: dict[str, Any] = {
        "name": "ه",
        "section": "لا-قسم",
        "slots": [
            {"name": "a", "rule": {"sections": ["لا"], "authors": ["لا"]}},
            {"name": "b", "rule": {"tags": ["لا"]}},
        ],
    }
    answer = await newsroom.desk("PUT", "/fronts/home", wrong, expect=422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        *("/section", "/slots/0/rule/sections/0", "/slots/0/rule/authors/0", "/slots/1/rule/tags/0")
    ]
    shapes: dict[str, Any] = {"name": "ه", "slots": [{"name": "A B", "max": 51, "x": 1, "layout": "ع"}]}
    answer = await newsroom.desk("PUT", "/fronts/home", shapes, expect=422)
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        *("/slots/0/name", "/slots/0/max", "/slots/0/x", "/slots/0/layout")
    }
    twice = {"name": "ه", "slots": [{"name": "a"}, {"name": "a"}]}
    answer = await newsroom.desk("PUT", "/fronts/home", twice, expect=422)
    assert answer.json()["errors"][0]["code"] == "duplicate"
    await put_front(newsroom, {"name": "a"})
    items = [
        {"article": "لا-مقال"},
        {"url": "https://example.org/"},
        {"headline": "بلا رابط"},
        link("متأخر", starts_at="2026-01-02T00:00:00Z", expires_at="2026-01-01T00:00:00Z"),
        link("صورة", image={"id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"}),
    ]
    answer = await newsroom.desk("PUT", SLOT, {"items": items}, if_match="*", expect=422)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/items/0/article", "not_found"),
        ("/items/1/headline", "required"),
        ("/items/2/url", "required"),
        ("/items/3/expires_at", "before_start"),
        ("/items/4/image/id", "not_found"),
    ]
    many = {"items": [link("x")] * 101}
    await newsroom.desk("PUT", SLOT, many, if_match="*", expect=422)
    await newsroom.desk("PUT", SLOT, {"items": [link("x")] * 100}, if_match="*")
    answer = await newsroom.desk("POST", f"{SLOT}/items", link("x"), expect=422)
    assert answer.json()["errors"][0]["code"] == "too_many"


async def test_a_draft_article_may_stand_there_before_it_is_published(newsroom: Newsroom) -> None:
    draft = await newsroom.draft("مسودة")
    await put_front(newsroom, {"name": "a"})
    saved = await put_slot(newsroom, "a", {"article": draft["id"]})
    assert saved["items"][0]["state"] == "hidden"
    assert await flat(newsroom) == []
    published = await newsroom.act(draft, "publish")
    assert await flat(newsroom) == ["مسودة"]
    await newsroom.change(published, headline="غيره")
    assert await flat(newsroom) == ["غيره"]
    other = await newsroom.draft("أخرى")
    await newsroom.desk("POST", f"{SLOT}/items", {"article": other["id"]})
    await newsroom.desk("DELETE", f"/articles/{other['id']}", if_match="*")
    assert len((await at_desk(newsroom))["slots"][0]["items"]) == 1


async def test_a_picture_of_the_library_is_used_follows_and_goes(newsroom: Newsroom) -> None:
    picture = await undecoded_picture(newsroom, alt="قبّة")
    other = await undecoded_picture(newsroom, alt="مسودة")
    await put_front(newsroom, {"name": "a"})
    await put_slot(newsroom, "a", link("أ", image={"id": picture, "caption": "شرح"}))
    await put_draft(newsroom, "a", link("ب", image={"id": other}))
    for id in (picture, other):
        await newsroom.desk("DELETE", f"/media/{id}", if_match="*", expect=409)
    uses = (await newsroom.desk("GET", f"/media/{picture}/uses")).json()["data"]
    assert [(use["resource"], use["place"], use["title"], use["is_public"]) for use in uses] == [
        ("front", "a", "home", True)
    ]

    async def image() -> Any:
        return (await newsroom.get("/v1/fronts/home")).json()["slots"][0]["items"][0]["image"]

    assert ((await image())["alt"], (await image())["caption"]) == ("قبّة", "شرح")
    await newsroom.desk("PATCH", f"/media/{picture}", {"alt": "قبّة المرصد"}, if_match="*")
    assert (await image())["alt"] == "قبّة المرصد"
    changes = (await newsroom.get("/v1/changes?limit=100&object=none")).json()["data"]
    assert {"media.changed", "front.changed"} <= {change["type"] for change in changes}
    item = (await at_desk(newsroom))["slots"][0]["items"][0]
    url = f"{SLOT}/items/{item['id']}"
    await newsroom.desk("PATCH", url, {"image": {"credit": "المرصد"}}, if_match="*")
    assert ((await image())["credit"], (await image())["caption"]) == ("المرصد", "شرح")
    await newsroom.desk("POST", f"/media/{picture}/withdraw", {"cause": "rights", "reason": "س"})
    assert await image() is None
    await put_slot(newsroom, "a", link("أ", image={"url": "https://example.org/a.jpg"}))
    assert (await image())["url"] == "https://example.org/a.jpg"
    await newsroom.desk("DELETE", "/fronts/home/draft", if_match="*")
    await newsroom.desk("DELETE", f"/media/{other}", if_match="*")


async def test_history_tells_who_and_when_and_a_state_comes_back(newsroom: Newsroom) -> None:
    await newsroom.hire("editor", "سلمى")
    article = await newsroom.draft("مسودة")
    await put_front(newsroom, {"name": "a", "max": 3}, {"name": "b"})
    await put_slot(newsroom, "a", link("أ"), {"article": article["id"], "headline": "ب"})
    await newsroom.desk("PUT", "/fronts/home/slots/b", {"items": [link("ج")]}, by="سلمى", if_match="*")
    states = (await newsroom.desk("GET", "/fronts/home/history")).json()["data"]
    assert [(one["action"], one["slot"], one["member_name"]) for one in states] == [
        ("slot_put", "b", "سلمى"),
        ("slot_put", "a", "admin"),
        ("create", None, "admin"),
    ]
    await put_front(newsroom, {"name": "b"})
    await put_slot(newsroom, "b")
    await newsroom.desk("DELETE", f"/articles/{article['id']}", if_match="*")
    path = "/fronts/home/restore"
    await newsroom.desk("POST", path, {"state": states[0]["id"]}, expect=428)
    answer = (await newsroom.desk("POST", path, {"state": states[0]["id"]}, if_match='"2"')).json()
    assert answer["version"] == 3
    assert [warning["code"] for warning in answer["warnings"]] == ["not_restored"]
    assert await shown(newsroom) == {"a": ["أ"], "b": ["ج"]}
    await newsroom.desk("POST", path, {"state": article["id"]}, if_match="*", expect=422)


async def test_the_last_fifty_states_are_kept(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    for number in range(52):
        await put_slot(newsroom, "a", link(f"رابط {number}"))
    page = (await newsroom.desk("GET", "/fronts/home/history?limit=100")).json()
    assert len(page["data"]) == 50
    assert {state["action"] for state in page["data"]} == {"slot_put"}


@pytest.mark.parametrize("same", [True, False])
async def test_of_two_desks_on_one_slot_one_is_refused_and_on_two_slots_none(newsroom: Newsroom, same: bool) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    async with beside(newsroom) as other:
        for version in range(1, 6):
            slots = ("a", "a" if same else "b")
            answers = await asyncio.gather(
                *(
                    room.client.put(
                        f"/v1/desk/fronts/home/slots/{slot}",
                        json={"items": [link(f"رابط {version} {place}")]},
                        headers={"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": f'"{version}"'},
                    )
                    for place, (room, slot) in enumerate(zip((newsroom, other), slots, strict=True))
                )
            )
            assert sorted(answer.status_code for answer in answers) == ([200, 412] if same else [200, 200])
        front = await at_desk(newsroom)
        assert [slot["version"] for slot in front["slots"]] == ([6, 1] if same else [6, 6])
        assert front["version"] == 1


async def test_desks_that_do_everything_at_once_meet_no_deadlock(newsroom: Newsroom) -> None:
    async with beside(newsroom) as other:
        headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": "*"}
        for round in range(8):
            front = await put_front(newsroom, {"name": "a"}, {"name": "b"}, slug=f"front-{round}")
            url = f"/v1/desk/fronts/{front['id']}"
            state = (await newsroom.client.get(f"{url}/history", headers=headers)).json()["data"][0]["id"]
            fields = {"name": "ه", "slots": [{"name": "a"}]}
            asked: list[tuple[str, str, dict[str, Any] | None]] = [
                ("PUT", f"{url}/slots/a", {"items": [link("أ")]}),
                ("PUT", url, {**fields, "slug": f"renamed-{round}"}),
                ("POST", f"{url}/slots/b/items", link("ب")),
                ("POST", f"{url}/restore", {"state": state}),
                ("PUT", f"{url}/slots/b", {"items": [link("ج")]}),
                ("DELETE", url, None),
            ]
            requests = [
                room.client.request(method, path, headers=headers, json=body)
                for room, (method, path, body) in zip((newsroom, other) * 3, asked, strict=True)
            ]
            statuses = [answer.status_code for answer in await asyncio.wait_for(asyncio.gather(*requests), 20)]
            assert max(statuses) < 500, statuses


async def test_only_editors_and_admins_see_fronts_at_the_desk(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    for role, status in (("editor", 200), ("reporter", 403), ("moderator", 403)):
        await newsroom.hire(role)
        await newsroom.desk("GET", "/fronts/home?draft=true", by=role, expect=status)
        await newsroom.desk("PUT", SLOT, {"items": [link(role)]}, by=role, if_match="*", expect=status)
