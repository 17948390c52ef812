"""Tests of what the tests stand on: a pause of the machine is no time for their event loop."""

from __future__ import annotations

import asyncio
import time


async def test_what_is_due_first_runs_first_after_a_pause() -> None:
    order: list[str] = []

    async def three_times() -> None:
        for number in range(3):
            await asyncio.sleep(0.05)
            order.append(f"step {number}")

    asyncio.get_running_loop().call_later(0.25, order.append, "too late")
    steps = asyncio.create_task(three_times())
    await asyncio.sleep(0)
    time.sleep(0.4)  # the pause
    await steps
    assert order == ["step 0", "step 1", "step 2"]


async def test_a_sleep_is_never_shorter_than_it_says() -> None:
    for seconds in (0.0005, 0.02, 0.05):
        began = time.monotonic()
        await asyncio.sleep(seconds)
        assert time.monotonic() - began >= seconds


async def test_a_wait_for_another_thread_takes_its_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.to_thread(time.sleep, 0.1)
    assert loop.time() - began > 0.09
