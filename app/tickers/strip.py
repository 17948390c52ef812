"""A strip, composed from values: which items it shows at a moment, at which level, in which order.

1. A pinned item stands at its position; beyond the end it goes to the end.
2. Then by level: flash, bulletin, urgent, normal. At its `level_until` an item calms down to normal.
3. Within a level: what appeared after the desk's order, then the desk's order, then the rest; newest first.

No article stands there twice: items made by hand win over those that a rule draws, then the one that stands first wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.articles.shapes import status_of, url_of
from app.settings import Settings
from app.text.languages import direction

LEVELS = ("flash", "bulletin", "urgent", "normal")
BY_URGENCY = {1: "flash", 2: "bulletin", 3: "urgent"}


@dataclass(frozen=True)
class Story:
    """What an item tells of the article that it leads to."""

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
    """One item that may show, judged at a moment."""

    id: str
    text: str
    language: str
    level: str
    level_until: datetime | None
    appeared_at: datetime
    changed_at: datetime
    """When what it shows last changed: it appeared, calmed down, or its article changed."""
    story: Story | None
    by_hand: bool
    place: int | None
    """In the desk's order; None where it does not name the item."""
    url: str | None = None
    pinned: int | None = None
    pinned_at: datetime | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    too_old_at: datetime | None = None
    """When the rule that draws it draws it no more."""


@dataclass(frozen=True)
class Shown:
    """What a strip shows, and when that last changed, as far as stored facts tell."""

    items: Sequence[ShownItem]
    changed_at: datetime
    turns_at: datetime | None = None
    """When one of its items next calms down or leaves, by the clock alone."""
    articles: frozenset[str] = frozenset()
    """Ids of those whose changes it shows, if only by `changed_at`."""


def durations(settings: Settings) -> dict[str, timedelta]:
    """How long each level lasts; `normal` lasts for ever."""
    return {
        "flash": timedelta(minutes=settings.ticker_flash_minutes),
        "bulletin": timedelta(minutes=settings.ticker_bulletin_minutes),
        "urgent": timedelta(minutes=settings.ticker_urgent_minutes),
    }


def level_at(
    now: datetime, level: str, since: datetime, until: datetime | None, lasting: Mapping[str, timedelta]
) -> tuple[str, datetime | None]:
    """The level at a moment, and when it calms down."""
    end = _end(level, since, until, lasting)
    return (level, end) if end is not None and now < end else ("normal", None)


def _end(level: str, since: datetime, until: datetime | None, lasting: Mapping[str, timedelta]) -> datetime | None:
    """When a level calms down, or did."""
    return None if level == "normal" else until or since + lasting[level]


def latest(now: datetime, *moments: datetime | None) -> datetime | None:
    """The last of the moments that have come: one ahead would tell readers what is planned."""
    return max((moment for moment in moments if moment is not None and moment <= now), default=None)


def _changed_at(now: datetime, end: datetime | None, appeared: datetime, story: Story | None) -> datetime:
    """When what an item shows last changed. What was done counts also where the clock was put back since: nothing would
    tell of it when the clock comes there again.
    """
    return max(filter(None, (appeared, story.updated_at if story else None, latest(now, end))))


def story_of(row: Any) -> Story | None:
    """The article in a row of the repository."""
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


def made_by_hand(row: Any, language: str, now: datetime, lasting: Mapping[str, timedelta]) -> ShownItem:
    """A live item; a text of its own is in the language that it names, else in the `language` of the strip."""
    story = story_of(row)
    moments = [row.created_at, row.starts_at, story.published_at if story else None]
    appeared = max(moment for moment in moments if moment)
    if row.level:
        given, since = row.level, max(appeared, row.levelled_at or appeared)
    else:
        given, since = (BY_URGENCY.get(story.urgency, "normal"), story.published_at) if story else ("normal", appeared)
    level, until = level_at(now, given, since, row.level_until, lasting)
    end = _end(given, since, row.level_until, lasting)
    return ShownItem(
        id=row.id,
        text=row.text or (story.text if story else ""),
        language=story.language if story and not row.text else row.language or language,
        level=level,
        level_until=until,
        appeared_at=appeared,
        changed_at=_changed_at(now, end, appeared, story),
        story=story,
        by_hand=True,
        place=row.place,
        url=row.url,
        pinned=row.pinned,
        pinned_at=row.pinned_at,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
    )


