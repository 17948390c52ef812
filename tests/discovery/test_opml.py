"""OPML: the feeds of the site as a list."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def outlines(newsroom: Newsroom) -> dict[str, list[dict[str, str]]]:
    """The feeds of each group; those of none under the empty name."""
    root = ElementTree.fromstring((await newsroom.get("/opml.xml")).content)  # noqa: S314  # our own
    found: dict[str, list[dict[str, str]]] = {"": []}
    for one in root.findall("body/outline"):
        if one.get("type") is None:
            found[one.get("text", "")] = [dict(inner.attrib) for inner in one]
        else:
            found[""].append(dict(one.attrib))
    return found


async def test_the_site_its_languages_and_its_sections_have_their_feeds(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example")
    await newsroom.section("علوم", name='علوم & <فضاء> "كبير"')
    await newsroom.section("فارغ")
    newsroom.has_section = True
    await newsroom.published()
    await newsroom.published("News", language="en")
    found = await outlines(newsroom)
    (site,) = found[""]
    assert (site["text"], site["htmlUrl"], site["language"]) == ("نشرة", "https://news.example/", "ar")
    assert site["xmlUrl"] == "http://localhost:8000/feeds/articles.rss"
    assert [one["language"] for one in found["بحسب اللغة"]] == ["ar", "en"]
    (section,) = found["الأقسام"]
    assert section["text"] == section["title"] == 'علوم & <فضاء> "كبير"'
    assert section["htmlUrl"].startswith("https://news.example/s/")
    assert {one["type"] for feeds in found.values() for one in feeds} == {"rss"}


async def test_every_feed_of_the_list_is_there(newsroom: Newsroom) -> None:
    await newsroom.published()
    for feeds in (await outlines(newsroom)).values():
        for one in feeds:
            parts = urlsplit(one["xmlUrl"])
            answer = await newsroom.get(f"{parts.path}?{parts.query}")
            assert answer.headers["content-type"].startswith("application/rss+xml")


async def test_the_list_follows_sections_and_languages(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    first = await newsroom.get("/opml.xml")
    await newsroom.change(article, summary="جديد")
    misses = newsroom.app.state.cache.misses
    assert (await newsroom.get("/opml.xml")).content == first.content
    assert newsroom.app.state.cache.misses == misses
    await newsroom.desk("PUT", "/sections/علوم", {"name": "فضاء"}, if_match="*")
    assert (await outlines(newsroom))["الأقسام"][0]["text"] == "فضاء"
    await newsroom.act(article, "withdraw", {"reason": "سُحب"})
    assert list(await outlines(newsroom)) == [""]


async def test_an_empty_newsroom_has_a_list(newsroom: Newsroom) -> None:
    assert [one["text"] for one in (await outlines(newsroom))[""]] == ["نشرة"]
    answer = await newsroom.get("/opml.xml")
    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    await newsroom.get("/opml.xml", 304, headers={"if-none-match": answer.headers["etag"]})
