"""A worker process that runs what is due when it is told, and says how long its transactions were.

`python -m bench.follower URL` reads lines: for each it works off all jobs and prints how long they took.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

import app.models  # noqa: F401  # every table is known before the first query
from app.changes.commit_signal import CommitSignal, signal_path
from app.changes.log import Log
from app.commands.worker import NICENESS
from app.job_kinds import JOB_KINDS
from app.jobs.worker import Worker
from app.kit.db import Database
from app.nouns import NOUNS
from app.settings import Settings
from bench.pictures import SETTINGS


class Timed(Database):
    """Notes how long each transaction was open, and how long its end took, which holds the log."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.open: list[float] = []
        self.ending: list[float] = []
        self._ends = 0.0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        began = time.perf_counter()
        async with super().transaction() as session:
            yield session
            self._ends = time.perf_counter()
        self.open.append(time.perf_counter() - began)
        self.ending.append(time.perf_counter() - self._ends)


async def _main(url: str) -> None:
    os.nice(NICENESS)
    settings = Settings.model_validate({"database_url": url, **SETTINGS})
    database, signal = Timed(url), CommitSignal(signal_path(url))
    database.before_commit = Log(signal, NOUNS, lambda: settings).write
    worker, loop = Worker(database, settings, JOB_KINDS), asyncio.get_running_loop()
    try:
        await worker.work_off()
        print("ready", flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            database.open.clear()
            database.ending.clear()
            began = time.perf_counter()
            await worker.work_off()
            took = {"seconds": time.perf_counter() - began, "open": database.open, "ending": database.ending}
            print(json.dumps(took), flush=True)
    finally:
        await database.close()
        signal.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
