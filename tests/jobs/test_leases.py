"""A lease lets one run at a time finish a job; it is renewed, expires by itself, and is given back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.jobs import worker as worker_module
from app.jobs.kinds import JobKind
from app.jobs.run import JobRun, LeaseLost
from app.kit import clock
from tests.jobs.work import effect, effects, jobs, later, one, put, worker
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


class Gate:
    """A kind whose runs wait until they are let go, and then have their effect."""

    def __init__(self, **options: timedelta) -> None:
        self.begun, self.release, self.errors = asyncio.Event(), asyncio.Event(), list[type[Exception]]()
        self.kind = JobKind("test.gate", self.run, **options)  # type: ignore[arg-type]  # times only

    async def run(self, run: JobRun) -> None:
        self.begun.set()
        await self.release.wait()
        try:
            await effect(run)
        except LeaseLost as error:
            self.errors.append(type(error))
            raise


async def test_the_job_of_a_killed_worker_is_taken_over_when_its_lease_expires(newsroom: Newsroom) -> None:
    gate = Gate()
    await put(newsroom, "test.gate")
    first, second = worker(newsroom, gate.kind), worker(newsroom, JobKind("test.gate", effect))
    task = asyncio.create_task(first.work_one())
    await gate.begun.wait()
    with later(59):
        assert not await second.work_off()
    with later(61):
        await second.tend()
        job = await one(newsroom)
        assert (job.state, job.attempts, job.last_error) == ("waiting", 1, worker_module.ENDED)
    with later(70):
        assert await second.work_off() == 1
    gate.release.set()
    await task
    assert gate.errors == [LeaseLost]  # the first was not dead after all: what it did is rolled back
    assert await effects(newsroom.app.state.database) == 1
    assert (await one(newsroom)).attempts == 2


async def test_a_run_that_lost_its_lease_cannot_end_the_run_that_has_it_now(newsroom: Newsroom) -> None:
    lost, held = Gate(), Gate()
    await put(newsroom, "test.gate")
    second = worker(newsroom, held.kind)
    first_task = asyncio.create_task(worker(newsroom, lost.kind).work_one())
    await lost.begun.wait()
    with later(61):
        await second.tend()
    with later(70):
        second_task = asyncio.create_task(second.work_one())
        await held.begun.wait()
        lost.release.set()  # it finishes while the other runs
        await first_task
        assert (lost.errors, (await one(newsroom)).state) == ([LeaseLost], "running")
        held.release.set()
        await second_task
    assert (held.errors, (await one(newsroom)).state) == ([], "done")
    assert await effects(newsroom.app.state.database) == 1


async def test_a_job_that_kills_every_worker_dies_after_all_its_attempts(newsroom: Newsroom) -> None:
    gate = Gate()
    await put(newsroom, "test.gate")
    shift = 0.0
    for _ in range(gate.kind.attempts):
        shift += 2 * 3_600
        with later(shift):
            killed = asyncio.create_task(worker(newsroom, gate.kind).work_off())
            await gate.begun.wait()
            gate.begun.clear()
        with later(shift + 61):
            await worker(newsroom, gate.kind).tend()
        gate.release.set()
        await killed
        gate.release.clear()
    job = await one(newsroom)
    assert (job.state, job.last_error) == ("dead", worker_module.ENDED)
    assert not await effects(newsroom.app.state.database)


async def test_a_lease_is_renewed_while_a_job_runs(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "RENEWALS", 200)
    gate = Gate()
    await put(newsroom, "test.gate")
    task = asyncio.create_task(worker(newsroom, gate.kind).work_one())
    await gate.begun.wait()
    first = (await one(newsroom)).leased_until
    async with asyncio.timeout(60):
        while (await one(newsroom)).leased_until <= first:
            await asyncio.sleep(0.02)
    with clock.frozen(first + timedelta(milliseconds=1)):
        assert not await worker(newsroom, gate.kind).work_off()
    gate.release.set()
    await task
    job = await one(newsroom)
    assert (job.state, job.attempts) == ("done", 1)


async def test_a_run_that_cannot_renew_its_lease_is_cancelled(newsroom: Newsroom) -> None:
    """Another worker may have begun; nobody knows what both would do together."""
    gate, cancelled = Gate(lease=timedelta(seconds=0.3)), asyncio.Event()

    async def run(run: JobRun) -> None:
        gate.begun.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    await put(newsroom, "test.gate")
    task = asyncio.create_task(worker(newsroom, JobKind("test.gate", run, lease=timedelta(seconds=0.3))).work_one())
    await gate.begun.wait()
    with later(3_600):
        await worker(newsroom, gate.kind).tend()
    async with asyncio.timeout(5):
        await task
    assert cancelled.is_set()
    assert (await one(newsroom)).state == "waiting"


async def test_a_lease_of_a_clock_that_was_far_ahead_is_taken_over(newsroom: Newsroom) -> None:
    gate = Gate()
    with later(10 * 3_600):
        await put(newsroom, "test.gate", due_at=clock.now() - timedelta(hours=20))
        task = asyncio.create_task(worker(newsroom, gate.kind).work_one())
        await gate.begun.wait()
    await worker(newsroom, gate.kind).tend()
    assert (await one(newsroom)).state == "waiting"
    gate.release.set()
    await task


async def test_a_worker_that_stops_lets_short_jobs_end_and_gives_long_ones_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "GRACE", 2.0)
    gate = Gate()

    async def short(run: JobRun) -> None:
        await asyncio.sleep(0.4)
        await effect(run)

    await put(newsroom, "test.gate")
    await put(newsroom, "test.short")
    kinds = (gate.kind, JobKind("test.short", short), JobKind("test.urgent", effect, "urgent"))
    stopping = worker(newsroom, *kinds)
    task = asyncio.create_task(stopping.run())
    async with asyncio.timeout(10):
        while len(await jobs(newsroom.app.state.database, state="running")) < 2:
            await asyncio.sleep(0.01)
        stopping.stop()
        await put(newsroom, "test.urgent")
        await task
    states = {job.kind: (job.state, job.attempts, job.lease_id) for job in await jobs(newsroom.app.state.database)}
    assert states == {
        "test.gate": ("waiting", 0, None),
        "test.short": ("done", 1, None),
        "test.urgent": ("waiting", 0, None),  # it came after the signal
    }
    gate.release.set()
    assert await worker(newsroom, *kinds).work_off() == 2


async def test_a_worker_outlives_the_database(newsroom: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    """What it raises is logged; the slots go on when it is back."""
    working = worker(newsroom, JobKind("test.effect", effect))
    failures, transaction = [ConnectionRefusedError("away")] * 3, newsroom.app.state.database.transaction

    def sometimes(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return transaction(*arguments)

    await put(newsroom, "test.effect")
    newsroom.app.state.database.transaction = sometimes
    task = asyncio.create_task(working.run())
    async with asyncio.timeout(20):
        while not await effects(newsroom.app.state.database):
            await asyncio.sleep(0.05)
    working.stop()
    await task
    assert "the worker could not go on: ConnectionRefusedError: away" in caplog.text
