"""The reader page: made of public answers, true to the last write, safe with hostile text."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from app.kit import clock
from tests.newsroom import Newsroom, opened

pytestmark = pytest.mark.anyio
HOSTILE = "\"><script>alert(1)</script>'`{{7*7}}"
COMMENT = {"author_name": "سلمى", "author_email": "salma@example.org", "body": "شكرًا على هذا الخبر."}
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def path_of(article: dict[str, Any]) -> str:
    return urlsplit(str(article["url"])).path


def main_of(answer: httpx.Response) -> str:
    """What stands between the header and the footer of the page."""
    return answer.text.partition("<main")[2].partition("</main>")[0]


def headlines(answer: httpx.Response) -> list[str]:
    return [unescape(text) for text in re.findall(r'class="headline"><a href="[^"]*">([^<]*)</a>', answer.text)]


async def post(newsroom: Newsroom, article: dict[str, Any], **changes: Any) -> httpx.Response:
    headers = changes.pop("headers", SAME_ORIGIN)
    return await newsroom.client.post(f"{path_of(article)}/comments", data={**COMMENT, **changes}, headers=headers)


# --- the front --------------------------------------------------------------------------------------------------------


async def test_the_front_shows_every_visible_article_once_and_nothing_else(newsroom: Newsroom) -> None:
    for slug in ("اقتصاد", "علوم"):
        await newsroom.section(slug)
    for number in range(6):
        await newsroom.published(f"خبر {number}", section="اقتصاد" if number % 2 else "علوم")
    await newsroom.published("رأي في الخبر", kind="opinion")
    await newsroom.draft("مسودة لا تُرى")
    await newsroom.published("خبر الغد", at="2099-01-01T00:00:00Z")
    shown = headlines(await newsroom.get("/"))
    assert sorted(shown) == sorted(["رأي في الخبر", *(f"خبر {number}" for number in range(6))])


async def test_the_most_urgent_of_the_newest_leads(newsroom: Newsroom) -> None:
    await newsroom.published("خبر عاجل جدًا", urgency=1)
    await newsroom.published("خبر عادي", urgency=5)
    page = await newsroom.get("/")
    assert headlines(page)[0] == "خبر عاجل جدًا"
    assert page.text.index("عاجل") < page.text.index("خبر عادي")


async def test_a_page_is_true_to_the_last_write(newsroom: Newsroom) -> None:
    first = await newsroom.get("/")
    await newsroom.get("/", 304, headers={"if-none-match": first.headers["etag"]})
    article = await newsroom.published("خبر أول")
    assert headlines(await newsroom.get("/")) == ["خبر أول"]
    assert "خبر أول" in (await newsroom.get(path_of(article))).text
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"headline": "خبر معدّل"}, if_match='"2"')
    assert headlines(await newsroom.get("/")) == ["خبر معدّل"]
    await newsroom.desk("POST", f"/articles/{article['id']}/withdraw", {"reason": "خطأ في الاسم"})
    assert headlines(await newsroom.get("/")) == []


async def test_older_articles_come_by_cursor(lone_newsroom: Newsroom) -> None:
    for number in range(26):
        await lone_newsroom.published(f"خبر {number}", at=f"2026-01-{number + 1:02}T08:00:00Z")
    front = await lone_newsroom.get("/")
    (older,) = re.findall(r'rel="next" href="(\?cursor=[^"]+)"', front.text)
    page = await lone_newsroom.get(f"/{unescape(older)}")
    assert headlines(page) == ["خبر 1", "خبر 0"]


async def test_a_page_answers_head_and_carries_the_tags_of_its_answers(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    answer = await newsroom.get(path_of(article))
    head = await newsroom.client.head(path_of(article))
    assert (head.status_code, head.headers["etag"], head.content) == (200, answer.headers["etag"], b"")
    tags = answer.headers["cache-tag"].split(",")
    assert {"pages", f"article:{article['id']}", "tickers"} <= set(tags)


@pytest.mark.parametrize("path", ["/", "/search", "article", "/s/علوم"])
async def test_parameters_that_a_page_does_not_take_are_dropped(lone_newsroom: Newsroom, path: str) -> None:
    article = await lone_newsroom.published()
    path = path_of(article) if path == "article" else path
    plain = await lone_newsroom.get(path)
    misses = lone_newsroom.app.state.cache.misses
    tracked = await lone_newsroom.get(f"{path}?utm_source=x&fbclid=y&utm_source=z")
    assert tracked.content == plain.content
    assert lone_newsroom.app.state.cache.misses == misses


async def test_a_page_speaks_the_language_of_the_site_and_loads_its_font_first(lone_newsroom: Newsroom) -> None:
    lone_newsroom.set(language="fr")
    article = await lone_newsroom.published("Séisme : un miracle !", language="fr", body="<p>Vraiment ?</p>")
    page = await lone_newsroom.get(path_of(article))
    assert '<html lang="fr" dir="ltr"' in page.text
    assert "Votre adresse e-mail ne sera pas publiée." in page.text
    assert "<h1>Séisme\u00a0: un miracle\u00a0!</h1>" in page.text
    assert "<p>Vraiment\u00a0?</p>" in page.text
    assert "1 minute de lecture" in page.text
    assert re.findall(r'rel="preload" href="/static/vazirmatn-(\w+)', page.text) == ["latin"]
    lone_newsroom.set(language="ar")
    page = await lone_newsroom.get(path_of(article))
    assert re.findall(r'rel="preload" href="/static/vazirmatn-(\w+)', page.text) == ["arabic"]


# --- articles and terms -----------------------------------------------------------------------------------------------


async def test_an_article_shows_what_the_api_answers(newsroom: Newsroom) -> None:
    await newsroom.author()
    await newsroom.tag()
    article = await newsroom.published(
        "خبر كامل", summary="خلاصة الخبر", body="<h2>عنوان</h2><p>متن <strong>مهم</strong></p>",
        authors=["ليلى-القاسم"], tags=["فلك"], dateline="دمشق", source="الوكالة",
    )  # fmt: skip
    await newsroom.desk(
        "POST", f"/articles/{article['id']}/correct", {"kind": "correction", "note": "صُحّح الاسم."}, if_match='"2"'
    )
    answered = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
    page = await newsroom.get(path_of(article))
    for text in (answered["headline"], answered["summary"], answered["dateline"], answered["source"], "صُحّح الاسم."):
        assert text in main_of(page)
    assert "<h2>عنوان</h2>" in page.text
    assert "<p>متن <strong>مهم</strong></p>" in page.text
    for term in ("/by/ليلى-القاسم", "/t/فلك", "/s/علوم"):
        assert f'href="{quote(term)}"' in page.text
        assert headlines(await newsroom.get(term)) == ["خبر كامل"]
    assert f'<link rel="canonical" href="{answered["url"]}">' in page.text
    assert f'<meta property="og:url" content="{answered["url"]}">' in page.text


async def test_a_withdrawn_article_is_410_with_its_reason_and_a_draft_is_404(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await newsroom.desk("POST", f"/articles/{article['id']}/withdraw", {"reason": "طلب المصدر <b>سحبه</b>"})
    gone = await newsroom.get(path_of(article), 410)
    assert "طلب المصدر &lt;b&gt;سحبه&lt;/b&gt;" in gone.text
    assert gone.headers["content-type"].startswith("text/html")
    draft = await newsroom.draft("مسودة سرية")
    missing = await newsroom.get(f"/a/{draft['slug']}", 404)
    assert "مسودة سرية" not in missing.text.replace(quote("مسودة سرية"), "")
    assert "etag" not in missing.headers


async def test_former_slugs_and_ids_redirect_to_the_address(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"slug": "اسم-جديد"}, if_match='"2"')
    for old in (path_of(article), f"/a/{article['id']}"):
        moved = await newsroom.get(old, 308)
        assert moved.headers["location"] == quote("/a/اسم-جديد")
    await newsroom.section("قديم")
    await newsroom.desk("PUT", "/sections/قديم", {"name": "قديم", "slug": "حديث"}, if_match='"1"')
    await newsroom.published(section="حديث")
    assert (await newsroom.get("/s/قديم", 308)).headers["location"] == quote("/s/حديث")


async def test_a_paid_article_stops_with_a_word(newsroom: Newsroom) -> None:
    article = await newsroom.published(access="paid", body="<p>كلام للمشتركين فقط</p>", summary="خلاصة")
    page = await newsroom.get(path_of(article))
    assert "كلام للمشتركين فقط" not in page.text
    assert 'class="wall paywall"' in page.text


async def test_an_article_that_is_due_appears_at_its_time(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر مؤجل", at="2099-01-01T00:00:00Z")
    await newsroom.get(path_of(article), 404)
    with clock.frozen(datetime(2099, 1, 1, 0, 0, 1, tzinfo=UTC)):
        assert "خبر مؤجل" in (await newsroom.get(path_of(article))).text


# --- search -----------------------------------------------------------------------------------------------------------


async def test_search_marks_the_original_words_and_says_what_is_wrong(newsroom: Newsroom) -> None:
    await newsroom.published("المرصد يرصد كويكبًا")
    page = await newsroom.get("/search?q=المرصد")
    assert "<mark>المرصد</mark>" in page.text
    assert (await newsroom.get("/search")).status_code == 200
    nothing = await newsroom.get("/search?q=كلمةلاوجودلها")
    assert 'class="empty"' in nothing.text
    wrong = await newsroom.get(f"/search?q={'ا' * 300}")
    assert 'aria-invalid="true"' in wrong.text


# --- hostile text -----------------------------------------------------------------------------------------------------


async def test_hostile_text_stays_text(newsroom: Newsroom) -> None:
    await newsroom.author("a", name=HOSTILE, bio=HOSTILE)
    article = await newsroom.published(
        HOSTILE, summary=HOSTILE, authors=["a"], kind="opinion",
        body='<p>x</p><a href="javascript:alert(1)">y</a><img src="https://evil.example/a.png" onerror="alert(1)">',
    )  # fmt: skip
    made = await newsroom.client.post(
        f"/v1/articles/{article['id']}/comments", json={**COMMENT, "author_name": "<b>x</b>", "body": HOSTILE}
    )
    await newsroom.desk("POST", f"/comments/{made.json()['comment']['id']}/approve", {})
    for path in ("/", path_of(article), "/by/a", f"/search?q={quote(HOSTILE)}", f"/a/{quote(HOSTILE, safe='')}"):
        page = (await newsroom.get(path, None)).text
        outside = re.sub(r"<script type=\"(module|application/ld\+json)\".*?</script>", "", page, flags=re.DOTALL)
        assert "<script" not in outside, path
        assert not re.search(r"<[^>]+\son\w+=|javascript:|<img|\sstyle=", page), path
    json_ld = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', (await newsroom.get(path_of(article))).text
    )
    assert all("<" not in text for text in json_ld)


# --- the form post ----------------------------------------------------------------------------------------------------


async def test_a_comment_without_a_script_is_held_and_the_page_says_so(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    answer = await post(newsroom, article)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path_of(article)}?sent=held#comments"
    assert "set-cookie" not in answer.headers
    assert 'id="comment-sent"' in (await newsroom.get(f"{path_of(article)}?sent=held")).text
    (held,) = (await newsroom.desk("GET", "/comments?status=pending")).json()["data"]
    assert (held["author_name"], held["body"]) == (COMMENT["author_name"], COMMENT["body"])
    again = await post(newsroom, article)  # a second submit is answered like the first
    assert again.status_code == 303
    assert len((await newsroom.desk("GET", "/comments?status=pending")).json()["data"]) == 1


async def test_faults_stand_at_their_fields_and_nothing_is_lost(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    answer = await post(newsroom, article, author_name="", author_email="salma-at-home", body='كلام طويل "><b>')
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "private, no-store")
    assert re.findall(r'id="e-(\w+)">[^<]+<', answer.text) == ["author_name", "author_email"]
    assert "كلام طويل &#34;&gt;&lt;b&gt;" in answer.text
    assert 'value="salma-at-home"' in answer.text
    cached = (await newsroom.get(path_of(article))).text
    assert "salma-at-home" not in cached
    assert "form_token" not in cached


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:8000"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"origin": "http://localhost:8000"}, 303),
        (SAME_ORIGIN, 303),
    ],
)
async def test_a_form_from_elsewhere_is_refused(lone_newsroom: Newsroom, headers: dict[str, str], status: int) -> None:
    article = await lone_newsroom.published()
    assert (await post(lone_newsroom, article, headers=headers)).status_code == status


async def test_a_refused_form_comes_back_with_a_token_for_this_article_only(lone_newsroom: Newsroom) -> None:
    article, other = await lone_newsroom.published(), await lone_newsroom.published("خبر آخر")
    refused = await post(lone_newsroom, article, headers={})
    (token,) = re.findall(r'name="form_token" value="([^"]+)"', refused.text)
    for wrong in (token[:-1], "x", "1.x", f"1{token}", "٣.x", ""):
        assert (await post(lone_newsroom, article, headers={}, form_token=wrong)).status_code == 403
    assert (await post(lone_newsroom, other, headers={}, form_token=token)).status_code == 403
    assert (await post(lone_newsroom, article, headers={}, form_token=token)).status_code == 303


async def test_a_comment_to_a_former_slug_is_sent_to_the_present_one(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"slug": "اسم-جديد"}, if_match='"2"')
    moved = await post(newsroom, article)
    assert (moved.status_code, moved.headers["location"]) == (308, quote("/a/اسم-جديد/comments"))
    sent = await newsroom.client.post(moved.headers["location"], data=COMMENT, headers=SAME_ORIGIN)
    assert sent.headers["location"] == f"{quote('/a/اسم-جديد')}?sent=held#comments"


async def test_what_is_no_form_is_refused(lone_newsroom: Newsroom) -> None:
    article = await lone_newsroom.published()
    url = f"{path_of(article)}/comments"
    assert (await lone_newsroom.client.post(url, json=COMMENT, headers=SAME_ORIGIN)).status_code == 415
    large = await lone_newsroom.client.post(url, data={"body": "x" * 70_000}, headers=SAME_ORIGIN)
    assert large.status_code == 413
    assert (
        await lone_newsroom.client.post("/a/nothing/comments", data=COMMENT, headers=SAME_ORIGIN)
    ).status_code == 404
    lone_newsroom.set(comments="closed")
    assert (await post(lone_newsroom, article)).status_code == 403


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def elsewhere(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom with other paths, whose web site has another host."""
    shutil.copyfile(migrated_file, tmp_path / "x.db")
    settings = {
        "article_path": "/news/{year}/{slug}",
        "section_path": "/topic/{slug}",
        "site_url": "https://news.example",
    }
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", **settings) as room:
        yield room


