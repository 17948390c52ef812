"""While an answer of long texts is made, other requests get the event loop between any two of its things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest

from app.articles import shapes
from app.cache import layer
from app.cache.answers import digest_of
from app.entries import shapes as entry_shapes
from app.feeds import reading
from app.kit import yielding
from app.present import changes
from app.text.marking import Marker
from app.text.pictures import has_pictures
from app.web import reader_router
from app.web.templating import render
from tests.newsroom import Newsroom
from tests.sync.mirror import Mirror, delivered

pytestmark = pytest.mark.anyio
THINGS = 3
ANSWERS = {
    "a list": "/v1/articles?include=body",
    "a filtered list": "/v1/articles?include=body&language=ar",
    "selected fields": "/v1/articles?include=body&fields=headline,body",
    "text search in a list": "/v1/articles?include=body&q=متن",
    "changes": "/v1/changes?object=full&type=article",
    "a feed": "/feeds/articles.rss?full=true",
    "entries": "/v1/articles/تغطية/entries",
    "entries of a feed": "/feeds/entries/تغطية.rss?full=true",
    "selected fields of entries": "/v1/articles/تغطية/entries?fields=body",
    "entries of the JSON-LD": "/v1/articles/تغطية/jsonld",
    "changes of entries": "/v1/changes?object=full&type=entry",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any work counts as long."""
    monkeypatch.setattr(yielding, "LONGEST", -1.0)


@asynccontextmanager
async def turns() -> AsyncIterator[Callable[[], int]]:
    """How many turns the event loop has made."""
    made = 0

    async def count() -> None:
        nonlocal made
        while True:
            await asyncio.sleep(0)
            made += 1

    counting = asyncio.ensure_future(count())
    yield lambda: made
    counting.cancel()


def noted(call: Callable[..., Any], at: list[int], made: Callable[[], int]) -> Callable[..., Any]:
    def noting(*arguments: Any, **named: Any) -> Any:
        at.append(made())
        return call(*arguments, **named)

    return noting


async def live_article(newsroom: Newsroom) -> None:
    article = await newsroom.published("تغطية", kind="live")
    for number in range(THINGS):
        entry = {"headline": f"متن {number}", "body": f"<p>متن {number}</p>", "status": "published"}
        await newsroom.desk("POST", f"/articles/{article['id']}/entries", entry)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("url", ANSWERS.values(), ids=ANSWERS)
