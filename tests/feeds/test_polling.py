"""What readers poll: the same bytes until something changes, then others, and a 304 in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest

from app.feeds.asked import clean_query
from app.kit import clock
from tests.feeds.reading import FORMATS, answer_of, get, read, relative
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("format", FORMATS)
async def test_two_polls_without_a_change_are_the_same_bytes_and_a_304(newsroom: Newsroom, format: str) -> None:
    await newsroom.published("خبر")
    first = await answer_of(newsroom, "articles", format)
    with clock.shifted(timedelta(days=400)):
        newsroom.app.state.cache.invalidate_all()
        again = await answer_of(newsroom, "articles", format)
        async with beside(newsroom) as other:
            elsewhere = await answer_of(other, "articles", format)
    assert first.content == again.content == elsewhere.content
    assert first.headers["etag"] == again.headers["etag"]
    known = {"if-none-match": first.headers["etag"]}
    unchanged = await newsroom.get(f"/feeds/articles.{format}", 304, headers=known)
    assert not unchanged.content
    assert unchanged.headers["cache-control"] == first.headers["cache-control"] == "public, max-age=10"
    assert unchanged.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("format", FORMATS)
async def test_head_and_whatever_a_reader_accepts(newsroom: Newsroom, format: str) -> None:
    await newsroom.published("خبر")
    url = f"/feeds/articles.{format}"
    plain = await newsroom.get(url)
    head = await newsroom.client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == plain.headers["etag"]
    assert head.headers["content-length"] == plain.headers["content-length"]
    for headers in (
        {"accept": "image/png"},
        {"accept": "application/atom+xml,application/rss+xml"},
        {"a-im": "feed", "if-none-match": '"another"'},
        {"a-im": "feed"},
        {"if-modified-since": "Sat, 01 Jan 2050 00:00:00 GMT"},
    ):
        answer = await newsroom.get(url, headers=headers)
        assert answer.content == plain.content
        assert "im" not in answer.headers


async def test_last_modified_is_the_latest_change_of_the_content(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        old = await newsroom.published("قديم")
        live = await newsroom.published("تغطية", kind="live")
    with clock.frozen(start + timedelta(hours=1)):
        await newsroom.change(old, headline="معدّل")
    with clock.frozen(start + timedelta(hours=2)):
        entry = {"headline": "نبأ", "body": "<p>م</p>", "status": "published"}
        await newsroom.desk("POST", f"/articles/{live['id']}/entries", entry)
    answer = await answer_of(newsroom, "articles", "atom")
    assert parsedate_to_datetime(answer.headers["last-modified"]) == (start + timedelta(hours=2)).replace(microsecond=0)
    updated = {one.title: one.updated for one in read("atom", answer.content).items}
    assert updated == {
        "معدّل": clock.written(start + timedelta(hours=1)),
        "تغطية": clock.written(start + timedelta(hours=2)),
    }


async def test_an_empty_feed_has_no_moment_of_its_own(newsroom: Newsroom) -> None:
    for format in FORMATS:
        answer = await answer_of(newsroom, "articles", format)
        assert "last-modified" not in answer.headers
        assert read(format, answer.content).items == []
    assert b"<updated>1970-01-01T00:00:00.000Z</updated>" in (await answer_of(newsroom, "articles", "atom")).content


@pytest.mark.parametrize("format", FORMATS)
async def test_what_is_wrong_or_unknown_is_ignored_and_makes_no_new_answer(newsroom: Newsroom, format: str) -> None:
    await newsroom.published("خبر")
    plain, cache = await answer_of(newsroom, "articles", format), newsroom.app.state.cache
    misses = cache.misses
    for query in (
        "utm_source=x&fbclid=y",
        "limit=0",
        "limit=101",
        "limit=abc",
        "limit=٥",
        "limit=-1&limit=1000",
        "limit=20",
        "full=yes",
        "language=",
        "language=,",
        "q=x",
        "cursor=",
        "%00=%ff&limit=%00",
        "fields=headline",
    ):
        answer = await answer_of(newsroom, "articles", format, query)
        assert answer.content == plain.content, query
    assert cache.misses == misses
    answer = await answer_of(newsroom, "articles", format, "cursor=abc", 400)
    assert answer.json()["type"] == "/problems/invalid-cursor"


@pytest.mark.parametrize("format", FORMATS)
async def test_pages_lead_through_everything_once(newsroom: Newsroom, format: str) -> None:
    start = clock.now() - timedelta(days=1)
    ids = await newsroom.fill([start + timedelta(minutes=number // 2) for number in range(11)])
    listed = sorted(ids, key=lambda id: (ids.index(id) // 2, id), reverse=True)
    url: str | None = f"/feeds/sections/علوم.{format}?limit=4&language=ar"
    found, pages = list[str](), 0
    while url:
        answer = await newsroom.get(url)
        feed = read(format, answer.content)
        found += feed.ids
        pages += 1
        links = {link["rel"]: relative(link["url"]) for link in answer.links.values()}
        assert links["self"] == relative(feed.self_url)
        assert (await newsroom.get(links["self"])).content == answer.content
        url = links.get("next")
        if format != "ninjs.json":
            assert (feed.next_url and relative(feed.next_url)) == url
        if url:
            assert read(format, (await newsroom.get(links["first"])).content).ids == listed[:4]
    assert found == listed
    assert pages == 3


async def test_a_cursor_leads_on_in_another_format_by_id_and_not_in_another_feed(newsroom: Newsroom) -> None:
    await newsroom.fill([clock.now() - timedelta(minutes=number) for number in range(1, 6)])
    section = (await newsroom.get("/v1/sections/علوم")).json()
    first = await answer_of(newsroom, "sections/علوم", "json", "limit=2")
    cursor = relative(first.json()["next_url"]).rpartition("cursor=")[2]
    second = await get(newsroom, f"sections/{section['id']}", "rss", f"limit=2&cursor={cursor}")
    assert len(second.ids) == 2
    assert not set(second.ids) & set(read("json", first.content).ids)
    await answer_of(newsroom, "articles", "json", f"limit=2&cursor={cursor}", 400)
    await answer_of(newsroom, "sections/علوم", "json", f"limit=2&language=en&cursor={cursor}", 400)


@pytest.mark.parametrize("format", FORMATS)
async def test_ids_survive_the_slug_and_the_host(newsroom: Newsroom, format: str) -> None:
    article = await newsroom.published("خبر")
    await newsroom.section("علوم", keep=True)
    before = await get(newsroom, "sections/علوم", format)
    await newsroom.change(article, slug="آخر")
    await newsroom.desk("PUT", "/sections/علوم", {"name": "علوم", "slug": "معرفة"}, if_match="*")
    newsroom.set(site_url="https://new.example", api_url="https://api.new.example")
    after = await get(newsroom, "sections/معرفة", format)
    assert after.ids == before.ids == [article["id"]]
    assert after.id == before.id
    assert after.self_url != before.self_url


@pytest.mark.parametrize("format", FORMATS)
async def test_every_kind_of_write_that_a_feed_shows_gives_other_bytes(newsroom: Newsroom, format: str) -> None:
    await newsroom.section("طب")
    tag, author = await newsroom.tag("فلك"), await newsroom.author("ليلى")
    article = await newsroom.published("خبر", tags=["فلك"], authors=["ليلى"], summary="ملخص")
    others = [await newsroom.published(f"خبر {number}") for number in range(2)]
    seen = {(await answer_of(newsroom, "articles", format, "full=true")).content}

    async def put(plural: str, term: dict[str, Any], **fields: Any) -> Any:
        return await newsroom.desk("PUT", f"/{plural}/{term['slug']}", fields, if_match="*")

    async def corrected() -> Any:
        note = {"kind": "correction", "note": "صُحّح."}
        await newsroom.desk("POST", f"/articles/{article['id']}/correct", note, if_match="*")

    async def changed(**fields: Any) -> Any:
        return await newsroom.desk("PATCH", f"/articles/{article['id']}", fields, if_match="*")

    writes: list[Callable[[], Awaitable[Any]]] = [
        lambda: changed(headline="آخر"),
        lambda: changed(summary="غيره"),
        lambda: changed(body="<p>متن آخر.</p>"),
        lambda: changed(rights={"holder": "وكالة"}),
        lambda: changed(rights={"syndication": "no"}),
        lambda: changed(tags=[]),
        lambda: changed(section="طب"),
        lambda: changed(slug="اسم"),
        lambda: changed(access="paid"),
        corrected,
        lambda: put("sections", {"slug": "طب"}, name="الطب"),
        lambda: put("authors", author, name="ليلى القاسم"),
        lambda: changed(tags=["فلك"]),
        lambda: put("tags", tag, name="علم الفلك"),
        lambda: newsroom.act(others[0], "unpublish"),
        lambda: newsroom.act(others[1], "withdraw", {"reason": "خطأ"}),
        lambda: newsroom.published("جديد"),
    ]
    for number, write in enumerate(writes):
        await write()
        content = (await answer_of(newsroom, "articles", format, "full=true")).content
        assert content not in seen, number
        seen.add(content)


def test_a_query_of_which_nothing_is_dropped_keeps_its_bytes() -> None:
    """So that the cache knows the answer by its raw target, before any routing."""
    word = quote("خبر").encode()
    for query in (b"limit=100&full=true", b"full=true&limit=5&language=ar,en", b"language=ar&q=" + word):
        path = "/feeds/search.rss" if b"q=" in query else "/feeds/articles.rss"
        assert clean_query(path, query) == query
    assert clean_query("/feeds/articles.rss", b"limit=100&utm=x&full=true&limit=7") == b"limit=7&full=true"


def test_every_spelling_of_a_query_is_one_answer() -> None:
    word = quote("خبر ثان", safe="").replace("%20", "+").encode()
    raw = "q=خبر ثان".encode()
    for query in (raw, raw + b"&utm=x", b"&&q=" + word, b"%71=" + word.replace(b"+", b"%20"), b"q=" + word.lower()):
        assert clean_query("/feeds/search.rss", query) == b"q=" + word
    for query in (b"&" * 1000, b"full=false", b"tombstones=true", b"limit=20&limit=020"):
        assert clean_query("/feeds/articles.rss", query) == b""
    assert clean_query("/feeds/articles.atom", b"tombstones=true") == b"tombstones=true"


async def test_what_was_withdrawn_moves_with_its_section(newsroom: Newsroom) -> None:
    """Readers see nothing in that section, so no change of it is recorded: only that the tree has changed."""
    for slug in ("أعلى", "آخر", "فرع"):
        await newsroom.section(slug)
    await newsroom.desk("PUT", "/sections/فرع", {"name": "فرع", "parent": "أعلى"}, if_match="*")
    for slug in ("أعلى", "آخر"):
        await newsroom.published(section=slug)
    gone = await newsroom.published(section="فرع")
    await newsroom.act(gone, "withdraw", {"reason": "خطأ"})
    async with beside(newsroom) as other:

        async def told(slug: str) -> list[list[str]]:
            feeds = [await get(room, f"sections/{slug}", "ninjs.json") for room in (newsroom, other)]
            return [[id for id, _ in feed.gone] for feed in feeds]

        for parent, above, beneath in (("أعلى", 1, 0), ("آخر", 0, 1), (None, 0, 0)):
            await newsroom.desk("PUT", "/sections/فرع", {"name": "فرع", "parent": parent}, if_match="*")
            assert await told("أعلى") == [[gone["id"]] * above] * 2
            assert await told("آخر") == [[gone["id"]] * beneath] * 2
