"""A real server in a process of its own, as a newcomer starts it: for what cannot be tested from inside."""

from __future__ import annotations

import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from app.cli import main

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nobody listens at, and that this machine gives to nobody else until this process ends."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # with this, another may listen where we do not
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        if sys.platform.startswith("linux"):  # elsewhere nobody could listen there
            probe.detach()
        return port


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what another process does."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def environment(url: str, **settings: str) -> dict[str, str]:
    """What a server is told: nothing of the machine's own settings. It starts no worker unless it is told to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NASHRA_")}
    ours = {"NASHRA_DATABASE_URL": url, "NASHRA_SECRET_KEY": "k" * 40, "NASHRA_WORKER": "false"}
    return {**kept, **ours, "PYTHONPATH": str(ROOT), **settings}


# Commands are forked by a process that has imported all they need: importing takes most of a command's time.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["app.commands.running", "app.commands.tokens", "app.commands.doctor", "app.commands.backup", "app.main", __name__]
)


def command(*arguments: str, url: str, folder: Path = ROOT, **settings: str) -> subprocess.CompletedProcess[str]:
    """One run of `./nashra <arguments>` in a process of its own, without the launcher."""
    with tempfile.TemporaryDirectory() as said:
        output, errors = Path(said, "output"), Path(said, "errors")
        process = FORKS.Process(target=_run, args=(arguments, environment(url, **settings), folder, output, errors))
        process.start()
        process.join(300)
        assert process.exitcode is not None, "the command does not end"
        return subprocess.CompletedProcess(arguments, process.exitcode, output.read_text(), errors.read_text())


def _run(arguments: Sequence[str], settings: dict[str, str], folder: Path, *said: Path) -> None:
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(settings)
    os.chdir(folder)
    sys.exit(main(arguments))


@contextmanager
def served(
    url: str, *arguments: str, log_file: str = "", **settings: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a running server and its process; killed when the block ends."""
    port = free_port()
    with open(log_file or os.devnull, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *arguments],
            env=environment(url, **settings),
            start_new_session=True,
            stderr=log if log_file else None,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield address, process
    finally:
        process.kill()
        process.wait()


class Demo(NamedTuple):
    """A demo newsroom that runs: its address, and the staff token that it printed."""

    address: str
    token: str


@contextmanager
def demo(folder: Path, **settings: str) -> Iterator[Demo]:
    """`./nashra demo` in `folder`, as a newcomer starts it; killed when the block ends."""
    port, printed = free_port(), folder / "printed.txt"
    told = {name: value for name, value in os.environ.items() if not name.startswith("NASHRA_")}
    told |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NASHRA_WORKER": "false", **settings}
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "demo", "--port", str(port)], cwd=folder, env=told, stdout=output
        )
    address = f"http://localhost:{port}"
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        text = printed.read_text("utf-8")
        token = re.search(r"nsh_[0-9A-Za-z]{38}", text)
        assert token, text
        assert f"{address}/docs" in text
        yield Demo(address, token[0])
    finally:
        process.kill()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[Any]) -> None:
    """Until the server of this process can answer."""

    def is_ready() -> bool:
        assert process.poll() is None, "the server has ended"
        try:
            return httpx.get(f"{address}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    until(is_ready, 300)
