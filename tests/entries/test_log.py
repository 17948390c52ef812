"""What log, sync and streams tell of entries, and the filter that narrows them to one article."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.entries.live import change, coverage, entry, path
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom
from tests.sync.mirror import Mirror, delivered

pytestmark = pytest.mark.anyio


async def told(mirror: Mirror) -> list[tuple[str, str]]:
    """(type, id) of what is new."""
    return [(one["type"], one["id"]) for one in await mirror.follow()]


async def test_each_step_of_an_entry_is_told_once(newsroom: Newsroom) -> None:
    article, mirror = await coverage(newsroom), Mirror(newsroom)
    draft = await entry(newsroom, article, status="draft")
    await mirror.follow()
    await change(newsroom, draft, headline="مسودة")
    assert await told(mirror) == []
    await newsroom.desk("POST", f"{path(draft)}/publish", {})
    new = await mirror.follow()
    assert [one["type"] for one in new] == ["article.updated", "entry.published"], "the first entry starts it"
    assert (new[1]["article_id"], new[1]["object"]["headline"]) == (article["id"], "مسودة")
    one = (await newsroom.desk("GET", path(draft))).json()
    one = await change(newsroom, one, headline="آخر")
    assert await told(mirror) == [("entry.updated", one["id"])]
    one = await change(newsroom, one, status="draft")
    (gone,) = await mirror.follow()
    assert (gone["type"], gone["tombstone"], gone["reason"]) == ("entry.removed", True, "unpublished")
    await change(newsroom, one, status="published")
    assert await told(mirror) == [("entry.published", one["id"])]
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    (gone,) = await mirror.follow()
    assert (gone["type"], gone["reason"]) == ("entry.removed", "deleted")
    assert mirror.shown() == await delivered(newsroom)


async def test_an_articles_tombstone_takes_its_entries_along_and_they_come_back(newsroom: Newsroom) -> None:
    article, mirror = await coverage(newsroom), Mirror(newsroom)
    first = await entry(newsroom, article, "أول")
    second = await entry(newsroom, article, "ثان")
    await mirror.follow()
    await newsroom.act(article, "unpublish")
    assert await told(mirror) == [("article.unpublished", article["id"]), ("section.changed", article["section"]["id"])]
    assert not mirror.things
    third = await entry(newsroom, article, "ثالث")
    await newsroom.desk("DELETE", path(first), if_match="*", expect=204)
    await mirror.follow()
    assert not mirror.things, "nothing of a hidden article is told but what is gone"
    await newsroom.act(article, "publish")
    back = [id for type, id in await told(mirror) if type == "entry.published"]
    assert back == [second["id"], third["id"]]
    assert mirror.shown() == await delivered(newsroom)


async def test_entries_that_are_written_while_their_article_is_taken_down_leave_a_mirror_right(
    newsroom: Newsroom,
) -> None:
    """Of several at once each waits for the lock of the article, and counts and is told as it is then."""
    mirror, token = Mirror(newsroom), {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    for _ in range(4):
        article = await coverage(newsroom)
        url = f"/v1/desk/articles/{article['id']}"
        content = {"headline": "نبأ", "status": "published"}
        answers = await asyncio.gather(
            *(newsroom.client.post(f"{url}/entries", json=content, headers=token) for _ in range(3)),
            newsroom.client.post(f"{url}/unpublish", json={}, headers=token),
            *(newsroom.client.post(f"{url}/entries", json=content, headers=token) for _ in range(2)),
        )
        assert {answer.status_code for answer in answers} == {200, 201}
        await mirror.follow()
        assert mirror.shown() == await delivered(newsroom)
        await newsroom.act(article, "publish")
        await mirror.follow()
        assert mirror.shown() == await delivered(newsroom)
        assert (await newsroom.get(f"/v1/articles/{article['id']}")).json()["live"]["entry_count"] == 5


async def test_entries_of_an_article_that_was_never_public_are_not_told(newsroom: Newsroom) -> None:
    draft, mirror = await newsroom.draft(kind="live"), Mirror(newsroom)
    await newsroom.published()
    await mirror.follow()  # a client that begins later is not told of what was gone before
    one = await entry(newsroom, draft)
    await change(newsroom, one, headline="آخر")
    assert await told(mirror) == []
    await newsroom.desk("DELETE", path(one), if_match="*", expect=204)
    assert await told(mirror) == []


@pytest.mark.parametrize("verb", ["unpublish", "withdraw"])
async def test_a_first_copy_holds_no_entries_of_a_hidden_article(newsroom: Newsroom, verb: str) -> None:
    article = await coverage(newsroom)
    await entry(newsroom, article, "نبأ لا يُرى")
    await newsroom.act(article, verb, {"reason": "س"} if verb == "withdraw" else {})
    mirror = Mirror(newsroom, "&object=full")
    await mirror.follow()
    assert not [kind for kind, _ in mirror.things if kind == "entry"]
    assert "لا يُرى" not in (await newsroom.get("/v1/changes?limit=100&object=full")).text


async def test_a_scheduled_article_brings_its_entries_with_it(newsroom: Newsroom) -> None:
    start, mirror = clock.now(), Mirror(newsroom)
    with clock.frozen(start):
        article = await coverage(newsroom, at=clock.written(start + timedelta(hours=1)))
        one = await entry(newsroom, article)
        assert await told(mirror) == []
    with clock.frozen(start + timedelta(hours=1, seconds=1)):
        await newsroom.app.state.background.run_due()
        assert ("entry.published", one["id"]) in await told(mirror)
        assert mirror.shown() == await delivered(newsroom)


async def test_what_entries_show_of_their_article_is_told_when_it_changes(newsroom: Newsroom) -> None:
    article, mirror = await coverage(newsroom), Mirror(newsroom, "&object=full")
    one = await entry(newsroom, article)
    await mirror.follow()
    for fields in ({"slug": "اسم-آخر"}, {"access": "paid"}, {"access": "free"}):
        await newsroom.desk("PATCH", f"/articles/{article['id']}", fields, if_match="*")
        assert ("entry.updated", one["id"]) in await told(mirror), fields
        shown = (await newsroom.get(f"/v1/articles/{article['id']}/entries/{one['id']}")).json()
        assert mirror.things["entry", one["id"]] == shown
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"summary": "س"}, if_match="*")
    assert [type for type, _ in await told(mirror)] == ["article.updated"]


async def test_a_renamed_author_and_a_changed_picture_are_told(newsroom: Newsroom) -> None:
    await newsroom.author()
    id = await undecoded_picture(newsroom, alt="قبّة")
    article, mirror = await coverage(newsroom), Mirror(newsroom)
    one = await entry(newsroom, article, authors=["ليلى-القاسم"], body=f'<img data-media="{id}">')
    url = f"/v1/articles/{article['id']}/entries"
    await mirror.follow()
    await newsroom.get(url)
    await newsroom.desk("PUT", "/authors/ليلى-القاسم", {"name": "ليلى الشامي"}, if_match="*")
    assert await told(mirror) == [("entry.updated", one["id"])]
    assert "ليلى الشامي" in (await newsroom.get(url)).text
    await newsroom.desk("PATCH", f"/media/{id}", {"alt": "قبّة المرصد"}, if_match="*")
    assert {type for type, _ in await told(mirror)} == {"media.changed", "entry.updated"}
    assert "قبّة المرصد" in (await newsroom.get(url)).text
    assert mirror.shown() == await delivered(newsroom)


@pytest.mark.parametrize("name", ["slug", "former", "id"])
async def test_a_filter_narrows_the_log_to_an_article_its_entries_and_its_comments(
    newsroom: Newsroom, name: str
) -> None:
    newsroom.set(comments="open")
    article = await coverage(newsroom, slug="اسم-أول")
    article = await newsroom.change(article, slug="اسم-ثان")
    names = {"slug": "اسم-ثان", "former": "اسم-أول", "id": article["id"]}
    other = await coverage(newsroom, headline="غيرها")
    mirror = Mirror(newsroom, f"&article={names[name]}")
    own, _ = await entry(newsroom, article), await entry(newsroom, other)
    form = {"author_name": "س", "author_email": "s@example.com", "body": "تعليق"}
    said = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=form)
    await mirror.follow()
    assert set(mirror.things) == {
        ("article", article["id"]), ("entry", own["id"]), ("comment", said.json()["comment"]["id"])
    }  # fmt: skip
    await newsroom.act(article, "withdraw", {"reason": "س"})
    await mirror.follow()
    assert not mirror.things


async def test_a_filter_does_not_tell_that_there_is_a_draft(newsroom: Newsroom) -> None:
    def bound(answer: Any) -> str:
        return str(answer.json()["since"]).split(".")[2]

    before = bound(await newsroom.get("/v1/changes?article=سرّ"))
    draft = await newsroom.draft("سرّ", slug="سرّ", kind="live")
    newsroom.app.state.cache.invalidate_all()  # a draft invalidates nothing
    assert bound(await newsroom.get("/v1/changes?article=سرّ")) == before
    await newsroom.act(draft, "publish")
    assert bound(await newsroom.get("/v1/changes?article=سرّ")) != before
    await newsroom.act(draft, "unpublish")
    assert bound(await newsroom.get("/v1/changes?article=سرّ")) != before, "a client that follows it goes on"


async def test_an_entry_invalidates_what_shows_it_and_leaves_other_lists_alone(newsroom: Newsroom) -> None:
    article = await coverage(newsroom, section=(await newsroom.section("علوم"))["slug"])
    await newsroom.published("غيره", section=(await newsroom.section("طب"))["slug"])
    await entry(newsroom, article)
    urls = {
        "list": "/v1/articles", "other": "/v1/articles?section=طب", "one": f"/v1/articles/{article['id']}",
        "entries": f"/v1/articles/{article['id']}/entries", "sections": "/v1/sections",
    }  # fmt: skip
    for url in urls.values():
        await newsroom.get(url)
    await entry(newsroom, article)
    cache, gone = newsroom.app.state.cache, set()
    for name, url in urls.items():
        before = cache.misses
        await newsroom.get(url)
        gone |= {name} if cache.misses > before else set()
    assert gone == {"list", "one", "entries"}
