"""Random histories: a front shows only visible articles, none twice, never more than `max`; and it is told once."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.changes.models import Change
from app.fronts.repository import Fronts
from app.kit import clock
from tests.newsroom import Newsroom, opened
from tests.sync.mirror import every
from tests.sync.test_histories import History

pytestmark = pytest.mark.anyio


async def whole(room: Newsroom) -> dict[str, dict[str, Any]]:
    """All public fronts with their slots, by id."""
    return {one["id"]: (await room.get(f"/v1/fronts/{one['id']}")).json() for one in await every(room, "/v1/fronts")}


async def check(room: Newsroom) -> None:
    """What must hold at any moment."""
    articles = {one["id"]: one for one in await every(room, "/v1/articles")}
    for front in (await whole(room)).values():
        stands = Counter(
            item["article"]["id"] for slot in front["slots"] for item in slot["items"] if item["article"] is not None
        )
        assert not [id for id, count in stands.items() if count > 1]
        assert stands.keys() <= articles.keys()
        for slot in front["slots"]:
            assert len(slot["items"]) <= slot["max"]
            assert [item["source"] for item in slot["items"]] == sorted(item["source"] for item in slot["items"])
            for item in slot["items"]:
                assert item["headline"]
                assert item["url"]
                if item["article"] is not None:
                    assert item["article"] == articles[item["article"]["id"]]


async def composed_anew(room: Newsroom) -> dict[str, Any]:
    """What the slots show when nothing stored is believed."""
    now, found = clock.now(), {}
    async with room.app.state.database.connection() as connection:
        fronts = Fronts(connection, room.settings)
        rows = await fronts.with_ids(list(await whole(room)), now)
        stale = [row._replace(composed_at=None) for row in rows]  # type: ignore[attr-defined]  # named tuples
        for id, view in (await fronts.views(stale, now)).items():
            found[id] = [[item["id"] for item in slot["items"]] for slot in view.slots]
    return found


async def told(room: Newsroom) -> Counter[str]:
    """How often the log tells of each front."""
    async with room.app.state.database.connection() as connection:
        rows = select(Change.resource_id, func.count()).where(Change.resource == "front").group_by(Change.resource_id)
        return Counter({row[0]: row[1] for row in (await connection.execute(rows)).all()})


def items_of(fronts: dict[str, dict[str, Any]]) -> dict[str, list[list[str]]]:
    """Ids of the items of each slot."""
    return {id: [[item["id"] for item in slot["items"]] for slot in one["slots"]] for id, one in fronts.items()}


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_a_front_is_right_and_told_once(database_url: str, seed: int) -> None:
    settings: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    async with opened(database_url, **settings) as room:
        history = History(room, 700 + seed)
        await history.begin()
        choose = random.Random(seed)
        steps = [history.write, history.publish, history.publish, history.change, history.unpublish, history.withdraw]
        steps += [history.reinstate, history.place, history.place, history.draft_front, history.switch_front]
        steps += [history.rename_term, history.move_section, history.show_picture, history.work_off]
        for _ in range(6):
            await history.write()
            await history.publish()
        start, minutes = clock.now(), 0.0
        await room.app.state.background.run_due()
        before, known = await whole(room), await told(room)
        for _ in range(70):
            minutes += choose.choice([0, 0, 0.5, 3, 20])
            with clock.frozen(start + timedelta(minutes=minutes)):
                await check(room)  # by the clock alone: nothing has recorded yet what is due
                await room.app.state.background.run_due()
                await check(room)
                await choose.choice(steps)()
                await room.app.state.background.run_due()
                await check(room)
                after, rows = await whole(room), await told(room)
                assert items_of(after) == await composed_anew(room)
                for id, front in after.items():
                    is_same = before.get(id, {}).get("slots") == front["slots"]
                    assert rows[id] > known[id] or is_same, "it shows something else, and the log has not told"
                assert {id for id in before.keys() - after.keys() if rows[id] == known[id]} == set()
                await room.app.state.background.run_due()
                await room.app.state.background.run_due(room.app.state.background.on_start)
                assert await told(room) == rows, "told twice"
                before, known = after, rows