async def test_paths_are_settings_and_another_origin_is_not_indexed(elsewhere: Newsroom) -> None:
    article = await elsewhere.published("خبر", at="2026-03-01T08:00:00Z")
    page = await elsewhere.get(path_of(article))
    assert page.headers["x-robots-tag"] == "noindex"
    assert 'rel="canonical" href="https://news.example/news/2026/' in page.text
    wrong = await elsewhere.get(path_of(article).replace("2026", "1999"), 308)
    assert wrong.headers["location"] == path_of(article)
    assert headlines(await elsewhere.get("/topic/علوم")) == ["خبر"]
    await elsewhere.get(f"/a/{article['slug']}", 404)


@pytest.mark.parametrize("pattern", ["/قسم/{slug}", "/%D9%82%D8%B3%D9%85/{slug}"])
async def test_a_path_may_have_arabic_words(migrated_file: Path, tmp_path: Path, pattern: str) -> None:
    shutil.copyfile(migrated_file, tmp_path / "x.db")
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", section_path=pattern, article_path="/{slug}") as room:
        article = await room.published("خبر")
        section = (await room.get("/v1/sections")).json()["data"][0]
        assert headlines(await room.get(path_of(section))) == ["خبر"]
        assert "خبر" in (await room.get(path_of(article))).text
        assert (await room.get(f"{path_of(section)}?utm_source=x")).content == (
            await room.get(path_of(section))
        ).content
        sent = await post(room, article)
        assert sent.headers["location"] == f"{path_of(article)}?sent=held#comments"