def drawn(
    row: Any, rule: Mapping[str, Any], place: int | None, now: datetime, lasting: Mapping[str, timedelta]
) -> ShownItem:
    """An article that `rule` draws; `place` is the article's in the desk's order."""
    story = story_of(row)
    assert story is not None  # noqa: S101  # for the type checker: the repository draws articles only
    given = rule["level"] or BY_URGENCY.get(story.urgency, "normal")
    level, until = level_at(now, given, story.published_at, None, lasting)
    end = _end(given, story.published_at, None, lasting)
    hours = rule["max_age_hours"]
    return ShownItem(
        id=story.id,
        text=story.text,
        language=story.language,
        level=level,
        level_until=until,
        appeared_at=story.published_at,
        changed_at=_changed_at(now, end, story.published_at, story),
        story=story,
        by_hand=False,
        place=place,
        too_old_at=story.published_at + timedelta(hours=hours, milliseconds=1) if hours is not None else None,
    )


def compose(items: Iterable[ShownItem], ordered_at: datetime | None, max_items: int) -> list[ShownItem]:
    """The strip."""
    return _with_pins(_without_repeats(_in_order(items, ordered_at)), max_items)


def _in_order(items: Iterable[ShownItem], ordered_at: datetime | None) -> list[ShownItem]:
    newest = sorted(items, key=lambda item: (item.appeared_at, item.id), reverse=True)
    return sorted(newest, key=lambda item: (LEVELS.index(item.level), _turn(item, ordered_at)))


def _turn(item: ShownItem, ordered_at: datetime | None) -> tuple[int, int]:
    """0: later than the desk's order; 1: in it, at a place; 2: neither. The order names every item live at its time."""
    if item.place is not None:
        return 1, item.place
    later = ordered_at is not None and (item.by_hand or item.appeared_at > ordered_at)
    return (0, 0) if later else (2, 0)


def _without_repeats(items: list[ShownItem]) -> list[ShownItem]:
    """Of those with the same article one stays: made by hand, pinned, first in order."""
    chosen: dict[str, ShownItem] = {}
    for item in sorted(_with_pins(items), key=lambda item: not item.by_hand):
        if item.story:
            chosen.setdefault(item.story.id, item)
    return [item for item in items if item.story is None or chosen[item.story.id] is item]


def _with_pins(items: list[ShownItem], max_items: int | None = None) -> list[ShownItem]:
    """Pinned items at their positions among the others; where `max_items` is short, the pinned ones stay."""
    pinned = _positions([item for item in items if item.pinned])
    strip = [item for item in items if not item.pinned]
    if max_items is not None:
        strip = strip[: max(0, max_items - len(pinned))]
    for position in sorted(pinned):
        strip.insert(position - 1, pinned[position])
    return strip[:max_items]


def _positions(items: Sequence[ShownItem]) -> dict[int, ShownItem]:
    """Who stands where: at each position the one pinned there last; another moves on to the next free one."""
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


def item_of(item: ShownItem, settings: Settings, summary: dict[str, Any] | None = None) -> dict[str, Any]:
    """An item for readers; `summary` stands for the article where it is given."""
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


def ticker_of(ticker: Any, shown: Shown, settings: Settings, summaries: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A strip for readers."""
    return {
        "id": ticker.id,
        "slug": ticker.slug,
        "name": ticker.name,
        "language": ticker.language,
        "direction": direction(ticker.language),
        "updated_at": shown.changed_at,
        "refresh_after": settings.ticker_refresh_after,
        "items": [
            item_of(item, settings, summaries.get(item.story.id) if item.story else None) for item in shown.items
        ],
    }


def left_at(item: Any, article: Any, now: datetime) -> datetime | None:
    """When an item left the strip, as `Strips.left` counts it; `article` is the one it follows, if any."""
    expired = item.expires_at
    if article is None:
        return latest(now, expired)
    seen = article.published_at is not None and expired is not None and article.published_at < expired
    left = (latest(now, expired if seen else None), article.withdrawn_at)
    return max(filter(None, left), default=None)


def state_of(item: Any, article: Any, now: datetime) -> str:
    """Whether an item shows, and if not, why; `article` is the one it follows, if any."""
    status = status_of(article, now) if article is not None else "published"
    if item.expires_at is not None and item.expires_at <= now:
        return "expired"
    if status not in {"published", "scheduled"}:
        return "hidden"
    if status == "scheduled" or (item.starts_at is not None and item.starts_at > now):
        return "scheduled"
    return "live"
