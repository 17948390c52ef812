"""Tests of what the tests stand on: no pause of the machine, no port and no connection of others makes one fail."""

from __future__ import annotations

import asyncio
import socket
import sys
import time

import pytest
from sqlalchemy import text

from app.kit.db import Database
from tests.newsroom import KEPT
from tests.serving import free_port


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a port that is kept is nobody's to listen")
def test_a_free_port_is_given_to_nobody_else_but_free_to_listen_at() -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:  # as servers do, it allows others to be bound
        assert server.getsockname()[1] == port


@pytest.mark.parametrize("is_shared", [True, False])
async def test_connections_are_kept_to_the_database_that_all_tests_share_only(
    migrated_postgresql: str, is_shared: bool
) -> None:
    database = Database(migrated_postgresql, 7)
    async with KEPT.lent(database, migrated_postgresql if is_shared else "a restored one", 7):
        async with database.connection() as connection:
            await connection.execute(text("SELECT 1"))
        used = database.reading.sync_engine
    assert (
        used in {engine.sync_engine for pairs in KEPT._free.values() for pair in pairs for engine in pair}
    ) == is_shared
