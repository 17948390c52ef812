"""A worker in a process of its own that halts at one stage of a job, to be killed there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.jobs import leases
from app.jobs.kinds import JobKind, Lane
from app.jobs.run import Claimed, JobRun
from app.jobs.worker import Worker
from app.kit.db import Database
from app.settings import Settings
from tests.jobs.work import effect_in
from tests.newsroom import SECRET

STAGES = ("due", "claimed", "running", "storing", "stored", "failing", "failed")


class Halt:
    """Says that a stage is reached, and stays there."""

    def __init__(self, stage: str, reached: Path) -> None:
        self._stage, self._reached = stage, reached

    async def at(self, stage: str) -> None:
        if stage == self._stage:
            self._reached.touch()
            await asyncio.sleep(600)

    async def run(self, run: JobRun) -> None:
        """The function of the kind."""
        await self.at("running")
        if self._stage in {"failing", "failed"}:
            raise ValueError("as it was told")
        async with run.finish() as session:
            await effect_in(session, run)
            await session.flush()
            await self.at("storing")
        await self.at("stored")


class HaltingWorker(Worker):
    """Halts before a claim, after it, and around the end of a failed attempt."""

    halt: Halt

    async def _due(self, lanes: tuple[Lane, ...]) -> list[leases.Due]:
        found = await super()._due(lanes)
        await self.halt.at("due")
        return found

    async def _carry_out(self, kind: JobKind, claimed: Claimed) -> None:
        await self.halt.at("claimed")
        await super()._carry_out(kind, claimed)

    async def _fail(self, kind: JobKind, run: JobRun, error: Exception) -> None:
        await self.halt.at("failing")
        await super()._fail(kind, run, error)
        await self.halt.at("failed")


def work(url: str, stage: str, reached: Path) -> None:
    """The whole process."""
    asyncio.run(_work(url, Halt(stage, reached)))


async def _work(url: str, halt: Halt) -> None:
    settings = Settings(database_url=url, secret_key=(SECRET,))
    worker = HaltingWorker(Database(url, 6), settings, [JobKind("test.effect", halt.run)])
    worker.halt = halt
    await worker.work_off()
