"""What the pages of the reader and `/v1/site` name: feeds, sitemaps, oEmbed, OPML, the icon."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from app.settings import Settings
from app.web.head_links import MOST_BYTES
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
RSS, ATOM, JSON_FEED = "application/rss+xml", "application/atom+xml", "application/feed+json"


class Head(HTMLParser):
    """The `<link>` elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link":
            self.links.append({name: value or "" for name, value in attrs})

    def named(self, media_type: str) -> list[str]:
        return [one["href"] for one in self.links if one.get("type") == media_type]


async def head(newsroom: Newsroom, path: str) -> Head:
    return Head((await newsroom.get(path)).text)


async def test_every_page_names_the_feeds_of_the_site_and_the_sitemap(newsroom: Newsroom) -> None:
    newsroom.set(api_url="https://api.news.example")
    await newsroom.published()
    for path in ("/", "/search", "/a/خبر-من-المرصد", "/s/علوم"):
        found = await head(newsroom, path)
        for media_type, suffix in ((RSS, "rss"), (ATOM, "atom"), (JSON_FEED, "json")):
            assert found.named(media_type)[-1] == f"https://api.news.example/feeds/articles.{suffix}"
        assert found.named("application/xml") == ["https://api.news.example/sitemap.xml"]
        assert {one["rel"] for one in found.links if one.get("type") == "application/xml"} == {"sitemap"}


async def test_a_page_names_the_feeds_of_what_it_shows(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    await newsroom.desk("PUT", "/fronts/رياضة", {"name": "ر & <ض>", "slots": []}, expect=201)
    live = await newsroom.published("تغطية", kind="live", tags=["فلك"], authors=["ليلى"])
    expected = {
        "/s/علوم": [f"/feeds/sections/{quote('علوم')}.rss"],
        "/t/فلك": [f"/feeds/tags/{quote('فلك')}.rss"],
        "/by/ليلى": [f"/feeds/authors/{quote('ليلى')}.rss"],
        "/f/رياضة": [f"/feeds/fronts/{quote('رياضة')}.rss"],
        f"/a/{live['slug']}": [f"/feeds/{family}/{quote(live['slug'])}.rss" for family in ("entries", "comments")],
        "/search?q=تغطية": [f"/feeds/search.rss?q={quote('تغطية')}"],
    }
    for path, feeds in expected.items():
        found = (await head(newsroom, path)).named(RSS)
        assert found == [f"http://localhost:8000{feed}" for feed in [*feeds, "/feeds/articles.rss"]], path
        for url in found:
            parts = urlsplit(url)
            await newsroom.get(f"{parts.path}?{parts.query}")


async def test_an_article_names_its_oembed_and_its_own_address(newsroom: Newsroom) -> None:
    article = await newsroom.published("كويكب & <قمم>")
    found = await head(newsroom, f"/a/{article['slug']}")
    assert [one["href"] for one in found.links if one["rel"] == "canonical"] == [article["url"]]
    for media_type in ("application/json+oembed", "text/xml+oembed"):
        (url,) = found.named(media_type)
        parts = urlsplit(url)
        assert parse_qs(parts.query)["url"] == [article["url"]]
        answer = await newsroom.get(f"{parts.path}?{parts.query}")
        assert "كويكب" in answer.text


async def test_headers_name_the_same_within_their_bounds(newsroom: Newsroom) -> None:
    newsroom.set(api_url=f"https://api.{'newsroom-' * 6}.example")
    article = await newsroom.published("كويكب " * 9, slug="كويكب-" * 12 + "كويكبات", kind="live")
    for path in (f"/a/{article['slug']}", "/", "/s/علوم"):
        answer = await newsroom.get(path)
        links: Any = answer.links
        assert len(answer.headers["link"]) <= MOST_BYTES
        assert path.startswith("/a/") or links["sitemap"]["url"].endswith(".example/sitemap.xml")
        assert links["alternate"]["url"]
    answer = await newsroom.get(f"/a/{article['slug']}")
    assert 'type="application/json+oembed"' in answer.headers["link"]
    assert len([one for one in Head(answer.text).links if one.get("type") == RSS]) == 3
    assert answer.headers["link"].count(RSS) < 3, "otherwise all fit"


async def test_a_host_in_arabic_breaks_no_header(newsroom: Newsroom) -> None:
    read = Settings(api_url="https://نشرة.example", site_url="https://نشرة.example")
    newsroom.set(api_url=read.api_url, site_url=read.site_url)
    article = await newsroom.published()
    await newsroom.get(f"/a/{article['slug']}")
    for path in ("/sitemap.xml", "/sitemap-news.xml", "/robots.txt", "/opml.xml", "/v1/site"):
        await newsroom.get(path)
    await newsroom.get("/oembed", params={"url": article["url"]})


async def test_a_preview_names_nothing(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    preview = (await newsroom.desk("POST", f"/articles/{draft['id']}/previews", {})).json()
    answer = await newsroom.get(urlsplit(preview["url"]).path)
    assert "link" not in answer.headers
    assert not [one for one in Head(answer.text).links if one["rel"] in {"alternate", "sitemap", "canonical"}]


async def test_the_page_shows_the_icon_of_the_site(newsroom: Newsroom) -> None:
    icons = [one["href"] for one in (await head(newsroom, "/")).links if one["rel"] == "icon"]
    assert [icon.partition(".")[0] for icon in icons] == ["/static/nashra"]
    newsroom.set(icon=await undecoded_picture(newsroom))
    assert [one["href"] for one in (await head(newsroom, "/")).links if one["rel"] == "icon"] == ["/favicon.ico"]


async def test_the_site_names_what_leads_on(newsroom: Newsroom) -> None:
    addresses = (await newsroom.get("/v1/site")).json()["addresses"]
    for name in ("sitemap", "sitemap_news", "opml", "robots"):
        await newsroom.get(urlsplit(addresses[name]).path)
    for name in ("resolve", "oembed"):
        await newsroom.get(f"{urlsplit(addresses[name]).path}?url=/a/x", 404)
