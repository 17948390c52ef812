"""Compose a ticker from rows: the items that it shows at a moment, their levels and their order.

1. A pinned item takes its position; beyond the end it goes to the end.
2. Then by level: flash, bulletin, urgent, normal. At its `level_until` an item becomes normal.
3. Within a level: what appeared after the desk's order, then the desk's order, then the rest; newest first.

No article is shown twice: manual items win over those that a rule matches, then the first in order wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.articles.models import Article
from app.articles.shapes import url_of
from app.placing.rules import too_old_at
from app.placing.states import TimedItem
from app.settings import Settings
from app.text.languages import direction
from app.tickers.rows import ArticleLinkRow, ItemRow, MatchRow, TickerRow, TickerRule

LEVELS = ("flash", "bulletin", "urgent", "normal")
BY_URGENCY = {1: "flash", 2: "bulletin", 3: "urgent"}


@dataclass(frozen=True)
class Story:
    """The article behind an item."""

    id: str
    slug: str
    section: str | None
    text: str
    language: str
    urgency: int
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class ShownItem:
    """An item that is live at a moment, with its level at that moment."""

    id: str
    text: str
    language: str
    level: str
    level_until: datetime | None
    appeared_at: datetime
    changed_at: datetime
    """Last change of its content: it appeared, its level ended, or its article changed."""
    story: Story | None
    is_manual: bool
    place: int | None
    """Position in the desk's order; None if the order does not name the item."""
    url: str | None = None
    pinned: int | None = None
    pinned_at: datetime | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    too_old_at: datetime | None = None
    """When the rule stops matching it."""


@dataclass(frozen=True)
class ComposedTicker:
    """The items of a ticker, and when they last changed, as far as stored times say."""

    items: Sequence[ShownItem]
    changed_at: datetime
    next_change_at: datetime | None = None
    """When a level ends or an item expires next, by the clock alone."""
    articles: frozenset[str] = frozenset()
    """Ids of the articles whose changes it shows, at least in `changed_at`."""


def level_durations(settings: Settings) -> dict[str, timedelta]:
    """How long each level lasts; `normal` never ends."""
    return {
        "flash": timedelta(minutes=settings.ticker_flash_minutes),
        "bulletin": timedelta(minutes=settings.ticker_bulletin_minutes),
        "urgent": timedelta(minutes=settings.ticker_urgent_minutes),
    }


def level_at(
    now: datetime, level: str, since: datetime, until: datetime | None, durations: Mapping[str, timedelta]
) -> tuple[str, datetime | None]:
    """The level at `now`, and when it ends."""
    end = _end(level, since, until, durations)
    return (level, end) if end is not None and now < end else ("normal", None)


def _end(level: str, since: datetime, until: datetime | None, durations: Mapping[str, timedelta]) -> datetime | None:
    """When a level ends or ended; None for `normal`."""
    return None if level == "normal" else until or since + durations[level]


def latest(now: datetime, *moments: datetime | None) -> datetime | None:
    """The latest of `moments` that is not after `now`: a later one would reveal what is planned."""
    return max((moment for moment in moments if moment is not None and moment <= now), default=None)


def _changed_at(now: datetime, end: datetime | None, appeared: datetime, story: Story | None) -> datetime:
    """When what an item shows last changed. A change that was made counts also where the clock was put back since: no
    row would tell of it when the clock comes there again.
    """
    return max(filter(None, (appeared, story.updated_at if story else None, latest(now, end))))


def story_of(row: ArticleLinkRow) -> Story | None:
    """The article in the columns `STORY` of a row."""
    if row.story_id is None:
        return None
    return Story(
        row.story_id,
        row.story_slug,
        row.story_section,
        row.story_text,
        row.story_language,
        row.story_urgency,
        row.story_published_at,
        row.story_updated_at,
    )


def manual_item(row: ItemRow, language: str, now: datetime, durations: Mapping[str, timedelta]) -> ShownItem:
    """A live item from its row; its own text is in its own language, else in the `language` of the ticker."""
    story = story_of(row)
    moments = [row.created_at, row.starts_at, story.published_at if story else None]
    appeared = max(moment for moment in moments if moment)
    if row.level:
        given, since = row.level, max(appeared, row.levelled_at or appeared)
    else:
        given, since = (BY_URGENCY.get(story.urgency, "normal"), story.published_at) if story else ("normal", appeared)
    level, until = level_at(now, given, since, row.level_until, durations)
    end = _end(given, since, row.level_until, durations)
    return ShownItem(
        id=row.id,
        text=row.text or (story.text if story else ""),
        language=story.language if story and not row.text else row.language or language,
        level=level,
        level_until=until,
        appeared_at=appeared,
        changed_at=_changed_at(now, end, appeared, story),
        story=story,
        is_manual=True,
        place=row.place,
        url=row.url,
        pinned=row.pinned,
        pinned_at=row.pinned_at,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
    )


