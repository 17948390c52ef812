"""The sitemaps: an index, a part for each month of first publication, parts of terms and fronts, and the news."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest

from app.discovery import parts, repository
from app.discovery.parts import Month, Part, part_named
from app.kit import clock
from app.settings import Settings
from tests.newsroom import Newsroom, beside, opened
from tests.sync.test_histories import History

pytestmark = pytest.mark.anyio
SITE = "http://localhost:8000"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "news": "http://www.google.com/schemas/sitemap-news/0.9"}
MARCH = datetime(2024, 3, 5, tzinfo=UTC)


async def xml(newsroom: Newsroom, path: str) -> ElementTree.Element:
    return ElementTree.fromstring((await newsroom.get(path)).content)  # noqa: S314  # our own


async def index(newsroom: Newsroom) -> dict[str, str | None]:
    """Path of each part, and its `lastmod`."""
    root = await xml(newsroom, "/sitemap.xml")
    rows = root.findall("s:sitemap", NAMES)
    return {urlsplit(row.findtext("s:loc", "", NAMES)).path: row.findtext("s:lastmod", None, NAMES) for row in rows}


async def part(newsroom: Newsroom, path: str) -> list[tuple[str, str | None]]:
    """Address and `lastmod` of each page."""
    root = await xml(newsroom, path)
    rows = root.findall("s:url", NAMES)
    return [(row.findtext("s:loc", "", NAMES), row.findtext("s:lastmod", None, NAMES)) for row in rows]


async def news(newsroom: Newsroom) -> list[tuple[str, str]]:
    """Title and language of each."""
    root = await xml(newsroom, "/sitemap-news.xml")
    rows = root.findall("s:url/news:news", NAMES)
    return [
        (row.findtext("news:title", "", NAMES), row.findtext("news:publication/news:language", "", NAMES))
        for row in rows
    ]


def of_months(paths: Any) -> list[str]:
    return [path for path in paths if re.match(r"/sitemap-\d", path)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parts of three addresses."""
    monkeypatch.setattr(parts, "MOST", 3)
    monkeypatch.setattr(repository, "MOST", 3)
    statements = (repository._addresses, repository._facts)
    for statement in statements:
        statement.cache_clear()
    yield
    for statement in statements:
        statement.cache_clear()


async def test_an_article_stands_in_the_part_of_its_month(newsroom: Newsroom) -> None:
    march = await newsroom.published("آذار", at="2024-03-05T10:00:00Z")
    april = await newsroom.published("نيسان", at="2024-03-31T23:59:59.999Z")
    may = await newsroom.published("أيّار", at="2024-05-01T00:00:00Z")
    assert of_months(await index(newsroom)) == ["/sitemap-2024-03.xml", "/sitemap-2024-05.xml"]
    found = await part(newsroom, "/sitemap-2024-03.xml")
    assert found == [(one["url"], one["updated_at"]) for one in (march, april)]
    assert await part(newsroom, "/sitemap-2024-05.xml") == [(may["url"], may["updated_at"])]


async def test_a_correction_or_a_second_publication_leaves_it_in_its_part(newsroom: Newsroom) -> None:
    article = await newsroom.published(at="2024-03-05T10:00:00Z")
    note = {"kind": "correction", "note": "صُحّح.", "summary": "جديد"}
    await newsroom.desk("POST", f"/articles/{article['id']}/correct", note, if_match="*")
    await newsroom.act(article, "unpublish")
    assert of_months(await index(newsroom)) == []
    await newsroom.get("/sitemap-2024-03.xml", 404)
    again = await newsroom.act(article, "publish")
    assert await part(newsroom, "/sitemap-2024-03.xml") == [(again["url"], again["updated_at"])]


async def test_the_index_says_when_a_part_changed(newsroom: Newsroom) -> None:
    one, two = [await newsroom.published(name, at="2024-03-05T10:00:00Z") for name in ("أول", "ثان")]
    changed = await newsroom.change(one, headline="آخر")
    assert (await index(newsroom))["/sitemap-2024-03.xml"] == changed["updated_at"]
    gone = await newsroom.act(two, "withdraw", {"reason": "سُحب"})
    assert (await index(newsroom))["/sitemap-2024-03.xml"] == gone["withdrawn_at"]


