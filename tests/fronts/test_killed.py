"""`kill -9` of a process that publishes a draft by the clock: all of it, or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from app.fronts.models import FrontItem
from app.kit import clock
from tests.fronts import killed
from tests.fronts.helpers import at, at_desk, link, moment, put_draft, put_front, put_slot, shown
from tests.newsroom import Newsroom
from tests.serving import FORKS

pytestmark = pytest.mark.anyio


async def test_a_process_that_is_killed_while_it_publishes_leaves_all_or_nothing(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    with clock.frozen(at(0)):
        await put_front(newsroom, {"name": "a"}, {"name": "b"})
        await put_slot(newsroom, "a", link("قديم"))
        await put_draft(newsroom, "a", link("أ"))
        await put_draft(newsroom, "b", link("ب"), match="*")
        await newsroom.desk("POST", "/fronts/home/draft/publish", {"at": moment(60)})
    reached = tmp_path / "reached"
    process = FORKS.Process(target=killed.publish, args=(newsroom.settings.database_url, at(61), reached))
    process.start()
    try:
        async with asyncio.timeout(60):
            while not reached.exists():
                assert process.exitcode is None, "it has ended before"
                await asyncio.sleep(0.02)
        with clock.frozen(at(61)):
            assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}
    finally:
        process.kill()
        process.join()
    async with newsroom.app.state.database.connection() as connection:
        assert list((await connection.execute(select(FrontItem.headline))).scalars()) == ["قديم"]
    with clock.frozen(at(61)):
        assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}
        await newsroom.app.state.background.run_due()
        assert await shown(newsroom) == {"a": ["أ"], "b": ["ب"]}
        assert (await at_desk(newsroom))["draft"] is None
        assert [slot["version"] for slot in (await at_desk(newsroom))["slots"]] == [3, 2]
