"""What is under embargo leaves no trace: whatever the desk does with it, no public answer moves a byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.cache.test_truth import addresses, seen
from tests.newsroom import Newsroom, beside, opened
from tests.sync.test_histories import History

pytestmark = pytest.mark.anyio

OPEN: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}
NOWHERE = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
OF_ARTICLE = (
    *("/v1/articles/{}", "/v1/articles/{}/jsonld", "/v1/articles/{}/comments", "/v1/articles/{}/comments/form"),
    *("/v1/articles/{}/entries", "/v1/articles/{}/related", "/v1/articles?ids={}", "/v1/comments/counts?articles={}"),
    *("/v1/resolve?url=/a/{}", "/oembed?url=/a/{}", "/a/{}", "/feeds/comments/{}.rss", "/feeds/entries/{}.rss"),
)


async def at_work(newsroom: Newsroom, look: Callable[[str], Awaitable[None]]) -> list[str]:
    """All that the desk does with an embargoed article; `look` is called after each step. Returns its id and slugs."""
    until = clock.written(clock.now() + timedelta(days=40))
    public = (await newsroom.get("/v1/articles?language=ar")).json()["data"][0]["id"]
    await newsroom.desk("PUT", "/tags/سر", {"name": "سر"})
    await newsroom.desk("PUT", "/authors/سر", {"name": "سر"})
    article = await newsroom.draft(
        "خبر محظور", embargo_until=until, share_early=True, editorial_note="سر", language="en-GB", kind="live",
        tags=["فلك", "سر"], authors=["ليلى", "سر"], urgency=1, translation_of=public,
        subjects=[{"scheme": "medtop", "code": "04000000", "name": "سر"}],
        rights={"syndication": "no", "expires_at": clock.written(clock.now() + timedelta(days=50))},
    )  # fmt: skip
    url, slugs = f"/articles/{article['id']}", [article["slug"]]
    await look("draft")
    article = await newsroom.act(article, "publish", {"at": until})
    await look("scheduled")
    article = await newsroom.change(article, headline="خبر آخر محظور", slug="مسار-محظور", tags=["سر"], urgency=2)
    slugs.append(article["slug"])
    await look("renamed")
    await newsroom.desk("POST", f"{url}/entries", {"body": "<p>خبر محظور</p>", "status": "published"})
    await newsroom.desk("POST", f"{url}/live", {"started_at": clock.written(clock.now() + timedelta(minutes=1))})
    await look("covered live")
    # Not on a front: the version of a slot, which moves with each save at the desk, is public.
    await newsroom.desk("POST", "/tickers/عاجل/items", {"article": article["id"], "level": "flash"})
    await look("placed")
    await newsroom.desk("POST", f"{url}/previews", {})
    await newsroom.app.state.background.run_due()
    await newsroom.work()
    await look("background tasks and jobs")
    await newsroom.act(article, "unpublish")
    await look("unpublished")
    return [article["id"], *slugs]


async def test_no_public_answer_tells_of_what_is_under_embargo(database_url: str) -> None:
    async with opened(database_url, **OPEN) as newsroom, beside(newsroom, cache_bytes=0) as anew:
        history, start = History(newsroom, 7), clock.now()
        await history.begin(has_pictures=False)
        for step in range(20):
            with clock.frozen(start + timedelta(minutes=10 * step)):
                await history.step()
        now = start + timedelta(hours=4)
        with clock.frozen(now):
            for number, kind in enumerate(("news", "live", "news")):
                await newsroom.published(f"خبر عام {number}", tags=["فلك"], authors=["ليلى"], kind=kind)
            await newsroom.app.state.background.run_due()
            urls = [
                *addresses(history), f"/sitemap-{now + timedelta(days=40):%Y-%m}.xml", "/v1/changes?from=now",
                "/v1/changes?limit=500", "/v1/changes?language=en-GB", "/v1/search?q=محظور", "/v1/search?q=مخظور",
                "/v1/search/suggest?q=محظ", "/v1/tags?count=true", "/v1/tags/سر", "/v1/authors/سر",
                "/v1/articles?tag=سر", "/feeds/tags/سر.rss", "/v1/resolve?url=/t/سر", "/v1/articles?count=true",
                *(f"/v1/articles/{one['id']}/related" for one in (await newsroom.get("/v1/articles")).json()["data"]),
            ]  # fmt: skip
            before = {url: seen(await anew.get(url, None)) for url in urls}

            async def look(step: str) -> None:
                for url in urls:
                    for room in (newsroom, anew):
                        assert seen(await room.get(url, None)) == before[url], (step, url)

            names = await at_work(newsroom, look)
            for url in OF_ARTICLE:
                nothing = await answered(newsroom, url, NOWHERE)
                for name in names:
                    assert await answered(newsroom, url, name) == nothing, (url, name)


async def answered(newsroom: Newsroom, url: str, name: str) -> tuple[int, str]:
    """The answer, with an X for the name where it repeats it."""
    answer = await newsroom.get(url.format(name), None)
    return answer.status_code, answer.text.replace(answer.request.url.path, "PATH").replace(
        answer.request.url.raw_path.decode().partition("?")[0], "PATH"
    )
