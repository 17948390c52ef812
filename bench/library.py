"""Pictures: twenty uploads at once, a picture in 5,000 articles whose credit changes, lists with lead pictures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import func, select

from app.changes.models import Change
from app.kit.db import Database
from bench import content, dataset, load, pictures, servers
from bench.load import Request
from bench.machine import Others, memory
from bench.results import Result
from bench.trials import LONGER_MS, PROBES, Site, Way, scene, writable
from bench.workloads import UNCACHED, Scene

GROWTH_MB = 50  # of the worker beside uploads, without its child process
USES, LISTED = 5_000, 20
PROBED_EVERY = 0.02  # seconds
LONGER_LIST = 4 / 3
LEFT_OVER = ("nashra-upload-*", ".decoding-*")
PAGE = f"/v1/articles?limit={LISTED}"
Ask = Callable[[], object]


# ── Probes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def probing(*asks: Ask) -> Iterator[list[list[float]]]:
    """Asks again and again, each in a thread of its own: the seconds of each, which are whole when the block ends."""
    stop = Event()
    found: list[list[float]] = [[] for _ in asks]

    def probe(ask: Ask, seconds: list[float]) -> None:
        while not stop.is_set():
            began = time.perf_counter()
            ask()
            seconds.append(time.perf_counter() - began)
            time.sleep(PROBED_EVERY)

    with ThreadPoolExecutor(len(asks)) as pool:
        running = [pool.submit(probe, *pair) for pair in zip(asks, found, strict=True)]
        try:
            yield found
        finally:
            stop.set()
    for one in running:
        one.result()


def alone(*asks: Ask) -> list[list[float]]:
    """200 probes of each at least."""
    with probing(*asks) as found:
        while min(map(len, found)) < PROBES:
            time.sleep(PROBED_EVERY)
    return found


def p99(seconds: list[float]) -> float:
    """In milliseconds."""
    return sorted(seconds)[len(seconds) * 99 // 100 - 1] * 1000


@contextmanager
def helper(module: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours that has said `ready`."""
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(  # noqa: S603  # our own modules
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=servers.ROOT
    ) as process:
        try:
            _said(process)
            yield process
        finally:
            process.kill()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    if not (line := process.stdout.readline()):
        raise RuntimeError("a helping process has ended")
    return line


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


# ── Uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def crowded(way: Way, site: Site) -> Iterator[Result]:
    """Twenty uploads at once on one worker; what they are answered, what a reader waits, what is left."""
    folder = way.folder / "uploads"
    folder.mkdir()
    settings = {"media_store": str(folder / "media"), "media_originals": str(folder / "originals")}
    with writable(way, site) as copy, ExitStack() as stack:
        token = dataset.token_for(copy.url)
        server = stack.enter_context(servers.product(copy.url, settings=settings, temporary=folder))
        seen = stack.enter_context(scene(server, copy, token))
        yield _beside_uploads(seen, server, folder, site)


def _beside_uploads(seen: Scene, server: servers.Server, folder: Path, site: Site) -> Result:
    with helper("bench.crowd", str(server.port), seen.token) as crowd:
        (quiet,) = alone(lambda: seen.read(PAGE))
        before, others = _weight(server), Others()
        weights: list[float] = []
        with probing(lambda: seen.read(PAGE), lambda: weights.append(_weight(server))) as probes:
            _tell(crowd)
            answers = json.loads(_said(crowd))
            while len(probes[0]) < PROBES:
                time.sleep(PROBED_EVERY)
    share = others.share()
    (later,) = alone(lambda: seen.read(PAGE))
    left = [path.name for pattern in LEFT_OVER for path in folder.rglob(pattern)]
    calm, busy, growth = p99(quiet + later), p99(probes[0]), max(weights) - before
    statuses = Counter(str(answer["status"]) for answer in answers)
    figures = {
        "answers": " ".join(f"{status}: {count}" for status, count in sorted(statuses.items())),
        "s": f"{max(answer['seconds'] for answer in answers):.0f}",
        "p99 alone": f"{calm:.1f} ms",
        "p99 beside": f"{busy:.1f} ms",
        "worker grew": f"{growth:.0f} MB",
        "left": str(len(left)),
    }
    unclear = [f"{one['kind']} {one['status']} {one['retry_after']}" for one in answers if not one["is_clear"]]
    met = not unclear and not left and busy - calm <= LONGER_MS and growth <= GROWTH_MB
    floor = f"clear answers, p99 <= {LONGER_MS} ms more, grows <= {GROWTH_MB} MB, nothing left"
    note = f"unclear: {', '.join(unclear)}" if unclear else ""
    return Result("uploads", site.database, site.count, None, None, share, figures, floor, met, note)


