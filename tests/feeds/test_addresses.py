"""The addresses of feeds: what `/v1/site`, OPML and the pages' heads name."""

from __future__ import annotations

from app.feeds.addresses import (
    ARTICLES,
    ATOM,
    COMMENTS,
    FAMILIES,
    FORMATS,
    NINJS,
    RSS,
    SEARCH,
    SECTIONS,
    feed_path,
    listed_feeds,
)
from app.feeds.addresses import feed_url as address
from app.settings import Settings

SETTINGS = Settings(api_url="https://api.news.example")


def test_an_address_is_absolute_and_percent_encoded() -> None:
    assert address(SETTINGS, ARTICLES, RSS) == "https://api.news.example/feeds/articles.rss"
    assert feed_path(SECTIONS, NINJS, "علوم") == "/feeds/sections/%D8%B9%D9%84%D9%88%D9%85.ninjs.json"
    named = address(SETTINGS, SECTIONS, ATOM, "a/b", language="ar-SY")
    assert named == "https://api.news.example/feeds/sections/a%2Fb.atom?language=ar-SY"
    sought = address(SETTINGS, SEARCH, ATOM, query="قمر & نجم", language="ar")
    assert sought.endswith("/feeds/search.atom?q=%D9%82%D9%85%D8%B1+%26+%D9%86%D8%AC%D9%85&language=ar")


def test_a_template_says_what_to_fill_in() -> None:
    assert address(SETTINGS, COMMENTS, RSS).endswith("/feeds/comments/{slug}.rss")
    assert address(SETTINGS, SEARCH, RSS, language="en").endswith("/feeds/search.rss?q={q}&language=en")
    assert [family.name for family in FAMILIES if not family.is_template] == ["articles"]


def test_feeds_are_listed_for_all_languages_and_for_each() -> None:
    found = listed_feeds(SETTINGS, ["ar", "en"])
    assert len({one.url for one in found}) == len(found) == 4 * (9 + 7 + 7)
    assert {one.format for one in found} == {format.name for format in FORMATS}
    assert {one.name for one in found if one.language == "en"} == {
        family.name for family in FAMILIES if family.has_languages
    }
    assert all(("language=" in one.url) == (one.language is not None) for one in found)
