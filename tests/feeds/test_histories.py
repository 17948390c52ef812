"""Over random histories of a newsroom every feed holds what delivery lists, with the texts that rights allow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.feeds.html import absolute_html, wrapped
from app.kit import clock
from tests.feeds.reading import FORMATS, ReadFeed, ReadItem, get
from tests.newsroom import Newsroom, opened
from tests.sync.mirror import every
from tests.sync.test_histories import AUTHORS, SECTIONS, TAGS, History

pytestmark = pytest.mark.anyio
SETTINGS: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}
FULL = "full=true&tombstones=true&limit=100"


class RightsHistory(History):
    """With rights of articles and pictures, and paid articles."""

    async def step(self) -> None:
        if self.random.random() < 0.25:
            await self.random.choice([self.set_rights, self.set_picture_rights, self.set_access])()
        else:
            await super().step()

    async def set_rights(self) -> None:
        await self._desk("PATCH", f"/articles/{self._some(self.articles)}", {"rights": self._rights()})

    async def set_picture_rights(self) -> None:
        if self.pictures:
            await self._desk("PATCH", f"/media/{self._some(self.pictures)}", {"rights": self._rights()})

    async def set_access(self) -> None:
        access = self.random.choice(["free", "paid"])
        await self._desk("PATCH", f"/articles/{self._some(self.articles)}", {"access": access})

    def _rights(self) -> dict[str, Any]:
        ahead = clock.written(clock.now() + timedelta(minutes=self.random.choice([-30, 30])))
        some: dict[str, Any] = {"syndication": self.random.choice([None, "yes", "no", "verify"]), "expires_at": None}
        return self.random.choice([some, {**some, "expires_at": ahead}])


class Reader:
    """Compares the feeds of a newsroom with its lists."""

    def __init__(self, history: RightsHistory) -> None:
        self.history, self.newsroom = history, history.newsroom
        self.whole: dict[str, Any] = {}
        self.texts = self.withheld = 0

    async def compare(self) -> None:
        self.whole = {
            one["id"]: (await self.newsroom.get(f"/v1/articles/{one['id']}")).json()
            for one in await every(self.newsroom, "/v1/articles")
        }
        forbidden = await self._forbidden_pictures()
        lists = {"articles": "/v1/articles", **self._filtered()}
        for feed, url in lists.items():
            listed = await every(self.newsroom, url)
            for format in self.history.random.sample(FORMATS, 2):
                expected = 200 if listed or feed == "articles" else None
                answer = await self.newsroom.get(f"/feeds/{feed}.{format}?{FULL}", None)
                assert answer.status_code == (expected or 404), (feed, answer.text)
                if expected:
                    found = await get(self.newsroom, feed, format, FULL)
                    assert found.ids == [one["id"] for one in listed], (feed, format)
                    for item in found.items:
                        self._compare(item, format, forbidden)
                    await self._compare_gone(found, feed, format)
        await self._compare_places()
        await self._compare_below()

    def _filtered(self) -> dict[str, str]:
        terms = {"section": SECTIONS, "tag": TAGS, "author": AUTHORS}
        return {f"{kind}s/{slug}": f"/v1/articles?{kind}={slug}" for kind, slugs in terms.items() for slug in slugs}

    async def _forbidden_pictures(self) -> set[str]:
        rows = [(await self.newsroom.desk("GET", f"/media/{id}")).json() for id in self.history.pictures]
        return {row["renditions"][0]["url"].split("/")[-2] for row in rows if row["renditions"] and not allows(row)}

    def _compare(self, item: ReadItem, format: str, forbidden: set[str]) -> None:
        article = self.whole[item.id.removeprefix("urn:uuid:")]
        assert (item.title, item.url) == (article["headline"], article["url"])
        assert item.authors == [one["name"] for one in article["authors"]]
        html, shown = article["body"]["html"], f"{item.text}{item.pictures}"
        assert not any(key in shown for key in forbidden)
        if article["access"] == "paid" or not allows(article):
            assert item.text is None
            assert item.pictures == [] or allows(article)
            self.withheld += 1
        elif not any(key in html for key in forbidden):
            text = absolute_html(html, article["url"])
            is_wrapped = format != "ninjs.json"
            assert item.text == (wrapped(text, article["language"], article["direction"]) if is_wrapped else text)
            self.texts += 1

    async def _compare_gone(self, found: ReadFeed, feed: str, format: str) -> None:
        if feed == "articles" and format in {"atom", "ninjs.json"}:
            answers = {id: await self.newsroom.get(f"/v1/articles/{id}", None) for id in self.history.articles}
            gone = {(id, one.json()["reason"]) for id, one in answers.items() if one.status_code == 410}
            assert set(found.gone) == gone

    async def _compare_places(self) -> None:
        for ticker in await every(self.newsroom, "/v1/tickers"):
            found = await get(self.newsroom, f"tickers/{ticker['slug']}", "json", FULL)
            assert [(item.id, item.title) for item in found.items] == [
                (f"urn:uuid:{(one['article'] or one)['id']}", one["text"]) for one in ticker["items"]
            ]
        for front in await every(self.newsroom, "/v1/fronts"):
            slots = (await self.newsroom.get(f"/v1/fronts/{front['slug']}")).json()["slots"]
            found = await get(self.newsroom, f"fronts/{front['slug']}", "atom", FULL)
            assert [(item.id, item.title) for item in found.items] == [
                (f"urn:uuid:{(one['article'] or one)['id']}", one["headline"])
                for slot in slots
                for one in slot["items"]
            ]

    async def _compare_below(self) -> None:
        for id in list(self.whole)[-3:] + [id for id in self.history.live[-2:] if id in self.whole]:
            threads = await every(self.newsroom, f"/v1/articles/{id}/comments")
            shown = sorted(one["id"] for one in flat(threads) if not one["removed"])
            assert sorted((await get(self.newsroom, f"comments/{id}", "rss", "limit=100")).ids) == shown
            entries = await every(self.newsroom, f"/v1/articles/{id}/entries")
            found = await get(self.newsroom, f"entries/{id}", "json", FULL)
            assert found.ids == [one["id"] for one in entries]
            may = self.whole[id]["access"] != "paid" and allows(self.whole[id])
            assert may or all(item.text is None and item.summary is None for item in found.items)


def flat(comments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*comments, *(below for one in comments for below in flat(one["replies"]["data"]))]


def allows(thing: dict[str, Any]) -> bool:
    """By the words of the documentation, where the site says yes."""
    rights = thing["rights"] or {"syndication": None, "expires_at": None}
    has_ended = rights["expires_at"] is not None and rights["expires_at"] <= clock.written(clock.now())
    return rights["syndication"] in {None, "yes"} and not has_ended


async def told(newsroom: Newsroom, seed: int, steps: int) -> Reader:
    history = RightsHistory(newsroom, seed)
    await history.begin()
    start, reader = clock.now(), Reader(history)
    for _ in range(4):
        await history.write()
        await history._desk("POST", f"/articles/{history.articles[-1]}/publish", {})
    for step in range(steps):
        with clock.frozen(start + timedelta(minutes=7 * step)):
            await history.step()
            if step % 6 == 5:
                await newsroom.app.state.background.run_due()
                await reader.compare()
    return reader


@pytest.mark.parametrize("seed", range(2))
async def test_every_feed_holds_what_delivery_lists_with_the_texts_that_rights_allow(
    database_url: str, seed: int
) -> None:
    async with opened(database_url, **SETTINGS) as newsroom:
        reader = await told(newsroom, 500 + seed, 48)
        assert reader.texts > 20, "otherwise nothing was tested"
        assert reader.withheld > 2
