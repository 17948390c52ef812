"""Rights in public: the effective word of an article and of the site, and the moment at which rights end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.articles.models import Article
from app.changes.tail import Subscriber
from app.kit import clock
from app.media.events import RIGHTS_BY_CLOCK
from tests.newsroom import Newsroom, beside
from tests.sync.mirror import Mirror

pytestmark = pytest.mark.anyio


class Listener(Subscriber):
    """What a process is told is stale."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.tags: set[str] = set()
        newsroom.app.state.tail.subscribers.append(self)

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags |= set(tags)

    def invalidate_all(self) -> None:
        self.tags.add("everything")

    async def told(self) -> set[str]:
        """The tags since the last call."""
        await self.newsroom.app.state.tail.catch_up()
        told, self.tags = self.tags, set()
        return told


async def public(newsroom: Newsroom, article: dict[str, Any]) -> dict[str, Any]:
    return dict((await newsroom.get(f"/v1/articles/{article['id']}")).json())


@pytest.mark.parametrize("default", ["yes", "no", "verify"])
async def test_the_word_of_the_article_counts_and_the_site_speaks_where_it_says_nothing(
    newsroom: Newsroom, default: str
) -> None:
    newsroom.set(syndication=default)
    assert (await newsroom.get("/v1/site")).json()["syndication"] == default
    article = await newsroom.published()
    shown = await public(newsroom, article)
    assert (shown["rights"], shown["syndication"]) == (None, default)
    for rights, expected in (
        ({"holder": "المرصد"}, default),
        ({"syndication": "no"}, "no"),
        ({"syndication": "verify"}, "verify"),
        ({"syndication": "yes"}, "yes"),
        ({"syndication": None}, default),
    ):
        article = await newsroom.change(article, rights=rights)
        shown = await public(newsroom, article)
        assert shown["syndication"] == article["syndication"] == expected, rights
        assert shown["rights"]["syndication"] == (rights.get("syndication")), "what is read can be sent back"
    full = (await newsroom.get("/v1/changes?object=full&type=article")).json()["data"][-1]["object"]
    assert full["syndication"] == default
    assert "syndication" not in (await newsroom.get("/v1/articles")).json()["data"][0]


async def test_at_the_end_of_rights_only_full_texts_are_stale_and_the_log_tells_nothing(newsroom: Newsroom) -> None:
    start, listener = clock.now(), Listener(newsroom)
    ends = start + timedelta(hours=1)
    with clock.frozen(start):
        article = await newsroom.published(rights={"syndication": "yes", "expires_at": clock.written(ends)})
        mirror = Mirror(newsroom)
        await mirror.follow()
        before = (await newsroom.get(f"/v1/articles/{article['id']}")).content
        assert RIGHTS_BY_CLOCK not in await listener.told()
    with clock.frozen(ends - timedelta(milliseconds=1)):
        assert RIGHTS_BY_CLOCK not in await listener.told()
        misses = newsroom.app.state.cache.misses
    with clock.frozen(ends):
        assert await listener.told() == {RIGHTS_BY_CLOCK, "changes"}
        assert (await newsroom.get(f"/v1/articles/{article['id']}")).content == before
        assert newsroom.app.state.cache.misses == misses, "the article itself says the same as before"
        assert await mirror.follow() == []
    with clock.frozen(ends + timedelta(minutes=1)):
        assert await listener.told() == set()


async def test_an_end_that_another_process_has_set_is_seen_in_time(newsroom: Newsroom) -> None:
    start, ends = clock.now(), clock.now() + timedelta(hours=1)
    async with beside(newsroom) as other:
        with clock.frozen(start):
            article = await newsroom.published(rights={"expires_at": clock.written(ends + timedelta(hours=9))})
            listener = Listener(other)
            await listener.told()
            article = await newsroom.change(article, rights={"expires_at": clock.written(ends)})
            await listener.told()
        with clock.frozen(ends):
            assert await listener.told() == {RIGHTS_BY_CLOCK, "changes"}
        with clock.frozen(ends + timedelta(hours=9)):
            assert await listener.told() == set(), "the former end is none any more"


async def test_a_draft_has_no_end_and_null_takes_one_away(newsroom: Newsroom) -> None:
    start, listener, ends = clock.now(), Listener(newsroom), clock.now() + timedelta(hours=1)
    with clock.frozen(start):
        await newsroom.draft("مسودّة", rights={"expires_at": clock.written(ends)})
        article = await newsroom.published(rights={"holder": "المرصد", "expires_at": clock.written(ends)})
        article = await newsroom.change(article, rights={"expires_at": None})
        assert article["rights"]["holder"] == "المرصد"
        article = await newsroom.change(article, rights={"expires_at": clock.written(ends)})
        await newsroom.change(article, rights=None)
        await listener.told()
        async with newsroom.app.state.database.connection() as connection:
            found = await connection.execute(select(Article.rights_expire_at).where(Article.id == article["id"]))
        assert found.scalar_one() is None
    with clock.frozen(ends):
        assert await listener.told() == set()
