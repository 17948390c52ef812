"""Whatever is written, in whichever process: what comes from a cache is what would be made anew, byte for byte."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.kit import clock
from tests.newsroom import Newsroom, beside, opened
from tests.sync.test_histories import History

OWN = {"x-request-id", "date"}


def seen(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that a client gets, but for what belongs to the one request."""
    return answer.status_code, answer.content, {n: v for n, v in answer.headers.items() if n not in OWN}


def addresses(history: History) -> list[str]:
    """Every public route, with things that are there, were there and never were."""
    articles = [*history.articles[-3:], "لا-شيء"]
    comments = [id for _, id in history.comments[-2:]] + ["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"]
    found = [
        "/", "/by/ليلى",  # first: pages leave answers in the cache
        "/v1/articles", "/v1/articles?limit=2&sort=-updated_at", "/v1/articles?section=علوم", "/v1/articles?tag=فلك",
        "/v1/articles?subject=04000000", "/v1/search?q=خبر&subject=medtop:13000000",
        "/v1/articles?author=ليلى&language=ar", "/v1/articles?include=body&limit=3", "/v1/articles?fields=headline",
        "/v1/articles?display=ar-SY&limit=5",
        f"/v1/articles?ids={','.join(articles)}&count=true", "/v1/tickers", "/v1/tickers/عاجل", "/v1/tickers/ثان",
        "/v1/tickers/عاجل?include=article", "/v1/sections", "/v1/sections/علوم", "/v1/sections?count=true", "/v1/tags",
        "/v1/tags/فلك", "/v1/authors", "/v1/authors/ليلى", "/v1/site", "/v1/changes?limit=5&object=full",
        "/v1/fronts", "/v1/fronts?language=ar", "/v1/fronts/home", "/v1/fronts/ثانية",
        "/v1/fronts/home?fields=slots.items.url",
        f"/v1/comments/counts?articles={','.join(articles)}", "/v1/articles/عنوان-3", "/v1/articles/خبر-1",
    ]  # fmt: skip
    for article in articles:
        found += [
            f"/v1/articles/{article}{rest}"
            for rest in ("", "/jsonld", "?fields=section.name,tags", "?display=en-GB", "/comments", "/comments/form")
        ]
    found += [f"/v1/preview/{token}" for token in history.previews[-3:]]
    for article in [*history.live[-2:], *articles[-1:]]:
        entries = [*[id for of, id in history.entries if of == article][-2:], "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"]
        found += [f"/v1/articles/{article}{rest}" for rest in ("", "/jsonld", "/entries", "/entries?key_event=true")]
        found += [f"/v1/articles/{article}/entries?sort=oldest&limit=2&around={entry}" for entry in entries]
        found += [f"/v1/articles/{article}/entries/{entry}" for entry in entries]
    found += ["/v1/search?q=نبأ", "/v1/search?q=ما+جرى"]
    sites = [*(f"/a/{article}" for article in articles), "/a/خبر-1", "/s/علوم", "/t/فلك", "/by/ليلى", "/f/ثانية", "/"]
    found += [f"/v1/resolve?url={path}" for path in sites]
    found += ["/sitemap.xml", "/sitemap-news.xml", f"/sitemap-{clock.now():%Y-%m}.xml", "/robots.txt", "/opml.xml"]
    found += [f"/oembed?url={path}" for path in sites[:-1]]
    found += [f"/sitemap-{name}.xml" for name in ("sections", "tags", "authors", "fronts")]
    found += feeds(articles[0], *history.live[-1:])
    for comment in comments:
        found += [f"/v1/comments/{comment}", f"/v1/comments/{comment}/replies"]
    return found


