"""Trials: a workload on our server and on the bare one, by turns; and what needs a trial of its own."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import httpx

from bench import attacks, bare, dataset, load, postgres, servers, streams
from bench.machine import Others, memory
from bench.results import Result
from bench.workloads import WORKLOADS, Scene, Workload

CROWDED = 0.10  # of the machine in other people's hands: the round is repeated once
WARM_UP = 0.5  # seconds
LARGEST_COPY = 100_000
PROBES, LONGER_MS, GROWTH_MB = 200, 50, 32  # of a reader beside an attack, and of the worker
WORKER_MB, START_SECONDS = 160, 2.0
CLIENT_KB, LAST_TOLD = 15.0, {1_000: 0.3, 10_000: 2.0}


@dataclass(frozen=True)
class Site:
    """A dataset. `server` is the address of its PostgreSQL server, `process` that server's, where it is ours."""

    url: str
    count: int
    server: str = ""
    process: int | None = None

    @property
    def database(self) -> str:
        return "postgresql" if self.server else "sqlite"


@dataclass(frozen=True)
class Way:
    """How it is measured."""

    folder: Path
    rounds: int
    seconds: float
    with_wrk: bool


Trial = Callable[[Way, Site], Iterator[Result]]


@contextmanager
def writable(way: Way, site: Site) -> Iterator[Site]:
    """A copy of the dataset: what is measured tomorrow is what was measured today."""
    if site.server:
        with postgres.copied(site.server, site.url) as url:
            yield replace(site, url=url)
        return
    original, copy = Path(site.url.removeprefix("sqlite:///")), way.folder / "working.db"
    shutil.copyfile(original, copy)
    try:
        yield replace(site, url=f"sqlite:///{copy}")
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{copy}{end}").unlink(missing_ok=True)


