"""Whether an item made by hand shows at a moment, and why not."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.articles.rows import StatedRow
from app.articles.shapes import status_of


class TimedItem(Protocol):
    """What decides when an item is live."""

    @property
    def starts_at(self) -> datetime | None: ...

    @property
    def expires_at(self) -> datetime | None: ...


def state_of(item: TimedItem, article: StatedRow | None, now: datetime) -> str:
    """`live`, `scheduled`, `hidden` or `expired`; `article` is the one that the item follows, if any."""
    status = status_of(article, now) if article is not None else "published"
    if item.expires_at is not None and item.expires_at <= now:
        return "expired"
    if status not in {"published", "scheduled"}:
        return "hidden"
    if status == "scheduled" or (item.starts_at is not None and item.starts_at > now):
        return "scheduled"
    return "live"
