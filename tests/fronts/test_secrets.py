"""What a front does not tell: drafts, and the pictures in them."""

from __future__ import annotations

import pytest

from app.kit import clock
from tests.fronts.helpers import at, flat, link, moment, put_draft, put_front, put_slot
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_no_header_and_no_change_names_a_picture_of_a_draft(newsroom: Newsroom) -> None:
    shown, drafted, waiting = [await undecoded_picture(newsroom, alt="صورة") for _ in range(3)]
    await put_front(newsroom, {"name": "a", "max": 1})
    items = [link("أ", image={"id": shown}), link("ب", image={"id": waiting})]
    await put_slot(newsroom, "a", *items)
    await put_draft(newsroom, "a", link("مسودة", image={"id": drafted}))
    answer = await newsroom.get("/v1/fronts/home")
    assert f"media:{shown}" in answer.headers["cache-tag"]
    for hidden in (drafted, waiting):
        assert hidden not in str(answer.headers)
    for id in (shown, drafted):
        await newsroom.desk("PATCH", f"/media/{id}", {"alt": "قبّة"}, if_match="*")
    told = (await newsroom.get("/v1/changes?object=none")).json()["data"]
    assert [one["id"] for one in told if one["type"] == "media.changed"] == [shown]


async def test_a_picture_of_a_draft_that_is_due_is_told(newsroom: Newsroom) -> None:
    """Readers see it, although no process has recorded the draft yet."""
    with clock.frozen(at(0)):
        drafted = await undecoded_picture(newsroom, alt="صورة")
        await put_front(newsroom, {"name": "a"})
        await put_draft(newsroom, "a", link("أ", image={"id": drafted}))
        await newsroom.desk("POST", "/fronts/home/draft/publish", {"at": moment(60)})
    with clock.frozen(at(61)):
        assert await flat(newsroom) == ["أ"]
        await newsroom.desk("PATCH", f"/media/{drafted}", {"alt": "قبّة"}, if_match="*")
        told = (await newsroom.get("/v1/changes?object=none")).json()["data"]
        assert [one["id"] for one in told if one["type"] == "media.changed"] == [drafted]
