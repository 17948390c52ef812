"""What the change log records of sections, tags and authors: a change with their first visible article and after edits,
a tombstone with their last one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.events import LISTS, record_updates
from app.articles.filing import SECTIONS, TAGS, Filing
from app.articles.indexing import mark_named_stale
from app.articles.models import Article, ArticleAuthor
from app.articles.repository import visible
from app.changes.last_published import forget_last_published, keep_last_published, last_published
from app.changes.pending import PendingChange, PendingChanges, Thing, record_change
from app.kit.caching import CROWDED
from app.sections.repository import lines_of
from app.settings import Settings
from app.taxonomy.repository import Taxonomy
from app.terms.rows import TermRow


async def on_change(
    filing: Filing, session: AsyncSession, pending: PendingChanges, settings: Settings, now: datetime
) -> None:
    """Record changes of the touched terms of one kind, and updates of the articles that show a new name."""
    if ids := {id for kind, id in pending.touched | pending.edited if kind == filing.kind.noun}:
        renamed = await _record_terms(session, filing, ids, pending.edited, now)
        await record_updates(session, await _articles_showing(session, filing, renamed, settings, now), now)


async def before_change(
    filing: Filing, session: AsyncSession, pending: PendingChanges, _settings: Settings, now: datetime
) -> None:
    """Mark articles stale in the word index whose tags or authors have a new name.

    This runs before the log's row is locked: a transaction that saves one of these articles holds the row lock of its
    indexed text and asks for the log's lock next, so the other order would deadlock. Articles that are not public yet
    are included: they are published by the clock alone.
    """
    if ids := {id for kind, id in pending.edited if kind == filing.kind.noun}:
        before = await last_published(session, filing.kind.noun, ids)
        after = await Taxonomy(session).shown_among(filing, ids, now)
        renamed = [id for id in ids if not (id in after and id in before and before[id].digest == _digest(after[id]))]
        await mark_named_stale(session, renamed)


def _digest(row: TermRow) -> str:
    return f"{row.language} {row.slug} {row.name}"


async def _record_terms(
    session: AsyncSession, filing: Filing, ids: set[str], edited: set[Thing], now: datetime
) -> list[str]:
    """Record the changes of these terms; returns the ids of those with a new name or slug."""
    lines = await lines_of(session, ids) if filing is SECTIONS else {}
    ids = ids.union(*lines.values())  # the tree may have changed since they were touched
    before = await last_published(session, filing.kind.noun, ids)
    after = await Taxonomy(session).shown_among(filing, ids, now)
    renamed = []
    for id in sorted(ids):
        row, known = after.get(id), before.get(id)
        language = (known.digest or "").partition(" ")[0] if known else ""
        if row is not None and (known is None or (filing.kind.noun, id) in edited):
            languages = {row.language, language or row.language}
            record_change(session, _change(filing, id, row, languages, lines.get(id, ())))
            digest = _digest(row)
            renamed += [id] if known and known.digest != digest else []
            await keep_last_published(session, filing.kind.noun, id, digest=digest)
        elif row is None and known is not None:
            record_change(session, _change(filing, id, None, {language}, lines.get(id, ())))
            await forget_last_published(session, filing.kind.noun, id)
    return renamed


async def _articles_showing(
    session: AsyncSession, filing: Filing, ids: list[str], settings: Settings, now: datetime
) -> list[str]:
    """Articles with a text made from these terms' names: bylines, and URLs with the section's slug."""
    if not ids or filing is TAGS or (filing is SECTIONS and "{section}" not in settings.article_path):
        return []
    if filing is SECTIONS:
        statement = select(Article.id).where(Article.section_id.in_(ids), visible(now))
    else:
        signed = select(ArticleAuthor.article_id).where(ArticleAuthor.author_id.in_(ids))
        statement = select(Article.id).where(Article.id.in_(signed), Article.byline.is_(None), visible(now))
    return list((await session.execute(statement)).scalars())


def _change(
    filing: Filing, id: str, row: TermRow | None, languages: set[str], sections: Collection[str]
) -> PendingChange:
    return PendingChange(
        f"{filing.kind.noun}.changed",
        id,
        tags={f"{filing.kind.noun}:{id}", filing.kind.plural, "articles", LISTS, "tickers", CROWDED},
        tombstone=row is None,
        version=None if row is None else row.version,
        sections=sections,
        languages=languages,
    )
