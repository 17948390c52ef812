"""One's own comment, with its edit token: seeing, changing and deleting it, and the place that stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kit import clock
from tests.comments.talk import NAME, Talk, talk_in
from tests.comments.test_sending import WINDOW, from_address
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_its_author_sees_a_comment_that_waits_or_was_refused(talk: Talk) -> None:
    comment = await talk.held("ينتظر")
    answer = await talk.own("GET", comment, expect=200)
    found = answer.json()
    assert (found["status"], found["body"], found["author_name"], found["removed"]) == ("pending", "ينتظر", NAME, False)
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["vary"] == "Authorization"
    for verb, status in (("approve", "approved"), ("reject", "rejected"), ("spam", "pending")):
        await talk.decide(comment, verb)
        assert (await talk.own("GET", comment, expect=200)).json()["status"] == status
    await talk.decide(comment, "redact")
    await talk.own("GET", comment, expect=404)


async def test_the_token_is_made_from_the_id_alone_and_good_for_one_comment(talk: Talk) -> None:
    comment, other = await talk.held(), await talk.held()
    assert comment["edit_token"] != other["edit_token"]
    wrong = {**comment, "edit_token": other["edit_token"]}
    cut = {**comment, "edit_token": comment["edit_token"][:26]}
    staff = {**comment, "edit_token": talk.newsroom.tokens["admin"]}
    nowhere = {**comment, "id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"}
    for bad in (wrong, cut, staff, nowhere, {**comment, "edit_token": "nec_"}, {**comment, "edit_token": "nec_ع"}):
        sent = f"Bearer {bad['edit_token']}".encode()
        for method, json in (("GET", None), ("PATCH", {"body": "سرقة"}), ("DELETE", None)):
            content = {"json": json} if json else {}
            url = f"/v1/comments/{bad['id']}"
            answer = await talk.newsroom.client.request(method, url, headers={b"authorization": sent}, **content)  # type: ignore[arg-type]
            assert answer.status_code == 404, (method, bad)
    # Neither does the answer say whether there is such a comment.
    assert (await talk.own("DELETE", wrong, expect=404)).json() | {"instance": ""} == (
        await talk.own("DELETE", nowhere, expect=404)
    ).json() | {"instance": ""}
    assert {row.status for row in await talk.rows()} == {"pending"}


async def test_an_older_key_still_verifies(talk: Talk) -> None:
    comment = await talk.held("مكتوب بمفتاح قديم")
    talk.newsroom.set(secret_key=("a-new-key", *talk.newsroom.settings.secret_key))
    await talk.own("GET", comment, expect=200)
    await talk.send("مكتوب بمفتاح قديم", expect=409)
    talk.newsroom.set(secret_key=("a-new-key",))
    await talk.own("GET", comment, expect=404)


async def test_without_a_token_nobody_changes_anything(talk: Talk) -> None:
    comment = await talk.said()
    for method, content in (("PATCH", {"json": {"body": ""}}), ("DELETE", {})):
        answer = await talk.newsroom.client.request(method, f"/v1/comments/{comment['id']}", **content)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "/problems/unauthorized"
        assert answer.json()["reason"] == "missing"
    public = {**comment, "edit_token": "nec_nothing"}
    assert (await talk.own("GET", public, expect=200)).headers["cache-control"].startswith("public")


async def test_a_waiting_comment_can_be_changed_at_any_time(talk: Talk) -> None:
    comment = await talk.held("قبل")
    with clock.shifted(timedelta(days=3)):
        answer = await talk.own("PATCH", comment, {"body": "بعد"}, expect=200)
    found = answer.json()
    assert (found["body"], found["author_name"], found["status"]) == ("بعد", NAME, "pending")
    assert found["edited_at"] > found["created_at"]
    assert answer.headers["etag"] == '"2"'
    again = (await talk.own("PATCH", comment, {"body": "بعد"}, expect=200)).json()
    assert again["edited_at"] == found["edited_at"]
    await talk.send("قبل")
    await talk.send("بعد", expect=409)


async def test_a_change_has_the_faults_of_the_form(talk: Talk) -> None:
    comment = await talk.held()
    answer = await talk.own("PATCH", comment, {"body": "\u200b", "author_name": None, "author_email": "x"}, expect=422)
    assert [(f["pointer"], f["code"]) for f in answer.json()["errors"]] == [
        ("/author_name", "required"),
        ("/body", "required"),
        ("/author_email", "unknown_field"),
    ]
    assert (await talk.own("PATCH", comment, {"body": None}, expect=422)).json()["errors"][0][
        "code"
    ] == "null_not_allowed"
    await talk.own("PATCH", comment, {}, expect=200)
    talk.newsroom.set(comments_require_name=False)
    assert (await talk.own("PATCH", comment, {"author_name": None}, expect=200)).json()["author_name"] is None


async def test_an_approved_comment_is_moderated_again_after_a_change(talk: Talk) -> None:
    comment = await talk.said("طيب")
    found = (await talk.own("PATCH", comment, {"body": "غير طيب"}, expect=200)).json()
    assert (found["status"], found["body"]) == ("pending", "غير طيب")
    await talk.newsroom.get(f"/v1/comments/{comment['id']}", expect=404)
    assert await talk.count() == 0
    row = (await talk.newsroom.desk("GET", f"/comments/{comment['id']}")).json()
    assert (row["status"], row["was_approved"]) == ("pending", True)


async def test_where_comments_are_open_a_changed_comment_stays(newsroom: Newsroom) -> None:
    talk = await talk_in(newsroom, "open")
    made = (await talk.send(expect=201)).json()
    comment = {**made["comment"], "edit_token": made["edit_token"]}
    assert (await talk.own("PATCH", comment, {"body": "مصحّح"}, expect=200)).json()["status"] == "approved"
    public = (await newsroom.get(f"/v1/comments/{comment['id']}")).json()
    assert public["body"] == "مصحّح"
    assert public["edited_at"] is not None
    assert await talk.count() == 1


async def test_an_approved_comment_can_be_changed_for_some_minutes(talk: Talk) -> None:
    comment = await talk.said()
    talk.newsroom.set(comments="closed")
    answer = await talk.own("PATCH", comment, {"body": "متأخر"}, expect=403)
    assert answer.json()["type"] == "/problems/comments-closed"
    talk.newsroom.set(comments="open")
    with clock.shifted(timedelta(minutes=4, seconds=50)):
        await talk.own("PATCH", comment, {"body": "في الوقت"}, expect=200)
    with clock.shifted(timedelta(minutes=5)):
        answer = await talk.own("PATCH", comment, {"body": "متأخر"}, expect=403)
        assert answer.json()["type"] == "/problems/forbidden"
    talk.newsroom.set(comments="premoderated")
    rejected = await talk.said()
    await talk.decide(rejected, "reject")
    await talk.own("PATCH", rejected, {"body": "من جديد"}, expect=403)


async def test_changes_are_counted_like_comments(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((3, 60),))
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        comment = await talk.held("أول")
        await talk.own("PATCH", comment, {"body": "ثانٍ"}, expect=200)
        for _ in range(3):
            await talk.own("PATCH", comment, {"body": "ثانٍ"}, expect=200)  # changes nothing, counts nothing
            await talk.own("PATCH", comment, {"body": "ن"}, expect=422)
        await talk.own("PATCH", comment, {"author_name": "ليلى"}, expect=200)
        answer = await talk.own("PATCH", comment, {"body": "رابع"}, expect=429)
        assert answer.headers["ratelimit"] == '"person-60";r=0;t=65'
        await talk.send(expect=429)
        assert (await talk.own("GET", comment, expect=200)).json()["body"] == "ثانٍ"
    with clock.frozen(WINDOW + timedelta(seconds=65)):
        await talk.own("PATCH", comment, {"body": "رابع"}, expect=200)


async def test_a_change_does_not_repeat_another_comment_of_the_same_person(talk: Talk) -> None:
    await talk.held("قول معروف")
    comment = await talk.held("قول آخر")
    answer = await talk.own("PATCH", comment, {"body": "قَول  معروف"}, expect=409)
    assert answer.json()["type"] == "/problems/duplicate-comment"
    assert (await talk.own("GET", comment, expect=200)).json()["body"] == "قول آخر"
    await talk.own("PATCH", comment, {"body": "قَول آخر"}, expect=200)  # its own words are no other's
    other = await talk.held("قول ثالث", author_email="other@example.com")
    await talk.own("PATCH", other, {"body": "قول معروف"}, expect=200)
    with clock.shifted(timedelta(hours=24, seconds=5)):
        await talk.own("PATCH", comment, {"body": "قول معروف"}, expect=200)


async def test_a_change_that_repeats_words_from_elsewhere_is_held(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    await talk.send("قول معروف", expect=201)
    async with from_address(newsroom, "198.51.100.7") as elsewhere:
        there = Talk(elsewhere, talk.article)
        made = (await there.send("قول آخر", expect=201)).json()
        comment = {**made["comment"], "edit_token": made["edit_token"]}
        assert (await there.own("PATCH", comment, {"body": "قول معروف"}, expect=200)).json()["status"] == "pending"


async def test_if_match_is_obeyed_when_it_is_sent(talk: Talk) -> None:
    comment = await talk.held()
    await talk.own("PATCH", comment, {"body": "معدّل"}, expect=200, if_match='"1"')
    assert (await talk.own("PATCH", comment, {"body": "آخر"}, expect=412, if_match='"1"')).json()["version"] == 2
    await talk.own("DELETE", comment, expect=412, if_match='"1"')
    await talk.own("DELETE", comment, expect=204, if_match='"2"')


async def test_a_deleted_comment_that_nobody_answered_is_gone(talk: Talk) -> None:
    for comment in (await talk.held(), await talk.said()):
        await talk.own("DELETE", comment, expect=204)
        await talk.own("GET", comment, expect=404)
        await talk.own("DELETE", comment, expect=404)
        await talk.own("PATCH", comment, {"body": "عودة"}, expect=404)
    assert await talk.rows() == []
    assert await talk.count() == 0


async def test_a_deleted_comment_that_was_answered_keeps_its_place(talk: Talk) -> None:
    root = await talk.said("أصل", author_url="https://salma.example")
    reply = await talk.said("ردّ", parent_id=root["id"])
    below = await talk.said("تحته", parent_id=reply["id"])
    with clock.shifted(timedelta(days=300)):
        await talk.own("DELETE", root, expect=204)
    (found,) = (await talk.page())["data"]
    assert found["removed"] is True
    assert (found["author_name"], found["body"], found["body_html"]) == (None, None, None)
    assert found["reply_count"] == 1
    assert found["replies"]["data"][0]["replies"]["data"][0]["body"] == "تحته"
    assert await talk.count() == 2
    (row,) = [row for row in await talk.rows() if row.id == root["id"]]
    assert (row.status, row.author_name, row.author_url, row.body) == ("deleted", None, None, None)
    assert await talk.private(root) is None
    assert (await talk.newsroom.get(f"/v1/comments/{root['id']}")).json()["removed"] is True
    context = (await talk.newsroom.get(f"/v1/comments/{reply['id']}")).json()
    assert context["ancestors"][0]["removed"] is True
    await talk.own("PATCH", root, {"body": "عودة"}, expect=404)
    # When the last approved reply goes, the place goes from sight too.
    await talk.own("DELETE", below, expect=204)
    await talk.own("DELETE", reply, expect=204)
    assert (await talk.page())["data"] == []
    assert await talk.count() == 0


async def test_replies_that_wait_outlive_the_comment_they_answer(talk: Talk) -> None:
    root = await talk.said()
    reply = await talk.held(parent_id=root["id"])
    await talk.own("DELETE", root, expect=204)
    await talk.newsroom.get(f"/v1/comments/{root['id']}", expect=404)
    assert await talk.private(root) is None
    await talk.decide(reply, "approve")
    (found,) = (await talk.page())["data"]
    assert (found["removed"], found["replies"]["data"][0]["id"]) == (True, reply["id"])


async def test_a_comment_can_be_deleted_also_when_its_article_is_gone(talk: Talk) -> None:
    comment = await talk.said()
    await talk.newsroom.act(talk.article, "withdraw", {"reason": "سُحب"})
    await talk.own("PATCH", comment, {"body": "معدّل"}, expect=404)
    await talk.own("DELETE", comment, expect=204)
    assert await talk.rows() == []