async def test_a_change_of_what_readers_do_not_see_changes_nothing(newsroom: Newsroom) -> None:
    await newsroom.published(at="2024-03-05T10:00:00Z")
    once = await newsroom.published("كان", at="2024-03-06T10:00:00Z")
    await newsroom.act(once, "unpublish")
    before = [await index(newsroom), await part(newsroom, "/sitemap-2024-03.xml")]
    draft = await newsroom.draft("مسودّة")
    await newsroom.act(draft, "publish", {"at": clock.written(clock.now() + timedelta(days=3))})
    await newsroom.change((await newsroom.desk("GET", f"/articles/{once['id']}")).json(), headline="مسودّة ثانية")
    assert [await index(newsroom), await part(newsroom, "/sitemap-2024-03.xml")] == before


async def test_an_entry_moves_the_date_of_its_article(newsroom: Newsroom) -> None:
    article = await newsroom.published(at="2024-03-05T10:00:00Z", kind="live")
    await part(newsroom, "/sitemap-2024-03.xml")
    body = {"headline": "نبأ", "body": "<p>ما جرى.</p>", "status": "published"}
    seen = set()
    for _ in range(3):  # the first one also starts the coverage
        await newsroom.desk("POST", f"/articles/{article['id']}/entries", body, expect=201)
        live = (await newsroom.get(f"/v1/articles/{article['id']}")).json()["live"]
        assert await part(newsroom, "/sitemap-2024-03.xml") == [(article["url"], live["last_entry_at"])]
        assert (await index(newsroom))["/sitemap-2024-03.xml"] == live["last_entry_at"]
        seen.add(live["last_entry_at"])
    assert len(seen) == 3


async def test_a_scheduled_article_comes_by_the_clock(newsroom: Newsroom) -> None:
    start = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    async with beside(newsroom) as other:
        with clock.frozen(start):
            article = await newsroom.published("لاحقًا", at="2026-02-01T00:00:00Z")
            for room in (newsroom, other):
                assert of_months(await index(room)) == []
                assert await news(room) == []
                await room.get("/sitemap-2026-02.xml", 404)
        with clock.frozen(start + timedelta(minutes=1)):
            for room in (newsroom, other):
                assert of_months(await index(room)) == ["/sitemap-2026-02.xml"]
                assert [url for url, _ in await part(room, "/sitemap-2026-02.xml")] == [article["url"]]
                assert len(await news(room)) == 1


@pytest.mark.usefixtures("few")
async def test_a_withdrawal_changes_one_part_of_a_full_month(newsroom: Newsroom) -> None:
    ids = await newsroom.fill([MARCH + timedelta(hours=hour) for hour in range(8)])
    paths = ["/sitemap-2024-03.xml", "/sitemap-2024-03-2.xml", "/sitemap-2024-03-3.xml"]
    assert of_months(await index(newsroom)) == paths
    assert [len(await part(newsroom, path)) for path in paths] == [3, 3, 2]
    before = {path: (await newsroom.get(path)).content for path in paths}
    dates = await index(newsroom)
    await newsroom.desk("POST", f"/articles/{ids[1]}/withdraw", {"reason": "سُحب"})
    after = {path: (await newsroom.get(path)).content for path in paths}
    assert {path for path in paths if before[path] != after[path]} == {paths[0]}
    now = await index(newsroom)
    assert {path for path in now if now[path] != dates[path]} == {paths[0]}
    for id in ids[3:6]:
        await newsroom.desk("POST", f"/articles/{id}/withdraw", {"reason": "سُحب"})
    assert of_months(await index(newsroom)) == [paths[0], paths[2]]
    await newsroom.get(paths[1], 404)
    assert (await newsroom.get(paths[2])).content == before[paths[2]]


