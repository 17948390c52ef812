"""From rows and compositions to the members of the public schemas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic_core import to_json

from app.articles.repository import Relations, picture_tags
from app.articles.rows import ListedRow
from app.articles.shapes import comments_mode, summary_of, url_of, writer_of
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


def front_json(view: FrontView, settings: Settings, now: datetime) -> bytes:
    """The JSON of `front_of`, with texts of articles that are cached by row: most stand on the front that was read
    before, and to make them costs most of the answer."""
    write = writer_of(settings)
    texts = {id: write(row, comments_mode(row, settings, now) != "closed") for id, row in view.articles.items()}
    slots = []
    for slot in view.slots:
        items = [_item_json(item, texts.get(item["article"], b"null"), view, settings) for item in _shown(slot, view)]
        fields = {name: value for name, value in slot.items() if name != "items"}
        slots.append(_with_member(fields, "items", b"[%b]" % b",".join(items)))
    return _with_member(front_summary_of(view.row, settings), "slots", b"[%b]" % b",".join(slots))


def _item_json(item: Mapping[str, Any], article: bytes, view: FrontView, settings: Settings) -> bytes:
    first = {"id": item["id"], "source": item["source"]}
    return _with_member(first, "article", article)[:-1] + b"," + to_json(_words(item, view, settings))[1:]


def _with_member(fields: Mapping[str, object], name: str, value: bytes) -> bytes:
    """The JSON of an object with one member more, the last one, whose JSON is there."""
    return b'%b,"%b":%b}' % (to_json(fields)[:-1], name.encode(), value)


def slots_of(view: FrontView, settings: Settings, now: datetime) -> list[dict[str, object]]:
    """The slots with their items."""
    summaries = {id: summary_of(row, Relations.of(row), settings, now) for id, row in view.articles.items()}
    return [
        {
            **slot,
            "items": [
                {
                    "id": item["id"],
                    "source": item["source"],
                    "article": summaries.get(item["article"]),
                    **_words(item, view, settings),
                }
                for item in _shown(slot, view)
            ],
        }
        for slot in view.slots
    ]


def _shown(slot: Mapping[str, Any], view: FrontView) -> list[Mapping[str, Any]]:
    """The items of a slot. An article that cannot be seen any more is left out."""
    return [item for item in slot["items"] if item["article"] is None or item["article"] in view.articles]


def _words(item: Mapping[str, Any], view: FrontView, settings: Settings) -> dict[str, object]:
    """What an item says: the desk's word where it gave one, else the article's."""
    article = view.articles.get(item["article"])
    language = item["language"] or view.row.language
    if article is not None and not item["headline"]:
        language = article.language
    return {
        "url": item["url"] or (article and _url(article, settings)),
        "headline": item["headline"] or (article and article.headline),
        "kicker": item["kicker"],
        "summary": item["summary"] or (article and article.summary),
        "image": image_of(item["image"], view.pictures, language, settings, in_list=True),
        "language": language,
        "direction": direction(language),
        "starts_at": item["starts_at"],
        "expires_at": item["expires_at"],
    }


def _url(article: ListedRow, settings: Settings) -> str:
    sections = Relations.of(article).sections
    return url_of(settings, article.slug, article.id, sections[0][1] if sections else None, article.published_at)