async def test_a_fixed_word_is_tried_before_a_name(migrated_file: Path, tmp_path: Path) -> None:
    shutil.copyfile(migrated_file, tmp_path / "x.db")
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", article_path="/{section}/{slug}") as room:
        article = await room.published("خبر")
        assert "خبر" in (await room.get(path_of(article))).text
        section = (await room.get("/v1/sections")).json()["data"][0]
        assert path_of(section) == quote("/s/علوم")
        assert headlines(await room.get(path_of(section))) == ["خبر"]


async def test_the_reader_page_can_be_switched_off(migrated_file: Path, tmp_path: Path) -> None:
    shutil.copyfile(migrated_file, tmp_path / "x.db")
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", reader_page=False) as room:
        article = await room.published()
        assert 'href="/docs"' in (await room.get("/")).text
        assert "The site" in (await room.get("/?language=en")).text
        missing = await room.get(path_of(article), 404)
        assert missing.headers["content-type"].startswith("application/problem+json")


async def test_the_policy_allows_the_frames_that_a_body_may_have_also_of_subdomains(newsroom: Newsroom) -> None:
    newsroom.set(embed_hosts=("films.example",))
    article = await newsroom.published(body='<p>متن</p><iframe src="https://player.films.example/1"></iframe>')
    answer = await newsroom.get(urlsplit(article["url"]).path)
    assert 'data-embed="https://player.films.example/1"' in answer.text
    assert "frame-src https://films.example https://*.films.example" in answer.headers["content-security-policy"]


