"""`robots.txt`, the icon, and the logo and icon that `/v1/site` names."""

from __future__ import annotations

from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from sqlalchemy import select

from app.changes.models import Change
from app.discovery.robots import AI_CRAWLERS
from app.settings import Settings, SettingsError, read
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
TABLE = (Path(__file__).parents[2] / "docs/api/discovery.md").read_text("utf-8")
UNKNOWN = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"


async def robots(newsroom: Newsroom) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse((await newsroom.get("/robots.txt")).text.splitlines())
    return parser


async def test_crawlers_may_fetch_all_but_the_desk_and_previews(lone_newsroom: Newsroom) -> None:
    rules = await robots(lone_newsroom)
    for path in ("/", "/a/خبر", "/v1/articles", "/feeds/articles.rss", "/preview-of-the-year"):
        assert rules.can_fetch("Googlebot", path), path
        assert rules.can_fetch("GPTBot", path), path
    for path in ("/v1/desk/articles", "/v1/preview/npv_x", "/preview/npv_x"):
        assert not rules.can_fetch("Googlebot", path), path


async def test_a_pattern_of_previews_without_a_word_closes_nothing_else(lone_newsroom: Newsroom) -> None:
    lone_newsroom.set(preview_path="/{token}")
    rules = await robots(lone_newsroom)
    assert rules.can_fetch("Googlebot", "/a/خبر")
    assert not rules.can_fetch("Googlebot", "/npv_x")


async def test_the_sitemaps_are_named_with_the_public_address(lone_newsroom: Newsroom) -> None:
    lone_newsroom.set(api_url="https://api.news.example")
    assert (await robots(lone_newsroom)).site_maps() == [
        "https://api.news.example/sitemap.xml",
        "https://api.news.example/sitemap-news.xml",
    ]


async def test_crawlers_of_ai_stay_away_where_the_setting_says_so(lone_newsroom: Newsroom) -> None:
    lone_newsroom.set(ai_crawlers="deny")
    rules = await robots(lone_newsroom)
    for crawler in AI_CRAWLERS:
        assert not rules.can_fetch(crawler.token, "/a/خبر"), crawler
    assert rules.can_fetch("Googlebot", "/a/خبر")


def test_the_guide_has_the_table_of_crawlers() -> None:
    for one in AI_CRAWLERS:
        assert f"| `{one.token}` | {one.operator} | {one.use} | {one.source} |" in TABLE


async def test_extra_lines_follow_the_rules_for_all(lone_newsroom: Newsroom) -> None:
    lines = r"Disallow: /internal/\n# note\nUser-agent: SomeBot\nDisallow: /"
    lone_newsroom.set(robots_extra=Settings(robots_extra=lines).robots_extra, ai_crawlers="deny")
    rules = await robots(lone_newsroom)
    assert not rules.can_fetch("Googlebot", "/internal/x")
    assert not rules.can_fetch("Googlebot", "/v1/desk/articles")
    assert not rules.can_fetch("SomeBot", "/a/خبر")
    assert rules.can_fetch("Googlebot", "/a/خبر")


@pytest.mark.parametrize("lines", ["x", "Disallow", "Disallow: /\x00", ": /x", r"Disallow: /\nfoo bar", "Dis allow: /"])
def test_an_extra_line_that_is_none_stops_the_start(lines: str) -> None:
    with pytest.raises(SettingsError, match="NASHRA_ROBOTS_EXTRA: holds"):
        read({"NASHRA_ROBOTS_EXTRA": lines})


async def test_other_parameters_make_no_other_answer(lone_newsroom: Newsroom) -> None:
    first = await lone_newsroom.get("/robots.txt")
    hits = lone_newsroom.app.state.cache.hits
    again = await lone_newsroom.get("/robots.txt?utm_source=x&utm_source=y")
    assert (again.content, lone_newsroom.app.state.cache.hits) == (first.content, hits + 1)
    await lone_newsroom.get("/robots.txt", 304, headers={"if-none-match": first.headers["etag"]})
    assert first.headers["content-type"] == "text/plain; charset=utf-8"


async def test_without_a_setting_the_icon_is_ours(lone_newsroom: Newsroom) -> None:
    answer = await lone_newsroom.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/vnd.microsoft.icon"
    assert answer.content.startswith(b"\0\0\1\0")
    site = (await lone_newsroom.get("/v1/site")).json()
    assert (site["logo"], site["icon"]) == (None, None)


async def test_the_site_shows_its_pictures_as_the_library_has_them(newsroom: Newsroom) -> None:
    logo, icon = await undecoded_picture(newsroom, alt="شعار"), await undecoded_picture(newsroom)
    async with beside(newsroom, logo=logo, icon=icon) as room:
        site = (await room.get("/v1/site")).json()
        assert (site["logo"]["id"], site["logo"]["alt"], site["icon"]["id"]) == (logo, "شعار", icon)
        answer = await room.get("/favicon.ico", 302)
        addresses = {one["url"] for one in (await room.desk("GET", f"/media/{icon}")).json()["renditions"]}
        assert answer.headers["location"] in addresses
        await room.desk("PATCH", f"/media/{logo}", {"alt": "شعار آخر"}, if_match="*")
        assert (await room.get("/v1/site")).json()["logo"]["alt"] == "شعار آخر"
        await room.desk("POST", f"/media/{logo}/withdraw", {"cause": "rights", "reason": "انتهى"})
        await room.desk("DELETE", f"/media/{icon}", if_match="*")
        site = (await room.get("/v1/site")).json()
        assert (site["logo"], site["icon"]) == (None, None)
        await room.get("/favicon.ico", 200)


async def test_an_unknown_picture_is_none(newsroom: Newsroom) -> None:
    newsroom.set(logo=UNKNOWN, icon=UNKNOWN)
    site = (await newsroom.get("/v1/site")).json()
    assert (site["logo"], site["icon"]) == (None, None)
    await newsroom.get("/favicon.ico")


@pytest.mark.parametrize("value", ["x", "https://news.example/logo.png", "1"])
def test_what_is_no_id_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match="NASHRA_LOGO: must be the id of a picture"):
        read({"NASHRA_LOGO": value})


async def test_the_pictures_of_the_site_are_told_once_and_are_no_reporters(newsroom: Newsroom) -> None:
    await newsroom.hire("reporter")
    logo = await undecoded_picture(newsroom, member_id=newsroom.members["reporter"])
    newsroom.set(logo=logo)
    await newsroom.desk("PATCH", f"/media/{logo}", {"alt": "له"}, by="reporter", expect=403, if_match="*")
    article = await newsroom.published(lead_image={"id": logo})
    await newsroom.desk("PATCH", f"/media/{logo}", {"alt": "شعار"}, if_match="*")
    async with newsroom.app.state.database.connection() as connection:
        told = select(Change.resource_id).where(Change.type == "media.changed")
        assert list((await connection.execute(told)).scalars()) == [logo]
    assert article["lead_image"]["id"] == logo
