"""The page of a preview: the article, a banner, and nothing that tells others of it or calls out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.newsroom import Newsroom, opened
from tests.previews.links import ahead, preview_of

pytestmark = pytest.mark.anyio


async def page_of(newsroom: Newsroom, article: dict[str, Any]) -> str:
    preview = await preview_of(newsroom, article)
    answer = await newsroom.get(f"/preview/{preview['token']}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert preview["token"] not in answer.text
    return answer.text


async def test_it_shows_the_article_and_tells_nobody(newsroom: Newsroom) -> None:
    await newsroom.section()
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": [{"urgency_max": 9}]}, expect=201)
    await newsroom.published("خبر آخر")
    draft = await newsroom.draft(
        "سرّ المرصد", body="<p>متن لم يُنشر.</p>", summary="خلاصة", canonical_url="https://a.example/x"
    )
    text = await page_of(newsroom, draft)
    for shown in ("سرّ المرصد", "متن لم يُنشر.", "خلاصة", "معاينة · مسودّة", "غير منشور"):
        assert shown in text
    head = text.partition("</head>")[0]
    assert "<title>معاينة · نشرة</title>" in head
    assert "سرّ" not in head
    assert '<meta name="robots" content="noindex">' in head
    assert '<meta name="referrer" content="no-referrer">' in head
    for absent in ("<script", "og:", "twitter:", "canonical", "ld+json", "hreflang=\"ar\"", 'id="comments"', "mailto:",
                   "data-ticker", "author_email", 'method="post"', draft["url"]):  # fmt: skip
        assert absent not in text, absent


async def test_its_policy_lets_no_script_run_and_nothing_call_out(newsroom: Newsroom) -> None:
    preview = await preview_of(newsroom, await newsroom.draft())
    for token, status in ((preview["token"], 200), ("x", 404)):
        answer = await newsroom.get(f"/preview/{token}", status)
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert not {"script-src", "connect-src"} & set(policy)
        assert "<script" not in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
    assert "script-src 'self'" in (await newsroom.get("/")).headers["content-security-policy"]


@pytest.mark.parametrize(("language", "other"), [("ar", "en"), ("en", "ar"), ("fr", "ar")])
async def test_it_reads_in_both_directions(newsroom: Newsroom, language: str, other: str) -> None:
    newsroom.set(language=language)
    right = {"ar": "rtl", "en": "ltr", "fr": "ltr"}
    text = await page_of(newsroom, await newsroom.draft("headline", language=other))
    assert f'<html lang="{language}" dir="{right[language]}"' in text
    assert f'<article class="story" lang="{other}" dir="{right[other]}">' in text
    own = await page_of(newsroom, await newsroom.draft("headline", language=language))
    assert '<article class="story">' in own
    words = {"ar": "مسودّة", "en": "Draft", "fr": "Brouillon"}
    assert words[language] in own


async def test_the_banner_says_in_which_state_it_is(newsroom: Newsroom) -> None:
    await newsroom.section()
    newsroom.set(language="en")
    for state, words in (
        ("draft", "Draft"),
        ("in_review", "In review"),
        ("scheduled", "Scheduled"),
        ("published", "Published"),
    ):
        text = await page_of(newsroom, await newsroom.in_state(state))
        banner = re.sub(r"<[^>]*>", "", text.partition("<aside")[2].partition("</aside>")[0])
        assert f"Preview · {words}" in banner
        assert ("not published" in banner) == (state != "published")


async def test_one_that_has_ended_is_a_plain_page_without_the_article(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر منشور هنا", body="<p>متنه.</p>")
    preview = await preview_of(newsroom, article)
    await newsroom.desk("DELETE", f"/articles/{article['id']}/previews/{preview['id']}")
    answer = await newsroom.get(f"/preview/{preview['token']}", 404)
    assert "لم نجد هذه الصفحة" in answer.text
    assert "منشور هنا" not in answer.text
    assert "متنه" not in answer.text


async def test_hostile_text_stays_text(newsroom: Newsroom) -> None:
    hostile = "\"><script>alert(1)</script>'`{{7*7}}"
    text = await page_of(newsroom, await newsroom.draft(hostile, body=hostile, summary=hostile, dateline=hostile))
    assert "<script" not in text
    assert "{{7*7}}" in text


async def test_it_stands_at_the_path_of_the_setting(database_url: str) -> None:
    async with opened(database_url, preview_path="/معاينة/{token}") as room:
        preview = await preview_of(room, await room.draft("سرّ المرصد"))
        assert "سرّ المرصد" in (await room.get(preview["url"].removeprefix(room.settings.site_url))).text
        await room.get(f"/preview/{preview['token']}", 404)


async def test_without_the_reader_page_there_is_none(migrated_file: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "x.db")
    async with opened(f"sqlite:///{tmp_path / 'x.db'}", reader_page=False) as room:
        preview = await preview_of(room, await room.draft())
        answer = await room.get(f"/preview/{preview['token']}", 404)
        assert answer.headers["content-type"] == "application/problem+json"
        assert preview["token"] not in answer.text
        await room.get(f"/v1/preview/{preview['token']}")


async def test_a_scheduled_article_shows_its_moment(newsroom: Newsroom) -> None:
    await newsroom.section()
    article = await newsroom.published(at=ahead(days=2))
    assert f'<time datetime="{article["published_at"]}">' in await page_of(newsroom, article)