def attempted(entry: Entry, way: Way, site: Site) -> Iterator[Result]:
    """The trial's rows; where it breaks off, a row that says so."""
    try:
        yield from entry.trial(way, site)
    except (RuntimeError, ValueError, httpx.HTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        yield Result(entry.name, site.database, site.count, note=f"broke off: {reason}", met=False)


@contextmanager
def scene(server: servers.Server, site: Site, token: str = "") -> Iterator[Scene]:
    headers = {"Accept-Encoding": "identity"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=60) as client:
        yield Scene(client, token, site.count, site.url)


# ── A workload beside the bare server ────────────────────────────────────────────────────────────────────────────────


def workload(way: Way, site: Site, work: Workload) -> Iterator[Result]:
    """Its row, and another one for the memory of the worker where that is weighed."""
    if site.count <= LARGEST_COPY:  # else the server would index what is missing while it is measured
        dataset.index(site.url)
    if not work.writes:
        yield from _measured(way, site, work, "")
    elif site.count > LARGEST_COPY and not site.server:
        yield Result(work.name, site.database, site.count, note=f"not on a copy of more than {LARGEST_COPY:,} articles")
    else:
        with writable(way, site) as copy:
            yield from _measured(way, copy, work, dataset.token_for(copy.url))


def _measured(way: Way, site: Site, work: Workload, token: str) -> Iterator[Result]:
    with servers.product(site.url, work.workers, work.settings) as ours:
        with scene(ours, site, token) as seen:
            requests = work.plan(seen)
            answers = captured(seen.client, requests, work.expected)
        with servers.bare_server(answers, way.folder, work.workers) as other:
            samples, foreign = by_turns(way, site, requests, (ours, other))
        mine, its = load.middle(samples[0]), load.middle(samples[1])
        weight = memory(ours.pids()) if work.weighs else None
    yield judged(Result(work.name, site.database, site.count, mine, its, foreign), work)
    if weight:
        figures = {"PSS": f"{weight.pss:.0f} MB", "RSS": f"{weight.rss:.0f} MB"}
        row = Result(f"memory after {work.name}", site.database, site.count, figures=figures)
        yield replace(row, floor=f"PSS <= {WORKER_MB} MB", met=weight.pss <= WORKER_MB)


def captured(client: httpx.Client, requests: list[load.Request], expected: int) -> dict[str, bare.Answer]:
    """What our server answers to each request. Raises when that is not what is `expected` (for a change: 200)."""
    answers: dict[str, bare.Answer] = {}
    for number, request in enumerate(requests):
        if request.name in answers:
            continue
        body = request.body.replace(load.COUNTER, f"{time.time_ns():x}-{number}")
        answer = client.request(request.method, request.target, headers=request.headers, content=body.encode())
        if answer.status_code != expected:
            raise RuntimeError(f"{request.name}: {answer.status_code} instead of {expected}: {answer.text[:300]}")
        answers[request.name] = bare.Answer.of(answer.status_code, answer.headers.multi_items(), answer.content)
    return answers


def by_turns(
    way: Way, site: Site, requests: list[load.Request], pair: tuple[servers.Server, servers.Server]
) -> tuple[tuple[list[load.Sample], list[load.Sample]], float | None]:
    """The samples of both servers, and the largest share of the machine that others took."""
    samples: tuple[list[load.Sample], list[load.Sample]] = ([], [])
    shares = []
    for _ in range(way.rounds):
        for server, kept in zip(pair, samples, strict=True):
            sample, share = quietly(way, site, server, requests)
            kept.append(sample)
            shares.append(share)
    known = [share for share in shares if share is not None]
    return samples, max(known, default=None)


def quietly(
    way: Way, site: Site, server: servers.Server, requests: list[load.Request]
) -> tuple[load.Sample, float | None]:
    """One round; the quieter of two where others were busy in the first."""
    tries: list[tuple[load.Sample, float | None]] = []
    while len(tries) < 2 and (not tries or (tries[0][1] or 0) > CROWDED):
        load.built_in(server.address, requests, WARM_UP)
        others = Others(*([site.process] if site.process else []))
        tries.append((load.drive(server.address, requests, way.seconds, way.with_wrk), others.share()))
    return min(tries, key=lambda one: one[1] or 0)


def judged(result: Result, work: Workload) -> Result:
    """With its floors, and whether they are met. Failures never meet anything."""
    assert result.ours
    assert result.bare
    floors, verdicts = [], []
    if (ratio := work.ratio.get(result.database)) is not None:
        floors.append(f"ratio >= {ratio:.2f}")
        verdicts.append((result.ratio or 0) >= ratio)
    if work.slowest is not None:
        floors.append(f"p99 <= {work.slowest:g} x bare")
        verdicts.append(result.ours.p99 <= work.slowest * result.bare.p99)
    failed = result.ours.failed + result.bare.failed
    note = f"{failed} answers were not 2xx or 3xx" if failed else ""
    met = all(verdicts) and not failed if verdicts or failed else None
    return replace(result, floor=", ".join(floors), met=met, note=note)


# ── Trials of their own ──────────────────────────────────────────────────────────────────────────────────────────────


def cold_start(way: Way, site: Site) -> Iterator[Result]:
    """From the start of the process until it is ready."""
    seconds = []
    for _ in range(max(3, way.rounds)):
        with servers.product(site.url) as server:
            seconds.append(server.seconds)
    figures = {"seconds": f"{median(seconds):.2f}"}
    met = median(seconds) <= START_SECONDS
    yield Result("cold start", site.database, site.count, figures=figures, floor=f"<= {START_SECONDS:g} s", met=met)


def sync_from_zero(_way: Way, site: Site) -> Iterator[Result]:
    """A client that follows the change log from its beginning."""
    with servers.product(site.url) as server, scene(server, site) as seen:
        if seen.client.get("/v1/changes?limit=1").status_code == 404:
            yield Result("sync from zero", site.database, site.count, note="skipped: /v1/changes is not there yet")
            return
        began = time.perf_counter()
        entries, pages = _follow(seen)
        seconds = time.perf_counter() - began
    figures = {
        "entries": f"{entries:,}",
        "pages": f"{pages:,}",
        "s": f"{seconds:.1f}",
        "per s": f"{entries / seconds:,.0f}",
    }
    yield Result("sync from zero", site.database, site.count, figures=figures)


def _follow(seen: Scene) -> tuple[int, int]:
    entries, pages, since = 0, 0, ""
    while True:
        page = seen.read(f"/v1/changes?object=summary&limit=100{since}")
        entries, pages = entries + len(page["data"]), pages + 1
        place = page.get("page", page)
        if not place.get("more"):
            return entries, pages
        since = f"&since={place.get('since', place.get('next'))}"


def attacked(way: Way, site: Site) -> Iterator[Result]:
    """What a reader waits, and what the worker weighs, while somebody attacks it. A server for each kind."""
    for kind in attacks.KINDS:
        with writable(way, site) as copy:
            token = dataset.token_for(copy.url)
            with servers.product(copy.url) as server, scene(server, copy, token) as seen:
                yield _beside(kind, seen, server, site)


def _beside(kind: str, seen: Scene, server: servers.Server, site: Site) -> Result:
    alone, before = _probes(seen), memory(server.pids())
    command = [sys.executable, "-m", "bench.attacks", str(server.port), kind, seen.token]
    with subprocess.Popen(command, cwd=servers.ROOT) as attacker:  # noqa: S603  # our own module
        try:
            time.sleep(1)
            beside, after = _probes(seen), memory(server.pids())
        finally:
            attacker.kill()
    longer = (beside - alone) * 1000
    figures = {"p99 alone": f"{alone * 1000:.1f} ms", "p99 beside": f"{beside * 1000:.1f} ms"}
    growth = after.pss - before.pss if before and after else 0.0
    figures["worker grew"] = f"{growth:.0f} MB"
    floor = f"p99 <= {LONGER_MS} ms more, grows <= {GROWTH_MB} MB"
    met = longer <= LONGER_MS and growth <= GROWTH_MB
    return Result(f"attacks {kind}", site.database, site.count, figures=figures, floor=floor, met=met)


def _probes(seen: Scene) -> float:
    """The 99th percentile of 200 reads of the newest articles, in seconds; they take four seconds at least."""
    seconds = []
    for _ in range(PROBES):
        began = time.perf_counter()
        seen.read("/v1/articles?limit=20")
        seconds.append(time.perf_counter() - began)
        time.sleep(0.02)
    return sorted(seconds)[PROBES * 99 // 100 - 1]


def idle_streams(way: Way, site: Site) -> Iterator[Result]:
    """1,000 and then 10,000 clients that wait, and one change."""
    for count in LAST_TOLD:
        with writable(way, site) as copy:
            yield _told(copy, count)


def _told(site: Site, count: int) -> Result:
    row = Result(f"streams {count:,}", site.database, site.count)
    if not _may_open(count):
        return replace(row, note=f"skipped: no process may have {count:,} open files here")
    token = dataset.token_for(site.url)
    generous = {"streams_per_address": "1000000", "streams_max": "1000000"}
    with servers.product(site.url, settings=generous) as server, scene(server, site, token) as seen:
        if not _has_streams(seen.client):
            return replace(row, note=f"skipped: {streams.PATH} is not there yet")
        return _broadcast(row, server, seen, count)


def _has_streams(client: httpx.Client) -> bool:
    with client.stream("GET", streams.PATH, headers={"Accept": "text/event-stream"}) as answer:
        return answer.status_code != 404


def _may_open(count: int) -> bool:
    """Raises the soft limit of open files, which the processes that we start inherit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65_536
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted >= count + 200


def _broadcast(row: Result, server: servers.Server, seen: Scene, count: int) -> Result:
    article = next(seen.newest(1))
    before = memory(server.pids())
    with _crowd(server.port, count) as crowd:
        admitted = int(_line(crowd).split()[1])
        if admitted < count:
            return replace(row, note=f"only {admitted:,} were let in", met=False)
        time.sleep(2)  # what is still being sent to newcomers is not the event
        after = memory(server.pids())
        _say(crowd, "listen")
        _line(crowd)
        acknowledged = _change(seen, article["id"])
        heard = json.loads(_line(crowd))
    moments = sorted(moment - acknowledged for moment in heard["moments"])
    if len(moments) < count:
        return replace(row, note=f"{count - len(moments):,} were not told", met=False)
    growth = (after.pss - before.pss) * 1000 / count if before and after else None
    figures = {"first": f"{moments[0]:.3f} s", "median": f"{median(moments):.3f} s", "last": f"{moments[-1]:.3f} s"}
    if growth is not None:
        figures["per client"] = f"{growth:.1f} kB"
    met = moments[-1] <= LAST_TOLD[count] and (growth is None or growth <= CLIENT_KB)
    return replace(row, figures=figures, floor=f"<= {CLIENT_KB:g} kB, last <= {LAST_TOLD[count]:g} s", met=met)


def _change(seen: Scene, id: str) -> float:
    """Changes an article; when that was acknowledged, by the system's monotonic clock."""
    headers = {"Authorization": f"Bearer {seen.token}", "If-Match": "*"}
    body = {"summary": f"ملخّص جديد رقمه {time.time_ns()}."}
    seen.client.patch(f"/v1/desk/articles/{id}", headers=headers, json=body).raise_for_status()
    return time.monotonic()


@contextmanager
def _crowd(port: int, count: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "bench.streams", str(port), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=servers.ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the process that holds the clients has ended")
    return line


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _of(work: Workload) -> Trial:
    return lambda way, site: workload(way, site, work)


@dataclass(frozen=True)
class Entry:
    """A trial under its name; on every size or on one, on which databases."""

    name: str
    trial: Trial
    every_size: bool = False
    databases: tuple[str, ...] = ("sqlite",)


TRIALS = (
    *(Entry(work.name, _of(work), work.every_size, work.databases) for work in WORKLOADS),
    Entry("sync from zero", sync_from_zero),
    Entry("attacks", attacked),
    Entry("streams", idle_streams),
    Entry("cold start", cold_start, databases=("sqlite", "postgresql")),
)
