"""Record the examples of the OpenAPI document: answers of the demo newsroom, shortened, into `app/examples.json`.

    PYTHONPATH=. .venv/bin/python tools/record_examples.py && ./nashra openapi

Run it when a shape has changed a lot: a field that an example lacks is filled in by `app/kit/examples.py`.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.demo.pour import pour
from app.kit import migrations
from app.main import create_app
from app.settings import Settings

FILE = Path(__file__).parents[1] / "app/examples.json"
ARTICLE, TICKER, SECTION, TAG, FRONT = "كويكب-من-قمم-الأطلس", "عاجل", "علوم-وصحة", "فلك", "home"
Json = Any


class Recorder:
    """Asks the demo newsroom, and keeps answers under the names of their schemas."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.desk_headers = client, {"Authorization": f"Bearer {token}"}
        self.found: dict[str, Json] = {}

    async def ask(self, path: str, method: str = "GET", body: Json = None, **headers: str) -> Json:
        answer = await self.client.request(
            method,
            quote(path, safe="/?=&,:"),
            json=body,
            headers={**(self.desk_headers if "/desk" in path else {}), **headers},
        )
        if not answer.is_success:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def all(self) -> dict[str, Json]:
        await self._articles()
        await self._entries()
        await self._terms()
        await self._tickers()
        await self._fronts()
        await self._comments()
        await self._others()
        return self.found

    async def _articles(self) -> None:
        found = self.found
        id = (await self.ask(f"/v1/articles/{ARTICLE}"))["id"]
        desk = await self.ask(f"/v1/desk/articles/{id}")
        rights = {"holder": "نشرة", "credit_line": "نشرة", "syndication": "yes"}
        desk = await self.ask(
            f"/v1/desk/articles/{id}",
            "PATCH",
            {"rights": rights, "minor": True},
            **{"If-Match": f'"{desk["version"]}"'},
        )
        correction = {"kind": "correction", "note": "صُحّح اسم المرصد في الفقرة الأولى."}
        await self.ask(f"/v1/desk/articles/{id}/correct", "POST", correction, **{"If-Match": f'"{desk["version"]}"'})
        found["Article"] = shortened(await self.ask(f"/v1/articles/{ARTICLE}"))
        listed = await self.ask(f"/v1/articles?ids={id}")
        found["ArticleSummary"] = listed["data"][0]
        shown = await self.ask(f"/v1/articles?ids={id}&display=ar-SY&fields=display")
        found["ArticleDisplay"] = shown["data"][0]["display"]
        found["DeskArticle"] = shortened(await self.ask(f"/v1/desk/articles/{id}"))
        found["DeskArticleSummary"] = (await self.ask(f"/v1/desk/articles?ids={id}"))["data"][0]
        revisions = (await self.ask(f"/v1/desk/articles/{id}/revisions"))["data"]
        found["RevisionSummary"] = revisions[0]
        revision = await self.ask(f"/v1/desk/articles/{id}/revisions/{revisions[0]['number']}")
        revision["content"] = {name: revision["content"][name] for name in ("headline", "slug", "urgency", "language")}
        found["Revision"] = revision
        found["RevisionDiff"] = await self.ask(f"/v1/desk/articles/{id}/revisions/1/diff?with={revisions[0]['number']}")
        found["RevisionDiff"]["changes"] = found["RevisionDiff"]["changes"][:1]
        changes = (await self.ask("/v1/changes?type=article&limit=100"))["data"]
        found["ArticleChange"] = next(change for change in changes if change["id"] == id)
        related = (await self.ask(f"/v1/articles/{ARTICLE}/related"))["data"]
        found["RelatedArticles"] = {"data": related[:1]}
        hit = (await self.ask("/v1/search?q=كويكب"))["data"][0]
        found["SearchHit"] = {**hit, "snippets": hit["snippets"][:1]}

    async def _entries(self) -> None:
        found = self.found
        live = (await self.ask("/v1/articles?kind=live&limit=1"))["data"][0]
        entries = (await self.ask(f"/v1/articles/{live['id']}/entries"))["data"]
        entry = next(one for one in entries if one["key_event"])
        path = f"/v1/desk/articles/{live['id']}/entries/{entry['id']}"
        found["ArticleLive"], found["Entry"], found["DeskEntry"] = live["live"], entry, await self.ask(path)
        found["EntryRevisionSummary"] = (await self.ask(f"{path}/revisions"))["data"][0]
        found["EntryRevision"] = await self.ask(f"{path}/revisions/1")
        changes = (await self.ask(f"/v1/changes?type=entry&article={live['id']}&limit=100"))["data"]
        found["EntryChange"] = next(change for change in changes if change["id"] == entry["id"])

    async def _terms(self) -> None:
        author = self.found["Article"]["authors"][0]["slug"]
        for plural, slug, name in (
            ("sections", SECTION, "Section"),
            ("tags", TAG, "Tag"),
            ("authors", author, "Author"),
        ):
            self.found[name] = await self.ask(f"/v1/{plural}/{slug}")
            self.found[f"Desk{name}"] = await self.ask(f"/v1/desk/{plural}/{slug}")

    async def _tickers(self) -> None:
        found = self.found
        ticker = await self.ask(f"/v1/tickers/{TICKER}")
        found["Ticker"] = {**ticker, "items": ticker["items"][:2]}
        found["TickerItem"] = ticker["items"][0]
        changes = (await self.ask("/v1/changes?type=ticker&object=none&limit=100"))["data"]
        change = next(change for change in changes if change["id"] == ticker["id"])
        found["TickerChange"] = {**change, "object": found["Ticker"]}
        desk = await self.ask(f"/v1/desk/tickers/{TICKER}")
        found["DeskTicker"] = {**desk, "items": desk["items"][:2]}
        found["DeskTickerItem"] = desk["items"][0]
        found["DeskTickerSummary"] = {name: value for name, value in desk.items() if name != "items"}

    async def _fronts(self) -> None:
        """Of the slots the one with the article of the other examples; its items are read from the field tables."""
        found = self.found
        front = await self.ask(f"/v1/fronts/{FRONT}")
        slot = next(one for one in front["slots"] if one["name"] == "science")
        slot["items"] = slot["items"][:1]
        found["FrontItem"], found["Front"] = slot["items"][0], {**front, "slots": [slot]}
        found["FrontSummary"] = {name: value for name, value in front.items() if name != "slots"}
        desk = await self.ask(f"/v1/desk/fronts/{FRONT}")
        slot = next(one for one in desk["slots"] if one["name"] == "science")
        slot |= {"items": slot["items"][:1], "shown": []}
        found["DeskFrontItem"], found["DeskFrontSlot"] = slot["items"][0], slot
        found["DeskFront"] = {**desk, "slots": [slot]}
        found["DeskFrontSummary"] = {name: value for name, value in desk.items() if name not in {"slots", "draft"}}
        found["FrontState"] = (await self.ask(f"/v1/desk/fronts/{FRONT}/history"))["data"][0]

    async def _comments(self) -> None:
        found = self.found
        comments = await self.ask("/v1/desk/comments?status=approved&limit=100")
        reply = next(row for row in comments["data"] if row["parent"])
        found["DeskComment"] = reply
        found["CommentDetail"] = await self.ask(f"/v1/comments/{reply['id']}")
        parent = await self.ask(f"/v1/comments/{reply['parent']['id']}")
        found["Comment"] = {name: value for name, value in parent.items() if name not in {"article", "ancestors"}}
        found["CommentSummary"] = found["CommentDetail"]["ancestors"][0]
        found["CommentCount"] = (await self.ask(f"/v1/comments/counts?articles={ARTICLE}"))["data"][0]
        found["CommentForm"] = await self.ask(f"/v1/articles/{ARTICLE}/comments/form")
        found["CommentForm"]["fields"] = found["CommentForm"]["fields"][:3]

    async def _others(self) -> None:
        self.found["Site"] = await self.ask("/v1/site")
        me = await self.ask("/v1/desk/me")
        self.found["Member"], self.found["Token"] = me["member"], me["token"]
        audit = (await self.ask("/v1/desk/audit?action=article.publish&limit=1"))["data"]
        self.found["AuditEntry"] = audit[0]


def shortened(article: Json) -> Json:
    """The article with the first sentence of its body."""
    first = article["body"]["text"].partition(".")[0] + "."
    block = article["body"]["blocks"][0]
    block["spans"] = [{"text": first, "marks": []}]
    article["body"] |= {"html": f"<p>{first}</p>", "text": first, "blocks": [block]}
    if "body_source" in article:
        article["body_source"] = article["body"]["html"]
    return article


def with_few_renditions(value: Json) -> Json:
    """The same with two renditions of each picture."""
    if isinstance(value, list):
        return [with_few_renditions(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: with_few_renditions(one[:2] if name == "renditions" else one) for name, one in value.items()}


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/nashra.db"
        settings = Settings(
            secret_key=("examples",),
            database_url=url,
            media_store=f"{folder}/media",
            media_originals=f"{folder}/originals",
            site_url="https://news.example.org",
            api_url="https://api.example.org",
        )
        await asyncio.to_thread(migrations.upgrade, url)
        token = await pour(settings)
        app = create_app(settings)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.api_url, timeout=60) as client:
            found = await Recorder(client, token).all()
        await app.state.database.close()
    FILE.write_text(json.dumps(with_few_renditions(found), ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
