"""Many idle clients of the event stream: what one of them weighs, and when each of them hears of a change.

The clients live in a process of their own (`python -m bench.streams PORT COUNT`), so that the server's memory is its
own. It is spoken to in lines: it says `ready`, is told `listen`, and says what it heard, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import dataclass

PATH = "/v1/stream"
PER_ADDRESS = 500  # one address has some 28,000 ports, and a newsroom's readers have many addresses
AT_ONCE = 200
PATIENCE = 30.0


@dataclass
class Subscriber:
    """Seconds of the system's monotonic clock at which each client had the event."""

    moments: list[float]
    lost: int


class _Client(asyncio.Protocol):
    def __init__(self, crowd: _Crowd) -> None:
        self.crowd, self.welcomed, self.has_heard = crowd, crowd.loop.create_future(), False

    def data_received(self, data: bytes) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(data[9:12] == b"200")
        elif self.crowd.listening and not self.has_heard and b"data:" in data:
            self.has_heard = True
            self.crowd.hear()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(False)
        self.crowd.lost += not self.crowd.closing


class _Crowd:
    def __init__(self, port: int, count: int) -> None:
        self.port, self.count, self.lost = port, count, 0
        self.loop = asyncio.get_running_loop()
        self.listening = self.closing = False
        self.moments: list[float] = []
        self.all_heard = asyncio.Event()

    def hear(self) -> None:
        self.moments.append(time.monotonic())
        if len(self.moments) == self.count:
            self.all_heard.set()

    async def gather(self) -> int:
        """Connects everybody; returns how many were let in."""
        gate = asyncio.Semaphore(AT_ONCE)
        self.transports: list[asyncio.BaseTransport] = []

        async def join(number: int) -> bool:
            async with gate:
                source = (f"127.0.0.{2 + number // PER_ADDRESS}", 0) if sys.platform == "linux" else None
                transport, client = await self.loop.create_connection(
                    lambda: _Client(self), "127.0.0.1", self.port, local_addr=source
                )
                self.transports.append(transport)
                request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
                assert isinstance(transport, asyncio.Transport)
                transport.write(request.encode())
                return bool(await asyncio.wait_for(client.welcomed, PATIENCE))

        return sum(await asyncio.gather(*(join(number) for number in range(self.count))))

    async def listen(self) -> Subscriber:
        """Waits until everybody has the next event."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.all_heard.wait(), PATIENCE)
        self.closing = True
        for transport in self.transports:
            transport.close()
        return Subscriber(self.moments, self.lost)


async def _main(port: int, count: int) -> None:
    crowd = _Crowd(port, count)
    admitted = await crowd.gather()
    _say(f"ready {admitted}")
    await crowd.loop.run_in_executor(None, sys.stdin.readline)
    crowd.listening = True
    _say("listening")
    heard = await crowd.listen()
    _say(json.dumps({"moments": heard.moments, "lost": heard.lost}))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
