"""The cache in front: single flight, variants, bounds, and what it does when it cannot read the log."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # it ships no types
import httpx
import pytest

from app.cache.answers import Answer, best_encoding
from app.cache.store import MOST_ALIASES, Store
from app.changes import tail as following
from app.changes.commit_signal import CommitSignal
from app.changes.tail import TRUSTED
from app.kit import clock
from tests.newsroom import Newsroom, beside

PLAIN = {"accept-encoding": "identity"}


# --- cache keys -------------------------------------------------------------------------------------------------------


async def test_one_query_has_one_cache_entry_however_it_is_written(newsroom: Newsroom) -> None:
    article = await newsroom.published(tags=[])
    cache = newsroom.app.state.cache
    await newsroom.get("/v1/articles?limit=5&language=ar")
    kept = len(cache.store)
    for same in (
        "/v1/articles?language=ar&limit=5",
        "/v1/articles?limit=5&language=%61r",
        "/v1/articles?limit=%35&language=ar",
    ):
        answer = await newsroom.get(same)
        assert answer.json()["data"][0]["id"] == article["id"]
    assert len(cache.store) == kept
    await newsroom.get("/v1/articles?limit=5&language=ar&language=ar", 400)
    await newsroom.get("/v1/articles?limit=0", 400)
    assert len(cache.store) == kept


async def test_pages_link_alike_whatever_the_order_of_the_parameters(newsroom: Newsroom) -> None:
    for number in range(3):
        await newsroom.published(f"خبر {number}")
    links = {
        (await newsroom.get(f"/v1/articles?{q}")).headers["link"] for q in ("limit=1&kind=news", "kind=news&limit=1")
    }
    assert len(links) == 1


async def test_what_is_one_persons_own_is_never_kept(newsroom: Newsroom) -> None:
    newsroom.set(comments="premoderated")
    article = await newsroom.published()
    form = {"author_name": "س", "author_email": "s@example.com", "body": "تعليق"}
    made = (await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=form)).json()
    url = f"/v1/comments/{made['comment']['id']}"
    own = {"Authorization": f"Bearer {made['edit_token']}"}
    assert (await newsroom.get(url, headers=own)).headers["cache-control"].startswith("private")
    await newsroom.get(url, 404)
    await newsroom.get("/v1/desk/me", 401)
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    await newsroom.get("/v1/desk/me", headers=token)
    await newsroom.get("/v1/desk/me", 401)


# --- single flight ----------------------------------------------------------------------------------------------------


async def test_a_thousand_who_ask_at_once_cost_one_query(newsroom: Newsroom) -> None:
    await newsroom.published()
    store = newsroom.app.state.cache.store
    await newsroom.get("/v1/site")
    newsroom.app.state.cache.invalidate_all()
    with newsroom.counted() as sent:
        store.bound = 10_000_000
        answers = await asyncio.gather(*(newsroom.get("/v1/articles") for _ in range(1_000)))
    assert len({answer.content for answer in answers}) == 1
    assert len(sent) == 1


async def test_who_asks_after_a_write_does_not_join_who_asked_before(newsroom: Newsroom) -> None:
    """A slow answer is under way; a write is acknowledged; the next reader sees the write."""
    article = await newsroom.published()
    database, url = newsroom.app.state.database, f"/v1/articles/{article['id']}"
    original, held = database.connection, asyncio.Event()

    @asynccontextmanager
    async def slow() -> AsyncIterator[Any]:
        async with original() as connection:
            yield connection
            if asyncio.current_task() is early:
                await held.wait()

    early: asyncio.Task[httpx.Response] | None = None
    await newsroom.app.state.tail.catch_up()
    database.connection = slow
    early = asyncio.create_task(newsroom.get(url))
    await asyncio.sleep(0.1)
    changed = await newsroom.change(article, headline="بعد التصحيح")
    late = await newsroom.get(url)
    assert late.json()["headline"] == changed["headline"]
    held.set()
    await early
    database.connection = original
    assert (await newsroom.get(url)).json()["headline"] == changed["headline"], "what was read before is not kept"


# --- variants ---------------------------------------------------------------------------------------------------------


async def test_each_encoding_has_its_own_validator(newsroom: Newsroom) -> None:
    await newsroom.published(summary="ملخص " * 100)
    plain = await newsroom.get("/v1/articles", headers=PLAIN)
    assert "content-encoding" not in plain.headers
    raw = {}
    for encoding, decode in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        async with newsroom.client.stream("GET", "/v1/articles", headers={"accept-encoding": encoding}) as answer:
            raw[encoding] = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == encoding
        assert decode(raw[encoding]) == plain.content
        assert answer.headers["vary"] == "Accept-Encoding"
        assert int(answer.headers["content-length"]) == len(raw[encoding])
        etag = answer.headers["etag"]
        assert etag != plain.headers["etag"]
        known = {"accept-encoding": encoding, "if-none-match": etag}
        assert (await newsroom.get("/v1/articles", 304, headers=known)).headers["etag"] == etag
        await newsroom.get("/v1/articles", 200, headers={**PLAIN, "if-none-match": etag})
    assert raw["br"] != raw["gzip"]


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", ""), ("identity", ""),
        ("*", "br"), ("*;q=0", ""), ("gzip;q=0.5, br;q=0.2", "gzip"), ("gzip;q=abc", ""), ("GZIP", "gzip"),
        ("gzip;q=0.5, identity", ""), (";;;q=,,", ""), ("zstd", ""),
    ],
)  # fmt: skip
def test_an_encoding_is_chosen_as_asked(accepted: str, chosen: str) -> None:
    assert best_encoding(accepted.encode()) == chosen


async def test_large_answers_are_encoded_once_and_counted_right(newsroom: Newsroom) -> None:
    article = await newsroom.published(body=f"<p>{'كلمة طويلة ' * 9_000}</p>")
    store, url = newsroom.app.state.cache.store, f"/v1/articles/{article['id']}"
    for number in range(4):
        encodings = ["br", "gzip", "identity"] * 7
        answers = await asyncio.gather(*(newsroom.get(url, headers={"accept-encoding": one}) for one in encodings))
        assert len({answer.content for answer in answers}) == 1
        set(store._answers.values())
        assert store.size == sum(one.size for one in store._answers.values())
        article = await newsroom.change(article, headline=f"عنوان {number}")
    newsroom.app.state.cache.invalidate_all()
    assert (store.size, len(store)) == (0, 0)


# --- the clock, other processes, silence ------------------------------------------------------------------------------


async def test_nothing_outlives_its_moment(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        await newsroom.published("الآن")
        await newsroom.published("بعد حين", at=clock.written(start + timedelta(seconds=2)))
        assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1
    with clock.frozen(start + timedelta(milliseconds=1_999)):
        hits = newsroom.app.state.cache.hits
        assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1
        assert newsroom.app.state.cache.hits == hits + 1, "kept until then"
    with clock.frozen(start + timedelta(seconds=2)):
        assert len((await newsroom.get("/v1/articles")).json()["data"]) == 2
    with clock.frozen(start):  # put back
        assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1


async def test_without_the_commit_signal_another_machine_follows_within_a_second(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    async with beside(newsroom) as far:
        far.app.state.commit_signal._path = None  # on another machine nobody hears it
        url = f"/v1/articles/{article['id']}"
        assert (await far.get(url)).json()["headline"] == article["headline"]
        changed = await newsroom.change(article, headline="عنوان آخر")
        await asyncio.sleep(1.05)
        assert (await far.get(url)).json()["headline"] == changed["headline"]


async def test_a_machine_whose_clock_is_behind_keeps_nothing_too_long(newsroom: Newsroom) -> None:
    """A machine whose clock is three seconds ahead publishes. Here the article is not public until that time."""
    async with beside(newsroom) as ahead:
        start = clock.now()
        with clock.frozen(start + timedelta(seconds=3)):
            article = await ahead.published()
        with clock.frozen(start):
            assert (await newsroom.get("/v1/articles")).json()["data"] == []
            page = (await newsroom.get("/v1/changes?type=article")).json()
            assert (page["data"], page["more"]) == ([], False)
        with clock.frozen(start + timedelta(seconds=4)):
            assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1
            (entry,) = (await newsroom.get(f"/v1/changes?type=article&since={page['since']}")).json()["data"]
            assert (entry["id"], entry["tombstone"]) == (article["id"], False)


async def test_what_cannot_hear_the_log_neither_gives_nor_keeps(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newsroom.published()
    await newsroom.get("/v1/articles")
    cache, tail = newsroom.app.state.cache, newsroom.app.state.tail

    async def deaf() -> None:
        raise OSError("away")

    monkeypatch.setattr(tail, "_read_on", deaf)
    tail.mark_stale()
    kept, hits, bypassed = len(cache.store), cache.hits, cache.bypassed
    for _ in range(3):
        await newsroom.get("/v1/articles")
        await newsroom.get("/v1/tags")
    assert (len(cache.store), cache.hits, cache.bypassed) == (kept, hits, bypassed + 6)


# --- the store --------------------------------------------------------------------------------------------------------


def answer(key: object, size: int = 3_000, tag: str = "articles") -> Answer:
    return Answer(key, [(b"content-type", b"image/png")], b"x" * size, frozenset({tag, "changes"}))


def test_endless_one_off_queries_do_not_evict_what_is_used() -> None:
    store = Store(1_000_000)
    hot = [f"hot {number}" for number in range(50)]

    def ask(key: object) -> bool:
        found = store.get(key)
        if found is None:
            store.put(answer(key))
            return False
        found.hits += 1
        return True

    for _ in range(5):
        for key in hot:
            ask(key)
    found = asked = 0
    for number in range(20_000):
        ask(f"once {number}")
        ask(f"twice {number // 2}")
        if number % 4 == 0:
            asked += 1
            found += ask(hot[(number // 4) % len(hot)])
        assert store.size <= store.bound
    assert found / asked > 0.95


def test_the_bound_holds_whatever_comes() -> None:
    store = Store(200_000)
    for number in range(300):
        store.put(answer(number, size=number * 100))
        if kept := store.get(number):
            kept.hits += 3
            before = kept.size
            kept.size += 5_000
            store.resize(kept, kept.size - before)
        assert store.size <= store.bound
    assert store.get(299) is None, "larger than its share"
    store.invalidate(["articles"])
    assert (len(store), store.size) == (0, 0)
    Store(0).put(answer("x"))


def test_a_tag_invalidates_its_answers_and_their_aliases() -> None:
    store = Store(1_000_000)
    for number in range(10):
        kept = answer(number, tag=f"article:{number % 2}")
        store.put(kept)
        for alias in range(20):
            store.alias(kept, (number, alias))
    assert len(store.by_alias) == 10 * MOST_ALIASES
    store.invalidate(["article:1"])
    assert {key for key in range(10) if store.get(key)} == {0, 2, 4, 6, 8}
    assert len(store.by_alias) == 5 * MOST_ALIASES
    store.clear()
    assert (len(store), len(store.by_alias), store.size) == (0, 0, 0)


# --- when the log cannot be read at once ------------------------------------------------------------------------------


class Slow:
    """A database that answers the log tail late."""

    is_embedded = False

    def __init__(self, database: Any, seconds: float) -> None:
        self._database, self._seconds, self.reads = database, seconds, 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        self.reads += 1
        await asyncio.sleep(self._seconds)
        async with self._database.connection() as connection:
            yield connection


async def test_a_log_that_is_read_slowly_is_read_once_for_a_request(newsroom: Newsroom) -> None:
    """Longer than an answer is trusted for: by then the next reading would be due."""
    await newsroom.published()
    tail = newsroom.app.state.tail
    tail._database = slow = Slow(newsroom.app.state.database, TRUSTED + 0.1)
    tail.mark_stale()
    answers = await asyncio.gather(*(newsroom.get("/v1/articles") for _ in range(5)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert slow.reads == 1


async def test_a_database_that_hangs_is_not_waited_for(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    await newsroom.published()
    monkeypatch.setattr(following, "LONGEST_READ", 0.2)
    tail = newsroom.app.state.tail
    tail._database = slow = Slow(newsroom.app.state.database, 60)
    tail.mark_stale()
    await newsroom.get("/healthz")
    assert not slow.reads
    assert len((await asyncio.wait_for(newsroom.get("/v1/articles"), 30)).json()["data"]) == 1
    tail._running.cancel()


async def test_a_commit_signal_that_cannot_be_written_undoes_nothing(tmp_path: Path) -> None:
    (tmp_path / "signal").mkdir()
    commit_signal = CommitSignal(tmp_path / "signal")
    commit_signal.bump()
    assert commit_signal.value() == b""


async def test_what_is_cancelled_at_its_moment_is_not_kept(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cancelling began before the moment and is committed after it; in between readers see the article."""
    moment = clock.now() + timedelta(hours=1)
    article = await newsroom.published(at=clock.written(moment))
    database, held, go_on = newsroom.app.state.database, asyncio.Event(), asyncio.Event()
    original = database.before_commit

    async def waits(session: Any) -> None:
        held.set()
        await go_on.wait()
        await original(session)

    monkeypatch.setattr(database, "before_commit", waits)
    cancelling = asyncio.create_task(newsroom.act(article, "unpublish"))
    await held.wait()
    with clock.frozen(moment + timedelta(seconds=1)):
        await newsroom.get(f"/v1/articles/{article['id']}")
        assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1
        go_on.set()
        await cancelling
        await newsroom.get(f"/v1/articles/{article['id']}", 404)
        assert (await newsroom.get("/v1/articles")).json()["data"] == []


async def test_of_a_repeated_parameter_the_order_counts(newsroom: Newsroom) -> None:
    pages = [await newsroom.get(f"/problems?{q}") for q in ("language=en&language=ar", "language=ar&language=en")]
    assert pages[0].text != pages[1].text
