"""Whatever the desk does, no text of an article that readers may not see gets out through a ticker."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit import clock
from app.kit.clock import written
from tests.newsroom import Newsroom
from tests.tickers.helpers import NOON, put_ticker

pytestmark = pytest.mark.anyio
NUMBERS = count()
VERBS = ("publish", "schedule", "unpublish", "withdraw", "reinstate", "follow", "edit", "wait", "order")
ARTICLES = 3


class Walk:
    """One random walk: a ticker with a rule, and a few articles whose headlines say which they are."""

    def __init__(self, room: Newsroom) -> None:
        self.room, self.number, self.now = room, next(NUMBERS), NOON
        self.slug = f"شريط-{self.number}"
        self.articles: list[str] = []

    async def begin(self) -> None:
        await put_ticker(self.room, self.slug, rules=[{}])
        for index in range(ARTICLES):
            draft = await self.room.draft(self.word(index), short_headline=f"{self.word(index)}-قصير")
            self.articles.append(draft["id"])

    def word(self, index: int) -> str:
        return f"سرّ-{self.number}-{index}"

    async def ask(self, method: str, path: str, body: Any) -> None:
        """What the state does not allow is refused; that is not what is tested here."""
        headers = {"Authorization": f"Bearer {self.room.tokens['admin']}", "If-Match": "*"}
        answer = await self.room.client.request(method, f"/v1/desk{path}", json=body, headers=headers)
        assert answer.is_success or answer.status_code in {409, 422}, answer.text

    async def step(self, verb: str, index: int) -> None:
        article = f"/articles/{self.articles[index]}"
        later = {"at": written(self.now + timedelta(minutes=30))}
        match verb:
            case "wait":
                self.now += timedelta(minutes=20)
            case "schedule":
                await self.ask("POST", f"{article}/publish", later)
            case "follow":
                body = {"text": f"{self.word(index)}-نص", "article": self.articles[index], "level": "urgent"}
                await self.ask("POST", f"/tickers/{self.slug}/items", body)
            case "edit":
                await self.ask("PATCH", article, {"summary": f"{self.word(index)}-ملخص"})
            case "order":
                await self.ask("PUT", f"/tickers/{self.slug}/order", {"items": [self.articles[index]]})
            case "withdraw":
                await self.ask("POST", f"{article}/withdraw", {"reason": "خطأ"})
            case _:
                await self.ask("POST", f"{article}/{verb}", {})

    async def check(self) -> None:
        pages = [
            (await self.room.get(f"/v1/tickers/{self.slug}{query}")).text
            for query in ("", "?include=article", "?fields=items.text,items.url")
        ]
        pages.append((await self.room.get("/v1/tickers?include=article")).text)
        for index, id in enumerate(self.articles):
            status = (await self.room.desk("GET", f"/articles/{id}")).json()["status"]
            for page in pages:
                if status == "published":
                    assert self.word(index) in page
                else:
                    assert self.word(index) not in page
                    assert id not in page


@settings(max_examples=12)
@given(steps=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, ARTICLES - 1)), min_size=1, max_size=12))
async def test_no_unpublished_text_gets_out(newsroom: Newsroom, steps: list[tuple[str, int]]) -> None:
    walk = Walk(newsroom)
    with clock.frozen(walk.now):
        await walk.begin()
    for verb, index in steps:
        with clock.frozen(walk.now):
            await walk.step(verb, index)
        with clock.frozen(walk.now):
            await walk.check()
