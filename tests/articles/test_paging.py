"""Paging while others write: rows whose sort key stays are neither repeated nor skipped."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.kit import clock
from tests.newsroom import SECRET, Newsroom

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1, tzinfo=UTC)
SORT_KEYS = {"-published_at": "published_at", "published_at": "published_at", "-updated_at": "updated_at"}


class Others:
    """Colleagues who write between two pages: everything they touch loses the promise, the rest keeps it."""

    def __init__(self, newsroom: Newsroom, chance: random.Random, ids: list[str]) -> None:
        self.newsroom, self.chance, self.ids = newsroom, chance, ids
        self.moved: set[str] = set()
        self.edited: set[str] = set()

    async def write(self) -> None:
        for verb in self.chance.sample(["add", "file", "withdraw", "unpublish", "edit", "schedule"], 3):
            await getattr(self, verb)()

    async def add(self) -> None:
        """News of this moment, several with the same one."""
        self.moved |= set(await self.newsroom.fill([clock.now()] * 2))

    async def file(self) -> None:
        """An archive, at a moment where others are."""
        self.moved |= set(await self.newsroom.fill([START + timedelta(minutes=self.chance.randrange(6))]))

    async def schedule(self) -> None:
        self.moved |= set(await self.newsroom.fill([clock.now() + timedelta(minutes=self.chance.randrange(1, 4))]))

    async def withdraw(self) -> None:
        await self.newsroom.act({"id": self._one()}, "withdraw", {"reason": "خطأ"})

    async def unpublish(self) -> None:
        await self.newsroom.act({"id": self._one()}, "unpublish")

    async def edit(self) -> None:
        """Moves `updated_at`, and nothing else that a list is sorted by."""
        id = self._one(keeps_place=True)
        await self.newsroom.desk("PATCH", f"/articles/{id}", {"summary": str(self.chance.random())}, if_match="*")

    def _one(self, keeps_place: bool = False) -> str:
        chosen = self.chance.choice([id for id in self.ids if id not in self.moved])
        (self.edited if keeps_place else self.moved).add(chosen)
        return chosen


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("sort", SORT_KEYS)
async def test_what_did_not_move_is_on_exactly_one_page(newsroom: Newsroom, sort: str, seed: int) -> None:
    chance = random.Random(f"{sort}{seed}")
    moments = [START + timedelta(minutes=chance.randrange(6)) for _ in range(40)]  # about seven of each
    with clock.frozen(START + timedelta(hours=1)):
        ids = await newsroom.fill(moments)
        before = (await newsroom.get(f"/v1/articles?limit=100&fields=id&sort={sort}")).json()["data"]
        order = [article["id"] for article in before]
        assert set(order) == set(ids)
    others = Others(newsroom, chance, ids)
    seen: list[str] = []
    url, page = f"/v1/articles?limit=7&fields=id&sort={sort}", 0
    while url:
        with clock.frozen(START + timedelta(hours=1, minutes=page)):
            answer = (await newsroom.get(url)).json()
            seen += [article["id"] for article in answer["data"]]
            assert len(answer["data"]) == 7 or answer["page"]["next"] is None
            await others.write()
        cursor = answer["page"]["next"]
        url, page = (f"/v1/articles?limit=7&fields=id&sort={sort}&cursor={cursor}" if cursor else ""), page + 1
        assert page < 40
    moved = others.moved | (others.edited if sort == "-updated_at" else set())
    stayed = set(ids) - moved
    times = Counter(seen)
    assert {id: times[id] for id in stayed} == dict.fromkeys(stayed, 1)
    assert [id for id in seen if id in stayed] == [id for id in order if id in stayed]
    if sort != "-updated_at":
        assert max(times.values()) == 1
    assert len(stayed) >= 15


async def pages(newsroom: Newsroom, url: str) -> list[dict[str, Any]]:
    """Every row from `url` on, by following `Link`."""
    answer = await newsroom.get(url)
    link = answer.headers.get("link")
    assert (link is None) == (answer.json()["page"]["next"] is None)
    if link is None:
        return list(answer.json()["data"])
    following = link.removeprefix("<").partition(">")[0]
    assert link.endswith('; rel="next"')
    assert dict(parse_qsl(urlsplit(following).query))["cursor"] == answer.json()["page"]["next"]
    return [*answer.json()["data"], *await pages(newsroom, following)]


@pytest.mark.parametrize("filters", ["", "&language=ar", "&section=علوم&kind=news"])
@pytest.mark.parametrize("sort", SORT_KEYS)
async def test_pages_put_together_are_the_list_with_equal_moments_too(
    newsroom: Newsroom, sort: str, filters: str
) -> None:
    await newsroom.fill([START] * 8 + [START + timedelta(milliseconds=1)] * 2)
    whole = (await newsroom.get(f"/v1/articles?limit=100&sort={sort}")).json()["data"]
    keys = [(article[SORT_KEYS[sort]], article["id"]) for article in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    for limit in (1, 3, 10, 20):
        assert await pages(newsroom, f"/v1/articles?limit={limit}&sort={sort}{filters}") == whole


async def test_a_cursor_is_good_only_where_it_came_from(newsroom: Newsroom) -> None:
    await newsroom.fill([START] * 3)
    cursor = (await newsroom.get("/v1/articles?limit=1&language=ar")).json()["page"]["next"]
    for same in (
        f"language=ar&cursor={cursor}",
        f"cursor={cursor}&language=ar&limit=2&count=true&fields=id&include=body&display=ar",
    ):
        await newsroom.get(f"/v1/articles?{same}")
    foreign = [
        f"/v1/articles?cursor={cursor}",
        f"/v1/articles?language=en&cursor={cursor}",
        f"/v1/articles?language=ar&sort=published_at&cursor={cursor}",
        f"/v1/articles?language=ar&cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}",
        f"/v1/articles?language=ar&cursor={cursor[5:]}",
        f"/v1/tags?cursor={cursor}",
    ]
    for url in foreign:
        answer = await newsroom.get(url, 400)
        assert answer.json()["type"] == "/problems/invalid-cursor"
    await newsroom.desk("GET", f"/articles?language=ar&cursor={cursor}", expect=400)
    newsroom.set(secret_key=("another-key-of-forty-characters-or-more--",))
    await newsroom.get(f"/v1/articles?language=ar&cursor={cursor}", 400)
    newsroom.set(secret_key=("a-new-key-of-forty-characters-or-more----", SECRET))
    await newsroom.get(f"/v1/articles?language=ar&cursor={cursor}")


async def test_the_desks_lists_can_be_paged_through_too(newsroom: Newsroom) -> None:
    drafts = {(await newsroom.draft(f"مسودّة {number}"))["id"] for number in range(5)}
    for tag in "أبجده":
        await newsroom.tag(tag)
    for url, expected in (("/articles", 5), ("/tags", 5), ("/audit", 11), ("/staff", 1)):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = (await newsroom.desk("GET", f"{url}?limit=2{cursor and '&cursor=' + cursor}")).json()
            seen += [row["id"] for row in answer["data"]]
            cursor = answer["page"]["next"]
        assert len(seen) == len(set(seen)) == expected, url
        if url == "/articles":
            assert set(seen) == drafts