def matched_item(
    row: MatchRow, rule: TickerRule, place: int | None, now: datetime, durations: Mapping[str, timedelta]
) -> ShownItem:
    """An item for an article that `rule` matches; `place` is the article's position in the desk's order."""
    story = story_of(row)
    assert story is not None  # noqa: S101  # for the type checker: rows of rules always hold an article
    given = rule["level"] or BY_URGENCY.get(story.urgency, "normal")
    level, until = level_at(now, given, story.published_at, None, durations)
    end = _end(given, story.published_at, None, durations)
    return ShownItem(
        id=story.id,
        text=story.text,
        language=story.language,
        level=level,
        level_until=until,
        appeared_at=story.published_at,
        changed_at=_changed_at(now, end, story.published_at, story),
        story=story,
        is_manual=False,
        place=place,
        too_old_at=too_old_at(rule, story.published_at),
    )


def compose(items: Iterable[ShownItem], ordered_at: datetime | None, max_items: int) -> list[ShownItem]:
    """The items in order: pins applied, repeated articles removed, at most `max_items`."""
    return _with_pins(_without_repeats(_in_order(items, ordered_at)), max_items)


def _in_order(items: Iterable[ShownItem], ordered_at: datetime | None) -> list[ShownItem]:
    newest = sorted(items, key=lambda item: (item.appeared_at, item.id), reverse=True)
    return sorted(newest, key=lambda item: (LEVELS.index(item.level), _group(item, ordered_at)))


def _group(item: ShownItem, ordered_at: datetime | None) -> tuple[int, int]:
    """0: newer than the desk's order; 1: in it, by place; 2: neither. The order names all items live when it is set."""
    if item.place is not None:
        return 1, item.place
    later = ordered_at is not None and (item.is_manual or item.appeared_at > ordered_at)
    return (0, 0) if later else (2, 0)


def _without_repeats(items: list[ShownItem]) -> list[ShownItem]:
    """Keep one item per article: a manual one, then a pinned one, then the first in order."""
    chosen: dict[str, ShownItem] = {}
    for item in sorted(_with_pins(items), key=lambda item: not item.is_manual):
        if item.story:
            chosen.setdefault(item.story.id, item)
    return [item for item in items if item.story is None or chosen[item.story.id] is item]


def _with_pins(items: list[ShownItem], max_items: int | None = None) -> list[ShownItem]:
    """Insert pinned items at their positions; if there are more than `max_items`, pinned ones stay."""
    pinned = _positions([item for item in items if item.pinned])
    result = [item for item in items if not item.pinned]
    if max_items is not None:
        result = result[: max(0, max_items - len(pinned))]
    for position in sorted(pinned):
        result.insert(position - 1, pinned[position])
    return result[:max_items]


def _positions(items: Sequence[ShownItem]) -> dict[int, ShownItem]:
    """Pinned items by position: the item pinned last wins, others move to the next free position."""
    taken: dict[int, ShownItem] = {}
    moving: list[ShownItem] = []
    for item in sorted(items, key=lambda item: (item.pinned_at or item.appeared_at, item.id), reverse=True):
        if taken.setdefault(item.pinned or 1, item) is not item:
            moving.append(item)
    for item in moving:
        position = item.pinned or 1
        while position in taken:
            position += 1
        taken[position] = item
    return taken


def item_of(item: ShownItem, settings: Settings, summary: dict[str, object] | None = None) -> dict[str, object]:
    """The public view of an item; `summary`, if given, replaces the reference to the article."""
    story, url = item.story, item.url
    if url is None and story is not None:
        url = url_of(settings, story.slug, story.id, story.section, story.published_at)
    return {
        "id": item.id,
        "text": item.text,
        "level": item.level,
        "level_until": item.level_until,
        "url": url,
        "article": summary or ({"id": story.id, "slug": story.slug} if story else None),
        "pinned": item.pinned,
        "language": item.language,
        "direction": direction(item.language),
        "starts_at": item.starts_at,
        "expires_at": item.expires_at,
        "published_at": item.appeared_at,
    }


def ticker_of(
    ticker: TickerRow, composed: ComposedTicker, settings: Settings, summaries: Mapping[str, dict[str, object]]
) -> dict[str, object]:
    """The public view of a ticker."""
    return {
        "id": ticker.id,
        "slug": ticker.slug,
        "name": ticker.name,
        "language": ticker.language,
        "direction": direction(ticker.language),
        "updated_at": composed.changed_at,
        "refresh_after": settings.ticker_refresh_after,
        "items": [
            item_of(item, settings, summaries.get(item.story.id) if item.story else None) for item in composed.items
        ],
    }


def left_at(item: TimedItem, article: Article | None, now: datetime) -> datetime | None:
    """When an item left the ticker, by the rules of `Tickers.left`; `article` is the one that it follows, if any."""
    expired = item.expires_at
    if article is None:
        return latest(now, expired)
    seen = article.published_at is not None and expired is not None and article.published_at < expired
    left = (latest(now, expired if seen else None), article.withdrawn_at)
    return max(filter(None, left), default=None)
