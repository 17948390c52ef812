"""A client of the change log, as its documentation says one should be, and what the delivery API shows, to compare."""

from __future__ import annotations

from typing import Any

from app.kit import clock
from tests.newsroom import Newsroom

Thing = tuple[str, str]
TERMS = {"section": "sections", "tag": "tags", "author": "authors"}
REF = ("id", "slug", "name", "url")


class Mirror:
    """Keeps a copy of what readers see. `query` are the filters, as they stand in the address."""

    def __init__(self, newsroom: Newsroom, query: str = "", limit: int = 7) -> None:
        self.newsroom, self.query, self.limit = newsroom, query, limit
        self.since: str | None = None
        self.things: dict[Thing, dict[str, Any]] = {}
        self.entries: list[dict[str, Any]] = []

    async def follow(self) -> list[dict[str, Any]]:
        """Reads to the end of the log; returns what was new."""
        new: list[dict[str, Any]] = []
        while True:
            since = f"&since={self.since}" if self.since else ""
            answer = (await self.newsroom.get(f"/v1/changes?limit={self.limit}{since}{self.query}")).json()
            new += answer["data"]
            self.since = answer["since"]
            for entry in answer["data"]:
                self._take(entry)
            if not answer["more"]:
                self.entries += new
                return new

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["resource"] == "media":  # without an object: the articles that show it follow
            return
        thing = (entry["resource"], entry["id"])
        if not entry["tombstone"]:
            self.things[thing] = entry["object"]
            return
        self.things.pop(thing, None)
        if entry["resource"] == "article":
            gone = [key for key, value in self.things.items() if value.get("article_id") == entry["id"]]
            for key in gone:
                del self.things[key]

    def shown(self) -> dict[Thing, dict[str, Any]]:
        """The copy, with the names of terms as the changes of the terms themselves give them."""
        return {thing: self._with_live(joined(value, self.things)) for thing, value in self.things.items()}

    def _with_live(self, value: dict[str, Any]) -> dict[str, Any]:
        """`live` as it follows from its two times and the entries of the copy."""
        if not (live := value.get("live")):
            return value
        own = [at for of, at in self._entries() if of == value["id"]]
        now, start, end = clock.written(clock.now()), live["started_at"], live["ended_at"]
        status = "ended" if end and end <= now else "live" if start and start <= now else "upcoming"
        counted = {"status": status, "entry_count": len(own), "last_entry_at": max(own, default=None)}
        return {**value, "live": {**live, **counted}}

    def _entries(self) -> list[tuple[str, str]]:
        """Of each entry its article, and when it was published."""
        return [(one["article_id"], one["published_at"]) for (kind, _), one in self.things.items() if kind == "entry"]


def joined(value: Any, things: dict[Thing, dict[str, Any]]) -> Any:
    """References to terms with their present slugs, names and addresses."""
    terms = {id: term for (kind, id), term in things.items() if kind in TERMS}

    def join(part: Any) -> Any:
        if isinstance(part, list):
            return [join(one) for one in part]
        if isinstance(part, dict):
            if part.keys() == set(REF) and part["id"] in terms:
                return {name: terms[part["id"]][name] for name in REF}
            return {name: join(one) for name, one in part.items()}
        return part

    return join(value)


async def every(newsroom: Newsroom, url: str) -> list[dict[str, Any]]:
    """All rows of a list."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = (await newsroom.get(f"{url}{'&' if '?' in url else '?'}limit=100{cursor}")).json()
        found += answer["data"]
        if answer["page"]["next"] is None:
            return found
        cursor = f"&cursor={answer['page']['next']}"


async def delivered(newsroom: Newsroom) -> dict[Thing, dict[str, Any]]:
    """All that readers can see, by thing."""
    found: dict[Thing, dict[str, Any]] = {}
    for kind, plural in TERMS.items():
        found |= {(kind, one["id"]): one for one in await every(newsroom, f"/v1/{plural}")}
    for one in await every(newsroom, "/v1/tickers"):
        found["ticker", one["id"]] = one
    for one in await every(newsroom, "/v1/fronts"):
        found["front", one["id"]] = one
    for one in await every(newsroom, "/v1/articles"):
        found["article", one["id"]] = one
        for comment in await every(newsroom, f"/v1/articles/{one['id']}/comments"):
            found |= _thread(comment)
        if one["kind"] == "live":
            entries = await every(newsroom, f"/v1/articles/{one['id']}/entries")
            found |= {("entry", entry["id"]): entry for entry in entries}
    return found


def _thread(comment: dict[str, Any]) -> dict[Thing, dict[str, Any]]:
    below = comment.pop("replies")["data"]
    found: dict[Thing, dict[str, Any]] = {("comment", comment["id"]): comment}
    for one in below:
        found |= _thread(one)
    return found
