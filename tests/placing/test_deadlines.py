"""A clock that is a little behind: what another one has recorded before its time still changes here at its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.fronts.helpers import at, link, moment, put_front, put_slot
from tests.newsroom import Newsroom, beside
from tests.sync.test_histories import attend
from tests.tickers.helpers import add, put_ticker

pytestmark = pytest.mark.anyio
DEADLINES = (moment(10), clock.written(at(10) + timedelta(seconds=1)))


def seconds(number: float) -> Any:
    """So many seconds after the first deadline."""
    return clock.frozen(at(10) + timedelta(seconds=number))


async def expiring(room: Newsroom, kind: str) -> None:
    """A front or a ticker of two items, each of which expires at a deadline."""
    with clock.frozen(at(0)):
        if kind == "fronts":
            await put_front(room, {"name": "a"})
            await put_slot(room, "a", *(link("خبر", expires_at=deadline) for deadline in DEADLINES))
            return
        await put_ticker(room, "home")
        for deadline in DEADLINES:
            await add(room, "خبر", to="home", expires_at=deadline)


async def count(room: Newsroom, kind: str) -> int:
    shown = (await room.get(f"/v1/{kind}/home")).json()
    return len(shown["slots"][0]["items"] if kind == "fronts" else shown["items"])


@pytest.mark.parametrize("kind", ["fronts", "tickers"])
async def test_a_process_that_is_behind_keeps_no_answer_beyond_a_deadline(newsroom: Newsroom, kind: str) -> None:
    """Another process has recorded both deadlines at once, so that none is stored any more."""
    await expiring(newsroom, kind)
    async with beside(newsroom) as behind:
        with seconds(-5):
            assert await count(behind, kind) == 2
        with seconds(1.5):
            await newsroom.app.state.background.run_due()
            assert await count(newsroom, kind) == 0
        for second, expected in ((-2, 2), (-0.5, 2), (0, 1), (0.5, 1), (1.5, 0), (9, 0)):
            with seconds(second):
                assert await count(behind, kind) == expected, second


@pytest.mark.parametrize("kind", ["fronts", "tickers"])
async def test_a_process_that_starts_behind_keeps_no_answer_beyond_what_is_recorded(
    newsroom: Newsroom, kind: str
) -> None:
    await expiring(newsroom, kind)
    with seconds(1.5):
        await newsroom.app.state.background.run_due()
    async with beside(newsroom) as behind:
        with seconds(-2):
            assert await count(behind, kind) == 2
        with seconds(1.5):
            assert await count(behind, kind) == 0


@pytest.mark.parametrize("kind", ["fronts", "tickers"])
async def test_a_clock_that_is_put_back_a_little_keeps_no_answer_beyond_what_is_recorded(
    newsroom: Newsroom, kind: str
) -> None:
    await expiring(newsroom, kind)
    with seconds(1.5):
        await attend(newsroom)
        assert await count(newsroom, kind) == 0
    with seconds(-2):
        await attend(newsroom)
        assert await count(newsroom, kind) == 2
    with seconds(1.5):
        assert await count(newsroom, kind) == 0
