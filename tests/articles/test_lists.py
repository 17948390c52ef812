"""The public list of articles: filters, parts, bodies, counts, and how many queries each takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from app.articles import router, shapes
from app.articles.desk import desk
from app.articles.models import Article
from app.articles.repository import visible
from app.articles.shapes import whole_of
from app.comments import router as comments
from app.entries import router as entries
from app.kit import clock
from app.kit.fast_route import FastRoute
from app.kit.paging import Key, Paged
from app.kit.routing import Route
from app.tickers import router as tickers
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def found(newsroom: Newsroom, query: str) -> set[str]:
    return {article["headline"] for article in (await newsroom.get(f"/v1/articles?{query}")).json()["data"]}


@pytest.fixture
async def filed(newsroom: Newsroom) -> Newsroom:
    """Four articles in a tree of sections, of several kinds, tongues, tags and authors; and one that nobody sees."""
    await newsroom.section()
    await newsroom.section("فضاء", parent="علوم")
    await newsroom.section("مجرات", parent="فضاء")
    await newsroom.section("رياضة")
    for tag in ("فلك", "سديم"):
        await newsroom.tag(tag)
    for author in ("ليلى", "عمر"):
        await newsroom.author(author)
    await newsroom.published("أ", at="2026-01-01T00:00:00Z", section="علوم", tags=["فلك"], authors=["ليلى"], urgency=1)
    await newsroom.published(
        "ب", at="2026-01-02T00:00:00Z", section="مجرات", tags=["سديم"], authors=["عمر", "ليلى"], kind="opinion"
    )
    await newsroom.published("ج", at="2026-01-03T00:00:00Z", section="رياضة", language="ar-SY", urgency=3)
    await newsroom.published(
        "د", at="2026-01-04T00:00:00Z", section="رياضة", sections=["فضاء"], language="en", kind="video"
    )
    await newsroom.draft("سرّ", section="علوم", tags=["فلك"], authors=["ليلى"], urgency=1)
    return newsroom


async def test_lists_are_narrowed_by_every_filter(filed: Newsroom) -> None:
    tag = (await filed.desk("GET", "/tags/فلك")).json()["id"]
    article = (await filed.get("/v1/articles?sort=published_at&limit=1")).json()["data"][0]
    expected = {
        "": "أبجد",
        "section=علوم": "أبد",
        "section=فضاء": "بد",
        "section=مجرات": "ب",
        "section=رياضة,مجرات": "بجد",
        "section=لا-شيء": "",
        "tag=فلك": "أ",
        "tag=فلك,سديم": "أب",
        f"tag={tag}": "أ",
        f"tag={tag.upper()}": "أ",
        "tag=لا-شيء,فلك": "أ",
        "author=ليلى": "أب",
        "author=عمر": "ب",
        "author=ليلى&tag=سديم": "ب",
        "language=ar": "أبج",
        "language=ar-SY": "ج",
        "language=AR-sy,en": "جد",
        "language=a": "",
        "language=%25": "",
        "language=%00": "",
        "kind=news": "أج",
        "kind=video,opinion": "بد",
        "kind=%00": "",
        "section=%00": "",
        "urgency_max=1": "أ",
        "urgency_max=3": "أج",
        "published_after=2026-01-03T00:00:00Z": "جد",
        "published_before=2026-01-03T00:00:00Z": "أب",
        "published_after=2026-01-02T03:00:00%2B03:00&published_before=2026-01-03T00:00:00.001Z": "بج",
        "updated_after=2100-01-01T00:00:00Z": "",
        f"ids={article['id']}": "أ",
        f"ids={article['id'].upper()},ب,لا-شيء": "أب",
        "ids=سر": "",
    }
    for query, headlines in expected.items():
        assert await found(filed, query) == set(headlines), query


async def test_the_desk_filters_by_status_member_and_external_id(filed: Newsroom) -> None:
    await filed.hire("reporter", "رنا")
    await filed.draft("مسودّة رنا", external_id={"system": "wp", "id": "7"})
    mine = {"headline": "لرنا"}
    await filed.desk("POST", "/articles", mine, by="رنا")
    soon = clock.written(clock.now() + timedelta(days=1))
    await filed.published("قادم", at=soon)
    await filed.act(await filed.published("مسحوب"), "withdraw", {"reason": "خطأ"})
    await filed.act(await filed.draft("مراجعة"), "submit")
    expected = {
        "status=draft": {"سرّ", "مسودّة رنا", "لرنا"},
        "status=in_review": {"مراجعة"},
        "status=scheduled": {"قادم"},
        "status=published": {"أ", "ب", "ج", "د"},
        "status=withdrawn,scheduled": {"مسحوب", "قادم"},
        "status=unheard": set(),
        "status=draft&tag=فلك": {"سرّ"},
        f"member={filed.members['رنا']}": {"لرنا"},
        "external_id=wp:7": {"مسودّة رنا"},
        "external_id=7": {"مسودّة رنا"},
        "external_id=drupal:7": set(),
        "sort=-published_at&status=published,scheduled": {"قادم", "أ", "ب", "ج", "د"},
    }
    for query, headlines in expected.items():
        answer = await filed.desk("GET", f"/articles?{query}")
        assert {article["headline"] for article in answer.json()["data"]} == headlines, query
        assert answer.headers["cache-control"] == "no-store"
    (only,) = (await filed.desk("GET", "/articles", by="رنا")).json()["data"]
    assert only["headline"] == "لرنا"


REFUSED = [
    ("limit=0", "limit", "too_small"),
    ("limit=101", "limit", "too_large"),
    ("limit=x", "limit", "wrong_type"),
    ("limit=" + "9" * 30, "limit", "too_large"),
    ("limit=5&limit=5", "limit", "repeated"),
    ("unheard=1", "unheard", "unknown_parameter"),
    ("Section=علوم", "Section", "unknown_parameter"),
    ("sort=headline", "sort", "not_a_choice"),
    ("include=bodies", "include", "not_a_choice"),
    ("include=body&limit=21", "limit", "too_large"),
    ("fields=secret", "fields", "unknown_name"),
    ("fields=section.secret", "fields", "unknown_name"),
    ("fields=headline.x", "fields", "unknown_name"),
    ("fields=", "fields", "required"),
    ("section=", "section", "required"),
    ("section=,", "section", "required"),
    ("tag=" + ",".join("أ" * 21), "tag", "too_many"),
    ("ids=" + ",".join(["أ"] * 101), "ids", "too_many"),
    ("urgency_max=10", "urgency_max", "too_large"),
    ("urgency_max=NaN", "urgency_max", "wrong_type"),
    ("published_after=2026-01-01", "published_after", "offset_required"),
    ("published_after=1767225600", "published_after", "date_invalid"),
    ("published_after=9999-12-31T23:59:59Z", "published_after", "date_invalid"),
    ("count=2", "count", "wrong_type"),
    ("display=", "display", "language_invalid"),
    ("display=arabic!", "display", "language_invalid"),
    ("display=ar_SY", "display", "language_invalid"),
    ("cursor=x", "cursor", "cursor_invalid"),
    ("cursor=" + "A" * 40, "cursor", "cursor_foreign"),
    ("cursor=%D8%A7", "cursor", "cursor_invalid"),
    ("%00=1", "\0", "unknown_parameter"),
]


async def test_a_wrong_parameter_is_refused_by_name(newsroom: Newsroom) -> None:
    for query, parameter, code in REFUSED:
        answer = await newsroom.get(f"/v1/articles?{query}", 400)
        faults = [(fault["parameter"], fault["code"]) for fault in answer.json()["errors"]]
        assert (parameter, code) in faults, query
        assert answer.json()["type"] in {"/problems/invalid-query", "/problems/invalid-cursor"}


async def test_all_that_is_wrong_with_a_query_is_reported_at_once(newsroom: Newsroom) -> None:
    answer = await newsroom.get("/v1/articles?limit=0&sort=x&unheard=1&tag=a&tag=b", 400)
    assert {fault["parameter"] for fault in answer.json()["errors"]} == {"limit", "sort", "unheard", "tag"}


async def test_only_the_fields_asked_for_are_sent_with_the_id(filed: Newsroom) -> None:
    data = (await filed.get("/v1/articles?fields=headline,section.name,sections.slug&limit=1")).json()["data"][0]
    assert set(data) == {"id", "headline", "section", "sections"}
    assert set(data["section"]) == {"id", "name"}
    assert set(data["sections"][0]) == {"id", "slug"}
    one = (await filed.get("/v1/articles/أ?fields=body.text,comments.count,corrections.note")).json()
    assert set(one) == {"id", "body", "comments", "corrections"}
    assert set(one["body"]) == {"text"}
    assert set(one["comments"]) == {"count"}
    both = (await filed.get("/v1/articles/أ?fields=section.name,section")).json()
    assert set(both["section"]) == {"id", "slug", "name", "url"}


async def test_bodies_come_where_they_are_asked_for(filed: Newsroom) -> None:
    plain = (await filed.get("/v1/articles")).json()["data"]
    assert all("body" not in article for article in plain)
    full = (await filed.get("/v1/articles?include=body")).json()["data"]
    assert [set(article) - set(plain[0]) for article in full] == [{"body"}] * 4
    single = (await filed.get(f"/v1/articles/{full[0]['slug']}")).json()
    assert full[0]["body"] == single["body"]


async def test_a_list_is_counted_where_it_is_asked_for(filed: Newsroom) -> None:
    assert (await filed.get("/v1/articles?limit=1")).json()["page"]["total"] is None
    page = (await filed.get("/v1/articles?limit=1&count=true")).json()["page"]
    assert (page["total"], page["total_capped"]) == (4, False)
    page = (await filed.get(f"/v1/articles?limit=1&count=true&tag={quote('فلك')}")).json()["page"]
    assert page["total"] == 1
    first = (await filed.get("/v1/articles?limit=3")).json()["page"]["next"]
    later = (await filed.get(f"/v1/articles?limit=3&count=true&cursor={first}")).json()
    assert (len(later["data"]), later["page"]["total"]) == (1, 4)


async def test_a_count_is_exact_to_ten_thousand_and_then_says_so(newsroom: Newsroom) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    await newsroom.fill([moment] * 10_000)
    page = (await newsroom.get("/v1/articles?count=true&limit=1&fields=id")).json()["page"]
    assert (page["total"], page["total_capped"]) == (10_000, False)
    await newsroom.fill([moment])
    page = (await newsroom.get("/v1/articles?count=true&limit=1&fields=id")).json()["page"]
    assert (page["total"], page["total_capped"]) == (10_000, True)


PUBLIC: dict[str, int] = {
    "/v1/articles": 1,
    "/v1/articles?limit=100": 1,
    "/v1/articles?include=body": 1,
    "/v1/articles?display=ar-SY": 1,
    "/v1/articles?count=true": 2,
    "/v1/articles?fields=headline": 1,
    "/v1/articles?include=body&fields=headline,body": 1,
    "/v1/articles?section=علوم&tag=فلك&author=ليلى&language=ar&kind=news&ids=أ": 2,
    "/v1/articles/أ": 1,
    "/v1/articles/أ?fields=headline": 1,
    "/v1/articles/أ?fields=body": 1,
    "/v1/articles/أ?display=ar-SY": 1,
    "/v1/articles/لا-شيء": 1,
    "/v1/sections": 1,
    "/v1/sections?count=true": 3,
    "/v1/sections/علوم": 2,
    "/v1/tags?count=true": 3,
    "/v1/tags/فلك?fields=name": 1,
    "/v1/authors?count=true": 3,
    "/v1/authors/ليلى": 2,
    "/v1/site": 2,
    "/feeds/articles.rss": 2,
    "/feeds/articles.atom?full=true&tombstones=true": 3,
    "/feeds/sections/علوم.json?full=true&limit=1": 3,
    "/feeds/comments/أ.rss": 2,
    "/feeds/entries/أ.ninjs.json": 2,
}  # fmt: skip
# The desk reads the token, then what it was asked for.
DESK: dict[str, int] = {
    "/articles": 4, "/articles?count=true": 5, "/articles/{id}": 6, "/articles/{id}/revisions": 3, "/sections": 3,
    "/tags": 2, "/tags?count=true": 3, "/authors/ليلى": 2, "/audit": 2, "/staff": 2, "/me": 3,
}  # fmt: skip


async def statements(newsroom: Newsroom, article: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for url in PUBLIC:
        with newsroom.counted() as sent:
            await newsroom.get(url, None)
        counts[url] = len(sent)
    for url in DESK:
        with newsroom.counted() as sent:
            await newsroom.desk("GET", url.format(id=article["id"]))
        counts[url] = len(sent)
    return counts


async def test_every_answer_takes_a_fixed_number_of_queries_whatever_its_length(filed: Newsroom) -> None:
    article = (await filed.desk("GET", "/articles?sort=published_at&limit=1")).json()["data"][0]
    note = {"kind": "correction", "note": "صُحّح"}
    await filed.desk("POST", f"/articles/{article['id']}/correct", note, if_match='"2"')
    expected = PUBLIC | DESK
    assert await statements(filed, article) == expected
    for name in ("آخر", "غيره", "سواه"):
        await filed.section(name, parent="علوم")
        await filed.tag(name)
        await filed.author(name)
        names = [name, "فلك"] if name != "آخر" else [name]
        await filed.published(f"خبر {name}", section=name, tags=names, authors=["ليلى", name])
    await filed.fill([clock.now()] * 40)
    assert await statements(filed, article) == expected


@pytest.mark.parametrize("wrong", [{"headline": None}, {"more": 1}, {"urgency": "5"}, {"updated_at": "2026-11-23"}])
async def test_what_is_written_as_it_stands_is_held_to_its_schema_here(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    """`held_to_their_schemas` in `tests/conftest.py` sees a shape that differs from what the document promises."""
    article, summary = await newsroom.published(), shapes._summary
    monkeypatch.setattr(shapes, "_summary", lambda *values: {**summary(*values), **wrong})
    monkeypatch.setattr(router, "whole_of", lambda *values: {**whole_of(*values), **wrong})
    await newsroom.get("/v1/articles", 500)
    await newsroom.get(f"/v1/articles/{article['id']}", 500)


def test_the_hot_routes_are_fast_routes() -> None:
    """No other test fails if a new kind of parameter makes them ordinary FastAPI routes."""
    reads = [
        route
        for route in (*router.router.routes, *entries.articles.routes, *tickers.router.routes)
        if isinstance(route, Route)
    ]
    others = [route for route in (*desk.routes, *comments.router.routes) if isinstance(route, Route)]
    writes = [route for route in others if route.name in {"update_article", "create_comment"}]
    routes = reads + writes
    assert len(routes) == 7
    assert all(FastRoute.fits(route.dependant, route.body_field) for route in routes)


def test_a_deep_page_begins_at_its_cursor() -> None:
    """Of two bounds on one column SQLite uses the first; from `published_at <= now` it would scan all rows above."""
    keys = [Key(Article.published_at, descending=True), Key(Article.id, descending=True)]
    later = str(Paged(select(Article.id), keys, visible(clock.now())).later.statement)
    assert later.index(":after0") < later.index(":published_at_1")


async def test_a_language_is_one_by_whichever_tag_it_is_sent_and_asked_for(newsroom: Newsroom) -> None:
    article = await newsroom.published("כותרת", language="iw-IL")
    await newsroom.draft("Judul", language="in")
    assert (article["language"], article["direction"]) == ("he-IL", "rtl")
    for name in ("he", "iw", "IW", "he-il", "iw-IL"):
        for url in (f"/v1/articles?language={name}", f"/v1/changes?type=article&language={name}"):
            assert [one["id"] for one in (await newsroom.get(url)).json()["data"]] == [article["id"]], url
    assert len((await newsroom.desk("GET", "/articles?language=in")).json()["data"]) == 1
    assert (await newsroom.get("/v1/articles?language=nonsense-of-a-tag")).json()["data"] == []
    tag = (await newsroom.desk("PUT", "/tags/x", {"name": "x", "language": "iw"})).json()
    assert tag["language"] == "he"
