"""Fills an empty database with the demo newsroom, through the HTTP API: the demo shows only what the desk can do."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.kit import clock
from app.main import create_app
from app.settings import Settings
from app.staff import actions
from app.staff.repository import Staff

CONTENT = Path(__file__).with_name("newsroom.json")
PICTURES = Path(__file__).with_name("pictures")
DECODERS = 2  # decoding is most of the time of a start
PICTURE = re.compile(r"\{picture:([a-z-]+)\}")  # in a text of `newsroom.json`: becomes the id
FIELDS = (
    "language kind access urgency headline short_headline summary body body_format section sections tags authors "
    "subjects content_warning dateline source slug lead_image media seo rights comments_mode external_id"
).split()
ENTRY = ("headline", "body", "key_event", "pinned", "authors")
# An object of `newsroom.json` or of a response: its fields are read without checks.
Json = dict[str, Any]
GENEROUS = {"comments_rate": ((100_000, 60),), "log_level": "error", "media_processes": DECODERS}
DECISIONS = {"approved": "approve", "rejected": "reject", "spam": "spam"}


async def pour(settings: Settings) -> str:
    """Fills the database of `settings`; returns a staff token."""
    generous = settings.model_copy(update=GENEROUS)
    app = create_app(generous)
    try:
        async with app.state.database.transaction() as session:
            staff = Staff(session)
            member = await actions.add_member(staff, "مكتب التحرير", ["admin"])
            _, token = await actions.make_token(staff, member, "demo")
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.api_url, timeout=60) as client:
            await Pouring(client, token, json.loads(CONTENT.read_text("utf-8"))).all()
    finally:
        await app.state.database.close()
    return token


@contextmanager
def _hours_ago(hours: float) -> Iterator[datetime]:
    """Sets the clock back by `hours`."""
    with clock.shifted(timedelta(hours=-hours)):
        yield clock.now()


class Pouring:
    """One run: pictures and terms first, then two weeks of news in chronological order."""

    def __init__(self, client: httpx.AsyncClient, token: str, content: Json) -> None:
        self.client, self.content = client, content
        self.headers = {"Authorization": f"Bearer {token}"}
        self.ids: dict[str, str] = {}
        self.pictures: dict[str, str] = {}

    async def all(self) -> None:
        await self._library()
        for plural in ("sections", "tags", "authors"):
            for term in self._parents_first(self.content[plural]):
                body = {name: value for name, value in term.items() if name != "slug"}
                await self._desk("PUT", f"/{plural}/{quote(term['slug'])}", body)
        for article in sorted(self.content["articles"], key=self._age, reverse=True):
            await self._article(article)
        for article in self.content["articles"]:
            for comment in article.get("comments", ()):
                await self._comment(article, comment, None)
        for article in self.content["articles"]:
            if article["state"] == "withdrawn":
                await self._verb(article, "withdraw", article["withdrawn"])
        for ticker in self.content["tickers"]:
            await self._ticker(ticker)
        for front in self.content["fronts"]:
            await self._front(front)

    async def _library(self) -> None:
        """Uploads the pictures, as many at once as are decoded at once: more would wait for a decoder, and not long."""
        free = asyncio.Semaphore(DECODERS)
        with _hours_ago(max(map(self._age, self.content["articles"])) + 24):
            index: list[Json] = json.loads((PICTURES / "index.json").read_text("utf-8"))
            await asyncio.gather(*(self._upload(picture, free) for picture in index))

    async def _upload(self, picture: Json, free: asyncio.Semaphore) -> None:
        path = PICTURES / picture["file"]
        fields = {name: value for name, value in picture.items() if name != "file"}
        form = {"data": (None, json.dumps(fields), "application/json"), "file": (path.name, path.read_bytes())}
        async with free:
            answer = await self.client.post("/v1/desk/media", headers=self.headers, files=form)
        self.pictures[path.stem] = _content_of(answer)["id"]

    @staticmethod
    def _parents_first(terms: list[Json]) -> list[Json]:
        return sorted(terms, key=lambda term: term.get("parent") is not None)

    @staticmethod
    def _age(article: Json) -> float:
        return max(float(article.get("hours_ago") or 0), 0.0)

    async def _article(self, article: Json) -> None:
        fields = self._with_pictures({name: article[name] for name in FIELDS if article.get(name) is not None})
        if original := article.get("translation_of"):
            fields["translation_of"] = self.ids[original]
        with _hours_ago(self._age(article)):
            made = await self._desk("POST", "/articles", fields)
            self.ids[article["key"]] = made["id"]
            if article["state"] in {"published", "withdrawn"}:
                await self._verb(article, "publish", {})
            elif article["state"] == "scheduled":
                at = clock.now() + timedelta(hours=-article["hours_ago"])
                await self._verb(article, "publish", {"at": clock.written(at)})
            elif article["state"] == "in_review":
                await self._verb(article, "submit", {})
        for correction in article.get("corrections", ()):
            await self._correction(made["id"], correction)
        for entry in article.get("entries", ()):
            await self._entry(made["id"], entry)

    def _with_pictures(self, fields: Json) -> Json:
        """The fields with the ids of the pictures that they name."""
        found: Json = json.loads(PICTURE.sub(lambda name: self.pictures[name[1]], json.dumps(fields)))
        return found

    async def _correction(self, id: str, correction: Json) -> None:
        with _hours_ago(correction["hours_ago"]):
            present = await self._desk("GET", f"/articles/{id}")
            match = {"If-Match": f'"{present["version"]}"'}
            body = {"kind": correction["kind"], "note": correction["note"]}
            await self._desk("POST", f"/articles/{id}/correct", body, **match)

    async def _entry(self, article_id: str, entry: Json) -> None:
        """An entry of live coverage, published when it was written."""
        fields = {name: entry[name] for name in ENTRY if entry.get(name) is not None}
        path = f"/articles/{article_id}/entries"
        with _hours_ago(entry["hours_ago"]):
            made = await self._desk("POST", path, {**fields, "body_format": "markdown", "status": "published"})
        if correction := entry.get("correction"):
            with _hours_ago(correction["hours_ago"]):
                note = {"note": correction["note"]}
                await self._desk("POST", f"{path}/{made['id']}/correct", note, **{"If-Match": '"1"'})

    async def _verb(self, article: Json, verb: str, body: Json) -> None:
        await self._desk("POST", f"/articles/{self.ids[article['key']]}/{verb}", body)

    async def _comment(self, article: Json, comment: Json, parent: str | None) -> None:
        fields = {
            name: comment[name] for name in ("author_name", "author_email", "body", "language") if name in comment
        }
        with _hours_ago(comment["hours_ago"]):
            url = f"/v1/articles/{self.ids[article['key']]}/comments"
            answer = await self.client.post(url, json={**fields, **({"parent_id": parent} if parent else {})})
            answer.raise_for_status()
            id = answer.json()["comment"]["id"]
            if decision := DECISIONS.get(comment["status"]):
                await self._desk("POST", f"/comments/{id}/{decision}", {})
        for reply in comment.get("replies", ()):
            await self._comment(article, reply, id)

    async def _ticker(self, ticker: Json) -> None:
        address = f"/tickers/{quote(ticker['slug'])}"
        fields: Json = {name: ticker[name] for name in ("name", "language", "max_items", "rules") if name in ticker}
        await self._desk("PUT", address, fields)
        for item in reversed(ticker["items"]):  # the last one added is shown first
            await self._desk("POST", f"{address}/items", self._item(item))

    async def _front(self, front: Json) -> None:
        address = f"/fronts/{quote(front['slug'])}"
        slots = [{name: value for name, value in slot.items() if name != "items"} for slot in front["slots"]]
        await self._desk("PUT", address, {"name": front["name"], "language": front["language"], "slots": slots})
        for slot in front["slots"]:
            items = [
                {**item, **({"article": self.ids[item["article"]]} if "article" in item else {})}
                for item in slot["items"]
            ]
            if items:
                await self._desk("PUT", f"{address}/slots/{slot['name']}", {"items": items}, **{"If-Match": "*"})

    def _item(self, item: Json) -> Json:
        fields = {name: item[name] for name in ("text", "url", "level", "pinned") if item.get(name) is not None}
        if item.get("article"):
            fields["article"] = self.ids[item["article"]]
        for name, field in (("starts_in_minutes", "starts_at"), ("expires_in_minutes", "expires_at")):
            if item.get(name) is not None:
                fields[field] = clock.written(clock.now() + timedelta(minutes=item[name]))
        return fields

    async def _desk(self, method: str, path: str, body: Json | None = None, **headers: str) -> Json:
        answer = await self.client.request(method, f"/v1/desk{path}", headers={**self.headers, **headers}, json=body)
        return _content_of(answer)


def _content_of(answer: httpx.Response) -> Json:
    if not answer.is_success:
        asked = answer.request
        raise RuntimeError(f"{asked.method} {asked.url.path}: {answer.status_code} {answer.text}")
    content: Json = answer.json()
    return content