def feeds(article: str, *live: str) -> list[str]:
    """Feeds of each family, with whole texts and with what was withdrawn; not each in every format."""
    return [
        "/feeds/articles.rss", "/feeds/articles.ninjs.json?full=true", "/feeds/articles.atom?tombstones=true&limit=3",
        "/feeds/articles.json?language=en", "/feeds/sections/علوم.ninjs.json", "/feeds/sections/فضاء.rss?full=true",
        "/feeds/tags/فلك.atom?tombstones=true", "/feeds/authors/ليلى.json?full=true", "/feeds/tickers/عاجل.rss",
        "/feeds/tickers/ثان.ninjs.json?full=true", "/feeds/fronts/home.atom?full=true", "/feeds/fronts/ثانية.json",
        "/feeds/search.rss?q=خبر&full=true", f"/feeds/comments/{article}.atom",
        *(f"/feeds/entries/{one}.rss?full=true" for one in (article, *live)),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
async def test_a_cached_answer_is_the_answer_in_every_process(database_url: str, seed: int) -> None:
    settings: dict[str, Any] = {
        "comments": "open",
        "comments_rate": (),
        "comments_require_email": False,
        "comments_close_after_days": 1,
    }
    async with opened(database_url, **settings) as one, beside(one) as two, beside(one, cache_bytes=0) as anew:
        history = History(one, 100 + seed)
        await history.begin()
        start = clock.now()
        hits = 0
        for step in range(22):
            # Time goes on by itself, too: deadlines pass before the background tasks have run.
            with clock.frozen(start + timedelta(minutes=11 * step)):
                history.newsroom = history.random.choice([one, two])
                await history.step()
                if step % 4 == 3:
                    await history.preview()
                if history.random.random() < 0.3:
                    await two.app.state.background.run_due()
                for url in addresses(history):
                    expected = seen(await anew.get(url, None))
                    for room in (one, two):
                        assert seen(await room.get(url, None)) == expected, (step, url)
        hits = one.app.state.cache.hits + two.app.state.cache.hits
        assert hits > 250, "otherwise nothing was tested"


async def test_a_deadline_that_a_process_has_not_seen_coming_invalidates_too(newsroom: Newsroom) -> None:
    """Nobody asks the other process between the moment at which it was set and the moment itself."""
    async with beside(newsroom) as other:
        await newsroom.published("أول")
        start = clock.now()
        with clock.frozen(start):
            assert len((await other.get("/v1/articles")).json()["data"]) == 1
            await newsroom.published("ثان", at=clock.written(start + timedelta(hours=1)))
        with clock.frozen(start + timedelta(hours=1, seconds=1)):
            assert len((await other.get("/v1/articles")).json()["data"]) == 2


async def test_a_deadline_of_tickers_that_was_not_seen_coming_invalidates_tickers_only(newsroom: Newsroom) -> None:
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"}, expect=201)
    async with beside(newsroom) as other:
        start = clock.now()
        with clock.frozen(start):
            for url in ("/v1/tickers/عاجل", "/v1/sections"):
                await other.get(url)
            soon = clock.written(start + timedelta(hours=1))
            await newsroom.desk("POST", "/tickers/عاجل/items", {"text": "خبر", "starts_at": soon}, expect=201)
        with clock.frozen(start + timedelta(hours=1, seconds=1)):
            assert len((await other.get("/v1/tickers/عاجل")).json()["items"]) == 1
            misses = other.app.state.cache.misses
            await other.get("/v1/sections")
            assert other.app.state.cache.misses == misses


async def test_a_write_invalidates_only_what_shows_it(newsroom: Newsroom) -> None:
    """Each change invalidates exactly the answers that show it."""
    for slug in ("علوم", "طب"):
        await newsroom.section(slug)
    one, other = await newsroom.published(section="علوم"), await newsroom.published("غيره", section="طب")
    newsroom.set(comments="premoderated")
    urls = {
        "list": "/v1/articles", "filed": "/v1/articles?section=طب", "changed": "/v1/articles?sort=-updated_at",
        "one": f"/v1/articles/{one['id']}", "other": f"/v1/articles/{other['id']}",
        "comments": f"/v1/articles/{one['id']}/comments", "sections": "/v1/sections", "tags": "/v1/tags",
        "tickers": "/v1/tickers", "front": "/v1/fronts/home", "other front": "/v1/fronts/other",
    }  # fmt: skip

    slots = [{"name": "lead", "rule": {"sections": ["علوم"], "urgency_max": 5}}]
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": slots})
    slots = [{"name": "lead", "rule": {"tags": [(await newsroom.tag())["id"]]}}]
    await newsroom.desk("PUT", "/fronts/other", {"name": "و", "slots": slots})

    async def forgotten_by(work: Any) -> set[str]:
        for url in urls.values():
            await newsroom.get(url)
        await work
        cache, gone = newsroom.app.state.cache, set()
        for name, url in urls.items():
            before = cache.misses
            await newsroom.get(url)
            gone |= {name} if cache.misses > before else set()
        return gone

    form = {"author_name": "س", "author_email": "s@example.com", "body": "تعليق"}
    said = (await newsroom.client.post(urls["comments"], json=form)).json()["comment"]["id"]
    assert await forgotten_by(newsroom.desk("POST", f"/comments/{said}/approve", {})) == {"one", "comments"}
    assert await forgotten_by(newsroom.change(one, summary="جديد")) == {"list", "changed", "one", "comments", "front"}
    one = (await newsroom.desk("GET", f"/articles/{one['id']}")).json()
    assert await forgotten_by(newsroom.change(one, urgency=1)) >= {"list", "filed", "changed", "one", "front"}
    assert await forgotten_by(newsroom.draft("مسودة", section="طب")) == set()
    assert await forgotten_by(newsroom.tag("لا-يحمله-خبر")) == set()
    renamed = newsroom.desk("PUT", "/sections/طب", {"name": "الطب"}, if_match='"1"')
    assert await forgotten_by(renamed) == {"list", "filed", "changed", "other", "sections", "tickers"}
    ticker = newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"})
    assert await forgotten_by(ticker) == {"tickers"}
    link = {"url": "https://example.org/", "headline": "رابط"}
    slot = newsroom.desk("POST", "/fronts/other/slots/lead/items", link)
    assert await forgotten_by(slot) == {"other front"}
