"""What the word index holds of articles: their words while readers may see them, or will by the clock alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article, ArticleAuthor, ArticleBody, ArticleTag
from app.articles.repository import KIND, Relations, Terms
from app.articles.stored import ArticlesToEdit
from app.authors.models import Author
from app.index.entries import Texts
from app.index.models import Indexed
from app.index.repository import mark_current, mark_stale, remove, reserve, stale, upsert
from app.settings import Settings
from app.tags.models import Tag

log = logging.getLogger("nashra")
OUT = text("articles.state = 'published'")
MOST_MISSING = 1_000  # of one start
AT_ONCE = 5  # articles of one transaction: on SQLite nobody else writes meanwhile


async def index(
    session: AsyncSession, article: Article, related: Relations, body: ArticleBody | None, *, ends_stale: bool = False
) -> None:
    """Stores the words of an article, or forgets them. Of a paid one the body stays out: no answer may tell of it."""
    if article.state != "published" or article.published_at is None:
        await remove(session, KIND, article.id)
        return
    names = [name for _, _, name in (*related.authors, *related.tags)]
    lead = [text for text in (article.summary, article.byline, *names) if text]
    text = body.text if body is not None and article.access != "paid" else ""
    texts = Texts(article.language, article.headline, lead, text)
    await upsert(session, KIND, article.id, article.published_at, texts, ends_stale=ends_stale)


async def held(session: AsyncSession, related: Relations) -> Relations:
    """The same with the names that tags and authors keep until this transaction ends.

    Who renames one of them doubts the entries that are there: one that is only now being made would not be seen, and
    would keep the old name for ever. On SQLite nobody else writes meanwhile.
    """
    if session.get_bind().dialect.name == "sqlite":
        return related
    return replace(
        related,
        tags=await _held(session, Tag, related.tags),
        authors=await _held(session, Author, related.authors),
    )


async def _held(session: AsyncSession, term: type[Tag] | type[Author], rows: Terms) -> Terms:
    if not rows:
        return rows
    ids = [id for id, _, _ in rows]
    found = select(term.id, term.name).where(term.id.in_(ids)).order_by(term.id).with_for_update(read=True)
    names = {row.id: row.name for row in (await session.execute(found)).all()}
    return tuple((id, slug, names.get(id, name)) for id, slug, name in rows)


async def mark_named_stale(session: AsyncSession, term_ids: Sequence[str]) -> None:
    """These tags or authors have other names: the articles that carry them are indexed anew, soon."""
    for link, term_id in ((ArticleTag, ArticleTag.tag_id), (ArticleAuthor, ArticleAuthor.author_id)):
        await mark_stale(session, KIND, select(link.article_id).where(term_id.in_(term_ids)))


async def index_anew(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """A part of what is left to do."""
    await index_some(session, AT_ONCE, now)


async def index_some(session: AsyncSession, number: int, now: datetime) -> list[str]:
    """Indexes articles whose entries are not what this version would make, the newest first; returns their ids."""
    ids = await stale(session, KIND, number)
    articles = {row.id: row for row in await session.scalars(select(Article).where(Article.id.in_(ids)))}
    texts = await session.scalars(select(ArticleBody).where(ArticleBody.article_id.in_(ids)))
    bodies = {body.article_id: body for body in texts}
    related = await ArticlesToEdit(session).relations(ids, now)
    for id in reversed(ids):  # where entries of ascending places are filled SQLite leaves no gaps between them
        try:
            async with session.begin_nested():
                if id in articles:
                    await index(session, articles[id], related[id], bodies.get(id), ends_stale=True)
                else:
                    await remove(session, KIND, id)
        except Exception:  # one article must not keep all others from being found
            log.exception("article %s is not indexed anew", id)
            await mark_current(session, KIND, id)
        await asyncio.sleep(0)  # readers are answered in between
    return ids


async def index_missing(session: AsyncSession, _settings: Settings, _now: datetime) -> None:
    """When a process starts: what a process of an older version has published meanwhile is put on the list."""
    known = exists().where(Indexed.resource == KIND, Indexed.resource_id == Article.id)
    missing = select(Article.id, Article.published_at).where(OUT, ~known)
    missing = missing.order_by(Article.published_at, Article.id).limit(MOST_MISSING)  # alike for all who start at once
    for id, at in (await session.execute(missing)).all():
        if at is not None:
            await reserve(session, KIND, id, at)
