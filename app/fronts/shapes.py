"""From rows and compositions to the members of the public schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from pydantic_core import to_json

from app.articles.repository import Relations
from app.articles.rows import ListedRow
from app.articles.shapes import ByClock, by_clock, summary_of, url_of, writer_of
from app.media.shown import Pictures, image_of, read_pictures
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
        """Cache tags of all pictures that it shows: none of a draft, or of an item that waits."""
        items = [item for slot in self.slots for item in slot["items"]]
        shown = {item["article"] for item in items}
        found = [item["image"]["id"] for item in items if item["image"] and item["image"].get("id")]
        for id, row in self.articles.items():
            if id in shown:
                found += read_pictures(row.pictures)
        return [f"media:{id}" for id in dict.fromkeys(found)]


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
    """The JSON of `front_of`, with texts that are cached by row: most articles stood there when the front was read
    before, and to write them costs most of the answer."""
    moment = {id: by_clock(row, settings, now) for id, row in view.articles.items()}
    write, write_drawn = writer_of(settings), _drawn_writer(settings)

    def text_of(item: Mapping[str, Any]) -> bytes:
        article = view.articles.get(item["article"])
        if article is None:
            return _item_json(item, b"null", _words(item, None, view, settings))
        if item["source"] == "rule":
            return write_drawn(article, moment[article.id])
        return _item_json(item, write(article, moment[article.id]), _words(item, article, view, settings))

    slots = []
    for slot in view.slots:
        fields = {name: value for name, value in slot.items() if name != "items"}
        slots.append(_with_member(fields, "items", b"[%b]" % b",".join(map(text_of, _shown(slot, view)))))
    return _with_member(front_summary_of(view.row, settings), "slots", b"[%b]" % b",".join(slots))


@lru_cache(maxsize=2)
def _drawn_writer(settings: Settings) -> Callable[[ListedRow, ByClock], bytes]:
    """A function from the raw row of an article, and what the clock changes of it, to the JSON of an item of a rule."""
    write = writer_of(settings)

    @lru_cache(maxsize=1024)  # about 4 MB
    def write_drawn(row: ListedRow, moment: ByClock) -> bytes:
        item = {"id": row.id, "source": "rule"}
        return _item_json(item, write(row, moment), _words_of_article(row, settings))

    return write_drawn


def _item_json(item: Mapping[str, Any], article: bytes, words: Mapping[str, object]) -> bytes:
    first = {"id": item["id"], "source": item["source"]}
    return _with_member(first, "article", article)[:-1] + b"," + to_json(words)[1:]


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
                    **_words(item, view.articles.get(item["article"]), view, settings),
                }
                for item in _shown(slot, view)
            ],
        }
        for slot in view.slots
    ]


def _shown(slot: Mapping[str, Any], view: FrontView) -> list[Mapping[str, Any]]:
    """The items of a slot. An article that cannot be seen any more is left out."""
    return [item for item in slot["items"] if item["article"] is None or item["article"] in view.articles]


def _words(
    item: Mapping[str, Any], article: ListedRow | None, view: FrontView, settings: Settings
) -> dict[str, object]:
    """What an item says: the desk's word where it gave one, else the article's."""
    other = _words_of_article(article, settings) if article is not None else {}
    language = item["language"] or view.row.language
    if article is not None and not item["headline"]:
        language = article.language
    return {
        "url": item["url"] or other.get("url"),
        "headline": item["headline"] or other.get("headline"),
        "kicker": item["kicker"],
        "summary": item["summary"] or other.get("summary"),
        "image": image_of(item["image"], view.pictures, language, settings, in_list=True),
        "language": language,
        "direction": direction(language),
        "starts_at": item["starts_at"],
        "expires_at": item["expires_at"],
    }


def _words_of_article(article: ListedRow, settings: Settings) -> dict[str, object]:
    """What an item says to which the desk has added nothing."""
    sections = Relations.of(article).sections
    section = sections[0][1] if sections else None
    return {
        "url": url_of(settings, article.slug, article.id, section, article.published_at),
        "headline": article.headline,
        "kicker": None,
        "summary": article.summary,
        "image": None,
        "language": article.language,
        "direction": direction(article.language),
        "starts_at": None,
        "expires_at": None,
    }
