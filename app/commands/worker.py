"""`worker`, and the worker process that `serve` starts beside itself."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.config import dictConfig
from types import FrameType

from app.commands.schema import logs_of
from app.commands.standing import existing_newsroom, place_of

log = logging.getLogger("nashra")
COMMAND = [sys.executable, "-m", "app.cli", "worker", "--until-eof"]
NICENESS = 10  # requests come first
LISTENING_EVERY, LISTENING_WITHIN = 0.2, 15.0  # seconds; with `--port 0` nobody here knows the port
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds before a worker that has ended is started again
STEADY = 60.0  # seconds after which it counts as healthy
PATIENCE = 12.0  # seconds for it to end: a little more than its running jobs get


def work(options: argparse.Namespace) -> int:
    """Runs background jobs until it is stopped."""
    from app.worker import work as run  # late: `serve` does not need what it imports

    settings = existing_newsroom("work on")
    dictConfig(logs_of(settings))
    if not options.until_eof:
        log.info("running jobs of %s (stop with Ctrl+C)", place_of(settings))
    asyncio.run(run(settings, until_eof=options.until_eof))
    return 0


@contextmanager
def worker_beside(host: str, port: int, *, is_wanted: bool) -> Iterator[None]:
    """One worker process for the time of the block, in which a server listens there."""
    if not is_wanted:
        yield
        return
    process = _WorkerProcess(host, port)

    def stop_first(number: int, _frame: FrameType | None) -> None:
        """Uvicorn sends itself the signal again when it has stopped: nothing that follows in Python is run then."""
        process.stop()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, stop_first)
    process.start()
    try:
        yield
    finally:
        process.stop()
        signal.signal(signal.SIGTERM, before)


class _WorkerProcess(threading.Thread):
    """Starts the worker when the server listens, and again whenever it ends.

    The worker reads a pipe that only this process holds: it ends when this one does, however that ends.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name="worker process", daemon=True)
        any_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # asked, not bound
        self._address = any_address.get(host, host), port
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def run(self) -> None:
        self._await_server()
        wait = SHORTEST_WAIT
        while (process := self._begin()) is not None:
            began = time.monotonic()
            code = process.wait()
            if self._stopping.is_set():
                return
            wait = SHORTEST_WAIT if time.monotonic() - began > STEADY else wait
            log.warning("the worker has ended with code %s; started again in %.0f s", code, wait)
            self._stopping.wait(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    def stop(self) -> None:
        """End the worker: its running jobs get ten seconds."""
        with self._starting:
            self._stopping.set()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _begin(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._stopping.is_set():
                return None
            self._process = process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)  # noqa: S603  # our own command
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
            return process

    def _await_server(self) -> None:
        """The start of the server comes first, and needs the processor."""
        end = time.monotonic() + LISTENING_WITHIN
        while time.monotonic() < end and not self._stopping.wait(LISTENING_EVERY):
            with suppress(OSError), socket.create_connection(self._address, timeout=1):
                return
