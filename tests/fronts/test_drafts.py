"""Drafts: what is to stand in some slots, published by hand or by the clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.changes.models import Change
from app.fronts.desk_repository import FrontsToEdit
from app.fronts.drafts import hold_due
from app.fronts.models import FrontItem
from app.kit import clock
from tests.fronts.helpers import at, at_desk, flat, link, moment, put_draft, put_front, put_slot, shown
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
PUBLISH = "/fronts/home/draft/publish"


async def log_of(room: Newsroom) -> list[str]:
    """Types of all rows of the log about fronts, in order."""

    async with room.app.state.database.connection() as connection:
        rows = select(Change.type).where(Change.resource == "front").order_by(Change.seq)
        return list((await connection.execute(rows)).scalars())


async def test_a_draft_holds_only_its_slots_and_replaces_them(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    await put_slot(newsroom, "a", link("أ"))
    await put_slot(newsroom, "b", link("ب"))
    answer = await newsroom.desk("PUT", "/fronts/home/draft/slots/a", {"items": [link("جديد")]}, expect=201)
    assert (answer.headers["etag"], answer.json()["slots"][0]["base_version"]) == ('"1"', 2)
    await newsroom.desk("PUT", "/fronts/home/draft/slots/a", {"items": []}, expect=428)
    await newsroom.desk("PUT", "/fronts/home/draft/slots/a", {"items": []}, if_match='"7"', expect=412)
    await put_draft(newsroom, "a", link("أجدّ"), match='"1"')
    assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}
    front = await at_desk(newsroom, query="?draft=true")
    assert [[item["headline"] for item in slot["shown"]] for slot in front["slots"]] == [["أجدّ"], ["ب"]]
    assert [slot["name"] for slot in front["draft"]["slots"]] == ["a"]
    await put_slot(newsroom, "b", link("باء"))
    await newsroom.desk("POST", PUBLISH, {}, if_match='"1"', expect=412)
    published = (await newsroom.desk("POST", PUBLISH, {}, if_match='"2"')).json()
    assert published["draft"] is None
    assert await shown(newsroom) == {"a": ["أجدّ"], "b": ["باء"]}
    assert [slot["version"] for slot in published["slots"]] == [3, 3]
    await newsroom.desk("POST", PUBLISH, {}, expect=404)


async def test_publishing_over_a_changed_slot_is_refused_whole(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    await put_draft(newsroom, "a", link("أ"))
    await put_draft(newsroom, "b", link("ب"), match="*")
    await put_slot(newsroom, "b", link("غيره"))
    assert (await at_desk(newsroom))["draft"]["slots"][1]["is_outdated"]
    answer = await newsroom.desk("POST", PUBLISH, {}, expect=409)
    assert (answer.json()["type"], answer.json()["slots"]) == ("/problems/slots-changed", ["b"])
    assert await shown(newsroom) == {"a": [], "b": ["غيره"]}
    await put_draft(newsroom, "b", link("ب"), match="*")
    await newsroom.desk("POST", PUBLISH, {})
    assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}


async def test_a_scheduled_draft_appears_at_its_time_and_is_told_once(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_slot(newsroom, "a", link("أ"))
        await put_draft(newsroom, "a", link("السادسة"))
        front = (await newsroom.desk("POST", PUBLISH, {"at": moment(60)})).json()
        assert front["draft"]["publish_at"] == moment(60)
        saved = await put_slot(newsroom, "b", link("ب"))
        assert saved["warnings"] == []
        told = await log_of(newsroom)
        later = await at_desk(newsroom, query=f"?at={moment(60)}")
        assert [item["headline"] for item in later["slots"][0]["shown"]] == ["السادسة"]
    with clock.frozen(at(59.9)):
        assert await flat(newsroom) == ["أ", "ب"]
    with clock.frozen(at(60)):
        assert await flat(newsroom) == ["السادسة", "ب"]
        async with beside(newsroom) as other:
            await asyncio.gather(*(room.app.state.background.run_due() for room in (newsroom, other)))
            await newsroom.app.state.background.run_due()
        assert await flat(newsroom) == ["السادسة", "ب"]
        assert (await at_desk(newsroom))["draft"] is None
        assert await log_of(newsroom) == [*told, "front.changed"]
        states = (await newsroom.desk("GET", "/fronts/home/history")).json()["data"]
        assert (states[0]["action"], states[0]["member_name"]) == ("draft_publish", "admin")


async def test_a_slot_changed_at_five_to_six_is_skipped_at_six_and_the_desk_is_told(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_draft(newsroom, "a", link("السادسة أ"))
        await put_draft(newsroom, "b", link("السادسة ب"), match="*")
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
    with clock.frozen(at(55)):
        saved = await put_slot(newsroom, "a", link("عاجل"))
        assert [warning["code"] for warning in saved["warnings"]] == ["draft_scheduled"]
    with clock.frozen(at(60)):
        assert await shown(newsroom) == {"a": ["عاجل"], "b": ["السادسة ب"]}
        await newsroom.app.state.background.run_due()
        assert await shown(newsroom) == {"a": ["عاجل"], "b": ["السادسة ب"]}
        draft = (await at_desk(newsroom))["draft"]
        assert draft["publish_at"] is None
        assert [(slot["name"], slot["skipped_at"], slot["is_outdated"]) for slot in draft["slots"]] == [
            ("a", moment(60), True)
        ]
        async with newsroom.app.state.database.connection() as connection:
            told = select(AuditEntry.details).where(AuditEntry.action == "front.draft_publish")
            assert (await connection.execute(told)).scalar_one() == {"slots": ["b"], "skipped": ["a"]}
        await newsroom.desk("POST", PUBLISH, {}, expect=409)


async def test_the_draft_says_which_slot_was_changed_by_whom(newsroom: Newsroom) -> None:
    await newsroom.hire("editor", "سلمى")
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a", "title": "الأبرز"}, {"name": "b"})
        for name in "ab":
            await put_draft(newsroom, name, link("السادسة"), **({"match": "*"} if name == "b" else {}))
    with clock.frozen(at(5)):
        body = {"items": [link("عاجل")]}
        await newsroom.desk("PUT", "/fronts/home/slots/a", body, by="سلمى", if_match="*")
    with clock.frozen(at(6)):
        await put_front(newsroom, {"name": "a", "title": "الأبرز اليوم"}, {"name": "b"})  # changes no slot's items
    one, other = (await at_desk(newsroom))["draft"]["slots"]
    who = {"member_id": newsroom.members["سلمى"], "member_name": "سلمى", "at": moment(5)}
    assert (one["title"], one["outdated_by"]) == ("الأبرز اليوم", who)
    assert (other["title"], other["is_outdated"], other["outdated_by"]) == (None, False, None)
    states = (await newsroom.desk("GET", "/fronts/home/history")).json()["data"]
    await newsroom.desk("POST", "/fronts/home/restore", {"state": states[-1]["id"]}, if_match="*")
    assert [slot["outdated_by"]["member_name"] for slot in (await at_desk(newsroom))["draft"]["slots"]] == ["admin"] * 2


async def test_who_changes_a_slot_after_six_changes_what_readers_saw(newsroom: Newsroom) -> None:
    """Although no process has recorded the draft yet."""
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"})
        await put_draft(newsroom, "a", link("السادسة"))
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
    with clock.frozen(at(61)):
        front = await at_desk(newsroom)
        version = front["slots"][0]["version"]
        assert version == 2
        await newsroom.desk("PUT", "/fronts/home/slots/a", {"items": []}, if_match='"1"', expect=412)
        await newsroom.desk("POST", "/fronts/home/slots/a/items", link("فوق"), if_match=f'"{version}"')
        assert await flat(newsroom) == ["فوق", "السادسة"]


async def test_a_restore_that_holds_what_was_scheduled_holds_drafts_too(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"})
        await put_draft(newsroom, "a", link("أ"))
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
    with clock.frozen(at(61)):
        async with newsroom.app.state.database.transaction() as session:
            await hold_due(session, clock.now())
        await newsroom.app.state.background.run_due()
        assert await flat(newsroom) == []
        assert (await at_desk(newsroom))["draft"]["publish_at"] is None


async def test_a_draft_can_be_thrown_away(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"})
        await put_draft(newsroom, "a", link("أ"))
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})
        await newsroom.desk("DELETE", "/fronts/home/draft", expect=428)
        await newsroom.desk("DELETE", "/fronts/home/draft", if_match='"2"')
    with clock.frozen(at(61)):
        assert await flat(newsroom) == []


async def test_a_crash_in_the_middle_publishes_all_or_nothing(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_draft(newsroom, "a", link("أ"))
        await put_draft(newsroom, "b", link("ب"), match="*")
        await newsroom.desk("POST", PUBLISH, {"at": moment(60)})

    fill: Any = FrontsToEdit.fill

    async def dies(self: FrontsToEdit, front_id: str, slot: str, items: Any) -> None:
        await fill(self, front_id, slot, items)
        if slot == "b":
            raise RuntimeError("killed")

    with clock.frozen(at(61)):
        with monkeypatch.context() as patched:
            patched.setattr(FrontsToEdit, "fill", dies)
            with pytest.raises(RuntimeError):
                await newsroom.app.state.background.run_due()
        async with newsroom.app.state.database.connection() as connection:
            assert (await connection.execute(select(FrontItem.id))).all() == []
        await newsroom.app.state.background.run_due()
        assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}


async def test_two_who_publish_at_once_publish_once(newsroom: Newsroom) -> None:
    await put_front(newsroom, {"name": "a"})
    await put_draft(newsroom, "a", link("أ"))
    async with beside(newsroom) as other:
        token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
        url = f"/v1/desk{PUBLISH}"
        answers = await asyncio.gather(*(room.client.post(url, json={}, headers=token) for room in (newsroom, other)))
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert (await at_desk(newsroom))["slots"][0]["version"] == 2


async def test_a_draft_over_a_changed_slot_is_not_scheduled(newsroom: Newsroom) -> None:
    """It would be skipped when its time comes."""
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_draft(newsroom, "a", link("أ"))
        await put_draft(newsroom, "b", link("ب"), match="*")
        await put_slot(newsroom, "b", link("غيره"))
        answer = await newsroom.desk("POST", PUBLISH, {"at": moment(60)}, expect=409)
        assert answer.json()["slots"] == ["b"]
        assert (await at_desk(newsroom))["draft"]["publish_at"] is None
