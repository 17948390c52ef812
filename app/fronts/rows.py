"""What is stored of fronts: slots and items as JSON, and what is read of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypedDict

from app.kit.clock import written
from app.placing.rules import RuleFields


class SlotFields(TypedDict):
    """A slot as its front stores it."""

    name: str
    title: str | None
    url: str | None
    layout: str | None
    max: int
    rule: RuleFields | None


class FrontRow(Protocol):
    """The columns of the table: a row, or a `Front`."""

    id: str
    slug: str
    name: str
    language: str
    public: bool
    slots: list[SlotFields]
    version: int
    updated_at: datetime


class HandItem(NamedTuple):
    """An item that was put into a slot by hand, live or in a draft."""

    id: str
    article_id: str | None
    url: str | None
    headline: str | None
    kicker: str | None
    summary: str | None
    image: dict[str, Any] | None
    language: str | None
    starts_at: datetime | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> HandItem:
        """From a row of the table, or a `FrontItem`."""
        return cls(*(getattr(row, name) for name in cls._fields))

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> HandItem:
        """From a draft or a state."""
        moments = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in MOMENTS}
        return cls(**{**stored, **moments})

    def as_json(self) -> dict[str, Any]:
        moments = {name: _text(getattr(self, name)) for name in MOMENTS}
        return {**self._asdict(), **moments}

    def is_live(self, now: datetime) -> bool:
        """Whether its own times let it show."""
        is_begun = self.starts_at is None or self.starts_at <= now
        return is_begun and (self.expires_at is None or self.expires_at > now)


MOMENTS = ("starts_at", "expires_at", "created_at")


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


class DraftSlot(TypedDict):
    """A slot of a draft as it is stored."""

    items: list[dict[str, Any]]
    base: int
    """The version of the slot that it replaces."""
    skipped_at: str | None
    """When it was due and not published, because the slot had been changed since."""


class SlotContent(NamedTuple):
    """What stands in a slot."""

    version: int
    items: tuple[HandItem, ...]


Contents = dict[str, SlotContent]
"""By the name of the slot."""
