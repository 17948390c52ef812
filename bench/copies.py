"""A first copy by the change log, on one connection: how long it takes, and what the worker weighs meanwhile."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench import servers
from bench.machine import Others, memory, processor_seconds
from bench.results import Result
from bench.trials import Site, Way

ASKED = (("summary", 500), ("full", 100))  # details, each with its largest pages
SECONDS, ARTICLES = 60, 100_000
GROWTH_MB = 64  # of the worker, but for mapped pages of the database file: its cache may fill meanwhile
WEIGHED_EVERY = 20  # pages
SINCE = re.compile(rb'"since":"([^"]+)","more":(true|false)}$')


@dataclass
class Copied:
    """What was read."""

    entries: int = 0
    pages: int = 0
    bytes: int = 0
    slowest: float = 0.0
    """Seconds of the slowest page."""
    worked: float = 0.0
    """Seconds of a processor that the server took."""
    weights: list[float] = field(default_factory=list)
    """Of the worker, in MB."""


def first_copy(_way: Way, site: Site) -> Iterator[Result]:
    """Without compression, which is the client's choice, and once with it."""
    for detail, limit in ASKED:
        for encoding in ("identity", "gzip"):
            others = Others(*([site.process] if site.process else []))
            with servers.product(site.url) as server:
                began = time.perf_counter()
                copied = _copy(server, f"/v1/changes?object={detail}&limit={limit}", encoding)
                seconds = time.perf_counter() - began
            yield _row(site, f"first copy, {detail}, {encoding}", copied, seconds, others.share())


def _copy(server: servers.Server, target: str, encoding: str) -> Copied:
    copied, since, more = Copied(weights=[_weight(server)]), "", True
    before = processor_seconds(server.pids())
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    while more:
        began = time.perf_counter()
        connection.request("GET", target + since, headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target}: {answer.status} {content[:300]!r}")
        copied.slowest = max(copied.slowest, time.perf_counter() - began)
        copied.pages, copied.bytes = copied.pages + 1, copied.bytes + len(content)
        page = _plain(content, encoding)
        copied.entries += page.count(b'{"change_id":')
        token, flag = _end(page)
        since, more = f"&since={token}", flag
        if copied.pages % WEIGHED_EVERY == 0:
            copied.weights.append(_weight(server))
    copied.worked = processor_seconds(server.pids()) - before
    connection.close()
    return copied


def _plain(content: bytes, encoding: str) -> bytes:
    return gzip.decompress(content) if encoding == "gzip" else content


def _end(page: bytes) -> tuple[str, bool]:
    found = SINCE.search(page)
    if found is None:
        raise RuntimeError(f"not a page of changes: {page[-200:]!r}")
    return found[1].decode(), bool(json.loads(found[2]))


def _weight(server: servers.Server) -> float:
    found = memory(server.pids())
    return found.anonymous if found else 0.0


def _row(site: Site, name: str, copied: Copied, seconds: float, foreign: float | None) -> Result:
    most = SECONDS * max(site.count, ARTICLES) / ARTICLES
    growth = max(copied.weights) - copied.weights[0]
    figures = {
        "entries": f"{copied.entries:,}",
        "pages": f"{copied.pages:,}",
        "MB": f"{copied.bytes / 1e6:.0f}",
        "s": f"{seconds:.1f}",
        "server's processor s": f"{copied.worked:.1f}",
        "slowest page ms": f"{copied.slowest * 1000:.0f}",
        "worker grew": f"{growth:.0f} MB",
    }
    floor, met = f"<= {most:.0f} s, grows <= {GROWTH_MB} MB", seconds <= most and growth <= GROWTH_MB
    return Result(name, site.database, site.count, None, None, foreign, figures, floor, met)
