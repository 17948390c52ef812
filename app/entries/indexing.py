"""Entries in the full-text index: their words are part of their article's, so that an article is one hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.indexing import AT_ONCE, index_some
from app.articles.models import Article
from app.entries.models import Entry
from app.entries.repository import IS_FREE, IS_PUBLISHED
from app.settings import Settings

MOST_INDEXED = 300_000
"""Code points of one article's entries, the newest first: as long as a body may be."""


async def index_anew(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Idle task: indexes the next `AT_ONCE` stale articles, with their entries."""
    await index_some(session, AT_ONCE, now, texts_of)


async def texts_of(session: AsyncSession, article_ids: Sequence[str]) -> Mapping[str, str]:
    """The words of the published entries of these articles, the newest first; of a paid article headlines only."""
    words = select(Entry.article_id, Entry.headline, Entry.text, IS_FREE.label("is_free"))
    words = words.join(Article, Article.id == Entry.article_id)
    words = words.where(Entry.article_id.in_(article_ids), IS_PUBLISHED)
    found: dict[str, list[str]] = {}
    for row in (await session.execute(words.order_by(Entry.published_at.desc(), Entry.id.desc()))).all():
        texts = (row.headline, row.text if row.is_free else None)
        found.setdefault(row.article_id, []).append("\n".join(filter(None, texts)))
    return {id: "\n\n".join(texts)[:MOST_INDEXED] for id, texts in found.items()}
