"""The workloads: what is asked of a server, under which settings, and what the answer is held to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from app.kit.paging import Cursors
from bench import content, pictures
from bench.dataset import SECRET, TICKER
from bench.load import COUNTER, Request, shuffled

DEEP = 0.95  # of the set lies before the deep page
MIXED, DIFFERENT = 4_000, 1_000
WRITING = {"comments": "open", "comments_rate": "1000000000/60"}
UNCACHED = {"cache_bytes": "0"}


@dataclass(frozen=True)
class Scene:
    """A running server of ours, as a plan sees it."""

    client: httpx.Client
    token: str
    count: int
    database_url: str = ""

    def picture(self, size: int) -> str:
        """The file of a new picture in the library: `{key}/w640.webp`."""
        return pictures.add(self.database_url, size)

    def read(self, target: str) -> Any:
        answer = self.client.get(target)
        answer.raise_for_status()
        return answer.json()

    def newest(self, count: int) -> Iterator[dict[str, Any]]:
        """Slug and id of the newest articles."""
        cursor = ""
        for _ in range(0, min(count, self.count), 100):
            page = self.read(f"/v1/articles?limit=100&fields=slug{cursor}")
            yield from page["data"]
            cursor = f"&cursor={page['page']['next']}"


Plan = Callable[[Scene], list[Request]]


@dataclass(frozen=True)
class Workload:
    """`ratio` is the floor beside the bare server, by database; `slowest` how many times its p99 ours may be."""

    name: str
    plan: Plan
    ratio: dict[str, float] = field(default_factory=dict)
    slowest: float | None = None
    workers: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    writes: bool = False
    every_size: bool = False
    databases: tuple[str, ...] = ("sqlite",)
    weighs: bool = False  # the worker's memory is looked at afterwards
    expected: int = 200


# ── Plans ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def newest(_scene: Scene) -> list[Request]:
    return [Request("/v1/articles?limit=20")]


def single(scene: Scene) -> list[Request]:
    """From the middle of what is read most."""
    articles = list(scene.newest(DIFFERENT))
    return [_article(articles[len(articles) // 2])]


def ticker(_scene: Scene) -> list[Request]:
    return [Request(f"/v1/tickers/{quote(TICKER)}")]


def placed_front(scene: Scene) -> list[Request]:
    """A front of 8 slots and 60 items: in each slot two by hand, and what its rule draws from a section."""
    sections = [*content.SECTIONS, *content.SECTIONS][:8]
    slots = [
        {"name": f"slot-{number}", "max": 8 if number < 4 else 7, "rule": {"sections": [section]}}
        for number, section in enumerate(sections)
    ]
    headers = {"Authorization": f"Bearer {scene.token}", "If-Match": "*"}
    found = scene.client.get("/v1/desk/fronts/bench", headers=headers)
    sent = headers if found.status_code == 200 else {"Authorization": headers["Authorization"]}
    body = {"name": "bench", "slots": slots}
    scene.client.put("/v1/desk/fronts/bench", json=body, headers=sent).raise_for_status()
    articles = list(scene.newest(200))[100::5]
    for number, slot in enumerate(slots):
        items = [{"article": article["id"], "kicker": "عاجل"} for article in articles[2 * number : 2 * number + 2]]
        path = f"/v1/desk/fronts/bench/slots/{slot['name']}"
        scene.client.put(path, json={"items": items}, headers=headers).raise_for_status()
    shown = scene.read("/v1/fronts/bench")["slots"]
    if (count := sum(len(slot["items"]) for slot in shown)) != 60:
        raise RuntimeError(f"a front of {count} items, not of 60")
    return [Request("/v1/fronts/bench")]


def comments_page(scene: Scene) -> list[Request]:
    slug = next(scene.newest(1))["slug"]
    return [Request(f"/v1/articles/{quote(slug)}/comments")]


def section(_scene: Scene) -> list[Request]:
    return [_section("ثقافة")]


def feed(_scene: Scene) -> list[Request]:
    """A full-text feed of 100 articles."""
    return [Request("/feeds/articles.rss?full=true&limit=100")]


def sitemap_part(scene: Scene) -> list[Request]:
    """A part of the sitemap, from the middle: 5,000 addresses where a month has as many."""
    answer = scene.client.get("/sitemap.xml")
    answer.raise_for_status()
    parts = re.findall(r"/sitemap-\d{4}-\d\d\.xml", answer.text)
    return [Request(parts[len(parts) // 2])]


def front(_scene: Scene) -> list[Request]:
    """The front of the reader page."""
    return [Request("/")]


def article_page(scene: Scene) -> list[Request]:
    (article,) = single(scene)
    return [Request(article.target.replace("/v1/articles/", "/a/"))]


def deep(scene: Scene) -> list[Request]:
    """The page that a client which walks the whole list gets near its end, by the very cursor it would have then."""
    ends = [
        scene.read(f"/v1/articles?limit=1&fields=published_at&sort={sort}")
        for sort in ("published_at", "-published_at")
    ]
    first, last = (datetime.fromisoformat(end["data"][0]["published_at"]) for end in ends)
    moment = (last - (last - first) * DEEP).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = scene.read(f"/v1/articles?limit=1&fields=published_at&published_before={moment}")["data"][0]
    cursor = Cursors((SECRET,), "/v1/articles").write([row["published_at"], row["id"]])
    return [Request(f"/v1/articles?limit=20&cursor={cursor}")]


def picture(size: int) -> Plan:
    """A rendition of so many bytes, from the folder of `Scene`."""

    def one(scene: Scene) -> list[Request]:
        return [Request(f"/media/{scene.picture(size)}")]

    return one


def not_modified(plan: Plan) -> Plan:
    """The same by clients that have the answer already."""

    def conditional(scene: Scene) -> list[Request]:
        (request,) = plan(scene)
        tag = scene.client.get(request.target).headers["etag"]
        return [Request(request.target, headers={"If-None-Match": tag})]

    return conditional


def mixed(scene: Scene) -> list[Request]:
    """Reads of 1,000 articles and of their lists, and an editor who changes one of them in every hundredth request."""
    articles = list(scene.newest(DIFFERENT))
    lists = [*newest(scene), *(_section(name) for root in content.SECTIONS.items() for name in (root[0], *root[1]))]
    patches = [_patch(scene, article) for article in articles]
    return shuffled([(792, [_article(article) for article in articles]), (198, lists), (10, patches)], MIXED)


def posting(scene: Scene) -> list[Request]:
    body = {**content.comment(1), "body": f"رأي جديد {COUNTER} في ما نُشر اليوم."}
    headers = {"Content-Type": "application/json"}
    return [
        Request(f"/v1/articles/{article['id']}/comments", "POST", headers, json.dumps(body, ensure_ascii=False))
        for article in scene.newest(100)
    ]


def _article(article: dict[str, Any]) -> Request:
    return Request(f"/v1/articles/{quote(article['slug'])}")


def _section(name: str) -> Request:
    return Request(f"/v1/articles?section={quote(name)}&limit=20")


def _patch(scene: Scene, article: dict[str, Any]) -> Request:
    headers = {"Authorization": f"Bearer {scene.token}", "If-Match": "*", "Content-Type": "application/json"}
    body = json.dumps({"summary": f"ملخّص جديد رقمه {COUNTER}."}, ensure_ascii=False)
    return Request(f"/v1/desk/articles/{article['id']}", "PATCH", headers, body)


# ── The table ────────────────────────────────────────────────────────────────────────────────────────────────────────

HOT = {"sqlite": 0.80}
BOTH = ("sqlite", "postgresql")
LIST_UNCACHED = {"sqlite": 0.05, "postgresql": 0.03}
FRONT_UNCACHED = {"sqlite": 0.03, "postgresql": 0.02}
SINGLE_UNCACHED = {"sqlite": 0.06, "postgresql": 0.04}

WORKLOADS = (
    Workload("hot newest", newest, HOT, slowest=3, every_size=True),
    Workload("hot single", single, HOT, slowest=3, every_size=True),
    Workload("hot ticker", ticker, HOT, slowest=3),
    Workload("hot front", placed_front, HOT, slowest=3, writes=True),
    Workload("hot comments", comments_page, HOT, slowest=3),
    Workload("hot section", section, HOT, slowest=3),
    Workload("hot feed", feed, HOT, slowest=3),
    Workload("hot front page", front, HOT, slowest=3),
    Workload("hot article page", article_page, HOT, slowest=3),
    Workload("304 newest", not_modified(newest), HOT, expected=304),
    Workload("304 feed", not_modified(feed), HOT, expected=304),
    Workload("304 single", not_modified(single), HOT, expected=304),
    Workload("deep page", deep, every_size=True),
    Workload("mixed", mixed, {"sqlite": 0.60}, writes=True, weighs=True),
    Workload("uncached newest", newest, LIST_UNCACHED, settings=UNCACHED, every_size=True, databases=BOTH),
    Workload("uncached single", single, SINGLE_UNCACHED, settings=UNCACHED, every_size=True, databases=BOTH),
    Workload("uncached front", placed_front, FRONT_UNCACHED, settings=UNCACHED, writes=True, databases=BOTH),
    Workload("uncached feed", feed, settings=UNCACHED, databases=BOTH),
    Workload("uncached sitemap part", sitemap_part, settings=UNCACHED, databases=BOTH),
    Workload("uncached deep", deep, settings=UNCACHED, every_size=True, databases=BOTH),
    Workload("uncached front page", front, settings=UNCACHED),
    Workload("uncached article page", article_page, settings=UNCACHED),
    Workload("hot picture", picture(20_000), HOT, slowest=3, settings=pictures.SETTINGS, writes=True),
    Workload(
        "uncached picture", picture(60_000), {"sqlite": 0.15}, settings={**UNCACHED, **pictures.SETTINGS}, writes=True
    ),
    Workload("two-workers newest", newest, HOT, workers=2),
    Workload("two-workers single", single, HOT, workers=2),
    Workload("posting comments", posting, settings=WRITING, writes=True, expected=201),
)
