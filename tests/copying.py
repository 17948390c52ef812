"""What programs that keep a copy are tested with: an unreliable way to a demo newsroom, changes, what delivery has."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests import guides, serving

GUIDE = "copies"
KEPT = ("articles", "sections", "tags", "authors")
Things = dict[str, Any]
Trouble = int | str | None


class Way:
    """A proxy in front of the newsroom. `troubles`: what the next requests meet: a status, a loss, nothing."""

    def __init__(self, demo: serving.Demo) -> None:
        self.demo = demo
        self.troubles: list[Trouble] = []
        self.asked: list[str] = []
        self.address = ""

    def meet(self) -> Trouble:
        return self.troubles.pop(0) if self.troubles else None


@contextmanager
def way_to(demo: serving.Demo) -> Iterator[Way]:
    """An unreliable way to the newsroom; closed when the block ends."""
    way = Way(demo)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            way.asked.append(self.path)
            trouble = way.meet()
            if trouble == "lost":
                self.close_connection = True
                return
            if isinstance(trouble, int):
                self._answer(trouble, b'{"detail": "trouble"}', {"Retry-After": "0"})
                return
            found = httpx.get(f"{demo.address}{self.path}", timeout=30)
            self._answer(found.status_code, found.content, {})

        def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    way.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield way
    finally:
        server.shutdown()
        server.server_close()


class Program:
    """A program of the guide in a folder of its own; `command` runs its file there."""

    def __init__(self, folder: Path, way: Way, command: Sequence[str], text: str) -> None:
        self.folder, self.way, self.command, self.stderr = folder, way, command, ""
        (folder / command[-1]).write_text(text, "utf-8")

    def run(self, *troubles: Trouble) -> str:
        """Run it once; what the next requests meet. Returns what it printed."""
        self.way.troubles = list(troubles)
        environment = {**guides.environment(self.way.demo), "NASHRA_URL": self.way.address}
        ran = subprocess.run(
            self.command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        self.stderr = ran.stderr
        return ran.stdout


class Desk:
    """An editor of the demo, and what delivery shows afterwards."""

    def __init__(self, demo: serving.Demo) -> None:
        headers = {"Authorization": f"Bearer {demo.token}"}
        self.client = httpx.Client(base_url=demo.address, headers=headers, timeout=30)
        self.reader = httpx.Client(base_url=demo.address, timeout=30)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.reader.close()

    def write(self, method: str, path: str, body: Any) -> Any:
        headers = {"If-Match": "*"} if method != "POST" else {}
        answer = self.client.request(method, f"/v1/desk{path}", json=body, headers=headers)
        return answer.raise_for_status().json()

    def publish(self, headline: str, **content: Any) -> str:
        """The id of a new article that is public."""
        made = self.write("POST", "/articles", {"headline": headline, "body": "<p>نصّ & «علامات».</p>", **content})
        self.write("POST", f"/articles/{made['id']}/publish", {})
        return str(made["id"])

    def comment(self, article: str, form: Any) -> str:
        """The id of a reader's comment, which is public at once."""
        answer = self.reader.post(f"/v1/articles/{article}/comments", json=form)
        return str(answer.raise_for_status().json()["comment"]["id"])

    def delivered(self) -> Things:
        """Everything of the kinds that the programs keep, by id, as `object=full` has it."""
        found: Things = {}
        for plural in KEPT:
            found |= {one["id"]: one for one in self._all(f"/v1/{plural}")}
        for id in [one["id"] for one in self._all("/v1/articles")]:
            found[id] = self._read(f"/v1/articles/{id}")
            found |= {one["id"]: one for one in self._all(f"/v1/articles/{id}/entries")}
            for thread in self._all(f"/v1/articles/{id}/comments"):
                found |= _thread(thread)
        return found

    def _all(self, path: str) -> list[Any]:
        found, cursor = [], ""
        while True:
            page = self._read(f"{path}?limit=100{cursor}")
            found += page["data"]
            if page["page"]["next"] is None:
                return found
            cursor = f"&cursor={quote(page['page']['next'])}"

    def _read(self, path: str) -> Any:
        return self.reader.get(path, headers={"Cache-Control": "no-cache"}).raise_for_status().json()


def _thread(comment: Any) -> Things:
    below = comment.pop("replies")["data"]
    found = {comment["id"]: comment}
    for one in below:
        found |= _thread(one)
    return found


def agree(copy: Things, delivered: Things) -> None:
    """The same things, with the same contents: but counts, which are those of the moment of reading, and names of
    terms, which a copy shows from the terms themselves."""
    assert copy.keys() == delivered.keys()
    for id, value in delivered.items():
        assert _comparable(copy[id]) == _comparable(value)


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"id", "slug", "name", "url"}:
        return value["id"]
    if value.keys() >= {"entry_count", "last_entry_at"}:
        return {name: value[name] for name in ("started_at", "ended_at")}
    passing = {"reply_count", "count", "open", "article_count"}
    return {name: _comparable(one) for name, one in value.items() if name not in passing}


# --- fixtures: a module of tests imports them -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    with serving.demo(tmp_path_factory.mktemp("demo"), NASHRA_COMMENTS="open") as running:
        yield running


@pytest.fixture
def way(demo: serving.Demo) -> Iterator[Way]:
    with way_to(demo) as found:
        yield found


@pytest.fixture
def desk(demo: serving.Demo) -> Iterator[Desk]:
    with Desk(demo) as found:
        yield found
