"""Whatever happens to live coverage: list, counts, a mirror of the log and search say what was written."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom, opened
from tests.sync.mirror import Mirror, delivered

WORDS = ("مذنب", "كسوف", "نيزك", "قمر", "زحل", "شهاب")


@dataclass
class Written:
    """An entry as its writer left it."""

    id: str
    article: str
    word: str
    published: bool
    order: int = 0
    key_event: bool = False


class Coverage:
    """Two articles of live coverage, and what a desk does to them at random."""

    def __init__(self, newsroom: Newsroom, seed: int) -> None:
        self.newsroom, self.random = newsroom, random.Random(seed)
        self.entries: dict[str, Written] = {}
        self.status: dict[str, str] = {}
        self.coming: dict[str, datetime] = {}
        """When the clock publishes a scheduled article."""
        self.published = 0

    async def begin(self) -> None:
        for number in range(2):
            article = await self.newsroom.published(f"تغطية {number}", kind="live")
            self.status[article["id"]] = "published"

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.newsroom.desk(method, path, body, if_match="*")
        return answer.json() if answer.content else None

    def pick(self) -> Written | None:
        free = [one for one in self.entries.values() if self.status[one.article] != "withdrawn"]
        return self.random.choice(free) if free else None

    def let_time_pass(self) -> None:
        """By now some scheduled articles are out."""
        for id, at in list(self.coming.items()):
            if at <= clock.now():
                self.status[id] = "published"
                del self.coming[id]

    async def step(self) -> None:
        self.let_time_pass()
        steps = [*[self.write] * 4, *[self.edit] * 3, self.turn, self.turn, self.delete, self.move_article, self.lock]
        await self.random.choice(steps)()

    async def write(self) -> None:
        article = self.random.choice(list(self.status))
        if self.status[article] == "withdrawn":
            return
        word, is_public, is_key = self.random.choice(WORDS), self.random.random() < 0.7, self.random.random() < 0.3
        body = {"headline": word, "key_event": is_key, "status": "published" if is_public else "draft"}
        made = await self.send("POST", f"/articles/{article}/entries", body)
        self.published += 1
        self.entries[made["id"]] = Written(made["id"], article, word, is_public, self.published, is_key)

    async def edit(self) -> None:
        if one := self.pick():
            one.word, one.key_event = self.random.choice(WORDS), self.random.random() < 0.5
            await self.send(
                "PATCH", self.path(one), {"headline": one.word, "body": "<p>متن</p>", "key_event": one.key_event}
            )

    async def turn(self) -> None:
        """Published, or taken off."""
        if one := self.pick():
            one.published = not one.published
            self.published += 1
            one.order = self.published
            await self.send("PATCH", self.path(one), {"status": "published" if one.published else "draft"})

    async def delete(self) -> None:
        if one := self.pick():
            await self.send("DELETE", self.path(one))
            del self.entries[one.id]

    async def move_article(self) -> None:
        id = self.random.choice(list(self.status))
        verb, status = {
            "published": self.random.choice([("withdraw", "withdrawn"), ("unpublish", "draft")]),
            "withdrawn": ("reinstate", "draft"),
            "draft": ("publish", self.random.choice(["published", "scheduled"])),
            "scheduled": ("unpublish", "draft"),
        }[self.status[id]]
        self.status[id] = status
        self.coming.pop(id, None)
        if status == "scheduled":
            self.coming[id] = clock.now() + timedelta(seconds=self.random.choice([30, 90]))
            await self.send("POST", f"/articles/{id}/publish", {"at": clock.written(self.coming[id])})
            return
        await self.send("POST", f"/articles/{id}/{verb}", {"reason": "س"} if verb == "withdraw" else {})

    async def lock(self) -> None:
        id = self.random.choice(list(self.status))
        if self.status[id] != "withdrawn":
            await self.send("PATCH", f"/articles/{id}", {"access": self.random.choice(["free", "paid"])})

    @staticmethod
    def path(one: Written) -> str:
        return f"/articles/{one.article}/entries/{one.id}"

    def shown(self, article: str, *, key_event: bool = False) -> list[Written]:
        """What readers should see of an article, newest first."""
        own = [one for one in self.entries.values() if one.article == article and one.published]
        found = [one for one in own if one.key_event or not key_event]
        return sorted(found, key=lambda one: -one.order)


async def check(coverage: Coverage, mirror: Mirror) -> None:
    newsroom = coverage.newsroom
    coverage.let_time_pass()
    await newsroom.app.state.background.run_idle_tasks()
    visible = {id for id, status in coverage.status.items() if status == "published"}
    for id, status in coverage.status.items():
        url = f"/v1/articles/{id}/entries"
        if id not in visible:
            await newsroom.get(url, 410 if status == "withdrawn" else 404)
            continue
        for query, key_event in (("limit=100&count=true", False), ("limit=100&key_event=true&count=true", True)):
            answer = (await newsroom.get(f"{url}?{query}")).json()
            expected = coverage.shown(id, key_event=key_event)
            assert [(one["id"], one["headline"]) for one in answer["data"]] == [(one.id, one.word) for one in expected]
            assert answer["page"]["total"] == len(expected)
        live = (await newsroom.get(f"/v1/articles/{id}")).json()["live"]
        assert live["entry_count"] == len(coverage.shown(id))
        newest = max(
            (one["published_at"] for one in (await newsroom.get(f"{url}?limit=100")).json()["data"]), default=None
        )
        assert live["last_entry_at"] == newest
    await mirror.follow()
    assert mirror.shown() == await delivered(newsroom)
    for word in WORDS:
        hits = (await newsroom.get(f"/v1/search?q={word}")).json()["data"]
        assert {hit["article"]["id"] for hit in hits} == {
            id for id in visible if any(one.word == word for one in coverage.shown(id))
        }


@pytest.mark.parametrize("seed", range(2))
async def test_list_counts_mirror_and_search_agree_over_random_histories(database_url: str, seed: int) -> None:
    async with opened(database_url) as newsroom:
        coverage, mirror = Coverage(newsroom, seed), Mirror(newsroom)
        await coverage.begin()
        start = clock.now()
        for step in range(90):
            with clock.frozen(start + timedelta(seconds=20 * step)):
                await coverage.step()
                if coverage.random.random() < 0.15:
                    await newsroom.app.state.background.run_due()
                    await check(coverage, mirror)
        with clock.frozen(start + timedelta(seconds=20 * 90)):
            await check(coverage, mirror)
            fresh = Mirror(newsroom)
            await fresh.follow()
            assert fresh.shown() == mirror.shown()
