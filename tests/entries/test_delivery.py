"""Entries as readers get them: order, pages in both directions, visibility, paid articles, counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.entries.schemas import EntryList, EntryRead
from app.kit import clock
from app.kit.listing import written
from tests.entries.live import change, coverage, entry, listed, live_of, path
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def several(newsroom: Newsroom, number: int, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Live coverage with entries named by their number, a second apart."""
    article, start = await coverage(newsroom, **fields), clock.now() - timedelta(minutes=1)
    made = []
    for n in range(number):
        with clock.frozen(start + timedelta(seconds=n)):
            made.append(await entry(newsroom, article, str(n), key_event=n % 3 == 0))
    return article, made


async def test_pinned_entries_come_first_on_page_one_and_not_again(newsroom: Newsroom) -> None:
    article, made = await several(newsroom, 6)
    await change(newsroom, made[1], pinned=2)
    await change(newsroom, made[0], pinned=1)
    url = f"/v1/articles/{article['id']}/entries?limit=3"
    seen, cursor = [], ""
    while True:
        page = (await newsroom.get(f"{url}{cursor}")).json()
        seen += [one["headline"] for one in page["data"]]
        if page["page"]["next"] is None:
            break
        cursor = f"&cursor={page['page']['next']}"
    assert seen == ["0", "1", "5", "4", "3", "2"]
    assert await listed(newsroom, article, "?sort=oldest") == ["0", "1", "2", "3", "4", "5"]
    assert await listed(newsroom, article, "?key_event=true") == ["0", "3"]


async def test_new_entries_neither_repeat_nor_skip_rows_of_later_pages(newsroom: Newsroom) -> None:
    article, _ = await several(newsroom, 5)
    url = f"/v1/articles/{article['id']}/entries?limit=2"
    first = (await newsroom.get(url)).json()
    await entry(newsroom, article, "جديد")
    second = (await newsroom.get(f"{url}&cursor={first['page']['next']}")).json()
    assert [one["headline"] for one in second["data"]] == ["2", "1"]
    back = (await newsroom.get(f"{url}&cursor={second['page']['previous']}")).json()
    assert [one["headline"] for one in back["data"]] == ["4", "3"]
    assert back["page"]["previous"] is not None, "the new one is before it"
    start = (await newsroom.get(f"{url}&cursor={back['page']['previous']}")).json()
    assert [one["headline"] for one in start["data"]] == ["جديد"]
    assert start["page"]["previous"] is None


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_the_page_around_an_entry_leads_on_and_back(newsroom: Newsroom, sort: str) -> None:
    article, made = await several(newsroom, 9)
    order = [str(n) for n in range(9)]
    order = order if sort == "oldest" else order[::-1]
    url = f"/v1/articles/{article['id']}/entries?limit=4&sort={sort}"
    for one in made:
        page = (await newsroom.get(f"{url}&around={one['id']}")).json()
        shown = [row["headline"] for row in page["data"]]
        place = order.index(shown[0])
        assert shown == order[place : place + len(shown)]
        assert one["headline"] in shown
        assert (page["page"]["previous"] is None) == (place == 0)
        assert (page["page"]["next"] is None) == (place + len(shown) == 9)
        if page["page"]["previous"]:
            back = (await newsroom.get(f"{url}&cursor={page['page']['previous']}")).json()["data"]
            assert [row["headline"] for row in back] == order[max(0, place - 4) : place]
        if page["page"]["next"]:
            on = (await newsroom.get(f"{url}&cursor={page['page']['next']}")).json()["data"]
            assert [row["headline"] for row in on] == order[place + len(shown) :][:4]


async def test_around_an_entry_that_is_not_there_is_404(newsroom: Newsroom) -> None:
    article, made = await several(newsroom, 2)
    other = await coverage(newsroom, headline="غيرها")
    await newsroom.get(f"/v1/articles/{other['id']}/entries?around={made[0]['id']}", 404)
    await newsroom.get(f"/v1/articles/{article['id']}/entries?around={made[1]['id']}&key_event=true", 404)
    await newsroom.get(f"/v1/articles/{article['id']}/entries?around=x", 400)
    await newsroom.get(f"/v1/articles/{article['id']}/entries?sort=top", 400)


