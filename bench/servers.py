"""The servers that are measured: ours as `serve` starts it, the bare one beside it, PostgreSQL below."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from app.settings import PREFIX, Settings
from bench import bare
from bench.dataset import SECRET
from bench.machine import descendants

ROOT = Path(__file__).resolve().parents[1]
# A line of log for every request is a cost that the bare server does not have and that an installation may turn off.
QUIET = {"log_level": "warning", "worker": "false"}
PATIENCE = 120  # seconds until a server that is not ready is given up


@dataclass(frozen=True)
class Server:
    """A running server; `seconds` passed from the start of its process until it was ready."""

    port: int
    pid: int
    seconds: float

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pids(self) -> set[int]:
        """The process and its workers."""
        return descendants([self.pid])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def product(
    url: str, workers: int = 1, settings: Mapping[str, str] | None = None, temporary: Path | None = None
) -> Iterator[Server]:
    """Our server on the database at `url`, with `settings` by their names without prefix; its temporary folder."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", str(workers)]
    # A setting that this version does not have yet changes nothing.
    known = {name: value for name, value in {**QUIET, **(settings or {})}.items() if name in Settings.model_fields}
    chosen = {f"{PREFIX}{name.upper()}": value for name, value in known.items()}
    chosen |= {"TMPDIR": str(temporary)} if temporary else {}
    with _running(command, {f"{PREFIX}DATABASE_URL": url, f"{PREFIX}SECRET_KEY": SECRET, **chosen}, port) as server:
        yield server


@contextmanager
def bare_server(answers: dict[str, bare.Answer], folder: Path, workers: int = 1) -> Iterator[Server]:
    """A server that sends these answers and does nothing else."""
    port = free_port()
    path = folder / f"answers-{port}.json"
    bare.write(path, {**answers, "GET /readyz": bare.Answer.of(200, [("content-length", "0")], b"")})
    with _running([sys.executable, "-m", "bench.bare", str(port), str(workers), str(path)], {}, port) as server:
        yield server


@contextmanager
def _running(command: list[str], settings: dict[str, str], port: int) -> Iterator[Server]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    began = time.perf_counter()
    environment = {**kept, "PYTHONPATH": str(ROOT), **settings}
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(  # noqa: S603  # our own commands
            command, env=environment, cwd=ROOT, start_new_session=True, stderr=log
        )
        try:
            _wait(port, process, log)
            yield Server(port, process.pid, time.perf_counter() - began)
        finally:
            _stop(process)


def _wait(port: int, process: subprocess.Popen[bytes], log: IO[str]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        for _ in range(PATIENCE * 50):
            if process.poll() is not None:
                log.seek(0)
                raise RuntimeError(f"the server has ended with {process.returncode}: {log.read()[-1000:]}")
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    raise RuntimeError("the server did not become ready")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """With its workers: they are in its session, which is its process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.wait()