def _weight(server: servers.Server) -> float:
    """MB of the serving process alone, without the child that decodes."""
    weight = memory([server.pid])
    return weight.pss if weight else 0.0


# ── A picture in 5,000 articles ──────────────────────────────────────────────────────────────────────────────────────


def followed(way: Way, site: Site) -> Iterator[Result]:
    """The credit of a picture in 5,000 articles changes; what readers and editors wait while the log is told."""
    with writable(way, site) as copy, ExitStack() as stack:
        token = dataset.token_for(copy.url)
        server = stack.enter_context(servers.product(copy.url, settings=pictures.SETTINGS))
        seen = stack.enter_context(scene(server, copy, token))
        articles = list(seen.newest(min(USES + 100, site.count)))
        shown = articles[: min(USES, site.count - 100)]
        picture = pictures.upload(seen.client, token)
        pictures.lead(copy.url, {article["id"]: {"id": picture} for article in shown})
        worker = stack.enter_context(helper("bench.follower", copy.url))
        following = Following(seen, worker, picture, shown, articles[-1]["id"])
        rounds = [following.round() for _ in range(way.rounds)]
        missing = following.runs * len(shown) - asyncio.run(_updates(copy.url, following.other))
        yield _followed(site, rounds, missing, len(shown))


async def _updates(url: str, other: str) -> int:
    """How many entries the log has that articles were updated, but for the `other` one, which an editor changes."""
    database = Database(url, 1)
    try:
        async with database.connection() as connection:
            counted = select(func.count()).where(Change.type == "article.updated", Change.resource_id != other)
            return int((await connection.execute(counted)).scalar_one())
    finally:
        await database.close()


