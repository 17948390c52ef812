"""Which texts and pictures a feed holds: what rights allow, and nothing that breaks its format."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from app.kit import clock
from tests.feeds.hostile import BODY, CONTROLS, HIDDEN, SUMMARY, TITLE, feeds_of, fill_newsroom
from tests.feeds.reading import FORMATS, ReadItem, answer_of, get
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
FULL = "full=true&tombstones=true&limit=100&q=متن"
each_format = pytest.mark.parametrize("format", FORMATS)


@each_format
async def test_hostile_content_is_well_formed_in_every_feed(newsroom: Newsroom, format: str) -> None:
    found = await fill_newsroom(newsroom)
    for feed in feeds_of(found):
        for query in (FULL, "q=متن"):
            answer = await answer_of(newsroom, feed, format, query)
            text = answer.content.decode()
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", text), feed
            assert (await get(newsroom, feed, format, query)).title
            for secret in HIDDEN[:2]:
                assert secret not in text, feed
            if query == FULL:
                assert "مما-لا-يعاد-نشره" not in text, feed


@each_format
async def test_titles_are_plain_text_and_summaries_say_what_was_written(newsroom: Newsroom, format: str) -> None:
    found = await fill_newsroom(newsroom)
    items = {item.id.removeprefix("urn:uuid:"): item for item in (await get(newsroom, "articles", format)).items}
    hostile = items[found["hostile"]["id"]]
    written = (await newsroom.get(f"/v1/articles/{found['hostile']['id']}")).json()
    assert hostile.title == written["headline"]
    assert "<b>" in hostile.title
    # A description in RSS is HTML to all readers, so it is escaped once more.
    assert (unescape(hostile.summary or "") if format == "rss" else hostile.summary) == written["summary"]
    assert "<script>" in written["summary"]
    assert hostile.categories == ["علوم & صحّة", "فلك <قديم>"]
    assert hostile.authors == ["ليلى & رفاق", "سامر & رفاق"]
    assert hostile.rights is not None
    assert hostile.rights.startswith("© 2026 وكالة")
    assert hostile.text is None
    assert (TITLE, SUMMARY) != (CONTROLS, CONTROLS)
    assert [item.title for item in items.values() if item.title.startswith("أحرف")] == ["أحرف ممنوعة"]


@each_format
async def test_a_full_feed_has_the_texts_that_rights_allow(newsroom: Newsroom, format: str) -> None:
    found = await fill_newsroom(newsroom)
    items = {item.id.removeprefix("urn:uuid:"): item for item in (await get(newsroom, "articles", format, FULL)).items}
    by_name = {name: items[one["id"]] for name, one in found.items() if one["id"] in items}
    assert "withdrawn" not in by_name
    assert {name for name, item in by_name.items() if item.text is None} == {"paid", "refused", "expired"}
    assert by_name["refused"].summary == "ملخّصه"
    assert by_name["refused"].pictures == []
    assert "متن حرّ" in (by_name["with_kept"].text or "")
    assert by_name["with_kept"].pictures == []
    assert "<img" not in (by_name["with_kept"].text or "")
    assert by_name["hostile"].pictures
    text = (await answer_of(newsroom, "articles", format, FULL)).content.decode()
    key = found["with_kept"]["lead_image"]["url"].rsplit("/", 2)[1]
    assert key not in text
    if format == "json":
        withheld = {one["id"] for one in json.loads(text)["items"] if one["_nashra"].get("withheld")}
        assert withheld == {f"urn:uuid:{found[name]['id']}" for name in ("refused", "expired", "with_kept")}


@each_format
async def test_addresses_in_texts_are_absolute_and_percent_encoded(newsroom: Newsroom, format: str) -> None:
    newsroom.set(site_url="https://news.example")
    found = await fill_newsroom(newsroom)
    url = (await newsroom.get(f"/v1/articles/{found['hostile']['id']}")).json()["url"]
    item = by_id((await get(newsroom, "articles", format, FULL)).items, found["hostile"]["id"])
    text = item.text or ""
    links = [unescape(link) for link in re.findall(r'<[^>]* (?:href|src)="([^"]*)"', text)]
    assert links == [
        "https://news.example/%D9%82%D8%B3%D9%85/%D8%B7%D9%86%D8%AC%D8%A9?%D8%B3=1&b=2",
        f"{url}#e-1",
        "mailto:a@example.com",
        "https://example.org/%D9%85%D8%B3%D8%A7%D8%B1",
        "https://news.example/%D8%B5%D9%88%D8%B1/%D8%A3%D9%88%D9%84%D9%89.jpg",
    ]
    assert '<em>href="/x"</em>' in text  # a text, no link
    if format != "ninjs.json":
        assert text.startswith('<div dir="rtl" lang="ar">')
    assert BODY


def by_id(items: list[ReadItem], id: str) -> ReadItem:
    return next(item for item in items if item.id == f"urn:uuid:{id}")


@each_format
async def test_the_site_may_give_no_whole_texts(newsroom: Newsroom, format: str) -> None:
    await fill_newsroom(newsroom)
    newsroom.set(feeds_full=False)
    plain = await answer_of(newsroom, "articles", format)
    assert (await answer_of(newsroom, "articles", format, "full=true")).content == plain.content


@each_format
async def test_the_site_decides_where_rights_do_not_say(newsroom: Newsroom, format: str) -> None:
    said = await newsroom.published("قيل", rights={"syndication": "yes"})
    await newsroom.published("لم يُقل")
    for default, expected in (("yes", 2), ("verify", 1), ("no", 1)):
        newsroom.set(syndication=default)
        items = (await get(newsroom, "articles", format, "full=true")).items
        assert sum(item.text is not None for item in items) == expected
        assert by_id(items, said["id"]).text is not None


@each_format
async def test_a_picture_is_left_out_from_the_moment_its_rights_end(newsroom: Newsroom, format: str) -> None:
    picture, start = await undecoded_picture(newsroom, alt="صورة"), clock.now()
    end = clock.written(start + timedelta(hours=1))
    await newsroom.desk("PATCH", f"/media/{picture}", {"rights": {"expires_at": end}}, if_match="*")
    article = await newsroom.published("خبر", lead_image={"id": picture}, body=f'<p>م</p><img data-media="{picture}">')
    for minutes, expected in ((59, True), (61, False)):
        with clock.frozen(start + timedelta(minutes=minutes)):
            item = by_id((await get(newsroom, "articles", format, "full=true")).items, article["id"])
            assert bool(item.pictures) is expected
            assert ("<img" in (item.text or "")) is expected
            assert by_id((await get(newsroom, "articles", format)).items, article["id"]).pictures


@each_format
async def test_rights_of_a_picture_change_a_feed_at_once(newsroom: Newsroom, format: str) -> None:
    picture = await undecoded_picture(newsroom, alt="صورة")
    await newsroom.published("خبر", lead_image={"id": picture})
    assert (await get(newsroom, "articles", format, "full=true")).items[0].pictures
    await newsroom.desk("PATCH", f"/media/{picture}", {"rights": {"syndication": "verify"}}, if_match="*")
    assert not (await get(newsroom, "articles", format, "full=true")).items[0].pictures


async def test_one_enclosure_whose_size_and_type_are_true(newsroom: Newsroom) -> None:
    found = await fill_newsroom(newsroom)
    text = (await answer_of(newsroom, "articles", "rss", FULL)).text
    image = (await newsroom.get(f"/v1/articles/{found['hostile']['id']}")).json()["lead_image"]
    own = next(one for one in image["renditions"] if one["url"] == image["url"])
    item = next(part for part in text.split("<item") if found["hostile"]["id"] in part)
    enclosures = re.findall(r"<enclosure ([^>]*)/>", item)
    assert enclosures == [f'url="{own["url"]}" length="{own["bytes"]}" type="{own["mime_type"]}"']


async def test_every_correction_moves_the_dates(newsroom: Newsroom) -> None:
    start, article = clock.now(), await newsroom.published("خبر")
    for hours in (1, 2):
        moment = start + timedelta(hours=hours)
        with clock.frozen(moment):
            note: dict[str, Any] = {"kind": "clarification", "note": f"توضيح {hours}"}
            await newsroom.desk("POST", f"/articles/{article['id']}/correct", note, if_match="*")
            for format in FORMATS:
                assert (await get(newsroom, "articles", format)).items[0].updated == clock.written(moment)
    notes = json.loads((await answer_of(newsroom, "articles", "json")).content)["items"][0]["_nashra"]["corrections"]
    assert [one["note"] for one in notes] == ["توضيح 1", "توضيح 2"]


# --- what is gone -----------------------------------------------------------------------------------------------------


@each_format
async def test_what_was_withdrawn_is_told_by_the_means_of_the_format(newsroom: Newsroom, format: str) -> None:
    await newsroom.section("طب")
    start = clock.now()
    with clock.frozen(start):
        kept = await newsroom.published("باق")
        old = await newsroom.published("قديم", section="طب")
        new = await newsroom.published("جديد")
    for hours, article in ((1, new), (2, old)):
        with clock.frozen(start + timedelta(hours=hours)):
            await newsroom.act(article, "withdraw", {"reason": f"سبب {hours}"})
    tells = {"ninjs.json": [""], "atom": ["tombstones=true"]}.get(format, [])
    for query in ("", "tombstones=true"):
        feed = await get(newsroom, "articles", format, query)
        assert feed.ids == [kept["id"]]
        told = [(old["id"], "سبب 2"), (new["id"], "سبب 1")]
        assert feed.gone == (told if query in tells or "" in tells else [])
    if format in {"ninjs.json", "atom"}:
        query = "tombstones=true"
        assert (await get(newsroom, "articles", format, f"{query}&limit=1")).gone == [(old["id"], "سبب 2")]
        assert [id for id, _ in (await get(newsroom, "sections/علوم", format, query)).gone] == [new["id"]]
        answer = await answer_of(newsroom, "articles", format, query)
        assert "جديد" not in answer.text
        assert answer.headers["last-modified"]
        await newsroom.act(old, "reinstate")
        assert [id for id, _ in (await get(newsroom, "articles", format, query)).gone] == [new["id"]]
        await newsroom.act(old, "publish")
        assert old["id"] in (await get(newsroom, "articles", format, query)).ids


@each_format
async def test_only_the_first_page_tells_of_what_was_withdrawn(newsroom: Newsroom, format: str) -> None:
    for number in range(3):
        article = await newsroom.published(f"خبر {number}")
    await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    first = await answer_of(newsroom, "articles", format, "limit=1&tombstones=true")
    following = first.links["next"]["url"].partition("?")[2]
    assert (await get(newsroom, "articles", format, following)).gone == []