@pytest.mark.usefixtures("few")
async def test_what_is_deleted_leaves_its_place_to_the_next_at_once(newsroom: Newsroom) -> None:
    """No part that is cached lacks an address, or has it twice, though readers saw nothing of what is gone."""
    tags = [await newsroom.tag(f"t{number}") for number in range(5)]
    articles = [
        await newsroom.published(at=f"2024-03-0{number + 1}T00:00:00Z", tags=[tag["slug"]])
        for number, tag in enumerate(tags)
    ]
    paths = ["/sitemap.xml", *(f"/sitemap-{name}{number}.xml" for name in ("2024-03", "tags") for number in ("", "-2"))]
    async with beside(newsroom) as other, beside(newsroom, cache_bytes=0) as anew:

        async def compare() -> list[bytes]:
            found = [(await anew.get(path)).content for path in paths]
            for room in (newsroom, other):
                assert [(await room.get(path)).content for path in paths] == found
            return found

        await newsroom.act(articles[0], "unpublish")
        seen = [await compare()]
        for url in (f"/articles/{articles[0]['id']}", f"/tags/{tags[0]['slug']}"):
            await newsroom.desk("DELETE", url, if_match="*")
            seen.append(await compare())
        assert seen[0][1] != seen[1][1]
        assert seen[1][3] != seen[2][3]


@pytest.mark.usefixtures("few")
async def test_terms_and_fronts_have_parts_of_their_own(newsroom: Newsroom) -> None:
    tags = [f"وسم-{number}" for number in range(7)]
    for tag in tags:
        await newsroom.tag(tag)
    await newsroom.section("أعلى")
    await newsroom.section("أسفل", parent="أعلى")
    await newsroom.section("فارغ")
    await newsroom.author("ليلى")
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": []}, expect=201)
    await newsroom.desk("PUT", "/fronts/رياضة", {"name": "ر", "slots": []}, expect=201)
    await newsroom.published(section="أسفل", tags=[tags[0], tags[6]], authors=["ليلى"])
    expected = {
        "/sitemap-fronts.xml": ["/", f"/f/{quote('رياضة')}"],
        "/sitemap-sections.xml": [f"/s/{quote(slug)}" for slug in ("أعلى", "أسفل")],
        "/sitemap-tags.xml": [f"/t/{quote(tags[0])}"],
        "/sitemap-tags-3.xml": [f"/t/{quote(tags[6])}"],
        "/sitemap-authors.xml": [f"/by/{quote('ليلى')}"],
    }
    found = [path for path in await index(newsroom) if path not in of_months([path])]
    assert found == list(expected)
    for path, urls in expected.items():
        assert await part(newsroom, path) == [(SITE + url, None) for url in urls]
    await newsroom.get("/sitemap-tags-2.xml", 404)


async def test_an_empty_newsroom_has_its_home(newsroom: Newsroom) -> None:
    assert await index(newsroom) == {"/sitemap-fronts.xml": None}
    assert await part(newsroom, "/sitemap-fronts.xml") == [(f"{SITE}/", None)]
    assert await news(newsroom) == []


async def test_addresses_follow_the_patterns(newsroom: Newsroom) -> None:
    newsroom.set(
        site_url="https://news.example/&x",
        article_path="/{section}/{year}/{month}/{day}/{slug}",
        timezone="Asia/Damascus",
    )
    article = await newsroom.published("نصّ", at="2024-03-31T22:00:00Z")
    assert "/2024/04/01/" in article["url"]
    assert [url for url, _ in await part(newsroom, "/sitemap-2024-03.xml")] == [article["url"]]
    await newsroom.desk("PUT", "/sections/علوم", {"name": "علوم", "slug": "science"}, if_match="*")
    ((url, _),) = await part(newsroom, "/sitemap-2024-03.xml")
    assert url == (await newsroom.get(f"/v1/articles/{article['id']}")).json()["url"]
    assert "/science/" in url


NOT_PARTS = ["2024-13", "2024-00", "0000-01", "2024-3", "2024-03-1", "2024-03-0", "2024-03-01", "2024-03-x", "fronts-2",
             "tags-1", "tags-", "x", "TAGS", "٢٠٢٤-٠٣", "2024-03-999999", "2024-03%00", "..", "%2e", "2024-03 ",
             "2024-03%0a"]  # fmt: skip


