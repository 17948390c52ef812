"""Search: how long each kind of question takes, how large the index is beside the texts, what it adds to a save.

One client, one question after the other, nothing kept: medians of what a reader waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from statistics import median
from urllib.parse import quote

import httpx
from sqlalchemy import text

from app.kit.db import Database
from app.text.analysis import analyse
from bench import content, dataset, servers
from bench.results import Result
from bench.trials import Site, Way, writable
from bench.workloads import UNCACHED

LARGEST = 100_000
WARM, ASKED = 15, 45  # of each kind: asked before, as statements are compiled when they have run often; and measured
TOKENS_PER_SECOND = 300_000
SAVE_MS = 15.0
SIZE = 1.6  # times the texts
# Kinds of question, and the milliseconds that each may take.
QUESTIONS: dict[str, tuple[list[str], float]] = {
    "rare word": (["زرزور", "قيقب", "نسرين"], 5),
    "word in most articles": (["العمل", "الأيام", "السكان", "المشروع"], 60),
    "two words": (["السكان المشروع", "المياه الجامعة", "حلب الزوار"], 100),
    "phrase": (['"باسم المشروع"', '"نهاية العام"', '"الأيام الثلاثة الأولى"'], 100),
    "beginning": (["مشرو*", "سكا*", "متطو*"], 30),
    "newest first": (["العمل", "السكان المشروع"], 60),
    "suggestions": (["مش", "بر", "الم"], 30),
}


def searching(way: Way, site: Site) -> Iterator[Result]:
    """Its rows."""
    if site.count > LARGEST:
        yield Result("search", site.database, site.count, note=f"not on more than {LARGEST:,} articles")
        return
    dataset.index(site.url)
    with servers.product(site.url, 1, UNCACHED) as server, closing(HTTPConnection("127.0.0.1", server.port)) as client:
        for kind, (questions, most) in QUESTIONS.items():
            took = _took(client, kind, questions)
            figures = {"p50 ms": f"{median(took):.1f}", "max ms": f"{max(took):.1f}"}
            met = median(took) <= most
            yield Result(f"search {kind}", site.database, site.count, figures=figures, floor=f"<= {most:g} ms", met=met)
    yield asyncio.run(_sized(site))
    yield from _saves(way, site)
    yield _analyser(site)


def _took(client: HTTPConnection, kind: str, questions: list[str]) -> list[float]:
    """By a client that costs little itself: a larger one takes 1.3 ms for each question."""
    took = []
    for number in range(WARM + ASKED):
        question = questions[number % len(questions)]
        path = "/v1/search/suggest?q=" if kind == "suggestions" else "/v1/search?q="
        more = "&sort=newest" if kind == "newest first" else ""
        began = time.perf_counter()
        client.request("GET", path + quote(question) + more, headers={"Accept-Encoding": "br"})
        answer = client.getresponse()
        answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{question} was answered with {answer.status}")
    return took[WARM:]


async def _sized(site: Site) -> Result:
    """On SQLite the whole index with what it keeps; on PostgreSQL the GIN index alone."""
    database = Database(site.url, 1)
    try:
        async with database.connection() as connection:
            texts, index = [
                float((await connection.execute(text(sql))).scalar_one())
                for sql in (TEXTS[site.database], SIZES[site.database])
            ]
    finally:
        await database.close()
    figures = {"MB": f"{index / 1e6:.0f}", "to texts": f"{index / texts:.2f}"}
    floor, met = f"<= {SIZE:g}", index / texts <= SIZE
    return Result("search index", site.database, site.count, figures=figures, floor=floor, met=met)


TEXTS = {
    "sqlite": "SELECT sum(length(CAST(b.text AS BLOB)) + length(CAST(a.headline AS BLOB)) "
    "+ coalesce(length(CAST(a.summary AS BLOB)), 0)) FROM articles a JOIN article_bodies b ON b.article_id = a.id",
    "postgresql": "SELECT sum(octet_length(b.text) + octet_length(a.headline) + coalesce(octet_length(a.summary), 0)) "
    "FROM articles a JOIN article_bodies b ON b.article_id = a.id",
}
SIZES = {
    "sqlite": "SELECT sum(pgsize) FROM dbstat "
    "WHERE name LIKE 'index_words%' OR name LIKE '%headwords%' OR name LIKE '%indexed%'",
    "postgresql": "SELECT pg_relation_size('ix_indexed_vector')",
}


@contextmanager
def _desk(site: Site) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {dataset.token_for(site.url)}", "If-Match": "*"}
    with (
        servers.product(site.url) as server,
        httpx.Client(base_url=server.address, headers=headers, timeout=60) as client,
    ):
        yield client


def _saves(way: Way, site: Site) -> Iterator[Result]:
    """A save that changes words beside one that changes none."""
    with writable(way, site) as copy, _desk(copy) as client:
        ids = [article["id"] for article in client.get("/v1/articles?limit=50&fields=id").json()["data"]]
        plain: list[float] = []
        worded: list[float] = []
        for number, id in enumerate(ids):
            for took, change in (
                (plain, {"dateline": f"حلب {number}"}),
                (worded, {"headline": f"عنوان جديد {number}"}),
            ):
                began = time.perf_counter()
                client.patch(f"/v1/desk/articles/{id}", json=change).raise_for_status()
                took.append((time.perf_counter() - began) * 1000)
    more = median(worded) - median(plain)
    figures = {"ms": f"{median(worded):.1f}", "more ms": f"{more:.1f}"}
    yield Result(
        "search save", site.database, site.count, figures=figures, floor=f"< {SAVE_MS:g} ms", met=more < SAVE_MS
    )


def _analyser(site: Site) -> Result:
    text = " ".join(content.SENTENCES) * 20
    analyse(text, "ar")
    began = time.perf_counter()
    number = len(analyse(text, "ar"))
    speed = number / (time.perf_counter() - began)
    met = speed >= TOKENS_PER_SECOND
    floor = f">= {TOKENS_PER_SECOND:,} tokens/s"
    return Result(
        "search analyser", site.database, site.count, figures={"tokens/s": f"{speed:,.0f}"}, floor=floor, met=met
    )
