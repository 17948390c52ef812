"""Stopping: whoever waits for a read of the log can be cancelled, at whatever moment."""

from __future__ import annotations

import asyncio

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_is_not_lost_where_the_read_ends_at_that_moment(
    lone_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """`asyncio.wait_for` of Python 3.11 loses it: the server would never stop."""
    tail, read = lone_newsroom.app.state.tail, asyncio.Event()

    async def read_on() -> None:
        await read.wait()

    monkeypatch.setattr(tail, "_read_on", read_on)
    waiting = asyncio.create_task(tail._read_together())
    await asyncio.sleep(0.01)
    read.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