@pytest.mark.parametrize("name", NOT_PARTS)
async def test_what_is_no_part_is_unknown(newsroom: Newsroom, name: str) -> None:
    await newsroom.published(at="2024-03-05T10:00:00Z", tags=[(await newsroom.tag())["slug"]])
    await newsroom.get(f"/sitemap-{name}.xml", 404)


@pytest.mark.parametrize("name", ["9999-12", "0001-01", "2024-03-99999", "1850-07"])
async def test_a_part_that_holds_nothing_is_unknown(newsroom: Newsroom, name: str) -> None:
    await newsroom.get(f"/sitemap-{name}.xml", 404)


def test_a_part_has_one_name() -> None:
    for one in (Part(Month(2024, 3)), Part(Month(2024, 3), 2), Part("tags"), Part("tags", 7), Part(Month(850, 1))):
        path = urlsplit(one.url(Settings())).path
        assert part_named(path.removeprefix("/sitemap-").removesuffix(".xml")) == one


async def test_old_archives_have_their_parts(newsroom: Newsroom) -> None:
    for year in ("1801", "1850", "1999"):
        await newsroom.published(f"من {year}", at=f"{year}-07-01T00:00:00Z")
    paths = ["/sitemap-1801-07.xml", "/sitemap-1850-07.xml", "/sitemap-1999-07.xml"]
    assert of_months(await index(newsroom)) == paths
    for path in paths:
        assert len(await part(newsroom, path)) == 1


