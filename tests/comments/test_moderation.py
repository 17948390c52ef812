"""The moderators' desk: who may, what each status allows, and counters that are always right."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.audit.models import AuditEntry
from app.kit.idempotency import StoredAnswer
from tests.comments.talk import EMAIL, NAME, Talk, talk_in
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

FEW = settings(max_examples=6, derandomize=True, database=None)
VERBS = ("approve", "reject", "spam", "redact")
TARGET = dict(zip(VERBS, ("approved", "rejected", "spam", "redacted"), strict=True))


async def audited(newsroom: Newsroom) -> list[Any]:
    async with newsroom.app.state.database.connection() as connection:
        found = select(AuditEntry.__table__).where(AuditEntry.resource == "comment").order_by(AuditEntry.id)
        return list((await connection.execute(found)).all())


@pytest.mark.parametrize("before", ["pending", *TARGET.values(), "deleted"])
async def test_every_status_allows_what_the_table_says(talk: Talk, before: str) -> None:
    for verb, after in TARGET.items():
        comment = await talk.said() if before == "deleted" else await talk.held()
        if before == "deleted":
            await talk.said(parent_id=comment["id"])
            await talk.own("DELETE", comment, expect=204)
        elif before != "pending":
            await talk.decide(comment, next(name for name, status in TARGET.items() if status == before))
        rows = len(await audited(talk.newsroom))
        final = before in {"redacted", "deleted"} and before != after
        found = await talk.decide(comment, verb, expect=409 if final else 200)
        if final:
            assert (found["type"], found["state"]) == ("/problems/state-conflict", before)
        else:
            assert found["status"] == after
        written = (await audited(talk.newsroom))[rows:]
        assert [(row.action, row.resource_id) for row in written] == (
            [] if final or before == after else [(f"comment.{verb}", comment["id"])]
        )


async def test_a_row_shows_what_a_moderator_needs(talk: Talk) -> None:
    parent = await talk.said("أصل\nطويل " + "كلمة " * 60)
    await talk.held("ردّ", parent_id=parent["id"], author_url="https://salma.example", consent=True)
    answer = await talk.newsroom.desk("GET", "/comments?status=pending")
    (row,) = answer.json()["data"]
    article = talk.article
    assert row["article"] == {"id": article["id"], "slug": article["slug"], "headline": article["headline"]}
    assert (row["parent"]["id"], row["parent"]["author_name"]) == (parent["id"], NAME)
    assert row["parent"]["excerpt"].startswith("أصل طويل كلمة")
    assert len(row["parent"]["excerpt"]) <= 141
    assert row["parent"]["excerpt"].endswith("…")
    assert (row["author_email"], row["author_url"], row["consent_version"]) == (EMAIL, "https://salma.example", "1")
    assert (row["status"], row["language"], row["direction"], row["version"]) == ("pending", "ar", "rtl", 1)
    assert answer.headers["cache-control"] == "no-store"
    one = await talk.newsroom.desk("GET", f"/comments/{row['id']}")
    assert one.json() == row
    assert one.headers["etag"] == '"1"'


async def test_the_list_is_newest_first_and_narrowed(talk: Talk) -> None:
    other = await talk_in(talk.newsroom)
    held, said, spam = await talk.held(), await other.said(), await talk.held()
    await talk.decide(spam, "spam")

    async def listed(**query: Any) -> list[str]:
        found, cursor = [], None
        while True:
            params = {**query, "limit": 1, **({"cursor": cursor} if cursor else {})}
            headers = {"Authorization": f"Bearer {talk.newsroom.tokens['admin']}"}
            page = (await talk.newsroom.get("/v1/desk/comments", params=params, headers=headers)).json()
            found += [row["id"] for row in page["data"]]
            cursor = page["page"]["next"]
            if cursor is None:
                return found

    assert await listed() == [spam["id"], said["id"], held["id"]]
    assert await listed(status="pending") == [held["id"]]
    assert await listed(status="pending,spam") == [spam["id"], held["id"]]
    assert await listed(status="nothing") == []
    assert await listed(article=other.article["slug"]) == [said["id"]]
    assert await listed(article=f"{other.article['id']},{talk.article['id']}", status="approved,spam") == [
        spam["id"],
        said["id"],
    ]
    await talk.newsroom.desk("GET", "/comments?state=pending", expect=400)


async def test_roles(talk: Talk) -> None:
    comment = await talk.held()
    for role in ("editor", "moderator", "reporter"):
        await talk.newsroom.hire(role)
    for role, allowed in (("admin", True), ("editor", True), ("moderator", True), ("reporter", False)):
        status = 200 if allowed else 403
        for method, url, content in (
            ("GET", "/comments", None),
            ("GET", f"/comments/{comment['id']}", None),
            ("POST", f"/comments/{comment['id']}/approve", {}),
            ("POST", "/comments/decisions", {"decisions": [{"id": comment["id"], "action": "reject"}]}),
        ):
            answer = await talk.newsroom.desk(method, url, content, by=role, expect=status)
            assert allowed or EMAIL not in answer.text
    for method in ("GET", "POST"):
        url = f"/v1/desk/comments/{comment['id']}{'/approve' if method == 'POST' else ''}"
        assert (await talk.newsroom.client.request(method, url)).status_code == 401
        bearer = {"Authorization": f"Bearer {comment['edit_token']}"}
        assert (await talk.newsroom.client.request(method, url, headers=bearer)).status_code == 401


async def test_a_reason_is_written_into_the_audit(talk: Talk) -> None:
    comment = await talk.held()
    url = f"/comments/{comment['id']}"
    await talk.newsroom.desk("POST", f"{url}/reject", {"reason": "خارج الموضوع"})
    (row,) = await audited(talk.newsroom)
    assert (row.action, row.member_id) == ("comment.reject", talk.newsroom.members.get("admin", row.member_id))
    assert row.details == {"article_id": talk.article["id"], "before": "pending", "reason": "خارج الموضوع"}
    await talk.newsroom.desk("POST", f"{url}/approve", {"why": "x"}, expect=422)
    await talk.newsroom.desk("POST", f"{url}/approve", if_match='"1"', expect=412)
    await talk.newsroom.desk("POST", f"{url}/approve", if_match='"2"')
    await talk.newsroom.desk("POST", "/comments/01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2/approve", expect=404)


async def test_redaction_leaves_nothing_of_the_person(talk: Talk) -> None:
    root = await talk.said("سرّ", author_url="https://salma.example")
    await talk.said(parent_id=root["id"])
    row = await talk.decide(root, "redact")
    assert (row["author_name"], row["author_email"], row["author_url"], row["body"]) == (None, None, None, None)
    assert await talk.private(root) is None
    (found,) = (await talk.page())["data"]
    assert (found["removed"], found["reply_count"]) == (True, 1)
    stored = next(row for row in await talk.rows() if row.id == root["id"])
    assert "سرّ" not in str(stored)
    assert "salma.example" not in str(stored)


async def test_a_removed_comment_with_approved_replies_keeps_its_place(talk: Talk) -> None:
    for verb in ("reject", "spam", "redact"):
        root = await talk.said("يزول")
        reply = await talk.said(parent_id=root["id"])
        await talk.decide(root, verb)
        found = (await talk.newsroom.get(f"/v1/comments/{root['id']}")).json()
        assert (found["removed"], found["body"], found["author_name"]) == (True, None, None)
        assert found["replies"]["data"][0]["id"] == reply["id"]
        await talk.decide(reply, "reject")
        await talk.newsroom.get(f"/v1/comments/{root['id']}", expect=404)
        await talk.own("DELETE", reply, expect=204)
        if verb != "redact":
            await talk.own("DELETE", root, expect=204)
    assert await talk.count() == 0


async def test_what_a_reply_answers_is_decided_first(talk: Talk) -> None:
    root = await talk.said()
    reply = await talk.held(parent_id=root["id"])
    await talk.decide(root, "reject")
    assert (await talk.decide(reply, "approve", expect=409))["state"] == "pending"
    await talk.decide(root, "approve")
    await talk.decide(reply, "approve")
    # Now the root is a place that stays: further replies below it may be approved.
    other = await talk.held(parent_id=root["id"])
    await talk.decide(root, "spam")
    await talk.decide(other, "approve")
    last = await talk.held(parent_id=reply["id"])
    await talk.decide(root, "redact")
    for comment in (other, reply):
        await talk.decide(comment, "redact")
    await talk.decide(last, "approve")
    assert await talk.count() == 1


async def test_many_decisions_at_once(talk: Talk) -> None:
    root = await talk.held()
    await talk.decide(root, "approve")
    reply, spam, gone = await talk.held(parent_id=root["id"]), await talk.held(), await talk.held()
    await talk.decide(gone, "redact")
    nowhere = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    decisions = [
        {"id": reply["id"].upper(), "action": "approve"},
        {"id": spam["id"], "action": "spam", "reason": "دعاية"},
        {"id": root["id"], "action": "approve"},
        {"id": nowhere, "action": "reject"},
        {"id": gone["id"], "action": "approve"},
        {"id": reply["id"], "action": "reject"},
    ]
    before = len(await audited(talk.newsroom))
    answer = await talk.newsroom.desk("POST", "/comments/decisions", {"decisions": decisions})
    assert answer.json() == {
        "data": [
            {"id": reply["id"], "outcome": "ok", "status": "approved"},
            {"id": spam["id"], "outcome": "ok", "status": "spam"},
            {"id": root["id"], "outcome": "unchanged", "status": "approved"},
            {"id": nowhere, "outcome": "not_found", "status": None},
            {"id": gone["id"], "outcome": "conflict", "status": "redacted"},
            {"id": reply["id"], "outcome": "ok", "status": "rejected"},
        ]
    }
    assert len(await audited(talk.newsroom)) == before + 3
    assert await talk.count() == 1
    for wrong in ([], [{"id": "7", "action": "approve"}], [{"id": nowhere, "action": "burn"}], [decisions[0]] * 101):
        await talk.newsroom.desk("POST", "/comments/decisions", {"decisions": wrong}, expect=422)


async def test_what_its_author_has_changed_is_approved_only_as_it_was_read(talk: Talk) -> None:
    comment = await talk.held("كلام طيب")
    url, edited = f"/comments/{comment['id']}", {"body": "كلام آخر"}
    assert (await talk.newsroom.desk("GET", url)).json()["version"] == 1
    await talk.own("PATCH", comment, edited, expect=200)
    assert (await talk.newsroom.desk("GET", url)).json()["version"] == 2
    for form, sent in ((None, {}), ({"reason": "x"}, {}), (None, {"if_match": "*"})):
        answer = await talk.newsroom.desk("POST", f"{url}/approve", form, expect=428, **sent)
        assert (answer.json()["type"], answer.json()["version"]) == ("/problems/precondition-required", 2)
    for verb in VERBS:
        answer = await talk.newsroom.desk("POST", f"{url}/{verb}", {"version": 1}, expect=412)
        assert (answer.json()["version"], answer.headers["etag"]) == (2, '"2"')
    await talk.newsroom.desk("POST", f"{url}/approve", {"version": 2}, if_match='"1"', expect=412)
    for wrong in (0, "2", True, 2.5):
        await talk.newsroom.desk("POST", f"{url}/approve", {"version": wrong}, expect=422)
    assert (await talk.newsroom.desk("POST", f"{url}/approve", {"version": 2})).json()["status"] == "approved"
    # What was carried out needs nothing more; other decisions never need a version.
    await talk.newsroom.desk("POST", f"{url}/approve")
    await talk.newsroom.desk("POST", f"{url}/reject")
    await talk.newsroom.desk("POST", f"{url}/approve", if_match='"4"')


async def test_many_decisions_approve_nothing_unread(talk: Talk) -> None:
    comment, other = await talk.held(), await talk.held()
    await talk.own("PATCH", comment, {"body": "كلام آخر"}, expect=200)

    async def outcome(of: dict[str, Any], **decision: Any) -> str:
        decisions = {"decisions": [{"id": of["id"], **decision}]}
        return str((await talk.newsroom.desk("POST", "/comments/decisions", decisions)).json()["data"][0]["outcome"])

    assert await outcome(comment, action="approve") == "conflict"
    assert await outcome(comment, action="approve", version=1) == "conflict"
    assert await outcome(comment, action="spam", version=1) == "conflict"
    assert {row.status for row in await talk.rows()} == {"pending"}
    assert await outcome(comment, action="approve", version=2) == "ok"
    assert await outcome(comment, action="reject") == "ok"
    assert await outcome(other, action="approve", version=2) == "conflict"
    assert await outcome(other, action="approve") == "ok"


async def test_a_decision_sent_again_shows_the_comment_as_it_is_now_and_keeps_nothing_of_it(talk: Talk) -> None:
    comment = await talk.held("سرّ لا يبقى")
    url, key = f"/comments/{comment['id']}", "a-key-of-sixteen-characters"
    first = await talk.newsroom.desk("POST", f"{url}/approve", {}, idempotency_key=key)
    assert first.json()["author_email"] == EMAIL
    await talk.newsroom.desk("POST", f"{url}/redact", {}, idempotency_key="another-key-of-sixteen")
    again = await talk.newsroom.desk("POST", f"{url}/approve", {}, idempotency_key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.json()["status"], again.json()["author_email"], again.json()["body"]) == ("redacted", None, None)
    assert again.headers["etag"] == '"3"'
    async with talk.newsroom.app.state.database.connection() as connection:
        found = select(StoredAnswer.body).order_by(StoredAnswer.created_at)
        kept = [json.loads(bytes(body)) for body in (await connection.execute(found)).scalars()]
    mine = [row for row in kept if row.get("id") == comment["id"]]
    assert mine == [{"id": comment["id"], "status": status} for status in ("approved", "redacted")]
    assert EMAIL not in str(kept)
    assert len(await audited(talk.newsroom)) == 2
    await talk.newsroom.desk("POST", f"{url}/approve", {"reason": "x"}, idempotency_key=key, expect=422)
    await talk.newsroom.hire("reporter")
    await talk.newsroom.desk("POST", f"{url}/approve", {}, by="reporter", idempotency_key=key, expect=403)


async def counters(talk: Talk) -> None:
    """What is counted equals what a recount finds, and the tree shows exactly that."""
    rows = {row.id: row for row in await talk.rows()}
    for row in rows.values():
        below = [other for other in rows.values() if other.path != row.path and other.path.startswith(row.path)]
        approved = sum(other.status == "approved" for other in below)
        assert row.descendants == approved
        assert row.shown == (row.status == "approved" or approved > 0)
        assert row.replies == sum(other.parent_id == row.id and other.shown for other in below)
        assert row.depth == len(row.path) // 32 - 1 <= 5
    async with talk.newsroom.app.state.database.connection() as connection:
        count = text("SELECT comment_count FROM articles WHERE slug = :slug")
        counted = (await connection.execute(count, {"slug": talk.article["slug"]})).scalar_one()
    assert counted == sum(row.status == "approved" for row in rows.values())

    def seen(nodes: list[dict[str, Any]]) -> set[tuple[str, bool]]:
        return {pair for n in nodes for pair in ((n["id"], n["removed"]), *seen(n["replies"]["data"]))}

    shown = {(row.id, row.status != "approved") for row in rows.values() if row.shown}
    assert seen((await talk.page(limit=100))["data"]) == shown


@FEW
@given(seed=st.integers(0, 2**32))
async def test_after_any_walk_the_counters_equal_a_recount(newsroom: Newsroom, seed: int) -> None:
    choose = random.Random(seed)
    newsroom.set(comments_rate=(), comments_edit_minutes=60)
    talk = await talk_in(newsroom, choose.choice(["open", "premoderated"]))
    known: list[dict[str, Any]] = []
    for _ in range(25):
        act = choose.choice(["send", "send", "reply", *VERBS[:3], "approve", "redact", "edit", "delete", "batch"])
        comment = choose.choice(known) if known else None
        if comment is None or act in {"send", "reply"}:
            parent = {"parent_id": comment["id"]} if comment and act == "reply" else {}
            answer = await talk.send(expect=None, **parent)
            assert answer.status_code in {201, 202, 422}
            if answer.is_success:
                known.append({**answer.json()["comment"], "edit_token": answer.json()["edit_token"]})
        elif act in VERBS:
            url = f"/v1/desk/comments/{comment['id']}/{act}"
            answer = await newsroom.client.post(url, headers={"Authorization": f"Bearer {newsroom.tokens['admin']}"})
            assert answer.status_code in {200, 404, 409, 428}, answer.text
        elif act == "batch":
            some = [{"id": choose.choice(known)["id"], "action": choose.choice(VERBS[:3])} for _ in range(4)]
            await newsroom.desk("POST", "/comments/decisions", {"decisions": some})
        else:
            method, change = ("PATCH", {"body": f"معدّل {choose.random()}"}) if act == "edit" else ("DELETE", None)
            headers = {"Authorization": f"Bearer {comment['edit_token']}"}
            content = {"json": change} if change else {}
            url = f"/v1/comments/{comment['id']}"
            answer = await newsroom.client.request(method, url, headers=headers, **content)  # type: ignore[arg-type]
            assert answer.status_code in {200, 204, 403, 404}, answer.text
    await counters(talk)


async def test_decisions_and_comments_at_once_count_right(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    root = (await talk.send(expect=201)).json()["comment"]
    some = [(await talk.send(expect=201, parent_id=root["id"])).json()["comment"] for _ in range(4)]
    await asyncio.gather(
        *(talk.send(expect=201, parent_id=root["id"]) for _ in range(4)),
        *(talk.decide(comment, "reject") for comment in some[:3]),
        talk.decide(root, "spam"),
        return_exceptions=True,
    )
    await counters(talk)
