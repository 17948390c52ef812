"""Pictures that nothing public shows: the log says nothing of them that a reader could not see before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.kit import clock
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom


async def _told(room: Newsroom, since: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await room.get(f"/v1/changes?since={since}")).json()["data"]
    return [entry for entry in entries if entry["resource"] == "media"]


async def test_a_change_of_what_only_drafts_show_is_not_told(newsroom: Newsroom) -> None:
    drafted, scheduled = await undecoded_picture(newsroom), await undecoded_picture(newsroom)
    await newsroom.draft(lead_image={"id": drafted})
    await newsroom.published("غداً", at=clock.written(clock.now() + timedelta(days=1)), lead_image={"id": scheduled})
    since = (await newsroom.get("/v1/changes")).json()["since"]
    for id in (drafted, scheduled):
        await newsroom.desk("PATCH", f"/media/{id}", {"alt": "قرص"}, if_match='"1"')
    assert await _told(newsroom, since) == []


async def test_a_change_of_what_readers_see_is_told(newsroom: Newsroom) -> None:
    lead, avatar, idle = [await undecoded_picture(newsroom) for _ in range(3)]
    await newsroom.author("ليلى", avatar={"id": avatar})
    await newsroom.author("سلمى", avatar={"id": idle})  # nobody's author yet
    await newsroom.published(lead_image={"id": lead}, authors=["ليلى"])
    since = (await newsroom.get("/v1/changes")).json()["since"]
    for id in (lead, avatar, idle):
        await newsroom.desk("PATCH", f"/media/{id}", {"alt": "قرص"}, if_match='"1"')
    assert {entry["id"] for entry in await _told(newsroom, since)} == {lead, avatar}


async def test_why_a_picture_was_withdrawn_is_told_only_where_it_was_seen(newsroom: Newsroom) -> None:
    secret, seen = await undecoded_picture(newsroom), await undecoded_picture(newsroom)
    await newsroom.draft(lead_image={"id": secret})
    await newsroom.published(lead_image={"id": seen})
    since = (await newsroom.get("/v1/changes")).json()["since"]
    for id in (secret, seen):
        await newsroom.desk("POST", f"/media/{id}/withdraw", {"cause": "legal", "reason": "حكم"})
    told = {entry["id"]: (entry["tombstone"], entry["withdrawn_reason"]) for entry in await _told(newsroom, since)}
    assert told == {secret: (True, None), seen: (True, "حكم")}


async def test_a_text_that_looks_like_an_id_is_no_use(newsroom: Newsroom) -> None:
    id, nobodys = await undecoded_picture(newsroom), "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    for written in (id, nobodys):
        await newsroom.draft(body=f"اكتب media:{written} أو data-media={written}", body_format="text")
        await newsroom.draft(body=f"اكتب `media:{written}`", body_format="markdown")
    assert (await newsroom.desk("GET", f"/media/{id}/uses")).json() == {"data": [], "hidden_count": 0}
    await newsroom.desk("DELETE", f"/media/{id}", if_match='"1"')
