"""The record of entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, true

from app.articles.events import is_out
from app.articles.models import Article
from app.articles.repository import Articles, visible
from app.articles.shapes import url_of
from app.changes.noun import Absence, IdleTask, Label, Lookup, Noun, State, Viewer
from app.entries.events import PUBLISHED, REMOVED, UPDATED, on_change
from app.entries.indexing import before_change, index_anew
from app.entries.models import Entry
from app.entries.placements import entry_placements
from app.entries.repository import KIND, Entries
from app.entries.schemas import EntryRead
from app.entries.shapes import writer_of
from app.index.repository import is_stale
from app.kit.db import Connection
from app.kit.yielding import yielding
from app.sections.models import Section
from app.settings import Settings


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    write = writer_of(lookup.settings)
    return {
        row.id: State(row.version, row.language, (), b"" if lookup.detail == "none" else write(row))
        async for row in yielding(await Entries(lookup.connection).with_ids(ids, lookup.now))
    }


async def _absent(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, Absence]:
    """Drafts, and entries whose article is hidden: these are gone for its reason. What was deleted has no row."""
    rows = (await lookup.connection.execute(select(Entry.id, Entry.article_id).where(Entry.id.in_(ids)))).all()
    hidden = {row.id: row for row in await Articles(lookup.connection).hidden([row[1] for row in rows], lookup.now)}
    found = {}
    for id, article_id in rows:
        article = hidden.get(article_id)
        found[id] = Absence("unpublished")
        if article is not None and article.state == "withdrawn":
            found[id] = Absence("withdrawn", article.withdrawn_at, article.withdrawn_reason)
    return found


async def _labels(
    connection: Connection, ids: Sequence[str], viewer: Viewer, settings: Settings, now: datetime
) -> Mapping[str, Label]:
    """Their headlines, else that of their article: those that the viewer may read at the desk."""
    own = Entry.member_id == viewer.member_id
    may_read = true() if viewer.sees_all else or_(visible(now), Article.member_id == viewer.member_id, own)
    columns = (Entry.id, Entry.headline, Entry.status, Entry.article_id, Article.headline.label("article_headline"))
    address = (Article.slug, Article.state, Article.published_at, Section.slug.label("section"))
    statement = select(*columns, *address).join(Article, Article.id == Entry.article_id)
    statement = statement.outerjoin(Section, Section.id == Article.section_id).where(Entry.id.in_(ids), may_read)
    found = {}
    for row in (await connection.execute(statement)).all():
        is_public = row.status == "published" and is_out(row, now)
        url = url_of(settings, row.slug, row.article_id, row.section, row.published_at)
        title = row.headline or row.article_headline
        found[row.id] = Label(title, f"{url}#e-{row.id}" if is_public else None, is_public)
    return found


ENTRY = Noun(
    kind=KIND,
    events={
        PUBLISHED: "it was published, or came back with its article",
        UPDATED: "something that readers see of it has changed",
        REMOVED: "it was deleted, or is a draft again",
    },
    schemas=(EntryRead,),
    present=_present,
    absent=_absent,
    labels=_labels,
    placements=entry_placements,
    on_change=on_change,
    # Of articles: these two are here, because the words of their entries belong to them.
    before_change=before_change,
    idle_tasks=(IdleTask(is_stale, index_anew),),
)
