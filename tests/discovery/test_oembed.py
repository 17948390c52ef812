"""oEmbed: what another site shows of an article whose address it quotes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from app.kit import clock
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
FILES = [
    ["w320", None, "webp", 320, 240, 9, False], ["w320", None, "jpg", 320, 240, 9, False],
    ["w1280", None, "jpg", 1280, 960, 9, False], ["square-320", "square", "jpg", 320, 320, 9, False],
    ["w1920", None, "jpg", 1920, 1440, 9, False],
]  # fmt: skip


async def told(newsroom: Newsroom, url: str, expect: int = 200, **more: Any) -> dict[str, Any]:
    return dict((await newsroom.get("/oembed", expect, params={"url": url, **more})).json())


async def test_an_article_is_told_as_a_link(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example", site_name="نشرة الصباح")
    author = await newsroom.author("ليلى")
    article = await newsroom.published("كويكب & <قمم> الأطلس", authors=["ليلى"])
    assert await told(newsroom, article["url"]) == {
        "version": "1.0",
        "type": "link",
        "title": "كويكب & <قمم> الأطلس",
        "author_name": author["name"],
        "author_url": article["authors"][0]["url"],
        "provider_name": "نشرة الصباح",
        "provider_url": "https://news.example",
        "cache_age": 300,
    }


async def test_xml_says_the_same(newsroom: Newsroom) -> None:
    picture = await undecoded_picture(newsroom)
    article = await newsroom.published("كويكب & <قمم> ]]> الأطلس", lead_image={"id": picture}, byline="ليلى")
    answer = await newsroom.get("/oembed", params={"url": article["url"], "format": "xml"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)  # noqa: S314  # our own
    expected = await told(newsroom, article["url"], format="json")
    assert {one.tag: one.text for one in root} == {name: str(value) for name, value in expected.items()}
    assert "thumbnail_url" in expected


async def test_the_thumbnail_fits_into_what_was_asked_for(newsroom: Newsroom) -> None:
    picture = await undecoded_picture(newsroom, renditions=FILES)
    url = (await newsroom.published(lead_image={"id": picture}))["url"]
    asked: list[tuple[dict[str, int], int | None]] = [
        ({}, 1280), ({"maxwidth": 1919}, 1280), ({"maxwidth": 640}, 320), ({"maxheight": 240}, 320),
        ({"maxheight": 239}, None), ({"maxwidth": 5000, "maxheight": 5000}, 1920), ({"maxwidth": 319}, None),
    ]  # fmt: skip
    for limits, width in asked:
        found = await told(newsroom, url, **limits)
        assert found.get("thumbnail_width") == width, limits
        names = {name for name in found if name.startswith("thumbnail_")}
        assert names == ({"thumbnail_url", "thumbnail_width", "thumbnail_height"} if width else set())


async def test_an_image_at_an_address_needs_its_size(newsroom: Newsroom) -> None:
    image = {"url": "https://images.example/a.jpg", "width": 800, "height": 600}
    sized, bare = await newsroom.published(lead_image=image), await newsroom.published(lead_image={"url": image["url"]})
    assert (await told(newsroom, sized["url"]))["thumbnail_url"] == image["url"]
    assert "thumbnail_url" not in await told(newsroom, bare["url"])


async def test_several_authors_have_one_byline_and_no_page(newsroom: Newsroom) -> None:
    for slug in ("ليلى", "سامر"):
        await newsroom.author(slug)
    article = await newsroom.published(authors=["ليلى", "سامر"])
    found = await told(newsroom, article["url"])
    assert (found["author_name"], "author_url" in found) == ("ليلى وسامر", False)
    assert "author_name" not in await told(newsroom, (await newsroom.published())["url"])


async def test_only_what_readers_see_is_told(newsroom: Newsroom) -> None:
    at = clock.written(clock.now() + timedelta(hours=1))
    hidden, draft = await newsroom.published("لاحقًا", at=at), await newsroom.draft("مسودّة")
    gone = await newsroom.act(await newsroom.published("سرّ"), "withdraw", {"reason": "سُحب"})
    for one in (hidden, draft):
        await told(newsroom, f"/a/{one['slug']}", 404)
    assert "سرّ" not in str(await told(newsroom, f"/a/{gone['slug']}", 410))
    await told(newsroom, "https://other.example/a/x", 404)
    await newsroom.tag()
    await newsroom.published(tags=["فلك"])
    await told(newsroom, "/t/فلك", 404)


async def test_other_formats_are_not_offered(newsroom: Newsroom) -> None:
    url = (await newsroom.published())["url"]
    problem = await told(newsroom, url, 501, format="yaml")
    assert problem["type"] == "/problems/format-not-offered"
    await told(newsroom, url, 501, format="JSON")


@pytest.mark.parametrize(
    "asked", [{"maxwidth": "x"}, {"maxwidth": 0}, {"maxheight": -1}, {"maxwidth": "9" * 30}, {"url": "x"}, {"url": ""}]
)
async def test_a_bad_parameter_is_told(lone_newsroom: Newsroom, asked: dict[str, Any]) -> None:
    problem = await told(lone_newsroom, **{"url": "/a/x", **asked}, expect=400)
    assert [fault["parameter"] for fault in problem["errors"]] == list(asked)


async def test_an_unknown_parameter_is_no_other_answer(newsroom: Newsroom) -> None:
    url = (await newsroom.published())["url"]
    expected = await told(newsroom, url)
    hits = newsroom.app.state.cache.hits
    assert await told(newsroom, url, referrer="x") == expected
    assert newsroom.app.state.cache.hits == hits + 1


async def test_a_former_address_and_new_words_are_followed(newsroom: Newsroom) -> None:
    article = await newsroom.published("أول")
    await told(newsroom, article["url"])
    await newsroom.change(article, slug="جديد", headline="ثان")
    assert (await told(newsroom, article["url"]))["title"] == "ثان"
