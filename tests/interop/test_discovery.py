"""Sitemaps and the list of feeds as programs of other people read them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import listparser
import pytest
from usp.objects.sitemap import IndexXMLSitemap, PagesXMLSitemap
from usp.tree import sitemap_from_str

from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("default")]
TITLES = ("كويكب & <قمم> ]]>", "رمز 😀 تعبيري", "مع \u200f علامة", "'مفرد' \"مزدوج\"")


async def newsroom_of(room: Newsroom) -> list[str]:
    """Articles with texts that break others' XML; returns their addresses, newest first."""
    room.set(
        site_url="https://news.example.org", api_url="https://api.example.org", article_path="/a&b/{section}/{slug}"
    )
    await room.section("علوم", name='علوم & <فضاء> "كبير"')
    room.has_section = True
    await room.tag("فلك")
    old = await room.published("قديم", at="2024-03-05T10:00:00Z", section="علوم")
    new = [await room.published(title, section="علوم", tags=["فلك"]) for title in TITLES]
    return [one["url"] for one in [old, *new]][::-1]


async def test_a_reader_of_sitemaps_finds_every_article_with_its_date(lone_newsroom: Newsroom) -> None:
    urls = await newsroom_of(lone_newsroom)
    root = sitemap_from_str((await lone_newsroom.get("/sitemap.xml")).text)
    assert isinstance(root, IndexXMLSitemap)
    found: dict[str, datetime | None] = {}
    for part in root.sub_sitemaps:
        read = sitemap_from_str((await lone_newsroom.get(urlsplit(part.url).path)).text)
        assert isinstance(read, PagesXMLSitemap), part.url
        found |= {page.url: page.last_modified for page in read.pages}
    assert set(urls) <= set(found)
    assert found[urls[-1]] is not None
    assert {"https://news.example.org/", "https://news.example.org/t/%D9%81%D9%84%D9%83"} <= set(found)


async def test_a_reader_of_news_sitemaps_finds_title_name_language_and_date(lone_newsroom: Newsroom) -> None:
    began = clock.now()
    urls = await newsroom_of(lone_newsroom)
    read = sitemap_from_str((await lone_newsroom.get("/sitemap-news.xml")).text)
    assert isinstance(read, PagesXMLSitemap)
    pages = list(read.pages)
    assert [page.url for page in pages] == urls[:-1]
    stories = [page.news_story for page in pages if page.news_story]
    assert [story.title for story in stories] == list(TITLES)[::-1]
    assert {(story.publication_name, story.publication_language) for story in stories} == {("نشرة", "ar")}
    assert {story.publish_date.date() for story in stories} <= {began.date(), clock.now().date()}


async def test_a_reader_of_opml_has_nothing_to_mend(lone_newsroom: Newsroom) -> None:
    await newsroom_of(lone_newsroom)
    read = listparser.parse((await lone_newsroom.get("/opml.xml")).content)
    assert not read.bozo
    assert [(feed.title, feed.categories) for feed in read.feeds] == [
        ("نشرة", []),
        ("نشرة (ar)", [["بحسب اللغة"]]),
        ('علوم & <فضاء> "كبير"', [["الأقسام"]]),
    ]
    assert all(feed.url.startswith("https://api.example.org/feeds/") for feed in read.feeds)
