"""Several desks at once, at the edges of what they may do: nothing is lost, and nobody gets a fault of the server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.fronts.repository import Fronts, stored_front
from app.kit import clock
from app.placing import drawing
from tests.fronts.helpers import at, at_desk, flat, link, moment, put_draft, put_front, shown
from tests.newsroom import Newsroom, asked_of, beside

pytestmark = pytest.mark.anyio
PUBLISH = "/fronts/home/draft/publish"


def sender(room: Newsroom) -> Any:
    token = {"Authorization": f"Bearer {room.tokens['admin']}"}

    async def send(method: str, path: str, body: Any = None, match: str | None = None, by: Any = None) -> int:
        headers = {**token, **({"If-Match": match} if match else {})}
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = await (by or room).client.request(method, f"/v1/desk/fronts/home{path}", headers=headers, **options)
        return int(answer.status_code)

    return send


async def test_two_who_begin_a_draft_at_once_get_no_fault_of_the_server(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    async with beside(newsroom) as other:
        for number in range(8):
            await put_front(newsroom, {"name": "a"}, {"name": "b"})
            body = {"items": [link(f"خبر {number}")]}
            codes = await asyncio.gather(
                send("PUT", "/draft/slots/a", body), send("PUT", "/draft/slots/b", body, by=other)
            )
            assert sorted(codes) == [201, 428]
            assert len((await at_desk(newsroom))["draft"]["slots"]) == 1
            await send("DELETE", "/draft", match="*")


async def test_a_front_is_deleted_while_its_draft_is_published(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    slots = [{"name": name} for name in "abcdefgh"]
    async with beside(newsroom) as other:
        for _ in range(12):
            await put_front(newsroom, *slots)
            for slot in slots:
                await put_draft(newsroom, slot["name"], link("أ"), match="*" if slot["name"] > "a" else None)
            codes = await asyncio.gather(send("POST", "/draft/publish", {}), send("DELETE", "", match="*", by=other))
            assert codes[1] == 204, codes
            assert codes[0] in {200, 404, 412}, codes


async def test_a_front_is_deleted_while_its_draft_is_written(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    async with beside(newsroom) as other:
        for _ in range(12):
            await put_front(newsroom, {"name": "a"}, {"name": "b"})
            await put_draft(newsroom, "a", link("أ"))
            codes = await asyncio.gather(
                send("PUT", "/draft/slots/b", {"items": [link("ب")]}, match="*"),
                send("DELETE", "", match="*", by=other),
            )
            assert codes[1] == 204, codes
            assert codes[0] in {200, 404, 412}, codes


async def test_everything_at_once_ends_without_a_fault_of_the_server(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    front = {"name": "home", "language": "ar", "slots": [{"name": "a"}, {"name": "b"}]}
    async with beside(newsroom) as other:
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        for number in range(6):
            items = {"items": [link(f"خبر {number}")]}
            codes = await asyncio.gather(
                send("PUT", "/slots/a", items, match="*"),
                send("PUT", "/slots/b", items, match="*", by=other),
                send("PUT", "", {**front, "name": f"n{number}"}, match="*"),
                send("PUT", "/draft/slots/a", items, match="*", by=other),
                send("POST", "/draft/publish", {}),
                send("POST", "/slots/b/items", link("فوق"), by=other),
                send("PUT", "", {**front, "slots": [{"name": "a"}, {"name": f"c{number}"}, {"name": "b"}]}, match="*"),
            )
            assert max(codes) < 500, codes


async def test_on_one_slot_exactly_one_gets_412(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    async with beside(newsroom) as other:
        for number in range(1, 6):
            one, two = ({"items": [link(f"{who} {number}")]} for who in "اب")
            codes = await asyncio.gather(
                send("PUT", "/slots/a", one, match=f'"{number}"'),
                send("PUT", "/slots/a", two, match=f'"{number}"', by=other),
                send("PUT", "/slots/b", two, match=f'"{number}"', by=other),
            )
            assert sorted(codes[:2]) == [200, 412]
            assert codes[2] == 200


async def test_a_slot_that_comes_back_is_not_the_former_one(newsroom: Newsroom) -> None:
    send = sender(newsroom)
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    await put_draft(newsroom, "a", link("مسودة"))
    await put_front(newsroom, {"name": "b"})
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    assert await send("PUT", "/slots/a", {"items": []}, match='"1"') == 412
    assert await send("POST", "/draft/publish", {}) in {404, 409}


async def test_a_draft_is_no_dead_end_when_a_slot_is_gone(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    await put_draft(newsroom, "a", link("أ"))
    await put_draft(newsroom, "b", link("ب"), match="*")
    await put_front(newsroom, {"name": "b"})
    assert [slot["name"] for slot in (await at_desk(newsroom))["draft"]["slots"]] == ["b"]
    await newsroom.desk("POST", PUBLISH, {})
    assert await shown(newsroom) == {"b": ["ب"]}


async def test_a_draft_of_which_no_slot_is_left_is_gone(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_draft(newsroom, "a", link("أ"))
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
        await put_front(newsroom, {"name": "b"})
        assert (await at_desk(newsroom))["draft"] is None


async def test_a_front_that_is_changed_after_its_draft_was_due_keeps_what_readers_saw(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"})
        await put_draft(newsroom, "a", link("أ"))
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
    with clock.frozen(at(61)):
        await put_front(newsroom, {"name": "a", "max": 3})
        assert await flat(newsroom) == ["أ"]
        states = (await newsroom.desk("GET", "/fronts/home/history")).json()["data"]
        assert [one["action"] for one in states[:2]] == ["update", "draft_publish"]


async def test_any_moment_can_be_looked_at(newsroom: Newsroom) -> None:
    await newsroom.published("خبر")
    await put_front(newsroom, {"name": "a", "rule": {"max_age_hours": 87_600}})
    late = "2499-12-31T23:00:00Z"
    article = await newsroom.draft("بعيد")
    await newsroom.act(article, "publish", {"at": late})
    for when, shows in (("1801-01-01T00:00:00Z", []), ("2499-12-31T23:59:59Z", ["بعيد"])):
        front = await at_desk(newsroom, query=f"?at={when}")
        assert [item["headline"] for item in front["slots"][0]["shown"]] == shows


async def test_a_restored_rule_whose_terms_are_all_gone_draws_nothing(newsroom: Newsroom) -> None:
    await newsroom.published("خبر")
    await newsroom.tag("زائل")
    await put_front(newsroom, {"name": "a", "rule": {"tags": ["زائل"]}})
    assert await flat(newsroom) == []
    state = (await newsroom.desk("GET", "/fronts/home/history")).json()["data"][0]["id"]
    await put_front(newsroom, {"name": "a"})
    await newsroom.desk("DELETE", "/tags/زائل", if_match="*", expect=204)
    answer = (await newsroom.desk("POST", "/fronts/home/restore", {"state": state}, if_match="*")).json()
    assert await flat(newsroom) == []
    assert [one["code"] for one in answer["warnings"]] == ["not_restored"]


async def test_every_fault_of_an_item_is_told_at_once(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    body = {"article": "لا-شيء", "starts_at": moment(2), "expires_at": moment(1)}
    answer = await newsroom.desk("POST", "/fronts/home/slots/a/items", body, expect=422)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/article", "/expires_at"]


async def test_slots_with_the_same_rule_draw_it_once_and_share_what_it_finds(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "FIRST_PART", 1)
    monkeypatch.setattr(drawing, "MOST_PARTS", 1)
    for number in range(5):
        await newsroom.published(f"خبر {number}", at=moment(-number))
    same = {"max_age_hours": 87_600}
    await put_front(newsroom, *({"name": name, "max": 2, "rule": same} for name in "ab"), {"name": "c", "rule": {}})
    with newsroom.counted() as statements:
        assert await shown(newsroom) == {"a": ["خبر 0", "خبر 1"], "b": ["خبر 2", "خبر 3"], "c": ["خبر 4"]}
    assert len(statements) == 2
    async with newsroom.app.state.database.connection() as connection:
        fronts = Fronts(connection, newsroom.settings)
        row = await fronts.at("home", clock.now())
        with asked_of(newsroom.app.state.database.reading) as asked:
            await fronts.composed([stored_front(row)], clock.now())
    assert max(sql.count("UNION") for sql in asked) == 1  # of two rules