async def test_a_cursor_of_another_list_is_refused(newsroom: Newsroom) -> None:
    article, _ = await several(newsroom, 3)
    other = await coverage(newsroom, headline="غيرها")
    next = (await newsroom.get(f"/v1/articles/{article['id']}/entries?limit=1")).json()["page"]["next"]
    await newsroom.get(f"/v1/articles/{article['slug']}/entries?limit=1&cursor={next}")
    for url in (f"{other['id']}/entries?cursor={next}", f"{article['id']}/entries?sort=oldest&cursor={next}"):
        await newsroom.get(f"/v1/articles/{url}", 400)


async def test_answers_are_what_their_schemas_say(newsroom: Newsroom) -> None:
    await newsroom.author()
    article, made = await several(newsroom, 2)
    await change(newsroom, made[0], authors=["ليلى-القاسم"])
    whole = await newsroom.get(f"/v1/articles/{article['id']}/entries?count=true")
    assert whole.content == written(EntryList, whole.json())
    assert whole.json()["page"]["total"] == 2
    one = await newsroom.get(f"/v1/articles/{article['id']}/entries/{made[0]['id']}")
    assert one.content == written(EntryRead, one.json())
    assert one.json()["url"] == f"{article['url']}#e-{made[0]['id']}"
    assert [author["slug"] for author in one.json()["authors"]] == ["ليلى-القاسم"]
    part = await newsroom.get(f"/v1/articles/{article['id']}/entries?fields=headline")
    assert [set(row) for row in part.json()["data"]] == [{"id", "headline"}] * 2


async def test_a_page_of_entries_costs_two_statements_however_many_there_are(newsroom: Newsroom) -> None:
    await newsroom.author()
    article, made = await several(newsroom, 12)
    await change(newsroom, made[0], authors=["ليلى-القاسم"])
    for query in ("", "?limit=3", "?key_event=true", f"?around={made[5]['id']}"):
        with newsroom.counted() as statements:
            await newsroom.get(f"/v1/articles/{article['slug']}/entries{query}")
        assert len(statements) == (4 if "around" in query else 2), query


async def test_an_entry_is_visible_exactly_while_its_article_is(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        soon = clock.written(start + timedelta(hours=1))
        article = await coverage(newsroom, at=soon)
        one = await entry(newsroom, article)
        urls = [f"/v1/articles/{article['id']}/entries{rest}" for rest in ("", f"/{one['id']}")]
        for url in urls:
            await newsroom.get(url, 404)
    with clock.frozen(start + timedelta(hours=1, seconds=1)):
        for url in urls:
            await newsroom.get(url)
        await newsroom.act(article, "withdraw", {"reason": "س"})
        for url in urls:
            await newsroom.get(url, 410)
        await newsroom.desk("POST", f"/articles/{article['id']}/entries", {"headline": "ن"}, expect=409)
        await newsroom.act(article, "reinstate")
        for url in urls:
            await newsroom.get(url, 404)


async def test_a_former_slug_redirects_with_the_rest_of_the_path(newsroom: Newsroom) -> None:
    article = await coverage(newsroom, slug="اسم-أول")
    one = await entry(newsroom, article)
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"slug": "اسم-ثان"}, if_match="*")
    for rest in ("", f"/{one['id']}"):
        moved = await newsroom.get(f"/v1/articles/اسم-أول/entries{rest}", 308)
        assert urlsplit(moved.headers["location"]).path.endswith(f"/entries{rest}")


