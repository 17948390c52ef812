"""The bare server: the same uvicorn, the same bytes, no work. It tells what the machine could do at most.

It is started as `python -m bench.bare PORT WORKERS FILE`, where FILE holds the answers as JSON (`Answers.write`).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.serving import listen

Message = MutableMapping[str, Any]
FILE = "BENCH_ANSWERS"


@dataclass(frozen=True)
class Answer:
    """One captured answer; `body` is base64 of the bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    @staticmethod
    def of(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Without what every server adds by itself."""
        kept = [(name, value) for name, value in headers if name.lower() not in {"date", "connection"}]
        return Answer(status, kept, base64.b64encode(body).decode())


def write(path: Path, answers: dict[str, Answer]) -> None:
    """`answers` by `METHOD target`."""
    path.write_text(json.dumps({name: asdict(answer) for name, answer in answers.items()}), "utf-8")


class Bare:
    """Answers every request with what was captured for its method and target."""

    def __init__(self, path: Path) -> None:
        self.answers = {
            tuple(name.encode("ascii").split(b" ", 1)): _messages(answer)
            for name, answer in json.loads(path.read_text("utf-8")).items()
        }

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return await _lifespan(receive, send)
        if scope["method"] not in {"GET", "HEAD"}:
            while (await receive()).get("more_body"):
                pass
        query = scope["query_string"]
        target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
        for message in self.answers[scope["method"].encode(), target]:
            await send(message)
        return None


def _messages(answer: dict[str, Any]) -> tuple[Message, Message]:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer["headers"]]
    return (
        {"type": "http.response.start", "status": answer["status"], "headers": headers},
        {"type": "http.response.body", "body": base64.b64decode(answer["body"])},
    )


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def create_app() -> Bare:
    """For uvicorn, in each of its workers."""
    return Bare(Path(os.environ[FILE]))


def main(port: int, workers: int, path: str) -> int:
    """Serves with the very options of `./nashra serve`."""
    os.environ[FILE] = path
    options = argparse.Namespace(host="127.0.0.1", port=port, workers=workers)
    return listen(options, "bench.bare:create_app")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
