"""Live coverage under load: `python -m bench.coverage PORT TOKEN [STREAMS] [ENTRIES] [SECONDS]`.

Opens streams narrowed to one article, publishes entries at an even pace, and prints how long after the desk's answer
the last stream had each of them. It is a process of its own, so that what it costs is not the server's, and comes from
many addresses of the loopback network, so that the limit of streams for an address lets it in.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from statistics import median

import httpx

PER_ADDRESS = 200
AT_ONCE = 100
PATIENCE = 60.0
NUMBERED = re.compile(rb'"headline":"bench (\d+) of')


class _Client(asyncio.Protocol):
    """One stream. It notes when each entry arrives."""

    def __init__(self, heard: dict[int, list[float]]) -> None:
        self.heard, self.rest = heard, b""
        self.welcomed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(data[9:12] == b"200")
            return
        whole, _, self.rest = (self.rest + data).rpartition(b"\n\n")
        now = time.monotonic()
        for found in NUMBERED.finditer(whole):
            self.heard[int(found[1])].append(now)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(False)


async def _open(port: int, article: str, count: int, heard: dict[int, list[float]]) -> int:
    """Opens the streams; returns how many were let in."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def join(number: int) -> bool:
        async with gate:
            source = (f"127.0.0.{2 + number // PER_ADDRESS}", 0) if sys.platform == "linux" else None
            transport, client = await loop.create_connection(
                lambda: _Client(heard), "127.0.0.1", port, local_addr=source
            )
            path = f"/v1/stream?article={article}&type=entry"
            transport.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
            return await asyncio.wait_for(client.welcomed, PATIENCE)

    return sum(await asyncio.gather(*(join(number) for number in range(count))))


async def _article(client: httpx.AsyncClient) -> str:
    await client.put("/v1/desk/sections/bench", json={"name": "bench"})
    body = {"headline": "Live coverage", "language": "en", "kind": "live", "body": "<p>Text.</p>", "section": "bench"}
    made = (await client.post("/v1/desk/articles", json=body)).raise_for_status().json()
    (await client.post(f"/v1/desk/articles/{made['id']}/publish", json={})).raise_for_status()
    return str(made["id"])


async def _main(port: int, token: str, streams: int = 1_000, entries: int = 200, seconds: int = 60) -> None:
    heard: dict[int, list[float]] = defaultdict(list)
    answered: dict[int, float] = {}
    saves: list[float] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE) as client:
        article = await _article(client)
        opened = await _open(port, article, streams, heard)
        await asyncio.sleep(2)  # until all have joined the broadcasts
        began = time.monotonic()
        for number in range(entries):
            await asyncio.sleep(max(0.0, began + number * seconds / entries - time.monotonic()))
            body = {"headline": f"bench {number} of {entries}", "body": "<p>Words of this minute.</p>" * 5}
            sent = time.monotonic()
            answer = await client.post(f"/v1/desk/articles/{article}/entries", json={**body, "status": "published"})
            answer.raise_for_status()
            answered[number] = time.monotonic()
            saves.append(answered[number] - sent)
        end = time.monotonic() + PATIENCE
        while any(len(heard[number]) < opened for number in range(entries)) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        shown = (await client.get(f"/v1/articles/{article}/entries?limit=1&count=true")).json()["page"]["total"]
    last = [max(heard[number], default=float("inf")) - answered[number] for number in range(entries)]
    missing = sum(opened - len(heard[number]) for number in range(entries))
    result = {"streams": opened, "entries": shown, "seconds": answered[entries - 1] - began, "missing": missing}
    result |= {"slowest_telling": max(last), "median_telling": median(last)}
    print(json.dumps(result | {"slowest_save": max(saves), "median_save": median(saves)}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])))