async def test_of_a_paid_article_readers_see_headlines_only(newsroom: Newsroom) -> None:
    article = await coverage(newsroom, access="paid", summary="ملخّص")
    one = await entry(newsroom, article, "عنوان", body="<p>سرّ مدفوع</p>")
    await newsroom.desk("POST", f"{path(one)}/correct", {"note": "سرّ في التصحيح"}, if_match="*")
    shown = (await newsroom.get(f"/v1/articles/{article['id']}/entries/{one['id']}")).json()
    assert shown["body"] == {"html": "", "text": "", "blocks": [], "truncated": True}
    assert (shown["headline"], shown["corrected"], shown["corrections"]) == ("عنوان", True, [])
    for url in ("/v1/articles/{id}/entries", "/v1/changes?limit=100&object=full", "/v1/changes?limit=100"):
        assert "سرّ" not in (await newsroom.get(url.format(id=article["id"]))).text
    assert "سرّ مدفوع" in (await newsroom.desk("GET", path(one))).text


async def test_live_is_judged_when_it_is_read(newsroom: Newsroom) -> None:
    start = clock.now()
    with clock.frozen(start):
        article = await coverage(newsroom)
        url = f"/articles/{article['id']}/live"
        assert await live_of(newsroom, article) == {
            **{"status": "upcoming", "started_at": None, "ended_at": None, "entry_count": 0, "last_entry_at": None}
        }
        for ahead, name in ((1, "started_at"), (2, "ended_at")):
            await newsroom.desk("POST", url, {name: clock.written(start + timedelta(hours=ahead))})
        assert (await newsroom.get("/v1/articles")).json()["data"][0]["live"]["status"] == "upcoming"
    for hours, status in ((1, "live"), (2, "ended")):
        with clock.frozen(start + timedelta(hours=hours)):
            assert (await live_of(newsroom, article))["status"] == status
            assert (await newsroom.get("/v1/articles")).json()["data"][0]["live"]["status"] == status
    with clock.frozen(start + timedelta(hours=3)):
        await newsroom.desk("POST", url, {"ended_at": None})
        assert (await live_of(newsroom, article))["status"] == "live"
        wrong = await newsroom.desk("POST", url, {"ended_at": clock.written(start)}, expect=422)
        assert wrong.json()["errors"][0]["code"] == "before_start"


async def test_the_first_published_entry_starts_the_coverage(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    await entry(newsroom, article, status="draft")
    assert (await live_of(newsroom, article))["started_at"] is None
    one = await entry(newsroom, article)
    live = await live_of(newsroom, article)
    assert (live["status"], live["started_at"], live["entry_count"]) == ("live", one["published_at"], 1)
    await entry(newsroom, article)
    assert (await live_of(newsroom, article))["started_at"] == one["published_at"]


async def test_an_entry_after_the_end_is_not_the_start(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    url = f"/articles/{article['id']}/live"
    await newsroom.desk("POST", url, {"ended_at": "2020-01-01T00:00:00Z"})
    await entry(newsroom, article)
    live = await live_of(newsroom, article)
    assert (live["started_at"], live["ended_at"]) == (None, "2020-01-01T00:00:00.000Z")
    await newsroom.desk("POST", url, {name: live[name] for name in ("started_at", "ended_at")})


async def test_an_entry_moves_live_and_the_etag_but_neither_version_nor_updated_at(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    await entry(newsroom, article)
    url = f"/v1/articles/{article['id']}"
    before, lists = await newsroom.get(url), await newsroom.get("/v1/articles")
    await entry(newsroom, article)
    after = await newsroom.get(url)
    assert before.headers["etag"] != after.headers["etag"]
    assert lists.headers["etag"] != (await newsroom.get("/v1/articles")).headers["etag"]
    for name in ("version", "updated_at", "revised_at"):
        assert before.json()[name] == after.json()[name]
    assert (await newsroom.desk("GET", f"/articles/{article['id']}")).headers["etag"] == f'"{article["version"]}"'


async def test_an_empty_coverage_counts_no_last_entry(newsroom: Newsroom) -> None:
    article, made = await several(newsroom, 2)
    for number, one in enumerate(reversed(made), start=1):
        await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
        live = await live_of(newsroom, article)
        assert live["entry_count"] == 2 - number
        assert live["last_entry_at"] == (made[0]["published_at"] if number == 1 else None)
