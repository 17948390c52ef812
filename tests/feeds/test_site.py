"""`/v1/site` lists every feed: each address answers, a set for each language."""

from __future__ import annotations

import pytest

from app.feeds.addresses import FAMILIES, FORMATS
from tests.feeds.hostile import feeds_of, fill_newsroom
from tests.feeds.reading import relative
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_every_feed_that_the_site_lists_answers(newsroom: Newsroom) -> None:
    found = dict(feed.split("/", 1) for feed in feeds_of(await fill_newsroom(newsroom)) if "/" in feed)
    feeds = (await newsroom.get("/v1/site")).json()["feeds"]
    assert {(one["name"], one["format"]) for one in feeds if one["language"] is None} == {
        (family.name, format.name) for family in FAMILIES for format in FORMATS
    }
    assert list(dict.fromkeys(one["language"] for one in feeds)) == [None, "ar", "en"]
    for one in feeds:
        url = relative(one["url"]).replace("{slug}", found.get(one["name"], "")).replace("{q}", "خبر")
        answer = await newsroom.get(url)
        assert one["language"] is None or f"language={one['language']}" in answer.headers["link"]


async def test_a_language_is_listed_from_its_first_article_on(newsroom: Newsroom) -> None:
    async def languages() -> set[str | None]:
        return {one["language"] for one in (await newsroom.get("/v1/site")).json()["feeds"]}

    await newsroom.draft("draft", language="fr")
    assert await languages() == {None, "ar"}
    article = await newsroom.published("News", language="en")
    assert await languages() == {None, "ar", "en"}
    await newsroom.change(article, language="tr")
    assert await languages() == {None, "ar", "tr"}
    await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    assert await languages() == {None, "ar"}
