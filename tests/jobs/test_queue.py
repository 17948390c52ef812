"""Jobs are enqueued with the change that needs them, claimed once, in the order of their lanes, tried again, swept."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.changes.models import ChangeLog
from app.jobs.kinds import JobKind, Lane
from app.jobs.leases import ERROR_BYTES, backoff
from app.jobs.queue import JOBS, enqueue
from app.jobs.run import JobRun
from app.jobs.sweeping import SWEEP
from app.jobs.worker import PERIODIC, Worker, next_turn
from app.kit import clock
from app.masking import keep_secret
from tests.jobs.work import effect, effects, failing, jobs, later, one, put, worker
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
EFFECT = JobKind("test.effect", effect)
HOURS = 3_600


class Noted:
    """A kind whose runs are noted by the `name` of their payload."""

    def __init__(self, name: str = "test.noted", lane: Lane = "normal") -> None:
        self.seen: list[object] = []
        self.kind = JobKind(name, self.run, lane)

    async def run(self, run: JobRun) -> None:
        self.seen.append(run.payload.get("name"))


async def test_a_job_is_there_when_its_transaction_commits_and_only_then(newsroom: Newsroom) -> None:
    database = newsroom.app.state.database

    async def rolled_back() -> None:
        async with database.transaction() as session:
            await enqueue(session, "test.effect", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await rolled_back()
    assert not await jobs(database)
    await put(newsroom, "test.effect", {"name": "خبر"})
    assert (await one(newsroom)).payload == {"name": "خبر"}
    assert await worker(newsroom, EFFECT).work_off() == 1
    done = await one(newsroom)
    assert (done.state, done.attempts, done.lease_id, done.last_error) == ("done", 1, None, None)
    assert done.ended_at is not None
    assert await effects(database) == 1


async def test_many_workers_at_once_run_each_job_once(newsroom: Newsroom) -> None:
    noted = Noted()
    for number in range(60):
        await put(newsroom, noted.kind.name, {"name": number})
    await asyncio.gather(*(worker(newsroom, noted.kind).work_off() for _ in range(8)))
    assert Counter(noted.seen) == Counter(range(60))
    assert {job.attempts for job in await jobs(newsroom.app.state.database)} == {1}


async def test_a_job_is_not_run_before_it_is_due(newsroom: Newsroom) -> None:
    noted = Noted()
    await put(newsroom, noted.kind.name, due_at=clock.now() + timedelta(minutes=5))
    assert not await worker(newsroom, noted.kind).work_off()
    with later(299):
        assert not await worker(newsroom, noted.kind).work_off()
    with later(301):
        assert await worker(newsroom, noted.kind).work_off() == 1


async def test_urgent_work_comes_first_and_slow_work_never_takes_all_slots(newsroom: Newsroom) -> None:
    seen: list[str] = []

    async def note(run: JobRun) -> None:
        seen.append(str(run.payload["lane"]))

    lanes: tuple[Lane, ...] = ("slow", "normal", "urgent")
    kinds = [JobKind(f"test.{lane}", note, lane) for lane in lanes]
    for lane in lanes:
        await put(newsroom, f"test.{lane}", {"lane": lane})
    await worker(newsroom, *kinds).work_off()
    assert seen == ["urgent", "normal", "slow"]

    release, begun = asyncio.Event(), []

    async def hang(run: JobRun) -> None:
        begun.append(run.id)
        await release.wait()

    hanging = [JobKind("test.slow", hang, "slow"), JobKind("test.normal", hang), JobKind("test.urgent", note, "urgent")]
    running = worker(newsroom, *hanging)
    task = asyncio.create_task(running.run())

    async def begun_of(kind: str, expected: int) -> None:
        """So many of six run, and no more."""
        for _ in range(6):
            await put(newsroom, kind)
        async with asyncio.timeout(20):
            while len(begun) < expected:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.7)  # longer than a slot waits before it looks again
        assert len(begun) == expected

    await begun_of("test.slow", 2)
    await begun_of("test.normal", 4)
    await put(newsroom, "test.urgent", {"lane": "flash"})
    async with asyncio.timeout(20):
        while seen[-1] != "flash":
            await asyncio.sleep(0.02)
    release.set()
    running.stop()
    await task


async def test_kinds_of_another_version_are_left_alone(newsroom: Newsroom) -> None:
    noted = Noted()
    await put(newsroom, "test.newer")
    await put(newsroom, noted.kind.name)
    assert await worker(newsroom, noted.kind).work_off() == 1
    with later(2 * HOURS):
        assert await worker(newsroom, noted.kind).work_off() == 0
    assert (await one(newsroom, kind="test.newer")).state == "waiting"
    newer = Noted("test.newer")
    assert await worker(newsroom, newer.kind).work_one()
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(
            update(JOBS).where(JOBS.c.kind == "test.newer").values(state="running", leased_until=clock.now())
        )
    with later(2 * HOURS):
        await worker(newsroom, noted.kind).tend()
    assert (await one(newsroom, kind="test.newer")).state == "running"


# --- failures ---------------------------------------------------------------------------------------------------------


async def test_a_failed_job_is_tried_again_later_each_time_and_dies_at_last(newsroom: Newsroom) -> None:
    keep_secret({"hunter2hunter2": "***"})
    kind = JobKind("test.failing", failing(ValueError("hunter2hunter2 is wrong \0" + "ء" * 4_000)), attempts=3)
    working = worker(newsroom, kind)
    await put(newsroom, "test.failing")
    before = clock.now()
    assert await working.work_off() == 1
    job = await one(newsroom)
    assert (job.state, job.attempts) == ("waiting", 1)
    assert before + timedelta(seconds=3) < job.due_at < clock.now() + timedelta(seconds=8)
    assert "ValueError: *** is wrong" in job.last_error
    assert ERROR_BYTES - 2 < len(job.last_error.encode()) <= ERROR_BYTES
    with later(10):
        assert await working.work_off() == 1
    assert (await one(newsroom)).due_at > job.due_at
    with later(200):
        assert await working.work_off() == 1
    dead = await one(newsroom)
    assert (dead.state, dead.attempts, dead.lease_id) == ("dead", 3, None)
    assert dead.ended_at is not None
    with later(2 * HOURS):
        assert not await working.work_off()
    keep_secret({})


def test_waits_grow_to_an_hour_and_are_spread() -> None:
    waits = [[backoff(attempt).total_seconds() for _ in range(200)] for attempt in range(1, 12)]
    for times, middle in zip(waits, [5, 20, 80, 320, 1280, *[3600] * 6], strict=True):
        assert 0.75 * middle <= min(times) < 0.85 * middle
        assert 1.15 * middle < max(times) <= 1.25 * middle


async def test_whatever_a_job_raises_the_worker_goes_on(newsroom: Newsroom) -> None:
    noted = Noted()

    async def cancels_itself(_: JobRun) -> None:
        raise asyncio.CancelledError

    async def hangs(_: JobRun) -> None:
        await asyncio.sleep(60)

    kinds = [
        JobKind("test.key", failing(KeyError("name"))),
        JobKind("test.group", failing(ExceptionGroup("both", [ValueError(), OSError()]))),
        JobKind("test.cancels", cancels_itself),
        JobKind("test.hangs", hangs, timeout=timedelta(seconds=0.05)),
        noted.kind,
    ]
    for kind in kinds:
        await put(newsroom, kind.name)
    assert await worker(newsroom, *kinds).work_off() == 5
    assert noted.seen == [None]
    failed = await jobs(newsroom.app.state.database, state="waiting")
    assert {job.kind: job.last_error.partition(":")[0] for job in failed} == {
        "test.key": "KeyError",
        "test.group": "ExceptionGroup",
        "test.cancels": "RuntimeError",
        "test.hangs": "TimeoutError",
    }


async def test_effects_of_a_failed_finish_are_not_stored(newsroom: Newsroom) -> None:
    async def fails_at_the_end(run: JobRun) -> None:
        async with run.finish() as session:
            await enqueue(session, "test.following", {})
            if run.attempt == 1:
                raise ValueError("too early")

    working = worker(newsroom, JobKind("test.end", fails_at_the_end))
    await put(newsroom, "test.end")
    await working.work_off()
    assert not await jobs(newsroom.app.state.database, kind="test.following")
    with later(10):
        await working.work_off()
    assert (await one(newsroom, kind="test.end")).state == "done"
    assert len(await jobs(newsroom.app.state.database, kind="test.following")) == 1


async def test_a_job_that_fails_after_it_has_finished_is_done(newsroom: Newsroom) -> None:
    async def fails_late(run: JobRun) -> None:
        await effect(run)
        raise ValueError("too late")

    await put(newsroom, "test.late")
    await worker(newsroom, JobKind("test.late", fails_late)).work_off()
    assert (await one(newsroom)).state == "done"
    assert await effects(newsroom.app.state.database) == 1


# --- keys -------------------------------------------------------------------------------------------------------------


async def test_one_job_of_a_key_waits(newsroom: Newsroom) -> None:
    noted, now = Noted(), clock.now()
    await put(newsroom, noted.kind.name, {"name": 1}, key="a", due_at=now + timedelta(hours=1))
    await put(newsroom, noted.kind.name, {"name": 2}, key="a", due_at=now + timedelta(hours=2))
    assert (await one(newsroom)).due_at == now + timedelta(hours=1)
    await put(newsroom, noted.kind.name, {"name": 3}, key="a")  # it is wanted sooner
    await put(newsroom, noted.kind.name, {"name": 4}, key="b")
    await put(newsroom, "test.other", {"name": 5}, key="a")
    assert await worker(newsroom, noted.kind).work_off() == 2
    assert noted.seen == [1, 4]


async def test_what_is_asked_for_while_a_job_runs_is_done_after_it(newsroom: Newsroom) -> None:
    begun, release, runs = asyncio.Event(), asyncio.Event(), []

    async def run(run: JobRun) -> None:
        runs.append(run.payload["name"])
        begun.set()
        await release.wait()

    working = worker(newsroom, JobKind("test.keyed", run))
    await put(newsroom, "test.keyed", {"name": 1}, key="a")
    task = asyncio.create_task(working.work_one())
    await begun.wait()
    await put(newsroom, "test.keyed", {"name": 2}, key="a")
    await put(newsroom, "test.keyed", {"name": 3}, key="a")
    release.set()
    await task
    assert await working.work_off() == 1
    assert runs == [1, 2]


async def test_a_job_is_not_begun_before_the_transaction_that_asks_for_it_again_commits(newsroom: Newsroom) -> None:
    """It would not see what that stores, and the work that was asked for would never be done."""
    noted = Noted()
    await put(newsroom, noted.kind.name, {"name": 1}, key="a")
    working = worker(newsroom, noted.kind)
    async with newsroom.app.state.database.transaction() as session:
        await enqueue(session, noted.kind.name, {"name": 2}, key="a")
        if not newsroom.app.state.database.is_embedded:  # SQLite has one writer: the claim waits for it
            assert not await working.work_one()
        assert not noted.seen
    assert await working.work_one()
    assert noted.seen == [1]


async def test_a_failed_job_leaves_its_place_to_the_one_that_waits(newsroom: Newsroom) -> None:
    runs: list[object] = []

    async def asked_again_then_fails(run: JobRun) -> None:
        runs.append(run.payload["name"])
        if len(runs) == 1:
            await put(newsroom, "test.keyed", {"name": 2}, key="a")
            raise ValueError("once")

    working = worker(newsroom, JobKind("test.keyed", asked_again_then_fails))
    await put(newsroom, "test.keyed", {"name": 1}, key="a")
    before = clock.now()
    assert await working.work_one()
    job = await one(newsroom)
    assert (job.payload, job.attempts, job.last_error) == ({"name": 2}, 1, "ValueError: once")
    assert job.due_at > before + timedelta(
        seconds=3
    )  # the backoff holds, or a job that is asked for all the time never waits
    await put(newsroom, "test.keyed", {"name": 3}, key="a")
    assert (await one(newsroom)).due_at == job.due_at
    with later(10):
        assert await working.work_off() == 1
    assert runs == [1, 2]


async def test_concurrent_transactions_leave_one_waiting_job_of_a_key(newsroom: Newsroom) -> None:
    noted = Noted()

    async def ask() -> None:
        for _ in range(10):
            await put(newsroom, noted.kind.name, key="a")

    async def run() -> None:
        for _ in range(10):
            await worker(newsroom, noted.kind).work_one()

    await asyncio.gather(*(ask() for _ in range(3)), *(run() for _ in range(3)))
    assert len(await jobs(newsroom.app.state.database, state="waiting")) <= 1
    await worker(newsroom, noted.kind).work_off()
    assert {job.state for job in await jobs(newsroom.app.state.database)} == {"done"}


# --- periodic jobs, sweeping, restores --------------------------------------------------------------------------------


async def test_a_periodic_job_is_enqueued_once_for_all_workers_and_again_after_its_time(newsroom: Newsroom) -> None:
    seen: list[str] = []

    async def note(run: JobRun) -> None:
        seen.append(run.id)

    kind = JobKind("test.daily", note, every=timedelta(days=1))
    workers = [worker(newsroom, kind) for _ in range(3)]
    await asyncio.gather(*(one.tend() for one in workers))
    job = await one(newsroom)
    assert (job.key, job.due_at) == (PERIODIC, next_turn(clock.now(), timedelta(days=1)))
    await asyncio.gather(*(one.work_off() for one in workers))
    assert not seen
    for day in (1, 2):
        with later(day * 24 * HOURS):
            await asyncio.gather(*(one.work_off() for one in workers))
            await asyncio.gather(*(one.work_off() for one in workers))
            assert len(seen) == day
            assert len(await jobs(newsroom.app.state.database, state="waiting")) == 1


async def test_jobs_are_swept_a_day_after_they_were_done_and_a_month_after_they_died(newsroom: Newsroom) -> None:
    kinds = (EFFECT, JobKind("test.dead", failing(ValueError()), attempts=1), SWEEP)
    for kind in ("test.effect", "test.dead", "test.newer"):
        await put(newsroom, kind)
    await worker(newsroom, *kinds).work_off()

    async def left(hours: float) -> set[str]:
        with later((hours - 1) * HOURS):
            await worker(newsroom, *kinds).tend()
        with later(hours * HOURS):
            await worker(newsroom, *kinds).work_off()
            return {job.kind for job in await jobs(newsroom.app.state.database)} - {"jobs.sweep"}

    assert await left(23) == {"test.effect", "test.dead", "test.newer"}
    assert await left(26) == {"test.dead", "test.newer"}
    assert await left(31 * 24) == {"test.newer"}


async def test_what_sends_to_others_waits_after_a_restore(newsroom: Newsroom) -> None:
    noted = Noted()
    sending = Noted("test.sending")
    kinds = (noted.kind, JobKind("test.sending", sending.run, is_outbound=True))
    await put(newsroom, "test.noted")
    await put(newsroom, "test.sending")
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(ChangeLog).values(outbound_paused_at=clock.now()))
    assert await worker(newsroom, *kinds).work_off() == 1
    assert (noted.seen, sending.seen) == ([None], [])
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(ChangeLog).values(outbound_paused_at=None))
    assert await worker(newsroom, *kinds).work_off() == 1


async def test_nothing_is_written_while_nothing_is_due(newsroom: Newsroom) -> None:
    """A look takes no write lock, which on SQLite every writer of the machine would wait for."""
    working: Worker = worker(newsroom, EFFECT)
    async with newsroom.app.state.database.transaction() as session:
        await enqueue(session, "test.effect", {}, due_at=clock.now() + timedelta(hours=1))
        async with asyncio.timeout(5):
            assert not await working.work_one()
            await working.tend()
