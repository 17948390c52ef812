"""Requests and shortcuts that the tests of fronts share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.clock import written
from tests.newsroom import Newsroom

SLUG = "home"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def moment(minutes: float) -> str:
    return written(at(minutes))


async def put_front(room: Newsroom, *slots: dict[str, Any], slug: str = SLUG, **fields: Any) -> dict[str, Any]:
    """Create or replace a front."""
    token = {"Authorization": f"Bearer {room.tokens['admin']}"}
    present = await room.client.get(f"/v1/desk/fronts/{slug}", headers=token)
    match: dict[str, Any] = {} if present.status_code == 404 else {"if_match": "*"}
    body = {"name": slug, "language": "ar", "slots": list(slots), **fields}
    return dict((await room.desk("PUT", f"/fronts/{slug}", body, **match)).json())


async def put_slot(
    room: Newsroom, name: str, *items: dict[str, Any], of: str = SLUG, match: str = "*"
) -> dict[str, Any]:
    path = f"/fronts/{of}/slots/{name}"
    return dict((await room.desk("PUT", path, {"items": list(items)}, if_match=match)).json())


async def put_draft(
    room: Newsroom, name: str, *items: dict[str, Any], of: str = SLUG, match: str | None = None
) -> dict[str, Any]:
    headers: dict[str, Any] = {"if_match": match} if match else {}
    answer = await room.desk("PUT", f"/fronts/{of}/draft/slots/{name}", {"items": list(items)}, **headers)
    return dict(answer.json())


async def at_desk(room: Newsroom, slug: str = SLUG, query: str = "") -> dict[str, Any]:
    return dict((await room.desk("GET", f"/fronts/{slug}{query}")).json())


async def shown(room: Newsroom, slug: str = SLUG) -> dict[str, list[str]]:
    """The headlines that each slot shows."""
    front = (await room.get(f"/v1/fronts/{slug}")).json()
    return {slot["name"]: [item["headline"] for item in slot["items"]] for slot in front["slots"]}


async def flat(room: Newsroom, slug: str = SLUG) -> list[str]:
    return [headline for items in (await shown(room, slug)).values() for headline in items]


def link(headline: str, **fields: Any) -> dict[str, Any]:
    return {"url": "https://example.org/x", "headline": headline, **fields}