async def test_no_two_texts_are_shaped_in_one_turn(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for number in range(THINGS):
        await newsroom.published(f"خبر {number}")
    if "تغطية" in url or "entry" in url:
        await live_article(newsroom)
    at = list[int]()
    async with turns() as made:
        monkeypatch.setattr(shapes, "has_pictures", noted(has_pictures, at, made))  # asked once for each text
        await newsroom.get(url)
    assert len(at) >= THINGS
    assert len(set(at)) == len(at), f"turns {at}"


@pytest.mark.usefixtures("impatient")
async def test_no_two_hits_are_marked_in_one_turn(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(THINGS):
        await newsroom.published(f"خبر {number}")
    at = list[int]()
    async with turns() as made:
        monkeypatch.setattr(Marker, "marked", noted(Marker.marked, at, made))
        assert len((await newsroom.get("/v1/search?q=متن")).json()["data"]) == THINGS
    assert len(set(at)) == THINGS, f"turns {at}"


async def test_a_long_answer_is_hashed_in_a_thread(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = list[Thread]()

    def watched(body: bytes) -> str:
        threads.append(current_thread())
        return digest_of(body)

    monkeypatch.setattr(layer, "digest_of", watched)
    article = await newsroom.published(body=f"<p>{'x' * 40_000}</p>")
    url = f"/v1/articles/{article['id']}"
    etag = (await newsroom.get(url)).headers["etag"]
    assert not threads
    monkeypatch.setattr(layer, "LONG", 100_000)
    newsroom.app.state.cache.invalidate_all()
    assert (await newsroom.get(url)).headers["etag"] == etag
    assert len(threads) == 1
    assert threads[0] is not main_thread()


@pytest.mark.parametrize("length", [100, 200_000])
async def test_a_long_page_is_drawn_in_a_thread(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    threads = list[Thread]()

    def watched(*arguments: Any, **named: Any) -> bytes:
        threads.append(current_thread())
        return render(*arguments, **named)

    monkeypatch.setattr(reader_router, "render", watched)
    article = await newsroom.published(body=f"<p>{'x' * length}</p>")
    assert "x" * length in (await newsroom.get(article["url"])).text
    assert [thread is main_thread() for thread in threads] == [length == 100]


@pytest.mark.parametrize("feed", ["articles", "sections/علوم", "search"])
async def test_a_full_feed_of_long_texts_has_shorter_pages(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, feed: str
) -> None:
    """Nothing is left out between them, and without the texts a page has all its items."""
    for number in range(5):
        await newsroom.published(f"متن {number}", at=f"2026-01-0{number + 1}T12:00:00Z", body=f"<p>{'x' * 1_000}</p>")
    url, whole = f"/feeds/{feed}.json?q=متن", list[str]()
    listed = [one["id"] for one in (await newsroom.get(url)).json()["items"]]
    monkeypatch.setattr(reading, "LARGEST", 1_500)
    newsroom.app.state.cache.invalidate_all()
    assert len((await newsroom.get(url)).json()["items"]) == 5
    following: str | None = f"{url}&full=true&limit=4"
    lengths = []
    while following:
        page = (await newsroom.get(following)).json()
        lengths.append(len(page["items"]))
        whole += [one["id"] for one in page["items"]]
        following = page.get("next_url")
    assert lengths == [2, 2, 1]
    assert whole == listed


async def test_a_front_of_long_texts_has_all_its_items(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its feed has one page."""
    monkeypatch.setattr(reading, "LARGEST", 1)
    for number in range(3):
        await newsroom.published(f"خبر {number}")
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": [{"name": "lead", "max": 3, "rule": {}}]})
    page = (await newsroom.get("/feeds/fronts/home.json?full=true")).json()
    assert ["content_html" in one for one in page["items"]] == [True] * 3


async def test_a_copy_of_long_texts_comes_in_shorter_pages(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await newsroom.published(f"خبر {number}")
    listed = {one["id"] for one in (await newsroom.get("/v1/articles")).json()["data"]}
    monkeypatch.setattr(changes, "WHOLE_AT_ONCE", 2)
    monkeypatch.setattr(changes, "LARGEST", 1)
    url = "/v1/changes?type=article&object=full&limit=100"
    page = (await newsroom.get(url)).json()
    pages = [page["data"]]
    while page["more"]:
        page = (await newsroom.get(f"{url}&since={page['since']}")).json()
        pages.append(page["data"])
    assert [len(one) for one in pages if one] == [2, 2, 1]
    assert {change["id"] for one in pages for change in one} == listed
    mirror = Mirror(newsroom, "&object=full")
    await mirror.follow()
    assert (await delivered(newsroom)).keys() == mirror.things.keys()


@pytest.mark.parametrize(("longest", "made"), [(5_000, THINGS), (0, 2 * THINGS)])
async def test_the_json_of_long_entries_is_made_each_time(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, longest: int, made: int
) -> None:
    """A memo of a thousand of the longest would take gigabytes."""
    await live_article(newsroom)
    entry_of, at = entry_shapes.entry_of, list[int]()
    monkeypatch.setattr(entry_shapes, "LONGEST_CACHED", longest)
    monkeypatch.setattr(entry_shapes, "entry_of", noted(entry_of, at, lambda: 0))
    for _ in range(2):
        newsroom.app.state.cache.invalidate_all()
        await newsroom.get("/v1/articles/تغطية/entries")
    assert len(at) == made
