"""Clients that want to take a server away from others, each kind again and again until it is told to stop.

They live in a process of their own (`python -m bench.attacks PORT KIND TOKEN`), so that what they cost is not measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable

HEAD = b"GET /v1/articles HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/articles/x/comments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PIECE, PIECES = 65_536, 1_024  # 64 MB
LARGE = 2_000_000
CROWD = 300


class Attacker:
    """Opens connections to one server."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    async def pour(self, start: bytes, piece: bytes) -> None:
        """One connection that sends `piece` after `piece`, until all is sent or it is cut off."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            writer.write(start)
            for _ in range(PIECES * PIECE // len(piece)):
                writer.write(piece)
                await asyncio.wait_for(writer.drain(), 5)
            await asyncio.wait_for(reader.read(), 5)
        writer.transport.abort()

    async def long_header(self) -> None:
        await asyncio.gather(*(self.pour(HEAD + b"A: ", b"a" * PIECE) for _ in range(4)))

    async def many_headers(self) -> None:
        await self.pour(HEAD, b"a: b\r\n" * (PIECE // 6))

    async def long_trailer(self) -> None:
        """Behind a body of nearly the size that the desk permits."""
        head = b"POST /v1/desk/articles HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        start = head + b"%x\r\n%b\r\n0\r\nA: " % (LARGE, b"b" * LARGE)
        await asyncio.gather(*(self.pour(start, b"a" * PIECE) for _ in range(4)))

    async def slow(self) -> None:
        """Half of the connections never end their heads, half of them their bodies: a byte each second."""
        await asyncio.gather(*(self._drip(number % 2 == 0) for number in range(CROWD)))

    async def _drip(self, ends_head: bool) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.suppress(OSError):
            writer.write(POST + b"Content-Length: 1000\r\n\r\n" if ends_head else HEAD + b"A: ")
            for _ in range(30):
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(1)
        writer.transport.abort()

    async def unknown_fields(self) -> None:
        """A body of the size that the desk permits, of 150,000 fields that nobody knows."""
        body = json.dumps({f"field{number}": 1 for number in range(110_000)}).encode()
        head = b"POST /v1/desk/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {self.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.suppress(OSError):
            writer.write(head + body)
            await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()


KINDS: dict[str, Callable[[Attacker], Awaitable[None]]] = {
    "long header": Attacker.long_header,
    "many headers": Attacker.many_headers,
    "long trailer": Attacker.long_trailer,
    "slow": Attacker.slow,
    "unknown fields": Attacker.unknown_fields,
}


async def _main(port: int, kind: str, token: str) -> None:
    attacker = Attacker(port, token)
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await KINDS[kind](attacker)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
