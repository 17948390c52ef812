"""Queries for previews. `StoredPreview.is_active` decides which of them show their article, here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, exists, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.desk_repository import may_read
from app.articles.models import Article, Revision
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.kit.signing import digest
from app.previews.models import Preview
from app.staff.access import Actor
from app.staff.models import Member

SWEPT_AT_ONCE = 2_000  # rows deleted in one transaction

# Judged by the history of the article, which nothing undoes: a reinstated article does not bring its previews back.
WITHDRAWN_SINCE = exists().where(
    Revision.article_id == Preview.article_id,
    Revision.action == "withdraw",
    Revision.number > Preview.article_version,
)
COLUMNS: tuple[Any, ...] = (Preview, Article, Member, WITHDRAWN_SINCE.label("was_withdrawn"))  # of `StoredPreview`
STORED = select(*COLUMNS).join(Article, Article.id == Preview.article_id).join(Member, Member.id == Preview.member_id)


class StoredPreview(NamedTuple):
    """A preview, with its article and the member who made it."""

    preview: Preview
    article: Article
    member: Member
    was_withdrawn: bool
    """Whether the article was withdrawn after the preview was made."""

    def is_active(self, now: datetime) -> bool:
        """Whether it shows the article. Not once the member could not read the article at the desk any more."""
        preview, article, member = self.preview, self.article, self.member
        maker = Actor(member.id, member.name, frozenset(member.roles), None)
        has_ended = preview.revoked_at is not None or preview.expires_at <= now
        is_withdrawn = self.was_withdrawn or article.state == "withdrawn"
        return not has_ended and not is_withdrawn and member.active and may_read(maker, article)


class Previews:
    """Previews, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def opened(self, token: str, now: datetime) -> StoredPreview:
        """The active preview with this token. Raises `NotFound` for every other."""
        row = (await self.session.execute(STORED.where(Preview.digest == digest(token)))).one_or_none()
        if row is None or not (found := StoredPreview._make(row)).is_active(now):
            raise NotFound()
        return found

    async def page(self, article: Article, query: PageQuery, cursors: Cursors) -> Slice[Row[Any]]:
        """One page of the previews of an article, newest first."""
        keys = [Key(Preview.id, descending=True)]
        return await take(self.session, _of(article), keys, query, cursors, position=lambda row: [row[0].id])

    async def active_count(self, article: Article, now: datetime) -> int:
        """How many previews of a locked article are active."""
        standing = _of(article).where(Preview.revoked_at.is_(None), Preview.expires_at > now)
        rows = (await self.session.execute(standing)).all()
        return sum(StoredPreview._make(row).is_active(now) for row in rows)

    async def require(self, article: Article, id: str) -> Preview:
        """A preview of this article, under its row lock. Raises `NotFound`."""
        known = as_id(id)
        preview = await self.session.get(Preview, known, with_for_update=True) if known else None
        if preview is None or preview.article_id != article.id:
            raise NotFound()
        return preview

    async def add(self, preview: Preview) -> None:
        self.session.add(preview)
        await self.session.flush()

    async def revoke_all(self, article_id: str, now: datetime) -> None:
        """Revokes all previews of an article."""
        standing = update(Preview).where(Preview.article_id == article_id, Preview.revoked_at.is_(None))
        await self.session.execute(standing.values(revoked_at=now))


def _of(article: Article) -> Select[Any]:
    return STORED.where(Preview.article_id == article.id)


async def delete_expired(database: Database, before: datetime) -> None:
    """Delete previews that expired before this time, in short transactions."""
    some = select(Preview.id).where(Preview.expires_at < before).limit(SWEPT_AT_ONCE)
    ids: Sequence[str] = [""] * SWEPT_AT_ONCE
    while len(ids) == SWEPT_AT_ONCE:
        async with database.transaction() as session:
            ids = (await session.scalars(delete(Preview).where(Preview.id.in_(some)).returning(Preview.id))).all()
