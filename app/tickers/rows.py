"""What is read of the rows of tickers, as protocols: checked by mypy, free at run time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.placing.rules import RuleFields


class TickerRule(RuleFields):
    """A stored rule of a ticker."""

    level: str | None


class TickerRow(Protocol):
    """The columns of the table: a row, or a `Ticker`."""

    id: str
    slug: str
    name: str
    language: str
    max_items: int
    rules: list[TickerRule]
    version: int
    ordered_at: datetime | None
    updated_at: datetime


class ArticleLinkRow(Protocol):
    """The columns `STORY`: all null where there is no article."""

    story_id: str | None
    story_slug: str
    story_section: str | None
    story_text: str
    story_language: str
    story_kind: str
    story_urgency: int
    story_published_at: datetime
    story_updated_at: datetime


class MatchRow(ArticleLinkRow, Protocol):
    """An article that a rule may match."""

    story_id: str


class RuleMatchRow(MatchRow, Protocol):
    """An article that a rule matches."""

    owner: str
    """Id of the ticker."""
    rule: int


class ItemRow(ArticleLinkRow, Protocol):
    """A manual item with its place in the desk's order and its article."""

    id: str
    ticker_id: str
    article_id: str | None
    text: str | None
    language: str | None
    url: str | None
    level: str | None
    levelled_at: datetime | None
    level_until: datetime | None
    pinned: int | None
    pinned_at: datetime | None
    starts_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    version: int
    place: int | None


class DeskItemRow(ItemRow, Protocol):
    """A manual item with the columns of its article that the desk shows; null where it follows none."""

    slug: str
    headline: str
    state: str
    published_at: datetime | None
