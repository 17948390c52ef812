"""Desks that work on one front at once: nobody deadlocks, and nothing is left behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.fronts.models import FrontDraft, FrontItem, FrontSlot, FrontState
from app.kit import clock
from tests.fronts.helpers import link, put_draft, put_front, put_slot, shown
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
LEFT = (FrontDraft, FrontItem, FrontSlot, FrontState)


@pytest.mark.parametrize("round", range(4))
async def test_a_first_draft_a_deletion_and_a_third_desk_at_once(newsroom: Newsroom, round: int) -> None:
    await put_front(newsroom, {"name": "a"}, {"name": "b", "rule": {}})
    article = await newsroom.draft()
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": "*"}
    async with beside(newsroom) as other:

        async def send(room: Newsroom, method: str, path: str, body: object = None) -> int:
            answer = await room.client.request(method, f"/v1/desk{path}", json=body, headers=token)
            return answer.status_code

        items = {"items": [link("رابط")]}
        calls = [
            send(newsroom, "PUT", "/fronts/home/draft/slots/a", items),
            send(other, "DELETE", "/fronts/home"),
            send(newsroom, "PUT", "/fronts/home/slots/a", items),
            send(other, "POST", "/fronts/home/slots/b/items", link("آخر")),
            send(newsroom, "PUT", "/fronts/home/draft/slots/b", items),
            send(other, "POST", f"/articles/{article['id']}/publish", {}),
            send(newsroom, "POST", "/fronts/home/draft/publish", {}),
        ]
        shift = round % len(calls)
        statuses = await asyncio.gather(*calls[shift:], *calls[:shift])
    assert {status for status in statuses if status >= 500} == set(), statuses
    await newsroom.get("/v1/fronts/home", 404)
    async with newsroom.app.state.database.transaction() as session:
        counts = [(await session.execute(select(func.count()).select_from(table))).scalar_one() for table in LEFT]
    assert counts == [0, 0, 0, 0]


async def test_a_clock_that_is_put_back_takes_back_no_published_draft_and_shows_none_too_early(
    newsroom: Newsroom,
) -> None:
    """Two processes with other settings, one of them ahead."""
    await put_front(newsroom, {"name": "a"})
    await put_slot(newsroom, "a", link("قبل"))
    await put_draft(newsroom, "a", link("بعد"))
    now = clock.now()
    at = clock.written(now + timedelta(minutes=10))
    await newsroom.desk("POST", "/fronts/home/draft/publish", {"at": at}, if_match='"1"')
    async with beside(newsroom, front_path="/page/{slug}") as other:
        with clock.frozen(now + timedelta(minutes=11)):
            assert await shown(other) == {"a": ["بعد"]}  # read only: nobody has published it yet
        with clock.frozen(now + timedelta(minutes=1)):
            assert await shown(newsroom) == {"a": ["قبل"]}
            assert await shown(other) == {"a": ["قبل"]}
        with clock.frozen(now + timedelta(minutes=11)):
            await other.desk("PUT", "/fronts/other", {"name": "x", "slots": []})
            for room in (newsroom, other):
                assert await shown(room) == {"a": ["بعد"]}
        assert (await other.get("/v1/fronts/other")).json()["url"].endswith("/page/other")
        assert (await newsroom.get("/v1/fronts/other")).json()["url"].endswith("/f/other")
