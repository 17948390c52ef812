"""Live coverage for the tests: an article of the kind `live`, and its entries."""

from __future__ import annotations

from typing import Any

from tests.newsroom import Newsroom

Json = dict[str, Any]


async def coverage(newsroom: Newsroom, **fields: Any) -> Json:
    """A published article of the kind `live`."""
    return await newsroom.published(fields.pop("headline", "تغطية ليلة الشهب"), kind="live", **fields)


async def entry(newsroom: Newsroom, article: Json, headline: str = "نبأ", *, by: str = "admin", **fields: Any) -> Json:
    """A published entry; `status="draft"` makes a draft."""
    content = {"headline": headline, "body": "<p>متن النبأ.</p>", "status": "published", **fields}
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/entries", content, by=by, expect=201)
    return dict(answer.json())


async def change(newsroom: Newsroom, one: Json, *, by: str = "admin", expect: int = 200, **fields: Any) -> Json:
    """The entry after a PATCH of the version that `one` shows."""
    answer = await newsroom.desk("PATCH", path(one), fields, by=by, expect=expect, if_match=f'"{one["version"]}"')
    return dict(answer.json())


def path(one: Json) -> str:
    """The path of an entry at the desk."""
    return f"/articles/{one['article_id']}/entries/{one['id']}"


async def listed(newsroom: Newsroom, article: Json, query: str = "") -> list[str]:
    """The headlines of one page of entries, as readers get it."""
    answer = (await newsroom.get(f"/v1/articles/{article['id']}/entries{query}")).json()
    return [one["headline"] for one in answer["data"]]


async def live_of(newsroom: Newsroom, article: Json) -> Json:
    """The member `live` of the public article."""
    return dict((await newsroom.get(f"/v1/articles/{article['id']}")).json()["live"])
