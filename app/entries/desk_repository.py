"""Entries at the desk: of either status, as objects of the session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.repository import Terms
from app.entries.models import UNPINNED, Entry, EntryAuthor, EntryRevision
from app.entries.repository import AUTHORS, PICTURES, newest_moment, read_authors
from app.entries.schemas import EntryDeskQuery
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.media.desk_repository import Use, read_uses, uses_of
from app.media.shown import Pictures, read_pictures
from app.sections.models import Section

BY_CREATION = [Key(Entry.id, descending=True)]
TOLD: tuple[Any, ...] = (Entry.id, Entry.article_id, Entry.version, Entry.language)
"""Columns that the log tells of an entry."""
Shown = tuple[Terms, Pictures]
"""What an entry shows of other things: authors, and pictures by id."""


class EntriesToEdit:
    """All entries, for the desk."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def require(self, article_id: str, id: str, *, for_update: bool = False) -> Entry:
        """The entry of an article; `for_update` locks its row and reads it anew. Raises `NotFound`."""
        statement = select(Entry).where(Entry.id == as_id(id), Entry.article_id == article_id)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found = (await self.session.scalars(statement)).one_or_none() if as_id(id) else None
        if found is None:
            raise NotFound()
        return found

    async def shown_by(self, ids: Sequence[str]) -> dict[str, Shown]:
        """What these entries show of other things, by id."""
        statement = select(Entry.id, AUTHORS, PICTURES).where(Entry.id.in_(ids))
        rows = (await self.session.execute(statement)).all()
        return {row.id: (read_authors(row.authors), read_pictures(row.pictures)) for row in rows}

    async def uses(self, id: str) -> frozenset[Use]:
        """Where the entry uses pictures of the library."""
        found = await self.session.execute(select(uses_of(Entry.id)).select_from(Entry).where(Entry.id == id))
        return read_uses(found.scalar_one())

    async def page(self, article_id: str, query: EntryDeskQuery, cursors: Cursors) -> Slice[Entry]:
        """One page, the last created first."""
        statement: Select[Any] = select(Entry).where(Entry.article_id == article_id)
        if query.status:
            statement = statement.where(Entry.status == query.status)
        return await take(
            self.session, statement, BY_CREATION, query, cursors, position=lambda row: [row.id], scalars=True
        )

    async def revisions(self, id: str, query: PageQuery, cursors: Cursors) -> Slice[EntryRevision]:
        """One page of its saves, newest first."""
        statement: Select[Any] = select(EntryRevision).where(EntryRevision.entry_id == id)
        keys = [Key(EntryRevision.number, descending=True)]
        return await take(
            self.session, statement, keys, query, cursors, position=lambda row: [row.number], scalars=True
        )

    async def revision(self, id: str, number: int) -> EntryRevision:
        """Raises `NotFound`."""
        found = await self.session.get(EntryRevision, (id, number))
        if found is None:
            raise NotFound()
        return found

    async def other_pinned(self, entry: Entry) -> int:
        """How many other entries of its article are pinned, drafts too."""
        others = (Entry.article_id == entry.article_id, Entry.id != entry.id, Entry.rank < UNPINNED)
        return int((await self.session.execute(select(func.count()).where(*others))).scalar_one())

    async def newest_moment(self, article_id: str) -> datetime | None:
        """When the newest published entry of an article was published."""
        found: datetime | None = (await self.session.execute(newest_moment(article_id))).scalar_one()
        return found

    async def sign(self, id: str, stored: Terms, authors: Terms) -> None:
        """Store these authors in place of the `stored` ones."""
        if [one[0] for one in stored] == [one[0] for one in authors]:
            return
        await self.session.execute(delete(EntryAuthor).where(EntryAuthor.entry_id == id))
        rows = [{"entry_id": id, "author_id": one[0], "position": place} for place, one in enumerate(authors)]
        if rows:
            await self.session.execute(insert(EntryAuthor), rows)

    async def remove(self, entry: Entry) -> None:
        """Delete an entry with its links and revisions, by name: in a restore no foreign key cascades."""
        for table in (EntryAuthor, EntryRevision):
            await self.session.execute(delete(table).where(table.entry_id == entry.id))
        await self.session.delete(entry)
        await self.session.flush()

    async def section_slug(self, section_id: str | None) -> str | None:
        """For the article's address."""
        return await self.session.scalar(select(Section.slug).where(Section.id == section_id)) if section_id else None


def of_articles(ids: Collection[str]) -> Select[Any]:
    """Published entries of these articles, for the log."""
    statement: Select[Any] = select(*TOLD).where(Entry.article_id.in_(ids), Entry.status == "published")
    return statement.order_by(Entry.article_id, Entry.published_at, Entry.id)
