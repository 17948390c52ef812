"""Making, listing and revoking previews at the desk: times, limits, who may, what is kept of the token."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.queue import enqueue
from app.kit import clock
from app.kit.db import Base
from app.kit.signing import digest
from app.previews.models import Preview
from app.previews.sweeping import SWEEP
from tests.imports.portable import exported
from tests.newsroom import Newsroom, beside
from tests.previews.links import ahead, listed, opens, preview_of

pytestmark = pytest.mark.anyio


async def codes(newsroom: Newsroom, article: dict[str, Any], **fields: Any) -> set[tuple[str, str]]:
    """What is wrong with a preview: (pointer, code)."""
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/previews", fields, expect=422)
    return {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


async def test_it_is_valid_for_a_week_unless_it_says_otherwise(newsroom: Newsroom) -> None:
    draft, now = await newsroom.draft(), clock.now()
    with clock.frozen(now):
        for body in (None, {}, {"expires_at": None}):
            answer = await newsroom.desk("POST", f"/articles/{draft['id']}/previews", body, expect=201)
            assert answer.json()["expires_at"] == clock.written(now + timedelta(days=7))
        longest = clock.written(now + timedelta(days=30))
        assert (await preview_of(newsroom, draft, expires_at=longest))["expires_at"] == longest
        assert await codes(newsroom, draft, expires_at=ahead(days=30, milliseconds=1)) == {
            ("/expires_at", "too_far_ahead")
        }
        assert await codes(newsroom, draft, expires_at=clock.written(now)) == {("/expires_at", "in_past")}
        assert await codes(newsroom, draft, expires_at="2026-12-01") == {("/expires_at", "offset_required")}
        assert await codes(newsroom, draft, expires_at=7, note="x") == {
            ("/expires_at", "date_invalid"),
            ("/note", "unknown_field"),
        }


async def test_the_address_follows_the_setting(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example", preview_path="/معاينة/{token}")
    made = await preview_of(newsroom, await newsroom.draft())
    assert made["url"] == f"https://news.example/%D9%85%D8%B9%D8%A7%D9%8A%D9%86%D8%A9/{made['token']}"
    assert made["token"].startswith("npv_")
    assert len(made["token"]) == 42


async def test_the_twenty_first_is_refused_until_one_has_ended(newsroom: Newsroom) -> None:
    draft, other, start = await newsroom.draft(), await newsroom.draft("غيره"), clock.now()
    with clock.frozen(start):
        short = await preview_of(newsroom, draft, expires_at=ahead(hours=1))
        made = [await preview_of(newsroom, draft) for _ in range(19)]
        assert await codes(newsroom, draft) == {("", "too_many")}
        assert await codes(newsroom, draft, expires_at=ahead(days=99)) == {
            ("/expires_at", "too_far_ahead"),
            ("", "too_many"),
        }
        await preview_of(newsroom, other)
        await newsroom.desk("DELETE", f"/articles/{draft['id']}/previews/{made[0]['id']}")
        await preview_of(newsroom, draft)
        assert await codes(newsroom, draft) == {("", "too_many")}
    with clock.frozen(start + timedelta(hours=1)):
        assert not await opens(newsroom, short)
        await preview_of(newsroom, draft)
        assert await codes(newsroom, draft) == {("", "too_many")}


async def test_twenty_is_the_limit_when_many_ask_at_once(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    async with beside(newsroom) as other:
        headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
        url = f"/v1/desk/articles/{draft['id']}/previews"
        asked = [room.client.post(url, json={}, headers=headers) for _ in range(15) for room in (newsroom, other)]
        answers = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(answers) == [201] * 20 + [422] * 10
    assert sum(one["active"] for one in await listed(newsroom, draft)) == 20


async def test_the_list_says_who_made_it_and_whether_it_is_active_but_no_token(newsroom: Newsroom) -> None:
    await newsroom.hire("reporter", "سلمى")
    draft, start = await newsroom.in_state("draft", by="سلمى", section=None), clock.now()
    with clock.frozen(start):
        first = await preview_of(newsroom, draft, by="سلمى", expires_at=ahead(hours=1))
    with clock.frozen(start + timedelta(minutes=1)):
        second = await preview_of(newsroom, draft)
        await newsroom.desk("DELETE", f"/articles/{draft['id']}/previews/{second['id']}", by="سلمى")
        rows = await listed(newsroom, draft, by="سلمى")
        assert [(row["id"], row["member_name"], row["active"]) for row in rows] == [
            (second["id"], "admin", False),
            (first["id"], "سلمى", True),
        ]
        assert rows[0]["revoked_at"] == rows[0]["created_at"] == clock.written(start + timedelta(minutes=1))
        assert (rows[1]["expires_at"], rows[1]["revoked_at"]) == (first["expires_at"], None)
        page = await newsroom.desk("GET", f"/articles/{draft['id']}/previews?limit=1")
        assert page.json()["data"] == rows[:1]
        following = page.json()["page"]["next"]
        page = await newsroom.desk("GET", f"/articles/{draft['id']}/previews?limit=1&cursor={following}")
        assert page.json() == {"data": rows[1:], "page": {"next": None, "limit": 1, "total": None}}
        text = page.text + str(rows)
    for one in (first, second):
        assert one["token"] not in text
        assert digest(one["token"]) not in text
    with clock.frozen(start + timedelta(hours=1)):
        assert not any(row["active"] for row in await listed(newsroom, draft))


async def test_reporters_have_previews_of_their_own_articles_only(newsroom: Newsroom) -> None:
    for name in ("سلمى", "ليث"):
        await newsroom.hire("reporter", name)
    await newsroom.section()
    draft, published = await newsroom.in_state("draft", by="سلمى"), await newsroom.in_state("published", by="سلمى")
    preview = await preview_of(newsroom, draft, by="سلمى")
    await preview_of(newsroom, published, by="سلمى")
    url = f"/articles/{draft['id']}/previews"
    for article in (draft, published):
        await newsroom.desk("POST", f"/articles/{article['id']}/previews", {}, by="ليث", expect=404)
        await newsroom.desk("GET", f"/articles/{article['id']}/previews", by="ليث", expect=404)
    await newsroom.desk("DELETE", f"{url}/{preview['id']}", by="ليث", expect=404)
    assert await opens(newsroom, preview)
    await newsroom.desk("DELETE", f"{url}/{preview['id']}", by="سلمى", expect=204)
    assert not await opens(newsroom, preview)


async def test_a_preview_is_revoked_through_its_own_article_only_and_once(newsroom: Newsroom) -> None:
    draft, other = await newsroom.draft(), await newsroom.draft("غيره")
    preview = await preview_of(newsroom, draft)
    for article, id in ((other, preview["id"]), (draft, "x"), (draft, draft["id"])):
        await newsroom.desk("DELETE", f"/articles/{article['id']}/previews/{id}", expect=404)
    assert await opens(newsroom, preview)
    for _ in range(2):
        await newsroom.desk("DELETE", f"/articles/{draft['id']}/previews/{preview['id']}", expect=204)
    assert not await opens(newsroom, preview)
    audit = (await newsroom.desk("GET", f"/audit?resource_id={preview['id']}")).json()["data"]
    assert [row["action"] for row in audit] == ["preview.revoke", "preview.create"]
    assert {row["details"]["article_id"] for row in audit} == {draft["id"]}


async def test_a_repeated_request_makes_no_second_one_and_tells_the_token_once(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    url, key = f"/articles/{draft['id']}/previews", "one-preview-for-the-lawyer"
    first = (await newsroom.desk("POST", url, {}, idempotency_key=key)).json()
    again = await newsroom.desk("POST", url, {}, idempotency_key=key, expect=201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {**first, "token": None, "url": None}
    assert len(await listed(newsroom, draft)) == 1


async def test_the_token_is_in_no_table_and_in_no_export(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    url = f"/articles/{article['id']}/previews"
    made = (await newsroom.desk("POST", url, {}, idempotency_key="a-key-of-some-length")).json()
    assert await opens(newsroom, made)
    await newsroom.get(f"/preview/{made['token']}")
    await newsroom.get(f"/v1/preview/{made['token']}?x=1", 400)
    await newsroom.desk("DELETE", f"{url}/{made['id']}")
    async with newsroom.app.state.database.connection() as connection:
        rows = [row for table in Base.metadata.tables.values() for row in await connection.execute(select(table))]
    told = str(rows)
    assert made["token"][4:] not in told
    assert digest(made["token"]) in told
    file = await exported(newsroom, personal=True)
    assert made["token"].encode() not in file
    assert digest(made["token"]).encode() not in file


async def test_previews_that_expired_a_month_ago_are_deleted(newsroom: Newsroom) -> None:
    draft, start = await newsroom.draft(), clock.now()
    kept = await preview_of(newsroom, draft)
    old = await preview_of(newsroom, draft)
    await _set_end(newsroom, kept, start - timedelta(days=29))
    await _set_end(newsroom, old, start - timedelta(days=31))
    async with newsroom.app.state.database.transaction() as session:
        await enqueue(session, SWEEP.name, {})
    assert await newsroom.work(SWEEP) == 1
    assert [one["id"] for one in await listed(newsroom, draft)] == [kept["id"]]


async def _set_end(newsroom: Newsroom, preview: dict[str, Any], moment: datetime) -> None:
    async with newsroom.app.state.database.transaction() as session:
        (await session.get_one(Preview, preview["id"])).expires_at = moment
