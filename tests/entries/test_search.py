"""Entries in search and in JSON-LD: they lead to their article, which is one hit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.entries.live import change, coverage, entry, path
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def hits(newsroom: Newsroom, q: str) -> list[dict[str, Any]]:
    """What search finds once the index has followed."""
    await newsroom.app.state.background.run_idle_tasks()
    return list((await newsroom.get(f"/v1/search?q={q}")).json()["data"])


async def test_an_entry_leads_to_its_article_which_is_one_hit(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    await entry(newsroom, article, "نبأ", body="<p>ظهر المذنب فوق القلعة.</p>")
    newest = await entry(newsroom, article, "نبأ آخر", body="<p>المذنب يغيب.</p>")
    (hit,) = await hits(newsroom, "المذنب")
    assert hit["article"]["id"] == article["id"]
    snippets = [(one["field"], one["entry_id"], one["html"]) for one in hit["snippets"]]
    assert snippets[0][:2] == ("headline", None)
    assert snippets[1] == ("body", newest["id"], "نبأ آخر\n<mark>المذنب</mark> يغيب.")
    (both,) = await hits(newsroom, "الشهب القلعة")
    assert both["article"]["id"] == article["id"], "a word of the headline, one of an entry"


async def test_search_follows_each_step_of_an_entry(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    draft = await entry(newsroom, article, "المذنب", status="draft")
    assert not await hits(newsroom, "المذنب")
    one = (await newsroom.desk("POST", f"{path(draft)}/publish", {})).json()
    assert len(await hits(newsroom, "المذنب")) == 1
    one = await change(newsroom, one, headline="الكويكب")
    assert not await hits(newsroom, "المذنب")
    assert len(await hits(newsroom, "الكويكب")) == 1
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"summary": "س"}, if_match="*")
    assert len(await hits(newsroom, "الكويكب")) == 1, "a save of the article keeps the words of its entries"
    await newsroom.act(article, "unpublish")
    assert not await hits(newsroom, "الكويكب")
    await newsroom.act(article, "publish")
    assert len(await hits(newsroom, "الكويكب")) == 1
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    assert not await hits(newsroom, "الكويكب")


async def test_until_the_index_has_followed_no_result_is_cached(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    await newsroom.app.state.background.run_idle_tasks()
    await entry(newsroom, article, "المذنب")
    answer = await newsroom.get("/v1/search?q=المذنب")
    assert answer.headers["cache-control"] == "no-cache"
    assert len(await hits(newsroom, "المذنب")) == 1


async def test_of_a_paid_article_headlines_of_entries_are_searched_and_nothing_else(newsroom: Newsroom) -> None:
    article = await coverage(newsroom, access="paid")
    one = await entry(newsroom, article, "المذنب", body="<p>سرّ مدفوع</p>")
    assert not await hits(newsroom, "مدفوع")
    (hit,) = await hits(newsroom, "المذنب")
    assert hit["snippets"][1]["entry_id"] == one["id"]
    assert "مدفوع" not in str(hit)
    assert "مدفوع" not in (await newsroom.get(f"/v1/articles/{article['id']}/jsonld")).text


async def test_the_json_ld_of_live_coverage_has_its_newest_entries(newsroom: Newsroom) -> None:
    await newsroom.author()
    article = await coverage(newsroom)
    first = await entry(newsroom, article, None, authors=["ليلى-القاسم"])  # type: ignore[arg-type]
    second = await entry(newsroom, article, "ثان")
    url = f"/v1/articles/{article['id']}/jsonld"
    said = (await newsroom.get(url)).json()
    assert (said["@type"], said["coverageStartTime"]) == ("LiveBlogPosting", first["published_at"])
    assert "coverageEndTime" not in said
    updates = said["liveBlogUpdate"]
    assert [one["url"] for one in updates] == [f"{article['url']}#e-{one['id']}" for one in (second, first)]
    assert [one["headline"] for one in updates] == ["ثان", "متن النبأ."]
    assert updates[1]["author"][0]["name"] == "ليلى-القاسم"
    await change(newsroom, second, headline="ثان معدّل")
    assert (await newsroom.get(url)).json()["liveBlogUpdate"][0]["headline"] == "ثان معدّل"
    news = (await newsroom.get(f"/v1/articles/{(await newsroom.published())['id']}/jsonld")).json()
    assert "liveBlogUpdate" not in news
