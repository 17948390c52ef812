"""What an address of the web site is: `GET /v1/resolve?url=`."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from app.kit import clock
from app.text.web_paths import filled_path, values_in
from tests.growth import assert_linear
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
SITE = "https://news.example"


async def resolved(newsroom: Newsroom, url: str, expect: int = 200) -> dict[str, Any]:
    answer = await newsroom.get("/v1/resolve", expect, params={"url": url})
    return dict(answer.json())


async def filed(newsroom: Newsroom) -> dict[str, dict[str, Any]]:
    """An article in terms of each kind, and a front."""
    newsroom.set(site_url=SITE)
    await newsroom.tag("فلك")
    await newsroom.author("ليلى")
    await newsroom.desk("PUT", "/fronts/الرياضة", {"name": "ر", "slots": []}, expect=201)
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": []}, expect=201)
    article = await newsroom.published("كويكب من قمم الأطلس", tags=["فلك"], authors=["ليلى"])
    fronts = {one["slug"]: one for one in (await newsroom.get("/v1/fronts")).json()["data"]}
    terms = {kind: article[f"{kind}s"][0] for kind in ("section", "tag", "author")}
    return {"article": article, **terms, "front": fronts["الرياضة"], "home": fronts["home"]}


async def test_the_address_of_everything_that_has_one_leads_back_to_it(newsroom: Newsroom) -> None:
    for name, thing in (await filed(newsroom)).items():
        expected = {
            "resource": "front" if name == "home" else name,
            "id": thing["id"],
            "slug": thing["slug"],
            "url": thing["url"],
            "moved": False,
        }
        assert await resolved(newsroom, thing["url"]) == expected
        assert await resolved(newsroom, urlsplit(thing["url"]).path) == expected


async def test_any_spelling_of_an_address_is_that_address(newsroom: Newsroom) -> None:
    article = (await filed(newsroom))["article"]
    path, slug = urlsplit(article["url"]).path, article["slug"]
    spellings = [
        f"{SITE}/a/{slug}", f"{SITE}{path}/", f"{SITE}{path}?utm_source=x&y=%00", f"{SITE}{path}#e-1",
        f"{SITE}{path}/?a#b", f"http://news.example{path}", f"HTTPS://News.Example.:443{path}", f"//news.example{path}",
        f"/a/{slug}", f"/%61/{slug}", path.lower(), f"https://news.example:443{path}", f"http://news.example:80{path}",
    ]  # fmt: skip
    for url in spellings:
        found = await resolved(newsroom, url)
        assert (found["id"], found["moved"]) == (article["id"], False), url


async def test_a_host_of_another_script_is_compared_as_in_dns(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    hosts = ["نشرة.example", f"{'نشرة'.encode('idna').decode()}.example"]
    for site in hosts:
        newsroom.set(site_url=f"https://{site}")
        for host in hosts:
            assert (await resolved(newsroom, f"https://{host}/a/{article['slug']}"))["id"] == article["id"]


async def test_a_site_below_a_path_has_its_addresses_there(newsroom: Newsroom) -> None:
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "slots": []}, expect=201)
    slug = (await newsroom.published())["slug"]
    newsroom.set(site_url=f"{SITE}/ar")
    for url in (f"{SITE}/ar/a/{slug}", f"/ar/a/{slug}", f"/a/{slug}"):
        assert (await resolved(newsroom, url))["resource"] == "article"
    assert (await resolved(newsroom, f"{SITE}/ar"))["slug"] == "home"
    assert (await resolved(newsroom, f"{SITE}/ar/"))["slug"] == "home"
    await resolved(newsroom, f"{SITE}/a/{slug}", 404)


async def test_a_former_slug_gives_the_present_address(newsroom: Newsroom) -> None:
    things = await filed(newsroom)
    await newsroom.change(things["article"], slug="اسم-جديد")
    for kind in ("section", "tag", "author"):
        put = {"name": "جديد", "slug": f"new-{kind}"}
        await newsroom.desk("PUT", f"/{kind}s/{things[kind]['slug']}", put, if_match="*")
    for kind in ("article", "section", "tag", "author"):
        found = await resolved(newsroom, things[kind]["url"])
        assert (found["id"], found["moved"]) == (things[kind]["id"], True)
        assert found["url"] != things[kind]["url"]
        assert await resolved(newsroom, found["url"]) == {**found, "moved": False}


async def test_an_address_whose_other_parts_have_changed_has_moved(newsroom: Newsroom) -> None:
    newsroom.set(site_url=SITE, article_path="/{section}/{year}/{month}/{slug}")
    article = await newsroom.published(at="2024-03-05T00:00:00Z")
    await resolved(newsroom, f"/طب/2024/03/{article['slug']}")
    assert (await resolved(newsroom, f"/طب/2020/03/{article['slug']}"))["moved"]
    found = await resolved(newsroom, f"/علوم/2024/03/{article['slug']}")
    assert (found["moved"], found["url"]) == (False, article["url"])
    assert (await resolved(newsroom, f"/علوم/2024/03/{article['id']}"))["moved"]
    await resolved(newsroom, f"/علوم/24/03/{article['slug']}", 404)


async def test_a_fixed_word_is_tried_before_a_name(newsroom: Newsroom) -> None:
    things = await filed(newsroom)
    newsroom.set(article_path="/{section}/{slug}")
    assert (await resolved(newsroom, "/t/فلك"))["resource"] == "tag"
    assert (await resolved(newsroom, f"/علوم/{things['article']['slug']}"))["resource"] == "article"


@pytest.mark.parametrize("kind", ["section", "tag", "author", "front"])
async def test_what_comes_at_an_address_that_is_tried_before_takes_it_at_once(newsroom: Newsroom, kind: str) -> None:
    """Nothing of the article that stood there until then has changed: so its own cache tags say nothing."""
    newsroom.set(article_path="/{section}/{slug}")
    article = await newsroom.published(slug="name")
    path = filled_path(newsroom.settings.paths[kind], {"slug": "name"})
    assert (await resolved(newsroom, path))["id"] == article["id"]
    before = await newsroom.get("/v1/resolve", params={"url": path})
    if kind == "front":
        await newsroom.desk("PUT", "/fronts/name", {"name": "ه", "slots": []}, expect=201)
    else:
        term = await getattr(newsroom, kind)("name")
        await newsroom.published("آخر", **{"section": "name"} if kind == "section" else {f"{kind}s": [term["slug"]]})
    assert (await resolved(newsroom, path))["resource"] == kind
    assert {f"{kind}s", f"article:{article['id']}"} <= set(before.headers["cache-tag"].split(","))


async def test_what_readers_do_not_see_looks_like_an_unknown_address(newsroom: Newsroom) -> None:
    newsroom.set(site_url=SITE)
    at = clock.written(clock.now() + timedelta(hours=1))
    await newsroom.tag("وسم-خفي")
    hidden = await newsroom.published("لاحقًا", at=at, tags=["وسم-خفي"])
    draft = await newsroom.draft("مسودّة")
    once = await newsroom.act(await newsroom.published("كان"), "unpublish")
    await newsroom.desk("PUT", "/fronts/خفية", {"name": "خ", "slots": [], "public": False}, expect=201)
    preview = (await newsroom.desk("POST", f"/articles/{draft['id']}/previews", {})).json()
    paths = [f"/a/{one['slug']}" for one in (hidden, draft, once)] + [f"/a/{draft['id']}", "/t/وسم-خفي", "/f/خفية"]
    paths += [urlsplit(preview["url"]).path, "/", "/v1/articles", f"/a/{draft['slug']}/comments", "/search"]

    async def told(url: str) -> tuple[str, str]:
        answer = await newsroom.get("/v1/resolve", 404, params={"url": url})
        return answer.text, answer.headers["cache-control"]

    expected = await told("/a/nothing-at-all")
    for path in paths:
        assert await told(path) == expected, path
        assert await told(SITE + path) == expected, path


async def test_a_withdrawn_article_is_gone_with_its_reason(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await newsroom.change(article, slug="آخر")
    await newsroom.desk("POST", f"/articles/{article['id']}/withdraw", {"reason": "خطأ في المصدر"})
    for slug in (article["slug"], "آخر"):
        problem = await resolved(newsroom, f"/a/{slug}", 410)
        assert problem["reason"] == "خطأ في المصدر"
        assert "headline" not in problem


async def test_another_site_is_not_ours(newsroom: Newsroom) -> None:
    article = (await filed(newsroom))["article"]
    path = urlsplit(article["url"]).path
    for origin in ("https://other.example", "https://news.example:8443", "https://news.example.org", "//other.example",
                   "https://news.example@other.example", "https://other.example\\@news.example.org"):  # fmt: skip
        await resolved(newsroom, origin + path, 404)


@pytest.mark.parametrize(
    "url",
    ["", "x", "a/خبر", "javascript:alert(1)", "mailto:a@b.example", "ftp://news.example/a/x", "https://", "https:/a/x",
     "http://[::1/a/x", "http://news.example:x/a/x", "http://news.example:99999/a/x", "data:text/html,x", "?a", "#a",
     "http://" + "ا" * 80 + ".example/a/x", "x" * 2001, "urn:uuid:01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"],
)  # fmt: skip
async def test_what_is_no_address_is_told_at_its_parameter(lone_newsroom: Newsroom, url: str) -> None:
    problem = await resolved(lone_newsroom, url, 400)
    assert [fault["parameter"] for fault in problem["errors"]] == ["url"]


async def test_the_parameter_is_required_once_and_alone(lone_newsroom: Newsroom) -> None:
    for query in ("", "?url=/a/x&url=/a/y", "?url=/a/x&x=1"):
        await lone_newsroom.get(f"/v1/resolve{query}", 400)


@pytest.mark.parametrize(
    "url",
    ["/a/%00", "/a/\0", "/a/%FF%FE", "/a/%", "/a/%2F", "/a/..", "/../a/x", "/a/x%2Fy", "//", "///", "/a//x", "/a/ ",
     "/\ud800", "/a/\N{RIGHT-TO-LEFT OVERRIDE}", "/a/" + "%61" * 600, "/a/'--", "/a/\N{PILE OF POO}", "/a/%25252525",
     "/by/\N{ARABIC TATWEEL}", "/f/%00", "/t/\n"],
)  # fmt: skip
async def test_hostile_paths_are_unknown_addresses(newsroom: Newsroom, url: str) -> None:
    answer = await newsroom.client.get(f"/v1/resolve?url={quote(url, safe='', errors='surrogatepass')}")
    assert answer.status_code in {400, 404}, answer.text


async def test_an_answer_is_kept_until_what_it_shows_changes(newsroom: Newsroom) -> None:
    things = await filed(newsroom)
    cache = newsroom.app.state.cache
    for thing in things.values():
        await resolved(newsroom, thing["url"])
        hits = cache.hits
        await resolved(newsroom, thing["url"])
        assert cache.hits == hits + 1
    await newsroom.change(things["article"], slug="آخر")
    assert (await resolved(newsroom, things["article"]["url"]))["moved"]
    await newsroom.desk("POST", f"/articles/{things['article']['id']}/withdraw", {"reason": "سُحب"})
    for kind in ("article", "section", "tag", "author"):
        await resolved(newsroom, things[kind]["url"], 410 if kind == "article" else 404)


WORDS = ("خبر", "علوم-وفضاء", "a", "z-9", "٢٤")
IDS = ("01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",)
SHAPES = ("/a/{slug}", "/{section}/{slug}", "/ص/{year}/{month}/{day}/{slug}/", "/x-{slug}", "/{slug}.html",
          "/{year}-{month}-{day}/{id}", "/n/{id}-{slug}", "/{slug}/{id}/{slug}", "/%D8%B5/{slug}",
          "/a.b+c/{slug}")  # fmt: skip


@pytest.mark.parametrize("pattern", SHAPES)
def test_a_pattern_finds_in_its_path_what_filled_it(pattern: str) -> None:
    chance = random.Random(pattern)
    for _ in range(50):
        values = {
            "slug": chance.choice(WORDS), "section": chance.choice(WORDS), "id": IDS[0], "year": "2024", "month": "03",
            "day": "31",
        }  # fmt: skip
        path = filled_path(pattern, values)
        found = values_in(pattern, path)
        assert found
        assert found == {name: values[name] for name in found}
        assert values_in(pattern, path.rstrip("/") + "/") == found


def test_names_in_one_segment_take_no_more_time_than_it_is_long() -> None:
    assert_linear(lambda size: values_in("/{slug}-{section}/{slug}", "/" + "-" * size + "/x"), 400)
