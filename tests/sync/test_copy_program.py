"""The program of `docs/api/copies.md` against servers and proxies as they fail, and killed in the middle."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from tests.guides import blocks

NO_SLEEP = "import time; time.sleep = lambda _seconds: None\n"


class Said(NamedTuple):
    """One answer. `cut`: the connection ends in the middle of its body. `kill`: the program does, before it."""

    status: int = 200
    content: bytes = b"{}"
    retry_after: str | None = None
    cut: bool = False
    kill: bool = False


class Scripted:
    """A server that says what it is told to, and keeps what it was asked with."""

    def __init__(self) -> None:
        self.script: list[Said] = []
        self.since: list[str] = []
        self.program: subprocess.Popen[str] | None = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.since.append(request.path.partition("since=")[2])
        said = self.script.pop(0)
        if said.kill:
            assert self.program
            self.program.kill()
            return
        request.send_response(said.status)
        request.send_header("Content-Length", str(len(said.content)))
        if said.retry_after is not None:
            request.send_header("Retry-After", said.retry_after)
        request.end_headers()
        request.wfile.write(said.content[: len(said.content) // 2] if said.cut else said.content)

    def run(self, folder: Path, *script: Said) -> int:
        """One run of the program in `folder`; returns its exit code."""
        self.script = list(script)
        with self.listening() as address:
            path = folder / "program.py"
            path.write_text(NO_SLEEP + blocks("copies", "python")[0], "utf-8")
            environment = {"NASHRA_URL": address, "PYTHONUTF8": "1"}
            self.program = subprocess.Popen(
                [sys.executable, path], cwd=folder, env=environment, text=True, stdout=subprocess.DEVNULL
            )
            code = self.program.wait(60)
        assert self.script == []
        return code

    @contextmanager
    def listening(self) -> Iterator[str]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                scripted.answer(self)

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


def page(since: str, *ids: str, more: bool = False, gone: str | None = None) -> bytes:
    common = {"resource": "article", "tombstone": False, "withdrawn_at": None, "withdrawn_reason": None}
    entries = [common | {"id": id, "article_id": id, "reason": None, "object": {"id": id}} for id in ids]
    if gone:
        tombstone = {"tombstone": True, "reason": "withdrawn", "withdrawn_reason": "سُحب", "object": None}
        entries.append(common | tombstone | {"id": gone, "article_id": gone})
    return json.dumps({"data": entries, "since": since, "more": more}).encode()


def shown(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "copy.db") as database:
        found = [id for (id,) in database.execute("SELECT id FROM shown ORDER BY id")]
    database.close()
    return found


@pytest.fixture
def server() -> Scripted:
    return Scripted()


FAILURES = (
    Said(500),
    Said(502, b"<html>"),
    Said(429, retry_after="1"),
    Said(429),
    Said(503, retry_after="Sat, 28 Nov 2026 23:00:00 GMT"),
    Said(content=page("lost", "x"), cut=True),
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda said: f"{said.status} {said.retry_after}")
def test_a_failure_is_waited_for_and_nothing_is_lost(server: Scripted, tmp_path: Path, failure: Said) -> None:
    first, second = Said(content=page("1", "a", "b", more=True)), Said(content=page("2", "c", gone="a"))
    assert server.run(tmp_path, failure, first, failure, failure, second) == 0
    assert server.since == ["", "", "1", "1", "1"]
    assert shown(tmp_path) == ["b", "c"]


def test_killed_in_a_new_copy_it_goes_on_there_and_the_old_one_is_shown_until_then(
    server: Scripted, tmp_path: Path
) -> None:
    assert server.run(tmp_path, Said(content=page("1", "a", "b"))) == 0
    begun = Said(content=page("2", "b", more=True))
    assert server.run(tmp_path, Said(410), begun, Said(kill=True)) != 0
    assert shown(tmp_path) == ["a", "b"]
    assert server.run(tmp_path, Said(410), begun, Said(content=page("3", "c"))) == 0
    assert server.since == ["", "1", "", "2", "2", "", "2"]
    assert shown(tmp_path) == ["b", "c"]
