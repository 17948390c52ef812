"""What the change log says of entries: their own changes, and what follows from article, pictures and authors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.events import ENTRIES, is_out, month_tag, was_told
from app.articles.models import Article
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import visible
from app.changes.pending import PendingChange, PendingChanges, add_languages, record_change
from app.entries.desk_repository import TOLD, of_articles
from app.entries.models import Entry, EntryAuthor
from app.entries.repository import KIND
from app.media.desk_repository import KIND as MEDIA
from app.media.events import tell_media_change, told_pictures
from app.media.models import Media, MediaUse
from app.settings import Settings

PUBLISHED, UPDATED, REMOVED = "entry.published", "entry.updated", "entry.removed"


async def record_entry_change(
    session: AsyncSession, type: str, entry: Entry, article: Article, now: datetime, languages: Collection[str] = ()
) -> None:
    """Records a change of an entry, where the public can see its article.

    A removal is recorded wherever the article was public once: it may be back before somebody reads that it was away.
    """
    # `announced`: by a clock that is ahead of ours.
    is_seen = is_out(article, now) or article.announced
    if is_seen or (type == REMOVED and await was_told(session, article.id)):
        record_change(session, _change(type, entry, languages, month_tag(article.first_published_at)))


def _change(type: str, entry: Any, languages: Collection[str] = (), *tags_besides: str) -> PendingChange:
    tags = {f"entries:{entry.article_id}", f"article:{entry.article_id}", "articles", *tags_besides}
    if type != UPDATED:
        tags.add("tickers")  # they may show the article, whose `live` counts entries
    return PendingChange(
        type,
        entry.id,
        tags=tags,
        tombstone=type == REMOVED,
        version=entry.version,
        article_id=entry.article_id,
        languages={entry.language, *languages},
    )


async def on_change(session: AsyncSession, pending: PendingChanges, settings: Settings, now: datetime) -> None:
    """With an article that comes back its entries come back; with its address, its access, an author's name or a
    picture they change. An article that goes reaches those who filter by the language of its entries."""
    if gone := pending.gone(ARTICLE):
        own = (Entry.article_id.in_(gone), Entry.status == "published")
        languages = select(Entry.article_id, Entry.language).where(*own).distinct()
        add_languages(pending, [(id, name) for id, name in await session.execute(languages)])
    told = {change.id for change in pending.changes if change.resource == KIND}
    back = {change.id for change in pending.changes if change.type == "article.published" and not change.tombstone}
    if back:
        rows = (await session.execute(of_articles(back))).all()
        record_change(session, *(_change(PUBLISHED, row) for row in rows if row.id not in told))
        told |= {row.id for row in rows}
    if changed := _changed_articles(pending, settings) - back:
        await _record_updates(session, of_articles(changed), told, now)
    if authors := {id for kind, id in pending.edited if kind == "author"}:
        signed = select(EntryAuthor.entry_id).where(EntryAuthor.author_id.in_(authors))
        await _record_updates(session, _published(signed), told, now)
    if pictures := {id for kind, id in pending.touched if kind == MEDIA}:
        await _tell_shown_pictures(session, pictures - told_pictures(pending), now)
    if ids := {id for kind, id in pending.touched if kind == KIND}:
        await _record_updates(session, _published(ids), told, now)


def _changed_articles(pending: PendingChanges, settings: Settings) -> set[str]:
    """Articles whose entries show something else of them."""
    found = {id for kind, id in pending.touched if kind == ENTRIES}
    if "{section}" in settings.article_path and any(change.resource == "section" for change in pending.changes):
        found |= {change.id for change in pending.changes if change.resource == "article"}
    return found


def _published(ids: Any) -> Select[Any]:
    found: Select[Any] = select(*TOLD).where(Entry.id.in_(ids), Entry.status == "published")
    return found.order_by(Entry.id)


async def _record_updates(session: AsyncSession, found: Select[Any], told: set[str], now: datetime) -> None:
    """Records the visible ones among these that are not recorded yet."""
    shown = found.join(Article, Article.id == Entry.article_id).where(visible(now))
    rows = [row for row in (await session.execute(shown)).all() if row.id not in told]
    record_change(session, *(_change(UPDATED, row) for row in rows))
    told |= {row.id for row in rows}


async def _tell_shown_pictures(session: AsyncSession, ids: Iterable[str], now: datetime) -> None:
    """Records the changed pictures that readers see in an entry; those in articles are recorded already."""
    in_entry = exists().where(
        *(MediaUse.media_id == Media.id, MediaUse.resource == KIND, Entry.id == MediaUse.resource_id),
        *(Entry.status == "published", Article.id == Entry.article_id, visible(now)),
    )
    rows = await session.execute(select(Media.id, Media.version).where(Media.id.in_(ids), in_entry).order_by(Media.id))
    for id, version in rows.all():
        tell_media_change(session, id, version)