async def test_the_news_are_those_of_two_days(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        await newsroom.published("قديم", at=clock.written(start - timedelta(days=2)))
        await newsroom.published("أمس", at=clock.written(start - timedelta(days=1)), language="zh-Hant")
        await newsroom.published("اليوم & <غدًا>", language="ar-SY")
        await newsroom.published("صور", kind="gallery")
        await newsroom.published("مقطع", kind="video")
        assert await news(newsroom) == [("اليوم & <غدًا>", "ar"), ("أمس", "zh-tw")]


async def test_the_news_leave_by_the_clock_alone(newsroom: Newsroom) -> None:
    start = clock.now()
    async with beside(newsroom) as other:
        with clock.frozen(start):
            article = await newsroom.published()
            for room in (newsroom, other):
                assert len(await news(room)) == 1
            await newsroom.change(article, headline="عنوان آخر")
            assert await news(other) == [("عنوان آخر", "ar")]
        with clock.frozen(start + timedelta(days=2, milliseconds=-1)):
            misses = [room.app.state.cache.misses for room in (newsroom, other)]
            for room in (newsroom, other):
                assert len(await news(room)) == 1
        with clock.frozen(start + timedelta(days=2)):
            for room in (newsroom, other):
                assert await news(room) == []
            assert [room.app.state.cache.misses for room in (newsroom, other)] != misses


async def test_the_news_of_a_new_month_are_not_hidden_by_what_was_cached_in_the_last(newsroom: Newsroom) -> None:
    async with beside(newsroom) as other:
        with clock.frozen(datetime(2027, 2, 28, 23, 59, tzinfo=UTC)):
            for room in (newsroom, other):
                assert await news(room) == []
            old = await newsroom.published("قديم")
            for room in (newsroom, other):
                assert await news(room) == [("قديم", "ar")]
        with clock.frozen(datetime(2027, 3, 1, 0, 1, tzinfo=UTC)):
            await newsroom.published("جديد")
            await newsroom.change(old, headline="معدّل")
            for room in (newsroom, other):
                assert await news(room) == [("جديد", "ar"), ("معدّل", "ar")]
        with clock.frozen(datetime(2027, 5, 1, tzinfo=UTC)):
            assert await news(other) == []
        with clock.frozen(datetime(2027, 8, 1, tzinfo=UTC)):
            await newsroom.published("صيف")
            for room in (newsroom, other):
                assert await news(room) == [("صيف", "ar")]


async def test_a_change_of_what_is_no_news_leaves_them_in_the_cache(newsroom: Newsroom) -> None:
    old = await newsroom.published(at=clock.written(clock.now() - timedelta(days=2, minutes=1)))
    await newsroom.published("جديد")
    await news(newsroom)
    misses = newsroom.app.state.cache.misses
    await newsroom.change(old, headline="معدّل")
    await news(newsroom)
    assert newsroom.app.state.cache.misses == misses


async def test_the_news_leave_the_cache_alone_but_for_themselves(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        await newsroom.published()
        await newsroom.get("/v1/articles")
    with clock.frozen(start + timedelta(days=2)):
        misses = newsroom.app.state.cache.misses
        await newsroom.get("/v1/articles")
        assert newsroom.app.state.cache.misses == misses


async def test_a_change_leaves_the_parts_of_other_months_in_the_cache(newsroom: Newsroom) -> None:
    march = await newsroom.published("آذار", at="2024-03-05T10:00:00Z")
    await newsroom.published("نيسان", at="2024-04-05T10:00:00Z")
    paths = ["/sitemap-2024-03.xml", "/sitemap-2024-04.xml", "/sitemap-fronts.xml", "/sitemap-sections.xml"]
    for path in paths:
        await newsroom.get(path)
    await newsroom.change(march, headline="آخر")
    cache, missed = newsroom.app.state.cache, []
    for path in paths:
        misses = cache.misses
        await newsroom.get(path)
        missed += [path] if cache.misses > misses else []
    assert missed == paths[:1]


async def test_parameters_and_methods_make_no_other_answer(newsroom: Newsroom) -> None:
    await newsroom.published(at="2024-03-05T10:00:00Z")
    for path in ("/sitemap.xml", "/sitemap-2024-03.xml", "/sitemap-news.xml", "/sitemap-fronts.xml"):
        first = await newsroom.get(path)
        hits = newsroom.app.state.cache.hits
        assert (await newsroom.get(f"{path}?utm_source=x&x=1&x=2")).content == first.content
        assert newsroom.app.state.cache.hits == hits + 1
        assert first.headers["content-type"] == "application/xml; charset=utf-8"
        await newsroom.get(path, 304, headers={"if-none-match": first.headers["etag"]})
        assert (await newsroom.client.head(path)).headers["etag"] == first.headers["etag"]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("seed", range(2))
async def test_the_parts_together_hold_what_readers_see_each_once(database_url: str, seed: int) -> None:
    async with opened(database_url) as newsroom, beside(newsroom, cache_bytes=0) as anew:
        history = History(newsroom, 300 + seed)
        await history.begin(has_pictures=False)
        start, chance, most = clock.now(), random.Random(seed), 0
        for step in range(40):
            with clock.frozen(start + timedelta(hours=9 * step)):
                await history.step()
                if chance.random() < 0.3:
                    past = clock.written(start - timedelta(days=chance.randrange(90)))
                    await history._desk("POST", f"/articles/{history._some(history.articles)}/publish", {"at": past})
                if step % 4 == 3:
                    most = max(most, await _holds_what_readers_see(newsroom))
                    for path in [*await index(newsroom), "/sitemap.xml", "/sitemap-news.xml"]:
                        assert (await newsroom.get(path)).content == (await anew.get(path)).content, (step, path)
        with clock.frozen(start + timedelta(hours=9 * 40)):
            for _ in range(4 - most):  # where chance has left too little
                await newsroom.published()
            most = max(most, await _holds_what_readers_see(newsroom))
        assert most > 3, "otherwise nothing was tested"


async def _holds_what_readers_see(newsroom: Newsroom) -> int:
    listed = (await newsroom.get("/v1/articles?limit=100")).json()["data"]
    found = [url for path in of_months(await index(newsroom)) for url, _ in await part(newsroom, path)]
    assert sorted(found) == sorted(one["url"] for one in listed)
    expected = {
        one["headline"]
        for one in listed
        if one["kind"] in repository.NEWS_KINDS
        and datetime.fromisoformat(one["first_published_at"]) > clock.now() - timedelta(days=2)
    }
    assert {title for title, _ in await news(newsroom)} == expected
    for plural in ("sections", "tags", "authors"):
        terms = (await newsroom.get(f"/v1/{plural}?limit=100")).json()["data"]
        paths = [path for path in await index(newsroom) if path.startswith(f"/sitemap-{plural}")]
        assert sorted([url for path in paths for url, _ in await part(newsroom, path)]) == sorted(
            one["url"] for one in terms
        )
    return len(found)
