"""The worker: claims background jobs and runs them, some at a time, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.jobs import leases
from app.jobs.kinds import JobKind, Lane
from app.jobs.queue import JOBS, enqueue, time_of_database
from app.jobs.run import Claimed, JobRun, LeaseLost
from app.kit.db import Database, single_statement
from app.settings import Settings

log = logging.getLogger("nashra")
# What each slot runs, in this order. Slow work finds two slots, and comes first in one of them, so that it never
# starves; normal work finds all but one, which urgent work always finds free.
SLOTS: tuple[tuple[Lane, ...], ...] = (
    ("urgent",),
    ("urgent", "normal"),
    ("urgent", "normal"),
    ("urgent", "normal", "slow"),
    ("slow", "normal", "urgent"),
)
EVERY_LANE: tuple[Lane, ...] = ("urgent", "normal", "slow")
POLL_EVERY = 0.5  # seconds between two looks of a slot that has nothing to do
TEND_EVERY = 5.0  # seconds between two looks for expired leases and periodic jobs
GRACE = 10.0  # seconds for running jobs when the worker is stopped
WARN_EVERY = 30.0  # seconds
RENEWALS = 3  # in the time of a lease
PERIODIC = "periodic"  # the key of periodic jobs
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENDED = "its worker was killed, or could not renew the lease"


class Worker:
    """Runs jobs of the kinds that it knows. Others are left alone: a newer version has enqueued them."""

    def __init__(self, database: Database, settings: Settings, kinds: Sequence[JobKind]) -> None:
        self._database, self._settings = database, settings
        self._kinds = {kind.name: kind for kind in kinds}
        self._periodic = {kind.name: kind.every for kind in kinds if kind.every is not None}
        self._by_lanes = {lanes: [kind for kind in kinds if kind.lane in lanes] for lanes in (*SLOTS, EVERY_LANE)}
        self._looks = {lanes: leases.look_for(found) for lanes, found in self._by_lanes.items()}
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping, self._quiet_until = asyncio.Event(), 0.0
        self.is_running = False

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """Claim no more; running jobs get `GRACE` seconds, then they are given back."""
        self._stopping.set()

    async def run(self) -> None:
        """Run jobs until `stop` is called, or until cancelled, which gives running jobs back at once."""
        self.is_running = True
        tasks = {asyncio.create_task(self._work(lanes)) for lanes in SLOTS}
        tasks.add(asyncio.create_task(self._repeat(self.tend, TEND_EVERY)))
        try:
            await self._stopping.wait()
            await asyncio.wait(tasks, timeout=GRACE)
        finally:
            self._stopping.set()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def work_one(self, lanes: tuple[Lane, ...] = EVERY_LANE) -> bool:
        """Claim and run one job of these lanes, the first lane first; returns whether there was one."""
        for found in await self._due(lanes):
            async with self._database.transaction() as session:
                claimed = await leases.claim(session, found.kind, self.name)
            if claimed is not None:
                await self._carry_out(found.kind, claimed)
                return True
        return False

    async def work_off(self) -> int:
        """Run all that is due, one after the other, and what that enqueues; returns how many. For tests."""
        count = 0
        await self.tend()
        while await self.work_one():
            count += 1
        return count

    async def tend(self) -> None:
        """Put jobs back whose lease has expired, and enqueue periodic jobs. Nothing is written where there are none."""
        async with self._database.connection() as connection:
            now = await time_of_database(connection)
            gone = (await connection.execute(leases.expired(list(self._kinds), now))).all()
            waiting = select(JOBS.c.kind).where(JOBS.c.state == "waiting", JOBS.c.key == PERIODIC)
            missing = self._periodic.keys() - set((await connection.execute(waiting)).scalars())
        for job in gone:
            async with self._database.transaction() as session:
                await leases.fail(session, job.id, job.lease_id, self._kinds[job.kind], ENDED)
        if missing:
            async with self._database.transaction() as session:
                for name in sorted(missing):
                    await enqueue(session, name, {}, key=PERIODIC, due_at=next_turn(now, self._periodic[name]))

    async def _due(self, lanes: tuple[Lane, ...]) -> list[leases.Due]:
        if not self._by_lanes[lanes]:
            return []
        async with self._database.connection() as connection:
            await single_statement(connection)
            found = await leases.due(connection, self._looks[lanes], self._by_lanes[lanes])
        return sorted(found, key=lambda one: (lanes.index(one.kind.lane), one.since))

    async def _work(self, lanes: tuple[Lane, ...]) -> None:
        """One slot: job after job, without a pause while there are any."""

        async def while_due() -> None:
            while not self.is_stopping and await self.work_one(lanes):
                pass

        await self._repeat(while_due, POLL_EVERY)

    async def _repeat(self, work: Callable[[], Awaitable[None]], every: float) -> None:
        """Repeat `work` until the worker is stopped, whatever it raises, as while the database is away."""
        while not self.is_stopping:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  # nothing ends the worker but a signal
                self._warn("the worker could not go on: %s: %s", type(error).__name__, error)
            try:
                async with asyncio.timeout(every):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def _warn(self, text: str, *arguments: object) -> None:
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + WARN_EVERY
            log.warning(text, *arguments)

    async def _carry_out(self, kind: JobKind, claimed: Claimed) -> None:
        """Run a claimed job to its end: done, failed, or given back when the worker stops."""
        run = JobRun(claimed, self._database, self._settings)
        try:
            await self._under_lease(kind, run)
        except LeaseLost:
            log.warning("job %s %s: its lease has expired, another run goes on", kind.name, run.id)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(run))
            raise
        except Exception as error:  # noqa: BLE001  # whatever a job raises is its own failure
            await self._fail(kind, run, error)

    async def _under_lease(self, kind: JobKind, run: JobRun) -> None:
        """Run the job's function while its lease is renewed. Raises what it raises, and `LeaseLost`."""
        work, lease = asyncio.create_task(_call(kind, run)), asyncio.create_task(self._keep_lease(kind, run))
        try:
            await asyncio.wait({work, lease}, return_when=asyncio.FIRST_COMPLETED)
            is_lost = not work.done()
        finally:
            work.cancel()
            lease.cancel()
            await asyncio.wait({work, lease})
        if is_lost:
            raise LeaseLost(run.id)
        if work.cancelled():
            raise RuntimeError("its function has cancelled itself")
        work.result()

    async def _keep_lease(self, kind: JobKind, run: JobRun) -> None:
        """Renew the lease; returns when it is lost, or could not be renewed in its time."""
        seconds = kind.lease.total_seconds()
        renewed = time.monotonic()
        while run.needs_no_lease or time.monotonic() - renewed < seconds:
            await asyncio.sleep(seconds / RENEWALS)
            began = time.monotonic()
            if run.needs_no_lease:
                continue
            try:
                async with self._database.transaction() as session:
                    is_held = await leases.renew(session, run.id, run.lease_id, kind.lease)
            except (SQLAlchemyError, OSError) as error:
                self._warn("a lease could not be renewed: %s", error)
                continue
            if is_held:
                renewed = began
            elif not run.needs_no_lease:  # it may have ended meanwhile
                return

    async def _fail(self, kind: JobKind, run: JobRun, error: Exception) -> None:
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        log.warning("job %s %s has failed (attempt %s): %s", kind.name, run.id, run.attempt, told, exc_info=error)
        async with self._database.transaction() as session:
            await leases.fail(session, run.id, run.lease_id, kind, told)

    async def _give_back(self, run: JobRun) -> None:
        try:
            async with self._database.transaction() as session:
                await leases.give_back(session, run.id, run.lease_id)
        except (SQLAlchemyError, OSError) as error:  # it is put back when its lease expires
            self._warn("a job could not be given back: %s", error)


async def _call(kind: JobKind, run: JobRun) -> None:
    async with asyncio.timeout(kind.timeout.total_seconds()):
        await kind.run(run)
    if not run.is_finished:
        async with run.finish():
            pass


def next_turn(now: datetime, every: timedelta) -> datetime:
    """The next multiple of `every` since 1970, after `now`: the same on all machines."""
    return EPOCH + ((now - EPOCH) // every + 1) * every
