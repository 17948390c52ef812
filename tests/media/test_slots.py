"""Slots: so many at once over all processes, first come first served, and `kill -9` gives one back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from app.kit.migrations import ROOT
from app.media.slots import NoDecoderFree, Slots

TAKES = """
import asyncio, sys, time
from pathlib import Path
from app.media.slots import Slots

async def main():
    slots = Slots(int(sys.argv[2]), Path(sys.argv[1]))
    for _ in range(int(sys.argv[3])):
        async with slots.one():
            print("+", time.monotonic_ns(), flush=True)
            await asyncio.sleep(float(sys.argv[4]))
            print("-", time.monotonic_ns(), flush=True)

asyncio.run(main())
"""


def process(folder: Path, count: int, times: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TAKES, str(folder), str(count), str(times), str(seconds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_over_all_processes_no_more_are_taken_than_there_are(tmp_path: Path) -> None:
    running = [process(tmp_path, 2, 3, 0.05) for _ in range(4)]
    lines = [line.split() for one in running for line in one.communicate(timeout=300)[0].splitlines()]
    assert len(lines) == 24
    taken, most = 0, 0
    for sign, _ in sorted(lines, key=lambda line: int(line[1])):
        taken += 1 if sign == "+" else -1
        most = max(most, taken)
    assert most <= 2  # fewer where one process has ended before another has begun


async def test_there_are_as_many_as_were_asked_for(tmp_path: Path) -> None:
    async with Slots(2, tmp_path).one(), Slots(2, tmp_path).one():
        with pytest.raises(NoDecoderFree):
            await _take(Slots(2, tmp_path, patience=0.1))


async def test_who_waits_too_long_gets_no_decoder_and_the_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    held, waiting = Slots(1, tmp_path), Slots(1, tmp_path, patience=0.3)
    async with held.one():
        task = asyncio.create_task(_take(waiting))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 3
        with pytest.raises(NoDecoderFree) as refused:
            await task
        assert refused.value.waited == 0.3
    await _take(waiting)
    assert not list(tmp_path.glob("*.ticket"))


async def _take(slots: Slots) -> None:
    async with slots.one():
        pass


async def test_a_process_that_is_killed_gives_its_slot_back(tmp_path: Path) -> None:
    holder = process(tmp_path, 1, 1, 60)
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline().startswith("+")
        with pytest.raises(NoDecoderFree):
            await _take(Slots(1, tmp_path, patience=0.1))
        holder.kill()
        holder.wait()
    await _take(Slots(1, tmp_path, patience=0.1))


async def test_who_comes_first_is_served_first(tmp_path: Path) -> None:
    """Within a process and over processes, for which two `Slots` stand here."""
    order: list[str] = []

    async def take(name: str, slots: Slots) -> None:
        async with slots.one():
            order.append(name)

    first, second = Slots(1, tmp_path), Slots(1, tmp_path)
    async with asyncio.TaskGroup() as group, Slots(1, tmp_path).one():
        for name, slots in {"a1": first, "b1": second, "a2": first, "b2": second}.items():
            group.create_task(take(name, slots))
            await asyncio.sleep(0.02)
        assert order == []
    assert order[0] == "a1"
    assert [name for name in order if name in ("a1", "a2")] == ["a1", "a2"]
    assert [name for name in order if name in ("b1", "b2")] == ["b1", "b2"]
    assert order[1] == "b1"  # its ticket is older than that of a2


async def test_the_ticket_of_a_dead_process_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / f"{0:020}-1-0.ticket").touch()
    await _take(Slots(1, tmp_path, patience=0.2))
    assert not list(tmp_path.glob("*.ticket"))


async def test_who_gives_up_waiting_leaves_no_ticket(tmp_path: Path) -> None:
    slots = Slots(1, tmp_path)
    async with slots.one():
        task = asyncio.create_task(_take(slots))
        await asyncio.sleep(0.1)
        assert list(tmp_path.glob("*.ticket"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not list(tmp_path.glob("*.ticket"))
