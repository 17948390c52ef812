"""A feed holds what the list of the same thing holds, in every format."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from app.feeds.items import article_item
from app.fronts.models import FrontComposition, FrontItem
from tests.feeds.reading import FORMATS, answer_of, get, read, relative
from tests.newsroom import Newsroom

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("format", FORMATS)]
OPEN = {"comments": "open", "comments_rate": (), "comments_require_email": False}


async def newsroom_of_all(newsroom: Newsroom) -> dict[str, str]:
    """One of everything; returns a list of delivery for each feed."""
    newsroom.set(**OPEN)
    await newsroom.section("علوم")
    await newsroom.section("فضاء", parent="علوم")
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    first = await newsroom.published("الأول", tags=["فلك"], authors=["ليلى"], summary="ملخص الأول")
    await newsroom.published("الثاني", section="فضاء", language="en")
    await newsroom.published("الثالث من المرصد", language="ar-SY", authors=["ليلى"])
    await newsroom.draft("مسودة", tags=["فلك"])
    for words in ("تعليق أول", "تعليق ثان"):
        form = {"author_name": "سلمى", "body": words}
        made = (await newsroom.client.post(f"/v1/articles/{first['id']}/comments", json=form)).json()["comment"]
    reply = {"author_name": "ريم", "body": "رد", "parent_id": made["id"]}
    await newsroom.client.post(f"/v1/articles/{first['id']}/comments", json=reply)
    live = await newsroom.published("تغطية", kind="live")
    for number in range(3):
        entry = {"headline": f"نبأ {number}", "body": "<p>متن.</p>", "status": "published", "pinned": number or None}
        await newsroom.desk("POST", f"/articles/{live['id']}/entries", entry)
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": [{"urgency_max": 5}]})
    await newsroom.desk("POST", "/tickers/عاجل/items", {"text": "سطر بلا خبر", "url": "https://example.org/"})
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": [{"name": "lead", "max": 3, "rule": {}}]})
    link = {"url": "https://example.org/", "headline": "رابط"}
    await newsroom.desk("POST", "/fronts/home/slots/lead/items", link)
    return {
        "articles": "/v1/articles",
        "sections/علوم": "/v1/articles?section=علوم",
        "sections/فضاء": "/v1/articles?section=فضاء",
        "tags/فلك": "/v1/articles?tag=فلك",
        "authors/ليلى": "/v1/articles?author=ليلى",
        f"entries/{live['slug']}": f"/v1/articles/{live['id']}/entries",
    }


async def test_a_feed_lists_what_delivery_lists(newsroom: Newsroom, format: str) -> None:
    for feed, url in (await newsroom_of_all(newsroom)).items():
        listed = [(one["id"], one["headline"], one["url"]) for one in (await newsroom.get(url)).json()["data"]]
        found = await get(newsroom, feed, format)
        assert [(id, one.title, one.url) for id, one in zip(found.ids, found.items, strict=True)] == listed, feed
        assert listed


async def test_language_narrows_as_in_lists(newsroom: Newsroom, format: str) -> None:
    for feed in await newsroom_of_all(newsroom):
        if not feed.startswith("entries"):
            for language in ("ar", "en", "ar,en", "xx", "ar-sy"):
                query = f"language={language}"
                section, _, name = feed.partition("/")
                narrowed = f"&{section[:-1]}={name}" if name else ""
                listed = [one["id"] for one in (await newsroom.get(f"/v1/articles?{query}{narrowed}")).json()["data"]]
                assert (await get(newsroom, feed, format, query)).ids == listed, (feed, language)


async def test_a_search_lists_what_has_the_words(newsroom: Newsroom, format: str) -> None:
    await newsroom_of_all(newsroom)
    listed = [one["id"] for one in (await newsroom.get("/v1/articles?q=المرصد")).json()["data"]]
    found = await get(newsroom, "search", format, "q=المرصد")
    assert found.ids == listed
    assert listed
    assert "المرصد" in found.title
    problem = (await answer_of(newsroom, "search", format, "", 400)).json()
    assert [fault["parameter"] for fault in problem["errors"]] == ["q"]
    await answer_of(newsroom, "search", format, f"q={'س' * 300}", 400)


async def test_a_ticker_lists_its_items_with_their_articles(newsroom: Newsroom, format: str) -> None:
    await newsroom_of_all(newsroom)
    items = (await newsroom.get("/v1/tickers/عاجل")).json()["items"]
    found = await get(newsroom, "tickers/عاجل", format)
    assert found.ids == [one["article"]["id"] if one["article"] else one["id"] for one in items]
    assert [(one.title, one.url) for one in found.items] == [(one["text"], one["url"]) for one in items]
    assert (await get(newsroom, "tickers/عاجل", format, "limit=1")).ids == found.ids[:1]
    assert "ملخص الأول" in [one.summary for one in found.items]


async def test_a_front_lists_its_items_slot_by_slot(newsroom: Newsroom, format: str) -> None:
    await newsroom_of_all(newsroom)
    slots = (await newsroom.get("/v1/fronts/home")).json()["slots"]
    items = [one for slot in slots for one in slot["items"]]
    found = await get(newsroom, "fronts/home", format)
    assert found.ids == [one["article"]["id"] if one["article"] else one["id"] for one in items]
    assert [(one.title, one.url) for one in found.items] == [(one["headline"], one["url"]) for one in items]


async def test_comments_are_listed_flat_with_replies_the_newest_first(newsroom: Newsroom, format: str) -> None:
    await newsroom_of_all(newsroom)
    first = next(one for one in (await newsroom.get("/v1/articles")).json()["data"] if one["headline"] == "الأول")
    threads = (await newsroom.get(f"/v1/articles/{first['id']}/comments")).json()["data"]
    every = [*threads, *(reply for one in threads for reply in one["replies"]["data"])]
    newest = sorted(every, key=lambda one: (one["created_at"], one["id"]), reverse=True)
    found = await get(newsroom, f"comments/{first['slug']}", format)
    assert found.ids == [one["id"] for one in newest]
    assert all(one["body"] in (item.text or "") for one, item in zip(newest, found.items, strict=True))
    assert {name for item in found.items for name in item.authors} == {"سلمى", "ريم"}
    await newsroom.desk("POST", f"/comments/{threads[0]['id']}/redact", {})
    assert (await get(newsroom, f"comments/{first['slug']}", format)).ids == [
        one["id"] for one in newest if one["id"] != threads[0]["id"]
    ]


async def test_what_is_not_there_is_a_problem(newsroom: Newsroom, format: str) -> None:
    article = await newsroom.published("خبر")
    draft = await newsroom.draft("مسودة")
    await newsroom.tag("بلا-خبر")
    for feed in ("sections/لا", "tags/بلا-خبر", f"comments/{draft['id']}", "nothing/x", "fronts/لا", "site"):
        answer = await answer_of(newsroom, feed, format, "", 404)
        assert answer.headers["content-type"] == "application/problem+json"
    await answer_of(newsroom, "articles", f"{format}x", "", 404)
    await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    for family in ("comments", "entries"):
        gone = (await answer_of(newsroom, f"{family}/{article['slug']}", format, "", 410)).json()
        assert gone["reason"] == "خطأ"


async def test_a_former_slug_redirects_and_keeps_format_and_query(newsroom: Newsroom, format: str) -> None:
    await newsroom.section("علوم")
    article = await newsroom.published("خبر", section="علوم", kind="live")
    await newsroom.change(article, slug="اسم-جديد")
    await newsroom.desk("PUT", "/sections/علوم", {"name": "علوم", "slug": "معرفة"}, if_match="*")
    for family, former, present in (
        ("sections", "علوم", "معرفة"),
        ("comments", "خبر", "اسم-جديد"),
        ("entries", "خبر", "اسم-جديد"),
    ):
        moved = await answer_of(newsroom, f"{family}/{former}", format, "limit=5", 308)
        there = await newsroom.get(moved.headers["location"])
        assert there.content == (await answer_of(newsroom, f"{family}/{present}", format, "limit=5")).content
        assert "limit=5" in moved.headers["location"]


async def test_a_language_that_is_none_finds_nothing_and_breaks_nothing(newsroom: Newsroom, format: str) -> None:
    await newsroom.published("خبر")
    for language in ("%22%3E%3Cx%20y=%22", "a%22b", "%00", "x%0Ay", "%ED%A0%80", "ar%2Cen", "AR"):
        found = await get(newsroom, "articles", format, f"language={language}")
        assert bool(found.ids) is (language in {"ar%2Cen", "AR"}), language
        answer = await newsroom.get(relative(found.self_url))
        assert read(format, answer.content).ids == found.ids


async def test_a_line_with_an_id_that_tells_no_moment_has_that_of_the_front(newsroom: Newsroom, format: str) -> None:
    slots = [{"name": "lead", "max": 3}]
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": slots})
    link = {"url": "https://example.org/", "headline": "رابط"}
    await newsroom.desk("POST", "/fronts/home/slots/lead/items", link)
    for id in ("ffffffff-ffff-7fff-8fff-ffffffffffff", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"):
        async with newsroom.app.state.database.transaction() as session:
            await session.execute(update(FrontItem).values(id=id))
            await session.execute(delete(FrontComposition))
        newsroom.app.state.cache.invalidate_all()
        front = (await newsroom.get("/v1/fronts/home")).json()
        found = await get(newsroom, "fronts/home", format)
        assert [(one.id, one.updated) for one in found.items] == [(f"urn:uuid:{id}", front["updated_at"])]


async def test_subjects_and_warnings_of_an_article_are_told(newsroom: Newsroom, format: str) -> None:
    subjects = [
        {"scheme": "medtop", "code": "04000000", "name": "اقتصاد"},
        {"scheme": "https://news.example/t/", "code": "س", "name": "سعر"},
        {"scheme": "local", "code": "x", "name": "محلّي"},
    ]
    article = await newsroom.published("خبر", subjects=subjects, content_warning="صور عنف & <x>")
    shown = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
    item = article_item(shown, newsroom.settings, html=None)
    assert [(one.uri, one.name) for one in item.categories if one.kind == "subject"] == [
        ("http://cv.iptc.org/newscodes/mediatopic/04000000", "اقتصاد"),
        ("https://news.example/t/%D8%B3", "سعر"),
        ("local:x", "محلّي"),
    ]
    content = (await newsroom.get(f"/feeds/articles.{format}")).content
    assert read(format, content).items[0].categories == ["علوم", "اقتصاد", "سعر", "محلّي"]
    assert ("صور عنف" in content.decode()) is ("json" in format)
