"""Entries in the full-text index: their words are part of their article's, so that an article is one hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.indexing import AT_ONCE, index_some
from app.articles.models import Article
from app.articles.repository import KIND
from app.changes.pending import PendingChanges
from app.entries.models import Entry
from app.entries.repository import IS_FREE, IS_PUBLISHED
from app.index.repository import mark_stale
from app.media.desk_repository import standing_ids
from app.media.events import withdrawn_pictures
from app.media.models import Media, MediaUse
from app.media.shown import STANDING
from app.settings import Settings
from app.text.pictures import shown_ids, text_without

MOST_INDEXED = 300_000
"""Code points of one article's entries, the newest first: as long as a body may be."""


async def index_anew(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Idle task: indexes the next `AT_ONCE` stale articles, with their entries."""
    await index_some(session, AT_ONCE, now, texts_of)


async def texts_of(session: AsyncSession, article_ids: Sequence[str]) -> Mapping[str, str]:
    """The words of the published entries of these articles, the newest first; of a paid article headlines only."""
    words = select(Entry.id, Entry.article_id, Entry.headline, Entry.text, IS_FREE.label("is_free"))
    words = words.join(Article, Article.id == Entry.article_id)
    words = words.where(Entry.article_id.in_(article_ids), IS_PUBLISHED)
    rows = (await session.execute(words.order_by(Entry.published_at.desc(), Entry.id.desc()))).all()
    shorter = await _texts_without_withdrawn(session, article_ids)
    found: dict[str, list[str]] = {}
    for row in rows:
        texts = (row.headline, shorter.get(row.id, row.text) if row.is_free else None)
        found.setdefault(row.article_id, []).append("\n".join(filter(None, texts)))
    return {id: "\n\n".join(texts)[:MOST_INDEXED] for id, texts in found.items()}


async def _texts_without_withdrawn(session: AsyncSession, article_ids: Sequence[str]) -> Mapping[str, str]:
    """The text of each of their entries with a withdrawn picture, without its words."""
    gone = select(MediaUse.resource_id).join(Media, Media.id == MediaUse.media_id).where(~STANDING)
    found = select(Entry.id, Entry.html, Entry.text, Entry.blocks)
    found = found.where(Entry.article_id.in_(article_ids), IS_PUBLISHED, Entry.id.in_(gone))
    rows = (await session.execute(found)).all()
    standing = await standing_ids(session, {id for row in rows for id in shown_ids(row.html)})
    return {row.id: text_without(row.html, row.text, row.blocks, standing) for row in rows}


async def before_change(session: AsyncSession, pending: PendingChanges, _settings: Settings, _now: datetime) -> None:
    """Marks articles stale that show a withdrawn picture in their body or in an entry.

    This runs before the log's row is locked, as where a tag is renamed, and for the same reason.
    """
    if ids := withdrawn_pictures(pending):
        own = select(MediaUse.resource_id).where(MediaUse.resource == KIND, MediaUse.place == "body")
        of_entries = select(Entry.article_id).join(MediaUse, MediaUse.resource_id == Entry.id)
        uses = (one.where(MediaUse.media_id.in_(ids)) for one in (own, of_entries))
        await mark_stale(session, KIND, union(*uses))