async def test_a_content_warning_stands_before_the_article_and_on_its_card(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر صادم", summary="ملخّص", content_warning="مشاهد <b>عنف</b>")
    for path in (path_of(article), "/", "/s/علوم"):
        text = main_of(await newsroom.get(path))
        assert "تنبيه إلى المحتوى:" in text
        assert "مشاهد &lt;b&gt;عنف&lt;/b&gt;" in text
        assert text.index("خبر صادم") < text.index("مشاهد") < text.index("ملخّص")


async def test_an_answer_that_a_page_has_read_first_has_the_headers_of_every_answer(newsroom: Newsroom) -> None:
    """Programs on other sites get it from the cache: without CORS headers their browsers would refuse it."""
    newsroom.set(api_url="https://api.example.org")
    article = await newsroom.published()
    urls = ("/v1/tickers", "/v1/sections?limit=100", f"/v1/articles/{article['id']}/comments/form?language=ar")

    async def read() -> list[dict[str, str]]:
        answers = [await newsroom.get(url) for url in urls]
        return [{n: v for n, v in one.headers.items() if n != "x-request-id"} for one in answers]

    expected = await read()
    assert all(one["access-control-allow-origin"] == "*" and one["strict-transport-security"] for one in expected)
    newsroom.app.state.cache.invalidate_all()
    await newsroom.get(path_of(article))
    misses = newsroom.app.state.cache.misses
    assert await read() == expected
    assert newsroom.app.state.cache.misses == misses, "otherwise nothing was tested"
