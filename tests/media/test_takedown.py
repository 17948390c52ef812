"""Withdrawals of articles: causes, pictures that go with them, and kills of what somebody could have read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.media.desk import MediaDesk
from tests.newsroom import Newsroom

KILL = {"reason": "حكم محكمة", "cause": "legal", "mandatory": True}


async def _since(room: Newsroom, query: str = "") -> str:
    return str((await room.get(f"/v1/changes?limit=100{query}")).json()["since"])


async def _told(room: Newsroom, since: str, query: str = "") -> list[dict[str, Any]]:
    return list((await room.get(f"/v1/changes?since={since}{query}")).json()["data"])


async def test_a_withdrawal_takes_pictures_down_with_it(media: MediaDesk) -> None:
    first, second = await media.upload("#111111"), await media.upload("#222222")
    article = await media.room.published(lead_image={"id": first["id"]})
    other = await media.room.published("آخر", media=[{"id": second["id"]}])
    body = {"reason": "حكم", "cause": "rights", "media": [first["id"], second["id"]]}
    withdrawn = await media.room.act(article, "withdraw", body)
    assert (withdrawn["withdrawn_cause"], withdrawn["withdrawn_mandatory"]) == ("rights", False)
    for one in (first, second):
        path = one["url"].removeprefix("http://localhost:8000")
        assert (await media.room.client.get(path)).status_code == 410
        assert (await media.read(one))["withdrawn_at"]
    assert (await media.room.get(f"/v1/articles/{other['slug']}")).json()["media"] == []


async def test_a_picture_that_is_down_already_stays_as_it_is(media: MediaDesk) -> None:
    made = await media.upload()
    article = await media.room.published(lead_image={"id": made["id"]})
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    before, since = await media.read(made), await _since(media.room)
    withdrawn = await media.room.act(article, "withdraw", {"reason": "خطأ", "cause": "factual", "media": [made["id"]]})
    assert withdrawn["withdrawn_cause"] == "factual"
    assert await media.read(made) == before
    assert "media.changed" not in {one["type"] for one in await _told(media.room, since)}


async def test_an_unknown_picture_refuses_the_withdrawal(media: MediaDesk) -> None:
    known, unknown = await media.upload(), "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    article = await media.room.published()
    url, body = f"/articles/{article['id']}/withdraw", {"reason": "حكم", "media": [known["id"], unknown]}
    problem = (await media.room.desk("POST", url, body, expect=422)).json()
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/media/1", "not_found")]
    await media.room.get(f"/v1/articles/{article['slug']}")
    assert (await media.read(known))["withdrawn_at"] is None


@pytest.mark.parametrize("scheduled", [False, True])
async def test_what_was_public_before_can_be_killed(newsroom: Newsroom, scheduled: bool) -> None:
    article = await newsroom.published()
    draft = await newsroom.act(article, "unpublish")
    if scheduled:
        draft = await newsroom.act(draft, "publish", {"at": "2099-01-01T00:00:00Z"})
    filters = ("", "&language=ar", f"&section={article['section']['slug']}")
    since = {query: await _since(newsroom, query) for query in filters}
    await newsroom.desk("POST", f"/articles/{article['id']}/withdraw", {"reason": "حكم"}, expect=409)
    killed = await newsroom.act(draft, "withdraw", KILL)
    assert (killed["status"], killed["withdrawn_cause"], killed["withdrawn_mandatory"]) == ("withdrawn", "legal", True)
    gone = await newsroom.get(f"/v1/articles/{article['slug']}", expect=410)
    assert gone.json()["reason"] == "حكم محكمة"
    for query in filters:
        (change,) = [one for one in await _told(newsroom, since[query], query) if one["resource"] == "article"]
        assert (change["type"], change["tombstone"], change["reason"], change["withdrawn_reason"]) == (
            "article.withdrawn",
            True,
            "withdrawn",
            "حكم محكمة",
        )


async def test_what_nobody_could_have_read_cannot_be_killed(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    await newsroom.desk("POST", f"/articles/{draft['id']}/withdraw", KILL, expect=409)
    scheduled = await newsroom.act(draft, "publish", {"at": "2099-01-01T00:00:00Z"})
    await newsroom.desk("POST", f"/articles/{scheduled['id']}/withdraw", KILL, expect=409)


async def test_a_withdrawn_article_can_be_made_a_kill(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    withdrawn = await newsroom.act(article, "withdraw", {"reason": "قبل التحقق"})
    since = await _since(newsroom)
    await newsroom.desk("POST", f"/articles/{article['id']}/withdraw", {"reason": "حكم"}, expect=409)
    killed = await newsroom.act(withdrawn, "withdraw", KILL)
    assert killed["withdrawn_mandatory"] is True
    assert [one["withdrawn_reason"] for one in await _told(newsroom, since)] == ["حكم محكمة"]
    await newsroom.desk("DELETE", f"/articles/{article['id']}", expect=409, if_match=f'"{killed["version"]}"')
    draft = await newsroom.act(killed, "reinstate")
    assert (draft["withdrawn_cause"], draft["withdrawn_mandatory"]) == (None, False)


async def test_a_kill_keeps_the_slug(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر أول")
    await newsroom.act(await newsroom.act(article, "unpublish"), "withdraw", KILL)
    other = await newsroom.published("خبر أول")
    assert other["slug"] != article["slug"]
