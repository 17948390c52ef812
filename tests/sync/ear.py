"""A stream's client, inside the process: ASGI without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.main import create_app
from app.settings import Settings
from tests.newsroom import Newsroom


@dataclass
class Event:
    """One event, as `EventSource` would see it."""

    name: str
    id: str
    content: Any


@dataclass
class Ear:
    """One open stream. `deaf` clients read nothing: their `send` waits."""

    newsroom: Newsroom
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "203.0.113.7"
    deaf: bool = False

    def __post_init__(self) -> None:
        self.status = 0
        self.answered: dict[str, str] = {}
        self.text = ""
        self.ended = False
        self.heard = asyncio.Event()
        self.gone = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        path, _, query = self.url.partition("?")
        raw = quote(path).encode()
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": raw,
            "query_string": quote(query, safe="=&,").encode(), "headers": headers, "client": (self.address, 1),
            "server": ("newsroom.test", 80), "root_path": "",
        }  # fmt: skip
        asked = False

        async def receive() -> Any:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self.gone.wait()
            return {"type": "http.disconnect"}

        await self.newsroom.app(scope, receive, self._send)
        self.ended = True
        self.heard.set()

    async def _send(self, message: Any) -> None:
        if self.deaf and self.text:
            await asyncio.Event().wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answered = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()
            self.ended = self.ended or not message.get("more_body", False)
        self.heard.set()

    @property
    def events(self) -> list[Event]:
        found = []
        for block in self.text.split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "event" in fields:
                found.append(Event(fields["event"], fields.get("id", ""), json.loads(fields["data"])))
        return found

    async def until(self, count: int, seconds: float = 15) -> list[Event]:
        """The events, when there are `count` of them; also when the stream has ended."""
        async with asyncio.timeout(seconds):
            while len(self.events) < count and not self.ended:
                self.heard.clear()
                await self.heard.wait()
        return self.events

    async def close(self) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, 15)


@asynccontextmanager
async def at_work(newsroom: Newsroom, **settings: Any) -> AsyncIterator[Newsroom]:
    """Another process on the same database, with everything that it does beside answering."""
    app = create_app(Settings(**{**newsroom.settings.model_dump(), **settings}))
    room = Newsroom(app)
    room.tokens, room.members = newsroom.tokens, newsroom.members
    async with app.router.lifespan_context(app):
        yield room
    await room.client.aclose()
