"""Roles that change in the middle, requests that come twice, and the clock alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.kit import clock
from tests.entries.live import change, coverage, entry, listed, path
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
KEY = "a-key-of-twenty-four-char"


async def test_roles_that_write_no_entries(newsroom: Newsroom) -> None:
    """A moderator never, also as a contributor; a reporter only as one, and not any more once taken off."""
    for role in ("moderator", "reporter"):
        await newsroom.hire(role)
    article = await coverage(newsroom)
    url, body = f"/articles/{article['id']}/entries", {"headline": "نبأ", "status": "published"}
    await newsroom.desk("POST", url, body, by="moderator", expect=403)
    await newsroom.desk("POST", url, body, by="reporter", expect=404)
    both = [newsroom.members[role] for role in ("moderator", "reporter")]
    article = await newsroom.change(article, contributors=both)
    await newsroom.desk("POST", url, body, by="moderator", expect=403)
    mine = await entry(newsroom, article, by="reporter")
    await newsroom.desk("POST", f"/articles/{article['id']}/live", {"ended_at": None}, by="reporter", expect=403)
    article = (await newsroom.desk("GET", f"/articles/{article['id']}")).json()
    await newsroom.change(article, contributors=[])
    await newsroom.desk("POST", url, body, by="reporter", expect=404)
    await change(newsroom, mine, by="reporter", expect=404, headline="آخر")
    await newsroom.desk("DELETE", path(mine), by="reporter", expect=404, if_match="*")
    assert await listed(newsroom, article) == ["نبأ"]


async def test_a_member_who_is_switched_off_and_a_revoked_token_write_nothing(newsroom: Newsroom) -> None:
    for name in ("off", "revoked"):
        await newsroom.hire("reporter", name)
    members = [newsroom.members[name] for name in ("off", "revoked")]
    article = await newsroom.change(await coverage(newsroom), contributors=members)
    made = [await entry(newsroom, article, name, by=name, status="draft") for name in ("off", "revoked")]
    await newsroom.desk("PATCH", f"/staff/{members[0]}", {"active": False}, if_match="*")
    tokens = (await newsroom.desk("GET", f"/staff/{members[1]}/tokens")).json()["data"]
    await newsroom.desk("DELETE", f"/staff/{members[1]}/tokens/{tokens[0]['id']}")
    for name, one in zip(("off", "revoked"), made, strict=True):
        await newsroom.desk("POST", f"{path(one)}/publish", {}, by=name, expect=401)
        await newsroom.desk("POST", f"/articles/{article['id']}/entries", {"headline": "x"}, by=name, expect=401)
    assert await listed(newsroom, article) == []
    still = (await newsroom.desk("GET", f"/articles/{article['id']}")).json()
    assert still["contributors"] is not None


async def test_one_key_makes_one_entry_whatever_comes_after(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    url, body = f"/articles/{article['id']}/entries", {"headline": "نبأ", "status": "published"}
    first = await newsroom.desk("POST", url, body, expect=201, idempotency_key=KEY)
    await newsroom.desk("POST", url, {**body, "headline": "آخر"}, expect=422, idempotency_key=KEY)
    await newsroom.desk("DELETE", path(first.json()), if_match="*")
    again = await newsroom.desk("POST", url, body, expect=201, idempotency_key=KEY)
    assert (again.headers["idempotency-replayed"], again.json()["id"]) == ("true", first.json()["id"])
    assert await listed(newsroom, article) == []
    other = await coverage(newsroom, headline="تغطية أخرى")
    await newsroom.desk("POST", f"/articles/{other['id']}/entries", body, expect=422, idempotency_key=KEY)


async def test_twins_with_one_key_make_one_entry(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    url, body = f"/articles/{article['id']}/entries", {"headline": "نبأ", "status": "published"}
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "Idempotency-Key": KEY}
    sent = (newsroom.client.post(f"/v1/desk{url}", json=body, headers=headers) for _ in range(8))
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await listed(newsroom, article) == ["نبأ"]
    count = (await newsroom.get(f"/v1/articles/{article['id']}")).json()["live"]["entry_count"]
    assert count == 1


async def test_a_closing_by_the_clock_alone_reaches_every_kept_answer(newsroom: Newsroom) -> None:
    """Lists, tickers, fronts, search and related articles show `live` of an article."""
    tag = await newsroom.tag()
    article = await coverage(newsroom, tags=[tag["slug"]], headline="تغطية الشهب")
    other = await newsroom.published("الشهب غدًا", tags=[tag["slug"]])
    await entry(newsroom, article)
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": [{}]})
    await newsroom.desk("PUT", "/fronts/home", {"name": "h", "slots": [{"name": "a", "max": 5, "rule": {}}]})
    now = clock.now()
    ended_at = clock.written(now + timedelta(minutes=5))
    await newsroom.desk("POST", f"/articles/{article['id']}/live", {"ended_at": ended_at})
    paths = (
        "/v1/articles",
        f"/v1/articles/{article['id']}",
        "/v1/tickers/عاجل?include=article",
        "/v1/fronts/home",
        "/v1/search?q=الشهب",
        f"/v1/articles/{other['id']}/related",
    )
    with clock.frozen(now + timedelta(minutes=1)):
        await newsroom.app.state.tail.catch_up()
        before = {each: await newsroom.get(each) for each in paths}
    assert [each for each, got in before.items() if '"status":"live"' not in got.text] == []
    with clock.frozen(now + timedelta(minutes=6)):
        after = {each: await newsroom.get(each) for each in paths}
    assert [each for each, got in after.items() if '"status":"ended"' not in got.text] == []
    kept = [each for each in paths if "etag" in before[each].headers]  # not where words are still to be indexed
    assert len(kept) >= 4
    assert [each for each in kept if before[each].headers["etag"] == after[each].headers["etag"]] == []
