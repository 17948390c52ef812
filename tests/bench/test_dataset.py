"""Datasets: what is copied reads like what was made at the desk."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from app.articles.models import Article
from app.articles.schemas import ArticleList, ArticleRead
from app.comments.schemas import CommentList
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from app.text.slugs import slugify
from app.tickers.schemas import TickerRead
from bench import content, dataset
from bench.workloads import Scene, deep

COUNT, PATTERNS = 50, 5


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Fifty articles, of which five were made at the desk."""
    address = f"sqlite:///{tmp_path_factory.mktemp('bench') / 'fifty.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "PATTERNS", PATTERNS)
        dataset.make(address, COUNT)
    return address


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=url, secret_key=(dataset.SECRET,)))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        yield client
    await app.state.database.close()


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(url) as client:
        yield client


async def test_every_article_is_read_as_the_schema_says(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/articles?limit={COUNT}")
    articles = ArticleList.model_validate_json(answer.content).data
    assert [article.headline for article in articles] == [content.headline(i) for i in reversed(range(COUNT))]
    for article in articles:
        whole = await client.get(f"/v1/articles/{quote(article.slug)}")
        read = ArticleRead.model_validate_json(whole.content)
        assert read.slug == slugify(read.headline)
        assert read.body
        assert read.body.blocks


async def test_a_copy_differs_from_its_pattern_only_in_what_is_its_own(client: httpx.AsyncClient) -> None:
    def told(index: int) -> str:
        return f"/v1/articles/{quote(slugify(content.headline(index)))}"

    pattern, copy = [(await client.get(told(index))).json() for index in (1, 1 + PATTERNS)]
    own = {"id", "slug", "url", "headline", "section", "sections", "tags", "authors", "byline", "comments"}
    own |= {name for name in pattern if name.endswith("_at")}
    assert pattern.keys() == copy.keys()
    assert {name for name in pattern if pattern[name] != copy[name]} <= own
    assert {name for name in pattern if (pattern[name] is None) != (copy[name] is None)} == set()


async def test_every_column_of_a_copy_is_filled_as_its_pattern_is(url: str) -> None:
    database = Database(url, 1)
    async with database.connection() as connection:
        rows = (
            (await connection.execute(select(dataset.table_of(Article)).order_by(Article.published_at)))
            .mappings()
            .all()
        )
    await database.close()
    pattern, copy = rows[1], rows[1 + PATTERNS]
    assert {name for name in pattern if (pattern[name] is None) != (copy[name] is None)} == set()
    assert len({row["id"] for row in rows}) == COUNT


async def test_the_newest_have_a_thread_of_comments(client: httpx.AsyncClient) -> None:
    slug = quote(slugify(content.headline(COUNT - 1)))
    comments = CommentList.model_validate_json((await client.get(f"/v1/articles/{slug}/comments")).content).data
    assert len(comments) == 2
    assert sum(len(comment.replies.data) for comment in comments) == 1
    counts: dict[str, Any] = (await client.get(f"/v1/comments/counts?articles={slug}")).json()
    assert counts["data"][0]["count"] == 3


async def test_the_ticker_shows_items_made_by_hand_and_drawn_ones(client: httpx.AsyncClient) -> None:
    strip = TickerRead.model_validate_json((await client.get(f"/v1/tickers/{quote(dataset.TICKER)}")).content)
    assert len(strip.items) == 15
    assert sum(item.level == "urgent" for item in strip.items) >= 4


async def test_a_section_lists_what_is_filed_below_it(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/articles?section={quote('ثقافة')}&limit=50")
    assert 0 < len(answer.json()["data"]) < COUNT


class Seen(Scene):
    """What a plan asks, answered in process."""

    url = ""

    def read(self, target: str) -> Any:
        async def get() -> Any:
            async with opened(self.url) as client:
                return (await client.get(target)).json()

        return asyncio.run(get())


def test_the_cursor_of_the_deep_page_is_one_that_the_list_gives(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seen, "url", url)
    scene = Seen(httpx.Client(), "", COUNT)
    (request,) = deep(scene)
    every = [article["id"] for article in scene.newest(COUNT)]
    page = [article["id"] for article in scene.read(request.target)["data"]]
    assert 0 < len(page) <= COUNT * 0.06
    assert page == every[-len(page) :]


def test_no_headline_comes_twice_and_all_fit() -> None:
    some = [content.headline(index) for index in range(0, 1_000_000, 37)]
    assert len({slugify(headline) for headline in some}) == len(some)
    assert content.SHAPES > 1_000_000
    assert math.gcd(content.SHAPES, content.SCATTER) == 1
    assert 50 < sum(map(len, some)) / len(some) < 70
    assert max(map(len, some)) <= 80


def test_a_body_is_of_the_promised_size() -> None:
    sizes = [len(content.body(index).encode()) for index in range(100)]
    assert 3_000 <= sum(sizes) / len(sizes) <= 3_400


def test_a_file_is_made_once_and_anew_when_the_code_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def make(url: str, count: int, _tell: dataset.Tell) -> None:
        made.append(count)
        Path(url.removeprefix("sqlite:///")).touch()

    monkeypatch.setattr(dataset, "make", make)
    for _ in range(2):
        dataset.file_for(tmp_path, 1_000, print)
    monkeypatch.setattr(dataset, "FORMAT", dataset.FORMAT + 1)
    dataset.file_for(tmp_path, 1_000, print)
    assert made == [1_000, 1_000]
