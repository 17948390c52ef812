"""From rows and compositions to the members of the public schemas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from app.articles.repository import Relations, picture_tags
from app.articles.rows import ListedRow
from app.articles.shapes import summary_of
from app.media.shown import Pictures, image_of
from app.settings import Settings
from app.terms.shapes import ref_of
from app.text.languages import direction


class ShownRow(Protocol):
    """A raw row of a public front (`app/kit/raw_columns.py`), with its stored composition; lists have no slots."""

    id: str
    slug: str
    name: str
    language: str
    version: int
    updated_at: str
    section_id: str | None
    section_slug: str
    section_name: str
    told_at: str | None
    slots: Any
    composed_at: str | None
    next_at: str | None
    composition: Any
    has_untold: bool
    pictures: str | None


class FrontView(NamedTuple):
    """A front with all that its slots show."""

    row: ShownRow
    slots: list[dict[str, Any]]
    articles: Mapping[str, ListedRow]
    pictures: Pictures
    """Its own."""

    def media_tags(self) -> list[str]:
        """Cache tags of all pictures that it shows."""
        shown = {item["article"] for slot in self.slots for item in slot["items"]}
        related = [Relations.of(row) for id, row in self.articles.items() if id in shown]
        return list(dict.fromkeys([*(f"media:{id}" for id in self.pictures), *picture_tags(related)]))


def front_summary_of(row: ShownRow, settings: Settings) -> dict[str, object]:
    """A front in a list."""
    section = row.section_id and ref_of(settings, "section", row.section_id, row.section_slug, row.section_name)
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "url": settings.front_url(row.id, row.slug),
        "language": row.language,
        "direction": direction(row.language),
        "section": section,
        "updated_at": row.told_at or row.updated_at,
        "refresh_after": settings.front_refresh_after,
        "version": row.version,
    }


def front_of(view: FrontView, settings: Settings, now: datetime) -> dict[str, object]:
    """A front with its slots."""
    return {**front_summary_of(view.row, settings), "slots": slots_of(view, settings, now)}


def slots_of(view: FrontView, settings: Settings, now: datetime) -> list[dict[str, object]]:
    """The slots with their items. An article that cannot be seen any more is left out."""
    summaries = {id: summary_of(row, Relations.of(row), settings, now) for id, row in view.articles.items()}
    found = []
    for slot in view.slots:
        items = [
            _item(item, summaries.get(item["article"]), view, settings)
            for item in slot["items"]
            if item["article"] is None or item["article"] in summaries
        ]
        found.append({**slot, "items": items})
    return found


def _item(
    item: Mapping[str, Any], article: Mapping[str, Any] | None, view: FrontView, settings: Settings
) -> dict[str, object]:
    """The desk's word where it gave one, else the article's."""
    language = item["language"] or view.row.language
    if article is not None and not item["headline"]:
        language = article["language"]
    other = article or {}
    return {
        "id": item["id"],
        "source": item["source"],
        "article": article,
        "url": item["url"] or other["url"],
        "headline": item["headline"] or other["headline"],
        "kicker": item["kicker"],
        "summary": item["summary"] or other.get("summary"),
        "image": image_of(item["image"], view.pictures, language, settings, in_list=True),
        "language": language,
        "direction": direction(language),
        "starts_at": item["starts_at"],
        "expires_at": item["expires_at"],
    }
