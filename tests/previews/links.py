"""Previews for tests: made at the desk, opened by whoever holds the token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.kit import clock
from tests.newsroom import Newsroom


async def preview_of(
    newsroom: Newsroom, article: dict[str, Any], *, by: str = "admin", **fields: Any
) -> dict[str, Any]:
    """A new preview: `id`, `token`, `url`, `expires_at`."""
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/previews", fields, by=by, expect=201)
    return dict(answer.json())


async def opens(newsroom: Newsroom, preview: dict[str, Any]) -> bool:
    """Whether it shows its article."""
    status = (await newsroom.get(f"/v1/preview/{preview['token']}", None)).status_code
    assert status in {200, 404}, status
    return status == 200


async def listed(newsroom: Newsroom, article: dict[str, Any], *, by: str = "admin") -> list[dict[str, Any]]:
    """The previews of an article at the desk."""
    return list((await newsroom.desk("GET", f"/articles/{article['id']}/previews", by=by)).json()["data"])


def ahead(**time: float) -> str:
    """A moment in the future as the API takes it."""
    return clock.written(clock.now() + timedelta(**time))
