"""The worker process: the database, the change log at the end of each transaction, and the job kinds, put together."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from sqlalchemy.exc import SQLAlchemyError

import app.models  # noqa: F401  # every table is known before the first query
from app.changes.commit_signal import CommitSignal, signal_path
from app.changes.log import Log
from app.job_kinds import JOB_KINDS
from app.jobs.worker import SLOTS, Worker
from app.kit.db import Database
from app.kit.migrations import is_ready
from app.kit.stopping import SIGNALS
from app.nouns import NOUNS
from app.settings import Settings

log = logging.getLogger("nashra")
POOL = len(SLOTS) + 1  # connections: one for each slot, one for leases
READY_EVERY = 2.0  # seconds between two looks at a database that is not ready


async def work(settings: Settings, *, until_eof: bool = False) -> None:
    """Run background jobs until a signal stops the process; with `until_eof` also until standard input ends."""
    database = Database(settings.database_url, POOL)
    commit_signal = CommitSignal(signal_path(settings.database_url))
    database.before_commit = Log(commit_signal, NOUNS, lambda: settings).write
    worker = Worker(database, settings, JOB_KINDS)
    running = asyncio.create_task(_when_ready(database, worker))
    _stop_on_signals(worker, running)
    if until_eof:
        _stop_at_eof(worker, running)
    try:
        await asyncio.wait({running})
        if not running.cancelled():
            running.result()
    finally:
        await database.close()
        commit_signal.close()


async def _when_ready(database: Database, worker: Worker) -> None:
    """Run the worker when the schema is the code's: another process may be about to migrate it."""
    is_told = False
    while not await _is_ready(database):
        if not is_told:
            log.warning("the worker waits: the database cannot be reached, or ./nashra migrate has not run yet")
        is_told = True
        await asyncio.sleep(READY_EVERY)
    await worker.run()


async def _is_ready(database: Database) -> bool:
    try:
        async with database.connection() as connection:
            return await is_ready(connection)
    except (SQLAlchemyError, OSError):
        return False


def _stop_on_signals(worker: Worker, running: asyncio.Task[None]) -> None:
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _stop, worker, running)


def _stop_at_eof(worker: Worker, running: asyncio.Task[None]) -> None:
    """The pipe from the process that has started this one closes whenever that ends, also by `kill -9`."""
    loop, pipe = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(pipe, 1024):
            loop.remove_reader(pipe)
            _stop(worker, running)

    loop.add_reader(pipe, read)


def _stop(worker: Worker, running: asyncio.Task[None]) -> None:
    """Stop gently; a second time, or before the worker runs, at once."""
    if worker.is_running and not worker.is_stopping:
        worker.stop()
    else:
        running.cancel()
