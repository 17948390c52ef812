"""The full-text index of articles: published and scheduled ones are in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.desk_repository import OUT
from app.articles.filing import AUTHORS, TAGS
from app.articles.models import Article, ArticleBody
from app.articles.repository import KIND, Articles, Relations, Terms
from app.authors.models import Author
from app.index.indexed_text import Texts
from app.index.models import Indexed
from app.index.repository import mark_current, mark_stale, remove, reserve, stale, upsert
from app.media.desk_repository import MediaToEdit, standing_ids
from app.settings import Settings
from app.tags.models import Tag
from app.text.pictures import shown_ids, text_without

log = logging.getLogger("nashra")
MOST_MISSING = 1_000  # articles at one process start
AT_ONCE = 5  # articles per transaction: on SQLite it blocks all other writers


# Texts of rooms above that an article is found by too: session, ids of articles -> text by id of the article.
FurtherTexts = Callable[[AsyncSession, Sequence[str]], Awaitable[Mapping[str, str]]]


async def index(
    session: AsyncSession,
    article: Article,
    related: Relations,
    body: ArticleBody | None,
    further: str | None = None,
    standing: Collection[str] | None = None,
) -> None:
    """Upserts or removes the indexed text of an article. The body of a paid one stays out: no result may reveal it.

    `further`: the text of its entries, by the idle task, which has locked the row. A save leaves it out and marks the
    row stale: reading all entries would make editors wait. `standing`: the pictures of its body that may be shown; a
    save, which has not locked the row, looks them up and keeps them as they are until it is committed.
    """
    if article.state != "published" or article.published_at is None:
        await remove(session, KIND, article.id)
        return
    names = [name for _, _, name in (*related.authors, *related.tags)]
    lead = [text for text in (article.summary, article.byline, *names) if text]
    text = ""
    if body is not None and article.access != "paid":
        if standing is None:
            standing = await MediaToEdit(session).standing(shown_ids(body.html))
        text = text_without(body.html, body.text, body.blocks, standing)
    texts = Texts(article.language, article.headline, lead, "\n\n".join(filter(None, (text, further))))
    await upsert(session, KIND, article.id, article.published_at, texts, ends_stale=further is not None)
    if article.entry_count and further is None:
        await mark_article_stale(session, article.id)


async def mark_article_stale(session: AsyncSession, article_id: str) -> None:
    """An entry has changed: the idle task indexes the article anew, at once; until then no search result is cached."""
    await mark_stale(session, KIND, select(Article.id).where(Article.id == article_id))


async def with_locked_names(session: AsyncSession, related: Relations) -> Relations:
    """The same with tag and author names read under a share lock, until this transaction ends.

    A rename marks existing indexed texts as stale. It cannot see one that an open transaction is adding, which would
    keep the old name for ever. On SQLite there is only one writer.
    """
    if session.get_bind().dialect.name == "sqlite":
        return related
    return replace(
        related,
        tags=await _with_locked_names(session, Tag, related.tags),
        authors=await _with_locked_names(session, Author, related.authors),
    )


async def _with_locked_names(session: AsyncSession, term: type[Tag] | type[Author], rows: Terms) -> Terms:
    if not rows:
        return rows
    ids = [id for id, _, _ in rows]
    found = select(term.id, term.name).where(term.id.in_(ids)).order_by(term.id).with_for_update(read=True)
    names = {row.id: row.name for row in (await session.execute(found)).all()}
    return tuple((id, slug, names.get(id, name)) for id, slug, name in rows)


async def mark_named_stale(session: AsyncSession, term_ids: Sequence[str]) -> None:
    """After a rename of these tags or authors: marks the indexed texts of their articles as stale."""
    for filing in (TAGS, AUTHORS):
        await mark_stale(session, KIND, select(filing.link.article_id).where(filing.term_id.in_(term_ids)))


async def _no_texts(_session: AsyncSession, _ids: Sequence[str]) -> Mapping[str, str]:
    return {}


async def index_some(session: AsyncSession, number: int, now: datetime, further: FurtherTexts = _no_texts) -> list[str]:
    """Indexes up to `number` articles whose indexed text is stale, the newest first; returns their ids."""
    ids = await stale(session, KIND, number)
    articles = {row.id: row for row in await session.scalars(select(Article).where(Article.id.in_(ids)))}
    texts = await session.scalars(select(ArticleBody).where(ArticleBody.article_id.in_(ids)))
    bodies = {body.article_id: body for body in texts}
    related = await Articles(session).relations(ids, now)
    texts_of_entries = await further(session, ids) if ids else {}
    standing = await standing_ids(session, {id for body in bodies.values() for id in shown_ids(body.html)})
    for id in reversed(ids):  # in ascending places SQLite leaves no gaps in its pages
        try:
            async with session.begin_nested():
                if id in articles:
                    entries = texts_of_entries.get(id, "")
                    await index(session, articles[id], related[id], bodies.get(id), entries, standing)
                else:
                    await remove(session, KIND, id)
        except Exception:  # one broken article must not block the others
            log.exception("article %s is not indexed anew", id)
            await mark_current(session, KIND, id)
        await asyncio.sleep(0)  # lets the event loop answer requests
    return ids


async def index_missing(session: AsyncSession, _settings: Settings, _now: datetime) -> None:
    """On start: reserves indexed texts for published articles that have none, e.g. published by an older version."""
    known = exists().where(Indexed.resource == KIND, Indexed.resource_id == Article.id)
    missing = select(Article.id, Article.published_at).where(OUT, ~known)
    # The same order in all processes that start at once, against deadlocks.
    missing = missing.order_by(Article.published_at, Article.id).limit(MOST_MISSING)
    for id, at in (await session.execute(missing)).all():
        if at is not None:
            await reserve(session, KIND, id, at)
