"""Several workers on one database, at work for a while: no wrong answer, nothing missed.

`NASHRA_SOAK_SECONDS=600 ./nashra test tests/journeys/test_workers.py` is the long run.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import databases, serving

SECONDS = float(os.environ.get("NASHRA_SOAK_SECONDS", "3"))
OWN = {"x-request-id", "date"}
SETTINGS = {"NASHRA_COMMENTS": "open", "NASHRA_COMMENTS_RATE": "100000/1", "NASHRA_COMMENTS_REQUIRE_EMAIL": "false"}


@pytest.fixture
def shared_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'nashra.db'}"
    return databases.create(request.getfixturevalue("postgresql"), "nashra_shared")


def token_for(url: str) -> str:
    return serving.command("token", "create", "--name", "desk", "--role", "admin", url=url).stdout.strip()


class Site:
    """Two workers with a cache, one without, and an editor."""

    def __init__(self, workers: list[str], anew: str, token: str) -> None:
        # Connections are given up before uvicorn does so, after 5 s: else a request may meet the end of one.
        limits = httpx.Limits(keepalive_expiry=2)
        self.workers = [httpx.AsyncClient(base_url=address, timeout=20, limits=limits) for address in workers]
        self.anew = httpx.AsyncClient(base_url=anew, timeout=20, limits=limits)
        self.headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        self.articles: list[str] = []
        self.versions: dict[str, int] = {}
        self.done = Counter[str]()
        self.wrong: list[str] = []
        self.ends_at = 0.0
        self.started = self.ended = 0  # writes
        self.quiet = asyncio.Event()
        self.quiet.set()
        self.one_at_a_time = asyncio.Lock()

    async def begin(self) -> None:
        desk = self.workers[0]
        for path in ("sections/علوم", "sections/طب", "tags/فلك"):
            headers = {"Authorization": self.headers["Authorization"]}
            await desk.put(f"/v1/desk/{path}", json={"name": path.partition("/")[2]}, headers=headers)
        rules = [{"sections": ["علوم"]}, {"urgency_max": 3}]
        headers = {"Authorization": self.headers["Authorization"]}
        await desk.put("/v1/desk/tickers/عاجل", json={"name": "عاجل", "rules": rules}, headers=headers)
        for number in range(6):
            body = {"headline": f"خبر {number}", "body": "<p>متن.</p>", "section": "علوم", "tags": ["فلك"]}
            made = (await desk.post("/v1/desk/articles", json=body, headers=headers)).raise_for_status().json()
            await desk.post(f"/v1/desk/articles/{made['id']}/publish", json={}, headers=headers)
            self.articles.append(made["id"])
        self.ends_at = time.monotonic() + SECONDS

    @property
    def is_over(self) -> bool:
        """When the time is up; on a slow machine later, when something has been done."""
        has_done = self.done["writes"] > SECONDS and self.done["compared"] > 2 * SECONDS
        return has_done and time.monotonic() > self.ends_at

    @property
    def urls(self) -> list[str]:
        one = random.choice(self.articles)
        return [
            "/v1/articles", "/v1/articles?section=علوم&limit=3", "/v1/tickers/عاجل", "/v1/tickers?include=article",
            f"/v1/articles/{one}", f"/v1/articles/{one}/comments", "/v1/sections?count=true", "/v1/tags/فلك",
            f"/v1/comments/counts?articles={one}", "/v1/articles?include=body&limit=2", "/v1/changes?limit=3",
        ]  # fmt: skip

    async def read(self) -> None:
        """Fills the caches with concurrent requests."""
        while not self.is_over:
            url = random.choice(self.urls)
            answers = await asyncio.gather(*(random.choice(self.workers).get(url) for _ in range(3)))
            assert all(answer.status_code == 200 for answer in answers), answers
            self.done["reads"] += 3

    async def write(self) -> None:
        """Writes, and checks at once that every worker serves it."""
        pick, number = random.Random(), 0
        while not self.is_over:
            await self.quiet.wait()
            number += 1
            self.started += 1
            id, desk = pick.choice(self.articles), pick.choice(self.workers)
            kind = pick.random()
            if kind < 0.5:
                changes = pick.choice([{"headline": f"عنوان {number}"}, {"section": pick.choice(["علوم", "طب"])}])
                answer = await desk.patch(f"/v1/desk/articles/{id}", json=changes, headers=self.headers)
                version = answer.raise_for_status().json()["version"]
                for worker in self.workers:
                    shown = (await worker.get(f"/v1/articles/{id}")).json()
                    if shown["version"] < version:
                        self.wrong.append(f"{id}: version {shown['version']} after {version} was acknowledged")
            elif kind < 0.7:
                form = {"author_name": "س", "body": f"تعليق {number} {pick.random()}"}
                (await desk.post(f"/v1/articles/{id}/comments", json=form)).raise_for_status()
            elif kind < 0.85:
                body = {"name": f"اسم {number}"}
                (await desk.put("/v1/desk/tags/فلك", json=body, headers=self.headers)).raise_for_status()
            else:
                item = {"text": f"عاجل {number}", "level": pick.choice(["flash", "urgent", "normal"])}
                made = await desk.post(
                    "/v1/desk/tickers/عاجل/items", json=item, headers={**self.headers, "If-Match": ""}
                )
                with suppress(KeyError):
                    path = f"/v1/desk/tickers/عاجل/items/{made.json()['id']}"
                    await desk.delete(path, headers=self.headers)
            self.ended += 1
            self.done["writes"] += 1
            await asyncio.sleep(pick.random() / 50)

    async def compare(self) -> None:
        """A worker's response must equal an uncached one, if that was the same before and after.

        What is committed but not acknowledged yet may be seen by one and not by the other: then all wait for quiet.
        """
        while not self.is_over:
            url, worker = random.choice(self.urls), random.choice(self.workers)
            under_way, started = self.started > self.ended, self.started
            if not await self._same(url, worker) and (
                (not under_way and started == self.started) or not await self._same_in_quiet(url, worker)
            ):
                self.wrong.append(url)

    async def _same(self, url: str, worker: httpx.AsyncClient) -> bool:
        before, kept, after = [seen(await client.get(url)) for client in (self.anew, worker, self.anew)]
        self.done["compared"] += before == after
        return kept == before or before != after

    async def _same_in_quiet(self, url: str, worker: httpx.AsyncClient) -> bool:
        self.done["unacknowledged"] += 1
        async with self.one_at_a_time:
            self.quiet.clear()
            while self.started > self.ended:
                await asyncio.sleep(0.005)
            same = await self._same(url, worker)
            self.quiet.set()
        return same


def seen(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, {n: v for n, v in answer.headers.items() if n not in OWN}


@pytest.mark.timeout(SECONDS + 600)
async def test_no_worker_gives_a_wrong_answer_while_all_write(shared_url: str) -> None:
    token = token_for(shared_url)
    with ExitStack() as stack:
        settings = [SETTINGS, SETTINGS, {**SETTINGS, "NASHRA_CACHE_BYTES": "0"}]
        servers = [stack.enter_context(serving.served(shared_url, **given)) for given in settings]
        addresses = [address for address, _ in servers]
        site = Site(addresses[:2], addresses[2], token)
        await site.begin()
        work: list[Callable[[], Any]] = [site.read, site.read, site.write, site.write, site.compare, site.compare]
        try:
            await asyncio.gather(*(do() for do in work))
        finally:
            assert [process.poll() for _, process in servers] == [None, None, None], "a worker has ended"
        assert site.wrong == []
        metrics = [(await worker.get("/metrics")).text for worker in site.workers]
        assert all("nashra_cache_hits_total" in text for text in metrics)
        for client in (*site.workers, site.anew):
            await client.aclose()


# --- streams over real connections ------------------------------------------------------------------------------------


class Listener:
    """Follows the stream of whichever worker is there, as `EventSource` does: with its last id."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses, self.last, self.names = addresses, "", Counter[str]()
        self.ids: Counter[str] = Counter()
        self.heard = asyncio.Event()

    async def run(self) -> None:
        turn = 0
        while True:
            turn += 1
            headers = {"Last-Event-ID": self.last} if self.last else {}
            with suppress(httpx.TransportError):
                async with (
                    httpx.AsyncClient(base_url=self.addresses[turn % len(self.addresses)], timeout=60) as client,
                    client.stream("GET", "/v1/stream?type=article", headers=headers) as answer,
                ):
                    if answer.status_code == 200:
                        await self._listen(answer)
            await asyncio.sleep(0.05)

    async def _listen(self, answer: httpx.Response) -> None:
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
                continue
            if "id" in event:
                self.last = event["id"]
            if "event" in event:
                self.names[event["event"]] += 1
                entry = json.loads(event["data"])
                if "id" in entry:
                    self.ids[entry["id"]] += 1
                self.heard.set()
            event = {}

    async def is_told(self, name: str) -> None:
        async with asyncio.timeout(60):
            while not self.names[name]:
                await asyncio.sleep(0.01)

    async def until(self, ids: set[str]) -> None:
        async with asyncio.timeout(60):
            while not ids <= self.ids.keys():
                self.heard.clear()
                await self.heard.wait()


