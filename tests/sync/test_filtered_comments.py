"""An article that leaves a filter takes its comments from a client; those that are in the filter are told again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.newsroom import Newsroom, opened
from tests.sync.mirror import Mirror, Thing, delivered
from tests.sync.test_histories import History

OPEN: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}


async def in_language(newsroom: Newsroom, language: str) -> dict[Thing, dict[str, Any]]:
    """What readers see that is in a language: entries and comments by their own, whatever their article's is."""
    everything = await delivered(newsroom)
    return {thing: value for thing, value in everything.items() if value["language"].partition("-")[0] == language}


class Travels(History):
    """Articles that change their language again and again, under comments and entries that do not."""

    async def step(self) -> None:
        steps = [
            self.write, self.publish, self.publish, self.cover, self.write_entry, self.unpublish, self.withdraw,
            *[self.translate] * 6, *[self.comment] * 5, self.moderate, self.take_back,
        ]  # fmt: skip
        await self.random.choice(steps)()

    async def translate(self) -> None:
        language = self.random.choice(["ar", "ar-SY", "en", "fr"])
        await self._desk("PATCH", f"/articles/{self._some(self.articles)}", {"language": language})


@pytest.mark.parametrize("seed", range(3))
async def test_a_mirror_of_one_language_has_every_comment_in_it(database_url: str, seed: int) -> None:
    async with opened(database_url, **OPEN) as newsroom:
        history = Travels(newsroom, seed)
        await history.begin(has_pictures=False)
        mirrors = {language: Mirror(newsroom, f"&language={language}", limit=3) for language in ("ar", "en")}
        for _ in range(60):
            await history.step()
            for mirror in mirrors.values():
                if history.random.random() < 0.3:
                    await mirror.follow()
        leaving = await newsroom.published(language="ar")
        await mirrors["ar"].follow()
        await newsroom.desk("PATCH", f"/articles/{leaving['id']}", {"language": "fr"}, if_match="*")
        for language, mirror in mirrors.items():
            await mirror.follow()
            assert mirror.shown() == await in_language(newsroom, language)
        told = [one for mirror in mirrors.values() for one in mirror.entries]
        assert any(one["resource"] == "article" and one["reason"] == "filtered" for one in told)


async def test_comments_are_told_again_only_where_the_language_changes(newsroom: Newsroom) -> None:
    newsroom.set(**OPEN)
    article = await newsroom.published()
    form = {"author_name": "سلمى", "body": "تعليق"}
    url = f"/v1/articles/{article['id']}/comments"
    comment = (await newsroom.client.post(url, json=form)).json()["comment"]["id"]
    since = (await newsroom.get("/v1/changes?from=now&type=comment")).json()["since"]
    article = await newsroom.change(article, headline="عنوان آخر", slug="اسم-آخر", access="paid")
    follow = f"/v1/changes?type=comment&since={since}"
    assert (await newsroom.get(follow)).json()["data"] == []
    await newsroom.change(article, language="en")
    (entry,) = (await newsroom.get(follow)).json()["data"]
    assert (entry["id"], entry["type"], entry["tombstone"]) == (comment, "comment.updated", False)


@pytest.mark.parametrize("verb", ["unpublish", "withdraw"])
async def test_a_client_loses_comments_whose_article_it_never_had(newsroom: Newsroom, verb: str) -> None:
    """Their article is in another language: its tombstone reaches also who filters by the language of its comments."""
    newsroom.set(**OPEN)
    article = await newsroom.published(language="en")
    form = {"author_name": "سلمى", "body": "تعليق", "language": "ar"}
    await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=form)
    mirror = Mirror(newsroom, "&language=ar", limit=3)
    await mirror.follow()
    assert {kind for kind, _ in mirror.shown()} >= {"comment"}
    await newsroom.act(article, verb, {"reason": "خطأ"} if verb == "withdraw" else None)
    await mirror.follow()
    assert mirror.shown() == await in_language(newsroom, "ar")
