"""Sending a comment: where it may be sent, what it may answer, once, not too often, and from whom."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from app.kit import clock
from app.kit.db import Database
from app.kit.errors import RateLimited
from app.kit.idempotency import StoredAnswer
from app.kit.rate_limits import CountedWindows, Limit, count_in
from app.kit.signing import digest
from tests.comments.talk import EMAIL, NAME, Talk, talk_in
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio

KEY = {"Idempotency-Key": "a-key-of-sixteen-characters"}
# Seven seconds into every window: a midnight to come.
WINDOW = (clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=7, microsecond=0)


def codes(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"].removeprefix("/problems/"))


@pytest.mark.parametrize(
    ("article", "site", "status"),
    [
        (None, "premoderated", 202),
        (None, "open", 201),
        (None, "closed", 403),
        ("open", "closed", 201),
        ("premoderated", "open", 202),
        ("closed", "open", 403),
    ],
)
async def test_the_article_decides_else_the_site(
    newsroom: Newsroom, article: str | None, site: str, status: int
) -> None:
    newsroom.set(comments=site)
    talk = await talk_in(newsroom, article)
    answer = await talk.send(expect=status)
    assert await talk.count() == (1 if status == 201 else 0)
    assert await talk.stored() == (0 if status == 403 else 1)
    if status == 403:
        assert slug(answer) == "comments-closed"
    else:
        made = answer.json()
        assert made["status"] == {201: "approved", 202: "pending"}[status]
        assert made["edit_token"].startswith("nec_")
        assert answer.headers["location"] == f"/v1/comments/{made['comment']['id']}"
        assert answer.headers["cache-control"] == "private, no-store"
        assert made["comment"]["author_name"] == NAME


async def test_comments_close_some_days_after_publication(newsroom: Newsroom) -> None:
    newsroom.set(comments_close_after_days=7)
    talk = await talk_in(newsroom)
    await talk.send()
    with clock.shifted(timedelta(days=7)):
        assert slug(await talk.send(expect=403)) == "comments-closed"


async def test_only_what_readers_see_can_be_commented(newsroom: Newsroom) -> None:
    await newsroom.section()
    for state, status in (("draft", 404), ("in_review", 404), ("scheduled", 404), ("withdrawn", 410)):
        talk = Talk(newsroom, await newsroom.in_state(state))
        answer = await talk.send(expect=status)
        assert (await newsroom.get(talk.url, expect=status)).status_code == status
        assert (await newsroom.get(f"{talk.url}/form", expect=status)).status_code == status
        assert "خبر" not in answer.text
    await talk.newsroom.get("/v1/articles/01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2/comments", expect=404)


async def test_a_former_slug_leads_to_the_present_one(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await newsroom.change(article, slug="عنوان-آخر")
    for method, suffix in (("GET", "/comments"), ("GET", "/comments/form"), ("POST", "/comments")):
        url = f"/v1/articles/{article['slug']}{suffix}"
        content = {"json": {"author_name": NAME, "author_email": EMAIL, "body": "كلام"}} if method == "POST" else {}
        moved = await newsroom.client.request(method, url, **content)  # type: ignore[arg-type]  # one keyword or none
        assert moved.status_code == 308
        target = await newsroom.client.request(method, moved.headers["location"], **content)  # type: ignore[arg-type]
        assert target.status_code in {200, 202}
        assert str(target.url).endswith(suffix)


async def test_a_reply_stands_below_what_it_answers(talk: Talk) -> None:
    parent = await talk.said()
    reply = await talk.held(parent_id=parent["id"].upper())
    assert (reply["parent_id"], reply["depth"]) == (parent["id"], 1)
    rows = {row.id: row for row in await talk.rows()}
    assert rows[reply["id"]].path == parent["id"].replace("-", "") + reply["id"].replace("-", "")


async def test_what_cannot_be_answered_is_reported_with_the_other_faults(talk: Talk) -> None:
    elsewhere = await (await talk_in(talk.newsroom)).said()
    cases = {
        "parent_not_found": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
        "parent_other_article": elsewhere["id"],
        "id_invalid": "7",
    }
    for code, id in cases.items():
        assert codes(await talk.send(expect=422, parent_id=id)) == [("/parent_id", code)]
        answer = await talk.send(expect=422, parent_id=id, author_name="", language="?")
        assert codes(answer) == [("/author_name", "required"), ("/parent_id", code), ("/language", "language_invalid")]


async def test_what_was_never_shown_looks_like_what_never_existed(talk: Talk) -> None:
    hidden, other = await talk.held(), await talk_in(talk.newsroom)
    for comment in (hidden, await other.held()):
        for verb in (None, "reject", "spam"):
            if verb is not None:
                await talk.decide(comment, verb)
            assert codes(await talk.send(expect=422, parent_id=comment["id"])) == [("/parent_id", "parent_not_found")]
    for verb in ("reject", "spam", "redact"):
        comment = await talk.said()
        await talk.decide(comment, verb)
        assert codes(await talk.send(expect=422, parent_id=comment["id"])) == [("/parent_id", "parent_removed")]
    gone = await other.said()
    await talk.newsroom.act(other.article, "unpublish")
    assert codes(await talk.send(expect=422, parent_id=gone["id"])) == [("/parent_id", "parent_not_found")]


async def test_thanks_to_two_people_are_two_comments(talk: Talk) -> None:
    for parent in [await talk.said(), await talk.said()]:
        reply = await talk.held("شكراً لك", parent_id=parent["id"])
        await talk.send("شكرًا لك", parent_id=parent["id"], expect=409)
        await talk.own("PATCH", reply, {"body": "شكراً جزيلاً"}, expect=200)
    await talk.send("شكراً لك", expect=202)


async def test_thanks_to_two_people_at_the_deepest_place_are_two_comments_when_changed_too(newsroom: Newsroom) -> None:
    """The tree puts both beside the comment that they answer, below the same parent."""
    newsroom.set(comments_rate=())
    talk, parent = await talk_in(newsroom, "open"), None
    for _ in range(5):
        parent = (await talk.send(expect=201, parent_id=parent)).json()["comment"]["id"]
    people = [(await talk.send(expect=201, parent_id=parent)).json()["comment"] for _ in range(2)]
    for person in people:
        made = (await talk.send("شكراً لك", expect=201, parent_id=person["id"])).json()
        assert made["comment"]["parent_id"] == parent
        reply = {**made["comment"], "edit_token": made["edit_token"]}
        await talk.own("PATCH", reply, {"body": "شكراً جزيلاً"}, expect=200)
        await talk.send("شكراً جزيلاً", parent_id=person["id"], expect=409)


async def test_who_sends_again_from_another_network_is_answered_without_the_secret(newsroom: Newsroom) -> None:
    talk = await talk_in(newsroom)
    body = {"author_name": NAME, "author_email": EMAIL, "body": "من هاتف"}
    answers = []
    for address in ("2001:db8:1:1::7", "2001:db8:1:1::9", "198.51.100.7"):
        async with from_address(newsroom, address) as room:
            answers.append((await room.client.post(talk.url, json=body, headers=KEY)).json())
    assert await talk.stored() == 1
    assert len({answer["comment"]["id"] for answer in answers}) == 1
    tokens = [answer["edit_token"] for answer in answers]
    assert tokens == [tokens[0], tokens[0], None]


async def test_who_sends_again_from_another_network_reads_no_later_words_of_the_author(newsroom: Newsroom) -> None:
    """What was changed and is not approved is the author's alone; what was sent the sender of the key knows."""
    talk = await talk_in(newsroom)
    sent = {"author_name": NAME, "author_email": EMAIL, "body": "كما أُرسل"}
    async with from_address(newsroom, "198.51.100.7") as room:
        made = (await room.client.post(talk.url, json=sent, headers=KEY)).json()
    comment = {**made["comment"], "edit_token": made["edit_token"]}
    await talk.own("PATCH", comment, {"body": "سرّ لم يُرسل"}, expect=200)
    bodies = []
    for address in ("198.51.100.7", "203.0.113.9"):
        async with from_address(newsroom, address) as room:
            answer = await room.client.post(talk.url, json=sent, headers=KEY)
        assert (answer.status_code, answer.json()["comment"]["id"]) == (202, comment["id"])
        bodies.append(answer.json()["comment"]["body"])
    assert bodies == ["سرّ لم يُرسل", None]


