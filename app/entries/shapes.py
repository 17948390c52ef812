"""From rows of entries to the members of the schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from app.articles.models import Article
from app.articles.repository import Terms
from app.articles.rows import Moment
from app.articles.shapes import shown_body, text_of, url_of
from app.entries.models import UNPINNED, Entry
from app.entries.repository import EntryRow, EntryText, read_authors
from app.entries.schemas import EntryRead
from app.kit import listing
from app.kit.raw_columns import parsed
from app.media.shown import Pictures, read_pictures, shown_in_body
from app.settings import Settings
from app.terms.shapes import ref_of
from app.text.languages import direction
from app.text.pictures import fill_blocks, has_pictures

LONGEST_CACHED = 5_000  # characters of an entry: a thousand of the longest would take gigabytes
WITHHELD = {"html": "", "text": "", "blocks": [], "truncated": True}
"""The body of an entry of a paid article."""


@lru_cache(maxsize=2)
def writer_of(settings: Settings) -> Callable[[EntryRow], bytes]:
    """A function from a raw row to the JSON of the entry.

    Cached by row: with each new entry the list is built again, of the same rows but one.
    """

    def write(row: EntryRow) -> bytes:
        return listing.unvalidated(EntryRead, entry_of(row, settings))

    cached = lru_cache(maxsize=1024)(write)
    return lambda row: cached(row) if len(row.html or "") <= LONGEST_CACHED else write(row)


def entry_of(row: EntryRow, settings: Settings) -> dict[str, object]:
    """A public entry."""
    article = url_of(settings, row.article_slug, row.article_id, row.section_slug, row.article_published_at)
    is_paid = row.article_access == "paid"
    body = WITHHELD if is_paid else shown_body(row, row.language, read_pictures(row.pictures), settings)
    corrections = parsed(row.corrections) or []
    return {
        "id": row.id,
        "article_id": row.article_id,
        "url": f"{article}#e-{row.id}",
        "headline": row.headline,
        "body": body,
        "key_event": bool(row.key_event),
        "pinned": None if row.rank == UNPINNED else row.rank,
        "authors": _refs(read_authors(row.authors), settings),
        "language": row.language,
        "direction": direction(row.language),
        "published_at": row.published_at,
        "updated_at": row.updated_at,
        "corrected": bool(row.corrected),
        "corrections": corrections,
        "version": row.version,
    }


def _refs(authors: Terms, settings: Settings) -> list[dict[str, object]]:
    return [ref_of(settings, "author", id, slug, name) for id, slug, name in authors]


def entry_text(row: EntryText, settings: Settings) -> str:
    """The words of an entry as readers see them, for snippets: its headline, then its text."""
    text = row.text
    if text and has_pictures(row.html or ""):
        shown = {id: shown_in_body(picture, settings) for id, picture in read_pictures(row.pictures).items()}
        text = text_of(row, fill_blocks(parsed(row.blocks), shown, row.language))
    return "\n".join(filter(None, (row.headline, text)))


def desk_of(
    entry: Entry,
    article: Article,
    section: str | None,
    authors: Terms,
    pictures: Pictures,
    warnings: Sequence[Mapping[str, object]],
    settings: Settings,
) -> dict[str, object]:
    """An entry for the desk: its body is whole even where the article is paid. `section`: slug of the primary one."""
    address = url_of(settings, article.slug, article.id, section, article.published_at)
    moments: dict[str, Moment | None] = {
        name: getattr(entry, name) for name in ("published_at", "updated_at", "created_at", "saved_at")
    }
    return {
        **{name: getattr(entry, name) for name in ("id", "article_id", "headline", "key_event", "pinned", "language")},
        **{name: getattr(entry, name) for name in ("status", "member_id", "version", "corrected", "corrections")},
        **moments,
        "url": f"{address}#e-{entry.id}",
        "body": shown_body(entry, entry.language, pictures, settings),
        "authors": _refs(authors, settings),
        "direction": direction(entry.language),
        "body_source": entry.source,
        "body_format": entry.format,
        "warnings": warnings,
    }
