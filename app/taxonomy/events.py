"""What the change log says of sections, tags and authors: they come with their first visible article and go with the
last, and tell when they are changed in between."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.events import LISTS, record_updates
from app.articles.indexing import mark_named_stale
from app.articles.models import Article, ArticleAuthor
from app.articles.repository import visible
from app.changes.last_published import forget_last_published, keep_last_published, last_published
from app.changes.log import PendingChange, PendingChanges, Thing, record_change
from app.sections.repository import lines_of
from app.settings import Settings
from app.taxonomy.repository import AUTHORS, SECTIONS, TAGS, Shelf, Taxonomy

SHELVES = (SECTIONS, TAGS, AUTHORS)


async def on_change(session: AsyncSession, pending_changes: PendingChanges, settings: Settings, now: datetime) -> None:
    """Notes what became of the terms that were touched."""
    for shelf in SHELVES:
        if ids := {id for kind, id in pending_changes.touched | pending_changes.edited if kind == shelf.noun}:
            renamed = await _record_terms(session, shelf, ids, pending_changes.edited, now)
            await record_updates(session, await _showing(session, shelf, renamed, settings, now), now)


async def before_change(
    session: AsyncSession, pending_changes: PendingChanges, _settings: Settings, now: datetime
) -> None:
    """Articles are found by the names of their tags and authors.

    Before the log is locked: whoever saves one of these articles has its entry, and will ask for the log. What readers
    do not see yet has words in the index all the same: it comes out by the clock alone.
    """
    for shelf in (TAGS, AUTHORS):
        if ids := {id for kind, id in pending_changes.edited if kind == shelf.noun}:
            before = await last_published(session, shelf.noun, ids)
            after = await Taxonomy(session).shown_among(shelf, ids, now)
            await mark_named_stale(
                session,
                [id for id in ids if not (id in after and id in before and _is_published(before[id], after[id]))],
            )


def _is_published(known: Any, row: Any) -> bool:
    return bool(known.digest == f"{row.language} {row.slug} {row.name}")


async def _record_terms(
    session: AsyncSession, shelf: Shelf, ids: set[str], edited: set[Thing], now: datetime
) -> list[str]:
    """Returns the ids of those that have another name or slug now."""
    lines = await lines_of(session, ids) if shelf is SECTIONS else {}
    ids = ids.union(*lines.values())  # the tree may have moved since they were touched
    before = await last_published(session, shelf.noun, ids)
    after = await Taxonomy(session).shown_among(shelf, ids, now)
    renamed = []
    for id in sorted(ids):
        row, known = after.get(id), before.get(id)
        said = known.digest.partition(" ")[0] if known else ""
        if row is not None and (known is None or (shelf.noun, id) in edited):
            record_change(session, _change(shelf, id, row, {row.language, said or row.language}, lines.get(id, ())))
            digest = f"{row.language} {row.slug} {row.name}"
            renamed += [id] if known and known.digest != digest else []
            await keep_last_published(session, shelf.noun, id, digest=digest)
        elif row is None and known is not None:
            record_change(session, _change(shelf, id, None, {said}, lines.get(id, ())))
            await forget_last_published(session, shelf.noun, id)
    return renamed


async def _showing(session: AsyncSession, shelf: Shelf, ids: list[str], settings: Settings, now: datetime) -> list[str]:
    """Articles with a text made from these terms' names: bylines, and addresses that name the section."""
    if not ids or shelf is TAGS or (shelf is SECTIONS and "{section}" not in settings.article_path):
        return []
    if shelf is SECTIONS:
        statement = select(Article.id).where(Article.section_id.in_(ids), visible(now))
    else:
        signed = select(ArticleAuthor.article_id).where(ArticleAuthor.author_id.in_(ids))
        statement = select(Article.id).where(Article.id.in_(signed), Article.byline.is_(None), visible(now))
    return list((await session.execute(statement)).scalars())


def _change(shelf: Shelf, id: str, row: Any, languages: set[str], sections: Collection[str]) -> PendingChange:
    return PendingChange(
        f"{shelf.noun}.changed",
        id,
        tags={f"{shelf.noun}:{id}", shelf.plural, "articles", LISTS, "tickers", "crowded"},
        tombstone=row is None,
        version=None if row is None else row.version,
        sections=sections,
        languages=languages,
    )
