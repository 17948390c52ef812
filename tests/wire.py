"""Real connections to a newsroom that is served in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from app.cache.protocol import Protocol
from tests.newsroom import Newsroom

Answer = tuple[int, dict[str, str], bytes]
OF_THE_MOMENT = {"date", "x-request-id"}


class Wire:
    """One connection to a served newsroom."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *requests: str) -> None:
        self.writer.write("".join(requests).encode("latin-1"))

    async def answer(self, *, bodiless: bool = False) -> Answer:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1")
        status, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = 0 if bodiless else int(headers.get("content-length", 0))
        return int(status.split()[1]), headers, await self.reader.readexactly(length)

    async def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        self.send(request(target, method, **headers))
        return await self.answer(bodiless=method == "HEAD" or "if_none_match" in headers)

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 15) == b""


def request(target: str, method: str = "GET", version: str = "1.1", body: str = "", **headers: str) -> str:
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", body])


def lasting(answer: Answer) -> Any:
    status, headers, body = answer
    return status, {name: value for name, value in headers.items() if name not in OF_THE_MOMENT}, body


@asynccontextmanager
async def served(newsroom: Newsroom, **options: Any) -> AsyncIterator[int]:
    """The port at which the application is served as `./nashra serve` does it."""
    options |= {
        "http": Protocol,
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "timeout_graceful_shutdown": 5,
    }
    server = uvicorn.Server(uvicorn.Config(newsroom.app, port=0, log_level="error", lifespan="on", **options))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            assert not task.done()
            await asyncio.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield wire
    finally:
        wire.writer.transport.abort()  # to close it would be to wait until all that was sent is read
