"""Rate limits: what is waited for is true, and a clock that was wrong for a while locks nobody out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.kit import clock
from app.kit.errors import RateLimited
from app.kit.rate_limits import Limit, count_in
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

LIMIT = Limit("somebody", 5, 20)
START = clock.now().replace(second=0, microsecond=0)


async def counted(newsroom: Newsroom, moment: datetime) -> int:
    """0 where there was room, as for a comment that is stored; else the seconds to wait, and nothing was counted."""
    try:
        async with newsroom.app.state.database.transaction() as session:
            exceeded = await count_in(session, [LIMIT], moment)
            if exceeded is not None:
                raise RateLimited(exceeded.wait)
    except RateLimited:
        assert exceeded is not None
        return exceeded.wait
    return 0


@pytest.mark.parametrize("first", [1, 2, 3, 4, 5])
async def test_there_is_room_when_the_wait_is_over_and_not_before(newsroom: Newsroom, first: int) -> None:
    """Some came at once and the others ten seconds later: it is waited for the first ones only."""
    later, refused = START + timedelta(seconds=10), START + timedelta(seconds=15)
    moments = [START] * first + [later] * (LIMIT.count - first)
    assert [await counted(newsroom, moment) for moment in moments] == [0] * LIMIT.count
    assert await counted(newsroom, refused) == 7, "the sub-window of the first ones has left after 22 seconds"
    assert await counted(newsroom, refused + timedelta(seconds=6.9)) == 1
    assert await counted(newsroom, refused + timedelta(seconds=7)) == 0


async def test_a_clock_that_was_ahead_for_a_while_locks_nobody_out(newsroom: Newsroom) -> None:
    ahead = START + timedelta(hours=2)
    assert [await counted(newsroom, ahead) for _ in range(5)] == [0] * 5
    assert [await counted(newsroom, START) for _ in range(5)] == [0] * 5
    assert 0 < await counted(newsroom, START) <= 22


async def test_a_host_whose_clock_is_somewhat_behind_counts_with_the_others(newsroom: Newsroom) -> None:
    behind = START - timedelta(seconds=60)
    assert [await counted(newsroom, behind if turn % 2 else START) for turn in range(5)] == [0] * 5
    assert await counted(newsroom, behind) > 0
    assert await counted(newsroom, START) > 0
