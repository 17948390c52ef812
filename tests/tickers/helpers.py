"""Requests and shortcuts that the tests of tickers share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.clock import written
from tests.newsroom import Newsroom

SLUG = "عاجل"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def moment(minutes: float) -> str:
    return written(at(minutes))


async def put_ticker(room: Newsroom, slug: str = SLUG, **fields: Any) -> dict[str, Any]:
    """Create or replace a ticker."""
    present = await room.client.get(f"/v1/tickers/{slug}")
    body, path = {"name": slug, "language": "ar", **fields}, f"/tickers/{slug}"
    if present.status_code == 404:
        return dict((await room.desk("PUT", path, body)).json())
    answer = await room.desk("PUT", path, body, if_match="*")
    return dict(answer.json())


async def add(room: Newsroom, text: str | None = None, *, to: str = SLUG, **fields: Any) -> dict[str, Any]:
    """Add a manual item."""
    body = fields if text is None else {"text": text, **fields}
    return dict((await room.desk("POST", f"/tickers/{to}/items", body, expect=201)).json())


async def change(room: Newsroom, item: dict[str, Any], *, of: str = SLUG, **fields: Any) -> dict[str, Any]:
    path = f"/tickers/{of}/items/{item['id']}"
    return dict((await room.desk("PATCH", path, fields, if_match=f'"{item["version"]}"')).json())


async def version(room: Newsroom, slug: str = SLUG) -> int:
    return int((await room.desk("GET", f"/tickers/{slug}")).json()["version"])


async def put_order(room: Newsroom, ids: list[str], *, of: str = SLUG, expect: int = 200) -> dict[str, Any]:
    match = f'"{await version(room, of)}"'
    answer = await room.desk("PUT", f"/tickers/{of}/order", {"items": ids}, if_match=match, expect=expect)
    return dict(answer.json())


async def shown(room: Newsroom, slug: str = SLUG, query: str = "") -> list[dict[str, Any]]:
    """The public items."""
    return list((await room.get(f"/v1/tickers/{slug}{query}")).json()["items"])


async def texts(room: Newsroom, slug: str = SLUG) -> list[str]:
    return [item["text"] for item in await shown(room, slug)]


async def levels(room: Newsroom, slug: str = SLUG) -> list[str]:
    return [item["level"] for item in await shown(room, slug)]


async def updated_at(room: Newsroom, slug: str = SLUG) -> str:
    return str((await room.get(f"/v1/tickers/{slug}")).json()["updated_at"])