class Following:
    """Changes the credit again and again, and has a worker follow."""

    def __init__(
        self, seen: Scene, worker: subprocess.Popen[str], picture: str, shown: list[dict[str, Any]], other: str
    ) -> None:
        self.seen, self.worker, self.picture, self.shown, self.other = seen, worker, picture, shown, other
        self.editor = {"Authorization": f"Bearer {seen.token}", "If-Match": "*"}
        self.number = self.runs = 0

    def round(self) -> dict[str, float]:
        """Milliseconds, but `s`: readers and editors alone and beside the job, the job, its transactions."""
        calm, others = alone(self._read, self._edit), Others()
        runs: list[dict[str, Any]] = []
        with probing(self._read, self._edit) as busy:
            while not runs or min(map(len, busy)) < PROBES:
                runs.append(self._change())
        return {
            **{f"{name} alone": p99(seconds) for name, seconds in zip(("reader", "editor"), calm, strict=True)},
            **{f"{name} beside": p99(seconds) for name, seconds in zip(("reader", "editor"), busy, strict=True)},
            "patch": median(run["patch"] for run in runs) * 1000,
            "s": median(run["seconds"] for run in runs),
            "batch": median(one for run in runs for one in run["open"]) * 1000,
            "longest batch": max(one for run in runs for one in run["open"]) * 1000,
            "log": median(one for run in runs for one in run["ending"]) * 1000,
            "longest log": max(one for run in runs for one in run["ending"]) * 1000,
            "others": others.share() or 0.0,
        }

    def _read(self) -> None:
        self.seen.read(PAGE)

    def _edit(self) -> None:
        self.number += 1
        self._patch(f"/v1/desk/articles/{self.other}", {"summary": f"ملخّص جديد رقمه {self.number}."})

    def _patch(self, target: str, change: dict[str, str]) -> None:
        self.seen.client.patch(target, headers=self.editor, json=change).raise_for_status()

    def _change(self) -> dict[str, Any]:
        """One change, the answers right after it, and the run of the job. Raises where an answer is not right."""
        self.runs += 1
        credit, began = f"تصوير رقم {self.runs}", time.perf_counter()
        self._patch(f"/v1/desk/media/{self.picture}", {"credit": credit})
        patch = time.perf_counter() - began
        self._require(credit)
        _tell(self.worker)
        return {"patch": patch, **json.loads(_said(self.worker))}

    def _require(self, credit: str) -> None:
        images = [article["lead_image"] for article in self.seen.read(PAGE)["data"]]
        for place in (0, len(self.shown) // 2, -1):
            images.append(self.seen.read(f"/v1/articles/{quote(self.shown[place]['slug'])}")["lead_image"])
        if wrong := [image for image in images if image["credit"] != credit]:
            raise RuntimeError(f"an answer is not right after the change: {wrong[0]['credit']} instead of {credit}")


def _followed(site: Site, rounds: list[dict[str, float]], missing: int, count: int) -> Result:
    middle = {name: median(one[name] for one in rounds) for name in rounds[0]}
    figures = {"articles": f"{count:,}", "job": f"{middle.pop('s'):.1f} s", "missing in the log": f"{missing:,}"}
    foreign = middle.pop("others")
    figures |= {name: f"{value:.1f} ms" for name, value in middle.items()}
    longer = max(middle[f"{name} beside"] - middle[f"{name} alone"] for name in ("reader", "editor"))
    floor = f"all in the log, p99 <= {LONGER_MS} ms more"
    met = missing == 0 and longer <= LONGER_MS
    return Result("followed picture", site.database, site.count, None, None, foreign, figures, floor, met)


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def listed(way: Way, site: Site) -> Iterator[Result]:
    """A list whose articles have lead pictures of the library, pictures at addresses, or none; nothing is cached."""
    with writable(way, site) as copy, ExitStack() as stack:
        token = dataset.token_for(copy.url)
        server = stack.enter_context(servers.product(copy.url, settings={**UNCACHED, **pictures.SETTINGS}))
        seen = stack.enter_context(scene(server, copy, token))
        ids = [article["id"] for article in seen.newest(100)][:LISTED]
        library = [pictures.upload(seen.client, token) for _ in ids]
        caption = {"caption": "جانب من العمل في الإسكندرية"}
        kinds: dict[str, dict[str, Any]] = {
            "none": dict.fromkeys(ids),
            "addresses": {id: content.article(number)["lead_image"] for number, id in enumerate(ids)},
            "library": {id: {"id": picture, **caption} for id, picture in zip(ids, library, strict=True)},
        }
        yield _listed(way, copy, server, seen, kinds)


def _listed(way: Way, site: Site, server: servers.Server, seen: Scene, kinds: dict[str, dict[str, Any]]) -> Result:
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    sizes: dict[str, tuple[int, int]] = {}
    others = Others(*([site.process] if site.process else []))
    for _ in range(way.rounds):
        for kind, images in kinds.items():
            pictures.lead(site.url, images)
            sizes[kind] = (len(seen.client.get(PAGE).content), _compressed(seen.client))
            load.built_in(server.address, [Request(PAGE)], 0.5)
            rates[kind].append(load.drive(server.address, [Request(PAGE)], way.seconds, way.with_wrk).rate)
    figures = {}
    for kind, (plain, packed) in sizes.items():
        cost = 1000 / median(rates[kind])
        figures[kind] = f"{plain:,} bytes ({packed:,} in Brotli), {cost:.2f} ms"
    longer = sizes["library"][0] / sizes["addresses"][0]
    figures["longer than at addresses"] = f"{longer - 1:.0%}"
    figures["longer than without"] = f"{sizes['library'][0] / sizes['none'][0] - 1:.0%}"
    floor, met = "grows by <= a third", longer <= LONGER_LIST
    return Result("pictures in lists", site.database, site.count, None, None, others.share(), figures, floor, met)


def _compressed(client: httpx.Client) -> int:
    return int(client.get(PAGE, headers={"Accept-Encoding": "br"}).headers["content-length"])
