"""Search finds the words that readers see with a picture, and none of a picture that was withdrawn."""

from __future__ import annotations

import pytest

from tests.entries.live import coverage, entry
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

WHY = {"cause": "legal", "reason": "حكم"}
pytestmark = pytest.mark.anyio


async def _found(newsroom: Newsroom, q: str) -> set[str]:
    """Ids of the articles that search and the list find once the index has followed."""
    await newsroom.app.state.background.run_idle_tasks()
    hits = (await newsroom.get(f"/v1/search?q={q}")).json()["data"]
    listed = (await newsroom.get(f"/v1/articles?q={q}")).json()["data"]
    assert {hit["article"]["id"] for hit in hits} == {one["id"] for one in listed}
    return {one["id"] for one in listed}


def _figure(picture: str, caption: str, credit: str = "") -> str:
    cite = f"<cite>{credit}</cite>" if credit else ""
    return f'<figure><img data-media="{picture}"><figcaption>{caption} {cite}</figcaption></figure>'


async def _withdraw(newsroom: Newsroom, picture: str) -> None:
    await newsroom.desk("POST", f"/media/{picture}/withdraw", WHY)


async def test_an_article_is_not_found_by_the_words_of_a_withdrawn_picture(newsroom: Newsroom) -> None:
    gone, kept = await undecoded_picture(newsroom), await undecoded_picture(newsroom)
    pictures = _figure(gone, "قلعة حلب", "سامر") + f"<ul><li>نص{_figure(kept, 'جسر الفرات')}</li></ul>"
    article = await newsroom.published(body=f"<p>متن الخبر.</p>{pictures}")
    for word in ("القلعة", "سامر", "الفرات"):
        assert await _found(newsroom, word) == {article["id"]}, word
    await _withdraw(newsroom, gone)
    for word in ("القلعة", "سامر"):
        assert not await _found(newsroom, word), word
    assert await _found(newsroom, "الفرات") == {article["id"]}
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"headline": "عنوان آخر"}, if_match="*")
    assert not await _found(newsroom, "القلعة"), "a save knows it too"
    assert await _found(newsroom, "المتن") == {article["id"]}


async def test_a_scheduled_article_comes_out_without_the_words_of_a_withdrawn_picture(newsroom: Newsroom) -> None:
    picture = await undecoded_picture(newsroom)
    draft = await newsroom.draft(body=f"<p>متن الخبر.</p>{_figure(picture, 'قلعة حلب')}")
    await newsroom.act(draft, "publish", {"at": "2099-01-01T00:00:00Z"})
    await _withdraw(newsroom, picture)
    await newsroom.app.state.background.run_idle_tasks()
    draft = (await newsroom.desk("GET", f"/articles/{draft['id']}")).json()
    await newsroom.act(draft, "publish", {})
    assert not await _found(newsroom, "القلعة")


async def test_nor_by_those_in_its_live_coverage(newsroom: Newsroom) -> None:
    gone, kept = await undecoded_picture(newsroom), await undecoded_picture(newsroom)
    article = await coverage(newsroom)
    await entry(newsroom, article, body=f"<p>متن.</p>{_figure(gone, 'قلعة حلب')}{_figure(kept, 'جسر الفرات')}")
    assert await _found(newsroom, "القلعة") == {article["id"]}
    await _withdraw(newsroom, gone)
    assert not await _found(newsroom, "القلعة")
    assert await _found(newsroom, "الفرات") == {article["id"]}


async def test_until_the_index_has_followed_a_withdrawal_no_result_is_cached(newsroom: Newsroom) -> None:
    picture = await undecoded_picture(newsroom)
    await newsroom.published(body=f"<p>متن.</p>{_figure(picture, 'قلعة حلب')}")
    await newsroom.app.state.background.run_idle_tasks()
    await _withdraw(newsroom, picture)
    assert (await newsroom.get("/v1/search?q=القلعة")).headers["cache-control"] == "no-cache"