async def test_a_limit_holds_in_every_window_of_its_length(newsroom: Newsroom) -> None:
    """Also in one that begins just before the edge of another."""
    newsroom.set(comments_rate=((5, 20),))
    talk, sent = await talk_in(newsroom), []
    start = WINDOW.replace(second=0)
    for tenth in range(0, 900, 7):
        moment = start + timedelta(seconds=tenth / 10)
        with clock.frozen(moment):
            answer = await talk.send(expect=None)
        if answer.status_code == 202:
            sent.append(moment)
        else:
            wait = int(answer.headers["retry-after"])
            assert 0 < wait <= 22
    assert 15 < len(sent) <= 25
    assert all(later - earlier >= timedelta(seconds=20) for earlier, later in zip(sent, sent[5:], strict=False))


async def test_many_at_the_edge_of_a_window_from_two_workers(newsroom: Newsroom) -> None:
    """2,000 are counted by two processes around the edges of windows; the limit holds in all windows between."""
    limits, hits = [Limit("somebody", 5, 20), Limit("their network", 50, 20)], []
    start = WINDOW.replace(second=0)

    async def count(database: Database, moment: datetime) -> None:
        try:
            async with database.transaction() as session:
                if await count_in(session, limits, moment) is not None:
                    raise RateLimited(1)
            hits.append(moment)
        except RateLimited:
            pass

    async with beside(newsroom) as other:
        for turn in range(1_000):
            moment = start + timedelta(seconds=20 * (turn // 100) + 19 + (turn % 100) / 50)
            await asyncio.gather(*(count(room.app.state.database, moment) for room in (newsroom, other)))
    hits.sort()
    assert len(hits) >= 30
    assert all(later - earlier >= timedelta(seconds=20) for earlier, later in zip(hits, hits[5:], strict=False))


async def test_a_moderator_reads_nothing_of_an_article_that_is_not_published(newsroom: Newsroom) -> None:
    """Neither its headline nor whether it has a slug; editors do."""
    for role in ("moderator", "editor", "reporter"):
        await newsroom.hire(role)
    talk = await talk_in(newsroom)
    comment = await talk.held()
    seen = {"id": talk.article["id"], "slug": talk.article["slug"], "headline": talk.article["headline"]}
    url = f"/comments/{comment['id']}"
    assert (await newsroom.desk("GET", url, by="moderator")).json()["article"] == seen
    hidden = await newsroom.change(await newsroom.act(talk.article, "unpublish"), headline="سرّ", slug="سرّ-جديد")
    nothing = {"id": seen["id"], "slug": None, "headline": None}
    queue = (await newsroom.desk("GET", "/comments?status=pending", by="moderator")).json()["data"]
    assert [row["article"] for row in queue] == [nothing]
    assert (await newsroom.desk("GET", url, by="moderator")).json()["article"] == nothing
    assert (await newsroom.desk("POST", f"{url}/reject", by="moderator")).json()["article"] == nothing
    assert (await newsroom.desk("GET", url, by="editor")).json()["article"]["headline"] == "سرّ"
    for name, count in ((hidden["slug"], 0), (hidden["id"], 1)):
        found = (await newsroom.desk("GET", f"/comments?article={name}", by="moderator")).json()["data"]
        assert len(found) == count
    assert len((await newsroom.desk("GET", f"/comments?article={hidden['slug']}", by="editor")).json()["data"]) == 1


async def test_replies_to_the_deepest_stand_beside_it(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    line = [(await talk.send(expect=201)).json()["comment"]]
    for _ in range(8):
        line.append((await talk.send(expect=201, parent_id=line[-1]["id"])).json()["comment"])
    assert [comment["depth"] for comment in line] == [0, 1, 2, 3, 4, 5, 5, 5, 5]
    assert {comment["parent_id"] for comment in line[5:]} == {line[4]["id"]}


async def test_the_same_key_and_body_is_done_once(newsroom: Newsroom) -> None:
    talk = await talk_in(newsroom)
    first = await talk.send("مرة واحدة", headers=KEY)
    again = await talk.send("مرة واحدة", headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.content == first.content
    for name in ("location", "etag", "content-type", "cache-control"):
        assert again.headers[name] == first.headers[name]
    assert await talk.stored() == 1
    assert slug(await talk.send("شيء آخر", headers=KEY, expect=422)) == "idempotency-conflict"
    other = await talk_in(newsroom)
    await other.send("مرة واحدة", headers=KEY)
    assert await talk.stored() == 2
    answer = await talk.send(headers={"Idempotency-Key": "short"}, expect=400)
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


async def test_a_replay_shows_the_comment_as_it_is_now_and_keeps_no_secret(newsroom: Newsroom) -> None:
    talk = await talk_in(newsroom)
    made = (await talk.send("سرّ لا يبقى", headers=KEY)).json()
    async with newsroom.app.state.database.connection() as connection:
        kept = b"".join(map(bytes, (await connection.execute(select(StoredAnswer.body))).scalars()))
    assert made["comment"]["id"].encode() in kept
    assert made["edit_token"].encode() not in kept
    assert "سرّ".encode() not in kept
    await talk.decide(made["comment"], "redact")
    again = (await talk.send("سرّ لا يبقى", headers=KEY)).json()
    assert (again["status"], again["edit_token"]) == ("pending", None), "of its sender nothing is known any more"
    assert again["comment"]["removed"] is True
    assert again["comment"]["body"] is None
    other = {**(await talk.send("يُحذف", headers={"Idempotency-Key": "another-key-of-16"})).json()}
    await talk.own("DELETE", {**other["comment"], "edit_token": other["edit_token"]}, expect=204)
    await talk.send("يُحذف", headers={"Idempotency-Key": "another-key-of-16"}, expect=404)


async def test_a_refused_comment_may_be_sent_again_with_the_same_key(talk: Talk) -> None:
    await talk.send("ن", headers=KEY, expect=422)
    await talk.send("نعم", headers=KEY)


async def test_answers_older_than_a_day_are_deleted_by_one_request_in_sixteen(talk: Talk) -> None:
    await talk.send(headers=KEY)
    scope, keys = f"article:{talk.article['id']}", (f"a-key-with-the-number-{number}" for number in itertools.count())
    clearing = next(key for key in keys if digest(f"{scope}\n{key}").startswith("0"))
    other = next(key for key in keys if not digest(f"{scope}\n{key}").startswith("0"))
    for key, left in ((other, 2), (clearing, 2)):  # the first one goes
        with clock.shifted(timedelta(hours=24, minutes=1)):
            await talk.send(headers={"Idempotency-Key": key})
        async with talk.newsroom.app.state.database.connection() as connection:
            assert len((await connection.execute(select(StoredAnswer.key))).all()) == left


async def test_the_same_words_of_the_same_person_are_a_duplicate_for_a_day(talk: Talk) -> None:
    await talk.send("صباح  الخير\nيا جماعة")
    for same in ("صباح الخير يا جماعة", "صَبَاحُ الخيـــر\u200f يا   جماعة"):
        assert slug(await talk.send(same, expect=409)) == "duplicate-comment"
    assert (
        slug(await talk.send("صباح الخير يا جماعة", expect=409, author_email="SALMA@example.com"))
        == "duplicate-comment"
    )
    assert slug(await talk.send("صباح الخير يا جماعة", expect=409, author_email="ｓalma@example.com")) == (
        "duplicate-comment"
    )
    await talk.send("صباح الخير يا جماعة", author_email="other@example.com")
    await talk.send("صباح النور يا جماعة")
    await (await talk_in(talk.newsroom)).send("صباح الخير يا جماعة")
    with clock.shifted(timedelta(hours=24, seconds=5)):
        await talk.send("صباح الخير يا جماعة")


async def test_without_an_address_of_mail_the_network_address_is_the_person(talk: Talk) -> None:
    talk.newsroom.set(comments_require_email=False)
    await talk.send("مكرّر", author_email=None)
    await talk.send("مكرّر", author_email=None, expect=409)
    async with from_address(talk.newsroom, "198.51.100.7") as elsewhere:
        await Talk(elsewhere, talk.article).send("مكرّر", author_email=None)


@pytest.mark.parametrize(("mode", "first"), [("premoderated", 202), ("open", 201)])
async def test_a_third_party_does_not_learn_that_an_email_address_wrote_here(
    newsroom: Newsroom, mode: str, first: int
) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, mode)
    await talk.send("قول معروف", expect=first)
    async with from_address(newsroom, "198.51.100.7") as elsewhere:
        there = Talk(elsewhere, talk.article)
        assert (await there.send("قول معروف", expect=202)).json()["status"] == "pending"
        await there.send("قول معروف", expect=409)
        await there.send("قول آخر", expect=first)
    async with from_address(newsroom, "198.51.100.8") as neighbour:
        await Talk(neighbour, talk.article).send("قول معروف", expect=409)
    await talk.send("قول معروف", expect=409)


async def test_a_rejected_comment_sent_again_is_a_duplicate_too(talk: Talk) -> None:
    await talk.decide(await talk.held("دعاية"), "spam")
    await talk.send("دعاية", expect=409)


async def test_of_many_equal_ones_at_once_one_is_taken(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    answers = await asyncio.gather(*(talk.send("كلام واحد", expect=None) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await talk.stored() == 1
    assert await talk.count() == 1


async def test_of_many_with_one_key_at_once_one_is_done(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    answers = await asyncio.gather(*(talk.send("كلام واحد", expect=None, headers=KEY) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in done) == 1
    assert {slug(answer) for answer in answers if answer.status_code == 409} <= {"idempotency-in-flight"}
    assert await talk.stored() == 1


async def test_no_comment_is_taken_after_its_article_was_withdrawn(newsroom: Newsroom) -> None:
    """Sent at once with the withdrawal, each comment comes before it and is counted, or after it and is refused."""
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")
    statuses: list[int] = []

    async def send() -> None:
        statuses.append((await talk.send(expect=None)).status_code)

    async def withdraw() -> None:
        await newsroom.act(talk.article, "withdraw", {"reason": "سُحب"})

    await asyncio.gather(send(), send(), send(), withdraw(), send(), send(), send())
    assert set(statuses) <= {201, 410}
    assert len(await talk.rows()) == statuses.count(201)
    async with newsroom.app.state.database.connection() as connection:
        counted = (await connection.execute(text("SELECT comment_count FROM articles"))).scalar_one()
    assert counted == statuses.count(201)


async def test_a_flood_gets_429_with_retry_after(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((3, 60), (5, 600)))
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        for _ in range(3):
            await talk.send()
        answer = await talk.send(expect=429)
        assert slug(answer) == "rate-limited"
        assert answer.headers["retry-after"] == "65", "until the part of the minute in which they came has left it"
        assert answer.json()["detail"] == "بلغت الحدّ المسموح به الآن. أعد المحاولة بعد دقيقتين."
        assert answer.headers["ratelimit"] == '"person-60";r=0;t=65'
        assert answer.headers["ratelimit-policy"] == (
            '"person-60";q=3;w=60, "person-600";q=5;w=600, "network-60";q=30;w=60, "network-600";q=50;w=600'
        )
        assert await talk.stored() == 3
    with clock.frozen(WINDOW + timedelta(seconds=65)):
        # What was refused had not been counted: two more fit into the ten minutes.
        await talk.send()
        await talk.send()
        answer = await talk.send(expect=429)
        assert answer.headers["ratelimit"] == '"person-600";r=0;t=588'
        assert answer.headers["retry-after"] == "588"
        assert "\u206810\u2069 دقائق" in answer.json()["detail"]
        other = await talk_in(newsroom)
        await other.send(expect=429)
    with clock.frozen(WINDOW + timedelta(seconds=653)):
        await talk.send()


async def test_what_was_wrong_is_not_counted(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((2, 60),))
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        await talk.send("واحد")
        for _ in range(3):
            await talk.send("واحد", expect=409)
            await talk.send("ن", expect=422)
        await talk.send("اثنان")
        await talk.send("ثلاثة", expect=429)


async def test_a_flood_at_once_is_stopped_exactly(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((4, 3600),))
    talks = [await talk_in(newsroom, "open") for _ in range(3)]
    with clock.frozen(WINDOW):
        answers = await asyncio.gather(*(talks[number % 3].send(expect=None) for number in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [429] * 8
    assert await talks[0].stored() == 4


def from_address(newsroom: Newsroom, address: str, **headers: str) -> Any:
    """The same newsroom, asked from another address."""
    return _Elsewhere(newsroom, address, headers)


class _Elsewhere:
    def __init__(self, newsroom: Newsroom, address: str, headers: dict[str, str]) -> None:
        self.newsroom, self.address, self.headers = newsroom, address, headers

    async def __aenter__(self) -> Newsroom:
        other = Newsroom(self.newsroom.app)
        await other.client.aclose()
        transport = httpx.ASGITransport(app=self.newsroom.app, client=(self.address, 1234))
        other.client = httpx.AsyncClient(transport=transport, base_url="http://newsroom.test", headers=self.headers)
        other.tokens, other.members = self.newsroom.tokens, self.newsroom.members
        self.client = other.client
        return other

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()


async def send_from(talk: Talk, address: str, expect: int, **headers: str) -> None:
    async with from_address(
        talk.newsroom, address, **{n.replace("_", "-"): v for n, v in headers.items()}
    ) as elsewhere:
        await Talk(elsewhere, talk.article).send(expect=expect)


async def test_a_forged_forwarded_address_does_not_help(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((1, 60),))
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        await send_from(talk, "198.51.100.7", 202, x_forwarded_for="203.0.113.1")
        await send_from(talk, "198.51.100.7", 429, x_forwarded_for="203.0.113.2")
        newsroom.set(trusted_proxies=(ip_network("198.51.100.7/32"),))
        # The proxy writes at the right; what stands left of it anybody may have written.
        await send_from(talk, "198.51.100.7", 202, x_forwarded_for="203.0.113.3, 192.0.2.9")
        await send_from(talk, "198.51.100.7", 429, x_forwarded_for="203.0.113.4, 192.0.2.9")
        await send_from(talk, "198.51.100.7", 202, x_forwarded_for="203.0.113.4, 192.0.2.10")


async def test_a_network_may_send_more_than_a_person_but_not_without_end(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((1, 60),), comments_network_factor=3)
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        for last in (1, 2, 3):
            await send_from(talk, f"198.51.100.{last}", 202)
        await send_from(talk, "198.51.100.4", 429)
        await send_from(talk, "198.51.101.4", 202)


async def test_one_ipv6_customer_is_one_person(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((1, 60),))
    talk = await talk_in(newsroom)
    with clock.frozen(WINDOW):
        await send_from(talk, "2001:db8:1:2::1", 202)
        await send_from(talk, "2001:db8:1:2:ffff::9", 429)
        await send_from(talk, "2001:db8:1:3::1", 202)
        await send_from(talk, "::ffff:198.51.100.9", 202)
        await send_from(talk, "198.51.100.9", 429)


async def test_digests_of_addresses_are_erased_after_thirty_days(talk: Talk) -> None:
    old = await talk.held()
    with clock.shifted(timedelta(days=10)):
        younger = await talk.held()
    private = await talk.private(old)
    assert None not in (private.address_digest, private.network_digest)
    assert "127.0.0" not in str(private)
    with clock.shifted(timedelta(days=30, minutes=1)):
        await talk.newsroom.app.state.background.run_idle_tasks()
    private = await talk.private(old)
    assert (private.address_digest, private.network_digest) == (None, None)
    assert private.email == EMAIL
    assert (await talk.private(younger)).address_digest is not None


async def test_addresses_are_erased_together_once_an_hour_and_never_too_late(talk: Talk) -> None:
    made = clock.now()
    with clock.frozen(made):
        old = await talk.held()
    with clock.frozen(made + timedelta(minutes=59)):
        younger = await talk.held()
    idle = talk.newsroom.app.state.background.run_idle_tasks
    with clock.frozen(made + timedelta(days=30)):
        await idle()
    assert (await talk.private(old)).address_digest is not None
    with clock.frozen(made + timedelta(days=30, milliseconds=1)):
        await idle()
    assert [(await talk.private(one)).address_digest for one in (old, younger)] == [None, None]


async def test_what_was_counted_long_ago_is_cleared_while_nobody_waits(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((5, 60), (5, 7200)))
    talk = await talk_in(newsroom)
    await talk.send()
    for minutes, left in ((30, {"60": 2, "7200": 2}), (63, {"7200": 2}), (302, {})):
        with clock.shifted(timedelta(minutes=minutes)):
            await newsroom.app.state.background.run_idle_tasks()
        assert await windows(newsroom) == left


async def windows(newsroom: Newsroom) -> dict[str, int]:
    """How many rows there are for windows of each length, in seconds."""
    async with newsroom.app.state.database.connection() as connection:
        keys = (await connection.execute(select(CountedWindows.key))).scalars().all()
    return dict(Counter(key.partition(":")[0] for key in keys))
