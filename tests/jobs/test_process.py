"""The worker as a process: by itself, and beside a server, which starts it, restarts it and takes it along."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.jobs.queue import enqueue
from app.kit.db import open_database
from tests import serving
from tests.jobs.work import jobs
from tests.serving import until


def workers_of(pid: int) -> dict[int, int]:
    """Process id and niceness of the workers that a process has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,ni=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 3) for line in listed.stdout.splitlines())
    return {int(row[0]): int(row[2]) for row in rows if int(row[1]) == pid and "app.cli worker" in row[3]}


def is_there(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


async def ask_for_sweeping(url: str) -> None:
    async with open_database(url) as database, database.transaction() as session:
        await enqueue(session, "jobs.sweep", {})


async def states(url: str) -> list[str]:
    async with open_database(url) as database:
        return [job.state for job in await jobs(database, kind="jobs.sweep", key=None)]


def run_one(url: str) -> None:
    """A job is enqueued, and done by whoever works there."""
    done = asyncio.run(states(url)).count("done")
    asyncio.run(ask_for_sweeping(url))
    until(lambda: asyncio.run(states(url)).count("done") == done + 1)


def start(url: str, *options: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "app.cli", "worker", *options]
        return subprocess.Popen(command, env=serving.environment(url), stdin=subprocess.PIPE, stderr=errors)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "end of input"])
def test_the_command_runs_jobs_until_it_is_stopped(database_url: str, tmp_path: Path, how: str) -> None:
    log = tmp_path / "log.txt"
    with start(database_url, *(["--until-eof"] if how == "end of input" else []), log=log) as process:
        try:
            run_one(database_url)
            assert process.poll() is None
            assert process.stdin is not None
            if how == "end of input":
                process.stdin.close()
            else:
                process.send_signal(signal.Signals[how])
            assert process.wait(60) == 0
        finally:
            process.kill()
    said = log.read_text("utf-8")
    assert "Traceback" not in said
    assert ("running jobs of" in said) == (how != "end of input")


def test_the_command_waits_for_the_schema_and_needs_a_newsroom(tmp_path: Path) -> None:
    missing = serving.command("worker", url=f"sqlite:///{tmp_path / 'none.db'}")
    assert missing.returncode == 1
    assert "there is no newsroom at" in missing.stderr
    assert not (tmp_path / "none.db").exists()
    url, log = f"sqlite:///{tmp_path / 'old.db'}", tmp_path / "log.txt"
    sqlite3.connect(tmp_path / "old.db").close()
    with start(url, log=log) as process:
        try:
            until(lambda: "the worker waits" in log.read_text("utf-8"))
            assert serving.command("migrate", url=url).returncode == 0
            run_one(url)
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_has_one_worker_which_is_started_again_and_never_survives_it(
    migrated_file: Path, tmp_path: Path, processes: str
) -> None:
    (tmp_path / "nashra.db").write_bytes(migrated_file.read_bytes())
    database_url = f"sqlite:///{tmp_path / 'nashra.db'}"
    with serving.served(database_url, "--workers", processes, NASHRA_WORKER="true") as (_, server):
        until(lambda: len(workers_of(server.pid)) == 1)
        run_one(database_url)
        ((first, niceness),) = workers_of(server.pid).items()
        assert niceness >= 10
        subprocess.run(["kill", "-KILL", str(first)], check=True)
        until(lambda: set(workers_of(server.pid)) not in (set(), {first}))
        run_one(database_url)
        (second,) = workers_of(server.pid)
        server.kill()
        server.wait()
        until(lambda: not is_there(second))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_is_stopped_takes_its_worker_along(migrated_file: Path, tmp_path: Path, processes: str) -> None:
    (tmp_path / "nashra.db").write_bytes(migrated_file.read_bytes())
    url, log = f"sqlite:///{tmp_path / 'nashra.db'}", tmp_path / "log.txt"
    with serving.served(url, "--workers", processes, log_file=str(log), NASHRA_WORKER="true") as (_, server):
        until(lambda: len(workers_of(server.pid)) == 1)
        (worker,) = workers_of(server.pid)
        run_one(url)
        server.terminate()
        assert server.wait(60) in (0, -signal.SIGTERM)
        assert not is_there(worker)
    assert "Traceback" not in log.read_text("utf-8")
    assert "started again" not in log.read_text("utf-8")


def test_a_server_without_a_worker_starts_none(migrated_file: Path, tmp_path: Path) -> None:
    (tmp_path / "nashra.db").write_bytes(migrated_file.read_bytes())
    with serving.served(f"sqlite:///{tmp_path / 'nashra.db'}", NASHRA_WORKER="false") as (_, server):
        time.sleep(1)
        assert not workers_of(server.pid)