@asynccontextmanager
async def listening(listener: Listener) -> AsyncIterator[None]:
    task = asyncio.create_task(listener.run())
    await listener.is_told("ready")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def publish(address: str, token: str, headline: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    body = {"headline": headline, "body": "<p>متن.</p>", "section": "علوم"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=30) as client:
        made = (await client.post("/v1/desk/articles", json=body)).raise_for_status().json()
        (await client.post(f"/v1/desk/articles/{made['id']}/publish", json={})).raise_for_status()
    return str(made["id"])


async def make_section(address: str, token: str) -> None:
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        (await client.put("/v1/desk/sections/علوم", json={"name": "علوم"})).raise_for_status()


async def test_a_worker_that_dies_takes_no_news_along(shared_url: str) -> None:
    token = token_for(shared_url)
    with ExitStack() as stack:
        (one, dying), (two, _) = (stack.enter_context(serving.served(shared_url)) for _ in range(2))
        await make_section(two, token)
        listener = Listener([two, one])  # begins at the one that dies
        async with listening(listener):
            expected = {await publish(two, token, f"قبل {number}") for number in range(3)}
            writing = [asyncio.create_task(publish(two, token, f"أثناء {number}")) for number in range(6)]
            await asyncio.sleep(0.1)
            os.killpg(dying.pid, signal.SIGKILL)
            expected |= set(await asyncio.gather(*writing))
            expected.add(await publish(two, token, "بعد"))  # the others may all have been told before
            await listener.until(expected)
        assert listener.names["reset"] == 0
        assert listener.names["ready"] >= 2, "it came back"


async def test_who_listens_is_sent_away_before_a_worker_stops(shared_url: str, tmp_path: Path) -> None:
    with serving.served(shared_url, log_file=str(tmp_path / "log")) as (address, process):
        listener = Listener([address])
        async with listening(listener):
            os.killpg(process.pid, signal.SIGTERM)
            await asyncio.to_thread(process.wait, 60)
            assert process.returncode in {0, -signal.SIGTERM}
            await listener.is_told("goaway")
        assert listener.names["goaway"] == 1
    assert "graceful shutdown exceeded" not in (tmp_path / "log").read_text("utf-8"), "no open stream holds it up"


async def test_postgresql_restarts_under_load(tmp_path: Path) -> None:
    """503 while it is away, no wrong answer, recovery by itself, streams resume and miss nothing."""
    with databases.restartable() as (url, stop, start):
        token = token_for(url)
        with serving.served(url) as (address, _):
            await make_section(address, token)
            before = await publish(address, token, "قبل")
            listener = Listener([address])
            statuses: Counter[int] = Counter()
            late: list[str] = []

            async def read() -> None:
                async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                    while True:
                        answer = await client.get(random.choice(["/v1/articles", f"/v1/articles/{before}", "/v1/tags"]))
                        statuses[answer.status_code] += 1
                        if answer.status_code == 503:
                            assert answer.headers["content-type"] == "application/problem+json"
                            assert answer.headers["retry-after"].isdigit()
                        await asyncio.sleep(0.005)

            async with listening(listener):
                readers = [asyncio.create_task(read()) for _ in range(4)]
                await asyncio.sleep(0.3)
                await asyncio.to_thread(stop)
                await comes_to(statuses, 20)
                count = statuses[200]
                await comes_to(statuses, 60)
                assert statuses[200] == count, "nothing is answered that nobody can vouch for"
                await asyncio.to_thread(start)
                after = await recovered(address, token)
                await listener.until({after})
                async with httpx.AsyncClient(base_url=address) as client:
                    shown = (await client.get("/v1/articles")).raise_for_status().json()["data"]
                    late = [article["id"] for article in shown]
                for connection in readers:
                    connection.cancel()
            assert late == [after, before]
            assert set(statuses) == {200, 503}, statuses


async def comes_to(statuses: Counter[int], refusals: int) -> None:
    async with asyncio.timeout(60):
        while statuses[503] < refusals:
            await asyncio.sleep(0.05)


async def recovered(address: str, token: str) -> str:
    """The first article that can be published again."""
    async with asyncio.timeout(60):
        while True:
            with suppress(httpx.HTTPStatusError):
                return await publish(address, token, "بعد")
            await asyncio.sleep(0.1)
