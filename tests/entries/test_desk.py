"""Entries at the desk: who may do what, what is refused, what a save keeps."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.kit import clock
from tests.entries.live import change, coverage, entry, listed, live_of, path
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_a_published_entry_is_public_at_once_and_a_draft_is_not(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    draft = await entry(newsroom, article, "مسودة", status="draft")
    await entry(newsroom, article, "منشور")
    assert await listed(newsroom, article) == ["منشور"]
    await newsroom.get(f"/v1/articles/{article['id']}/entries/{draft['id']}", 404)
    await newsroom.desk("POST", f"{path(draft)}/publish", {})
    assert await listed(newsroom, article) == ["مسودة", "منشور"]
    await newsroom.desk("POST", f"{path(draft)}/publish", {}, expect=409)


async def test_an_edit_keeps_id_place_and_time_of_publication(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    first = await entry(newsroom, article, "أول")
    await entry(newsroom, article, "ثان")
    changed = await change(newsroom, first, headline="أول معدّل")
    assert (changed["id"], changed["published_at"]) == (first["id"], first["published_at"])
    assert changed["version"] == 2
    assert changed["updated_at"] >= first["updated_at"]
    assert await listed(newsroom, article) == ["ثان", "أول معدّل"]


async def test_a_save_without_a_change_stores_nothing(newsroom: Newsroom) -> None:
    one = await entry(newsroom, await coverage(newsroom))
    same = await change(newsroom, one, headline=one["headline"], body=one["body_source"], pinned=None)
    assert (same["version"], same["saved_at"]) == (1, one["saved_at"])


async def test_a_change_needs_the_version_that_it_is_based_on(newsroom: Newsroom) -> None:
    one = await entry(newsroom, await coverage(newsroom))
    await newsroom.desk("PATCH", path(one), {"headline": "آخر"}, expect=428)
    await change(newsroom, one, headline="آخر")
    await change(newsroom, one, headline="ثالث", expect=412)
    await newsroom.desk("DELETE", path(one), expect=428)
    await newsroom.desk("DELETE", path(one), if_match='"1"', expect=412)
    await newsroom.desk("DELETE", path(one), if_match='"2"', expect=204)
    await newsroom.desk("GET", path(one), expect=404)


async def test_an_article_of_another_kind_has_no_entries(newsroom: Newsroom) -> None:
    news = await newsroom.published()
    answer = await newsroom.desk("POST", f"/articles/{news['id']}/entries", {"headline": "نبأ"}, expect=409)
    assert answer.json()["type"].endswith("/state-conflict")
    await newsroom.desk("POST", f"/articles/{news['id']}/live", {"started_at": None}, expect=409)
    assert await listed(newsroom, news) == []
    assert (await newsroom.get(f"/v1/articles/{news['id']}")).json()["live"] is None


async def test_live_coverage_stays_live_coverage_while_it_has_entries(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    one = await entry(newsroom, article, status="draft")
    url = f"/articles/{article['id']}"
    await newsroom.desk("PATCH", url, {"kind": "news"}, if_match="*", expect=409)
    await newsroom.desk("PATCH", url, {"kind": None}, if_match="*", expect=409)
    await newsroom.desk("PATCH", url, {"kind": "live", "summary": "س"}, if_match="*", expect=200)
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    await newsroom.desk("PATCH", url, {"kind": "news"}, if_match="*", expect=200)


async def test_an_article_with_entries_cannot_be_deleted(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(kind="live")
    one = await entry(newsroom, draft)
    answer = await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match="*", expect=409)
    assert answer.json()["type"].endswith("/in-use")
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match="*", expect=204)


async def test_every_fault_is_told_at_once(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    body = {"headline": "ن" * 400, "body": 3, "pinned": 6, "authors": ["لا-أحد"], "status": "lost", "x": 1}
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/entries", body, expect=422)
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert pointers == ["/headline", "/body", "/pinned", "/authors/0", "/status", "/x"]


async def test_what_readers_see_needs_a_headline_or_a_body(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    answer = await newsroom.desk(
        "POST", f"/articles/{article['id']}/entries", {"body": "<p> </p>", "status": "published"}, expect=422
    )
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/headline", "/body"]
    empty = await entry(newsroom, article, None, body="", status="draft")  # type: ignore[arg-type]
    await newsroom.desk("POST", f"{path(empty)}/publish", {}, expect=422)
    await entry(newsroom, article, None)  # type: ignore[arg-type]
    await entry(newsroom, article, "عنوان وحده", body="")


async def test_at_most_five_entries_are_pinned(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    for number in range(5):
        await entry(newsroom, article, f"مثبت {number}", pinned=number + 1)
    sixth = await entry(newsroom, article, "سادس")
    answer = await newsroom.desk("PATCH", path(sixth), {"pinned": 1}, if_match="*", expect=422)
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/pinned", "too_many")]


async def test_bodies_are_cleaned_as_those_of_articles(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    hostile = '<p>نص <b>غامق</b></p><script>alert(1)</script><iframe src="https://evil.example/x"></iframe>'
    one = await entry(newsroom, article, body=hostile)
    assert one["body"]["html"] == "<p>نص <b>غامق</b></p>"
    assert {warning["code"] for warning in one["warnings"]} >= {"removed_element"}
    assert one["body_source"] == hostile
    two = await entry(newsroom, article, body="متن **آخر**", body_format="markdown")
    assert two["body"]["html"].strip() == "<p>متن <strong>آخر</strong></p>"


async def test_a_picture_of_the_library_in_an_entry_is_in_use(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    id = await undecoded_picture(newsroom, alt="قبّة")
    one = await entry(newsroom, article, "صورة", body=f'<img data-media="{id}">')
    shown = (await newsroom.get(f"/v1/articles/{article['id']}/entries/{one['id']}")).json()
    assert "<picture>" in shown["body"]["html"]
    uses = (await newsroom.desk("GET", f"/media/{id}/uses")).json()["data"]
    assert [(use["resource"], use["id"], use["title"], use["is_public"]) for use in uses] == [
        ("entry", one["id"], "صورة", True)
    ]
    await newsroom.desk("DELETE", f"/media/{id}", if_match="*", expect=409)
    await newsroom.desk("PATCH", f"/media/{id}", {"alt": "قبّة المرصد"}, if_match="*")
    assert "قبّة المرصد" in (await newsroom.get(f"/v1/articles/{article['id']}/entries")).text
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    await newsroom.desk("DELETE", f"/media/{id}", if_match="*", expect=204)
    unknown = {"headline": "ن", "body": '<img data-media="01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2">'}
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/entries", unknown, expect=422)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/body"]


async def test_a_correction_is_public(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    one = await entry(newsroom, article)
    note = {"note": "صُحّح الوقت.", "headline": "السابعة"}
    await newsroom.desk("POST", f"{path(one)}/correct", {}, if_match="*", expect=422)
    answer = (await newsroom.desk("POST", f"{path(one)}/correct", note, if_match='"1"')).json()
    shown = (await newsroom.get(f"/v1/articles/{article['id']}/entries/{one['id']}")).json()
    assert (shown["corrected"], shown["headline"]) == (True, "السابعة")
    assert [one["note"] for one in shown["corrections"]] == ["صُحّح الوقت."]
    assert answer["version"] == 2
    draft = await entry(newsroom, article, status="draft")
    await newsroom.desk("POST", f"{path(draft)}/correct", note, if_match="*", expect=409)


async def test_every_save_keeps_a_revision(newsroom: Newsroom) -> None:
    one = await entry(newsroom, await coverage(newsroom), "أول")
    await change(newsroom, one, headline="ثان")
    found = (await newsroom.desk("GET", f"{path(one)}/revisions")).json()["data"]
    assert [(row["number"], row["action"]) for row in found] == [(2, "update"), (1, "create")]
    first = (await newsroom.desk("GET", f"{path(one)}/revisions/1")).json()
    assert first["content"]["headline"] == "أول"
    await newsroom.desk("GET", f"{path(one)}/revisions/3", expect=404)


async def test_a_key_makes_an_entry_once(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    url, body = f"/articles/{article['id']}/entries", {"headline": "مرة", "status": "published"}
    key = {"idempotency_key": "0123456789abcdef"}
    first = await newsroom.desk("POST", url, body, expect=201, **key)
    again = await newsroom.desk("POST", url, body, expect=201, **key)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert await listed(newsroom, article) == ["مرة"]


async def test_a_contributor_writes_own_entries_and_nobody_elses(newsroom: Newsroom) -> None:
    for name in ("سلمى", "وسيم", "غريب"):
        await newsroom.hire("reporter", name)
    named = [newsroom.members["سلمى"], newsroom.members["وسيم"]]
    article = await coverage(newsroom, contributors=named)
    url = f"/articles/{article['id']}/entries"
    own = await entry(newsroom, article, "من سلمى", by="سلمى", pinned=1)
    await change(newsroom, own, by="سلمى", headline="من سلمى أيضًا")
    await newsroom.desk("PATCH", path(own), {"headline": "لا"}, by="وسيم", if_match="*", expect=403)
    await newsroom.desk("DELETE", path(own), by="وسيم", if_match="*", expect=403)
    await newsroom.desk("GET", url, by="وسيم")
    await newsroom.desk("GET", url, by="غريب", expect=404)
    await newsroom.desk("POST", url, {"headline": "لا"}, by="غريب", expect=404)
    await newsroom.desk("POST", f"/articles/{article['id']}/live", {"ended_at": None}, by="سلمى", expect=403)
    await newsroom.desk("DELETE", path(own), by="سلمى", if_match="*", expect=204)


async def test_only_editors_name_contributors(newsroom: Newsroom) -> None:
    await newsroom.hire("reporter", "سلمى")
    id = newsroom.members["سلمى"]
    draft = (await newsroom.desk("POST", "/articles", {"headline": "خ", "kind": "live"}, by="سلمى")).json()
    url = f"/articles/{draft['id']}"
    refused = await newsroom.desk("PATCH", url, {"contributors": [id]}, by="سلمى", if_match="*", expect=422)
    assert refused.json()["errors"][0]["pointer"] == "/contributors"
    await newsroom.desk("POST", f"{url}/entries", {"headline": "ن"}, by="سلمى", expect=403)
    nobody = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    unknown = await newsroom.desk("PATCH", url, {"contributors": [id, nobody]}, if_match="*", expect=422)
    assert unknown.json()["errors"][0]["pointer"] == "/contributors/1"
    changed = (await newsroom.desk("PATCH", url, {"contributors": [id]}, if_match="*")).json()
    assert (changed["contributors"], changed["updated_at"]) == ([id], draft["updated_at"])
    await newsroom.desk("PATCH", url, {"contributors": [id], "summary": "س"}, by="سلمى", if_match="*")
    await newsroom.desk("POST", f"{url}/entries", {"headline": "ن"}, by="سلمى", expect=201)


async def test_two_contributors_at_once_lose_no_count(newsroom: Newsroom) -> None:
    names = [f"مراسل {number}" for number in range(4)]
    for name in names:
        await newsroom.hire("reporter", name)
    article = await coverage(newsroom, contributors=[newsroom.members[name] for name in names])
    each = 5
    await asyncio.gather(*(entry(newsroom, article, f"{name} {n}", by=name) for n in range(each) for name in names))
    shown = (await newsroom.get(f"/v1/articles/{article['id']}/entries?limit=100")).json()["data"]
    assert len(shown) == each * len(names)
    live = await live_of(newsroom, article)
    assert live["entry_count"] == len(shown)
    assert live["last_entry_at"] == shown[0]["published_at"]
    assert [one["published_at"] for one in shown] == sorted((one["published_at"] for one in shown), reverse=True)
    await asyncio.gather(
        *(newsroom.desk("DELETE", path(one), if_match="*", expect=204) for one in shown[: len(shown) // 2])
    )
    assert (await live_of(newsroom, article))["entry_count"] == len(shown) - len(shown) // 2


async def test_an_entry_taken_off_and_published_again_is_the_newest(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    start = clock.now()
    first = await entry(newsroom, article, "أول")
    await entry(newsroom, article, "ثان")
    off = await change(newsroom, first, status="draft")
    assert off["published_at"] is None
    assert await listed(newsroom, article) == ["ثان"]
    with clock.frozen(start + timedelta(minutes=1)):
        await change(newsroom, off, status="published")
    assert await listed(newsroom, article) == ["أول", "ثان"]
