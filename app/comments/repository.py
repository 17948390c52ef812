"""Queries for comments. Public are those that are `shown`, under a visible article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.articles.models import Article
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import articles, readable, visible
from app.articles.schemas import terms
from app.comments import events
from app.comments.models import FINAL, Comment, CommentPrivate
from app.comments.rows import CommentRow, CommentWithArticleRow, ModerationRow, ReplyRow
from app.comments.schemas import CommentDeskQuery, CommentListQuery
from app.kit.db import Base, Connection, Instant
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.slugs import repository as slugs
from app.staff.access import Actor

NESTED = 20  # comments of one thread in a response
ADDRESSES_KEPT = timedelta(days=30)
ERASED_AT_ONCE = 100
EXCERPT = 600  # code points of a parent that are fetched for its excerpt
comments = Base.metadata.tables[Comment.__tablename__]
SORTS: dict[str, list[Key]] = {
    "newest": [Key(Comment.created_at, descending=True), Key(Comment.id, descending=True)],
    "oldest": [Key(Comment.created_at), Key(Comment.id)],
    "top": [
        Key(Comment.descendants, descending=True),
        Key(Comment.created_at, descending=True),
        Key(Comment.id, descending=True),
    ],
}

# Built once: building these statements costs more than running them on SQLite.
LOCK = select(Article.id).where(Article.id == bindparam("id")).with_for_update(key_share=True)


def _count_statement() -> Update:
    counted = articles.c.comment_count + bindparam("by", type_=Integer)
    return update(articles).where(articles.c.id == bindparam("article")).values(comment_count=counted)


def _erase_statement() -> Update:
    private = Base.metadata.tables[CommentPrivate.__tablename__]
    old = (private.c.created_at < bindparam("before", type_=Instant), private.c.address_digest.is_not(None))
    some = select(private.c.comment_id).where(*old).order_by(private.c.created_at)
    some = some.limit(ERASED_AT_ONCE).with_for_update(skip_locked=True)
    return update(private).where(private.c.comment_id.in_(some)).values(address_digest=None, network_digest=None)


COUNT, ERASE = _count_statement(), _erase_statement()


def line_of(path: str) -> list[str]:
    """The ids in a path, from the root on."""
    parts = [path[start : start + 32] for start in range(0, len(path), 32)]
    return [f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}" for id in parts]


class Comments:
    """Public comments as rows. None of these statements reads the private table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def roots(self, article_id: str, query: CommentListQuery, cursors: Cursors) -> Slice[CommentRow]:
        """One page of the threads under a visible article."""
        keys = SORTS[query.sort]
        top = query.sort == "top"
        return await take(
            self.connection,
            select(comments).where(Comment.article_id == article_id, Comment.parent_id.is_(None), Comment.shown),
            keys,
            query,
            cursors,
            position=lambda row: [*([row.descendants] if top else []), row.created_at, row.id],
            times=[1 if top else 0],
        )

    async def replies(self, parent_id: str, query: PageQuery, cursors: Cursors) -> Slice[CommentRow]:
        """One page of the direct replies, oldest first."""
        statement = select(comments).where(Comment.parent_id == parent_id, Comment.shown)
        return await take(self.connection, statement, [Key(Comment.id)], query, cursors, position=lambda row: [row.id])

    async def below(self, bases: Iterable[CommentRow]) -> list[ReplyRow]:
        """Up to `NESTED` comments below each of `bases`, depth first: one query that reads no more than it returns."""
        parts = [_subtree(base.path).subquery() for base in bases if base.descendants]
        if not parts:
            return []
        rows: Sequence[ReplyRow] = (await self.connection.execute(union_all(*(select(part) for part in parts)))).all()
        return sorted(rows, key=lambda row: row.path)

    async def one(self, id: str, now: datetime, *, own: bool = False) -> CommentWithArticleRow:
        """A comment with the slug and headline of its article. Raises `NotFound` if it is not public.

        `own`: for its author, who also sees it while it is pending or rejected.
        """
        known = as_id(id)
        article = (Article.slug.label("article_slug"), Article.headline.label("article_headline"))
        statement = select(comments, *article).join(Article, Article.id == Comment.article_id)
        seen = or_(Comment.shown, Comment.status.not_in(FINAL)) if own else Comment.shown
        statement = statement.where(Comment.id == known, visible(now), seen)
        row = (await self.connection.execute(statement)).one_or_none()
        if known is None or row is None:
            raise NotFound()
        return row

    async def with_ids(self, ids: Sequence[str], now: datetime) -> Sequence[CommentRow]:
        """The public ones among these comments."""
        statement = select(comments).join(Article, Article.id == Comment.article_id)
        statement = statement.where(Comment.id.in_(ids), Comment.shown, visible(now))
        return (await self.connection.execute(statement)).all()

    async def ancestors(self, row: CommentRow) -> Sequence[CommentRow]:
        """The ancestors from the root down; those of a shown comment are shown."""
        above = line_of(row.path)[:-1]
        if not above:
            return []
        statement = select(comments).where(Comment.id.in_(above)).order_by(Comment.depth)
        return (await self.connection.execute(statement)).all()

    async def counts(self, names: Sequence[str], now: datetime) -> dict[str, Row[str, str, int]]:
        """(id, slug, comment_count) of the visible ones among these articles, by name, in the order of `names`."""
        is_asked = slugs.is_named(ARTICLE, Article.id, names)
        statement = select(Article.id, Article.slug, Article.comment_count).where(is_asked, visible(now))
        rows = (await self.connection.execute(statement)).all()
        return await slugs.by_name(self.connection, ARTICLE, names, rows)


def _subtree(path: str) -> Select[Any]:
    below = select(comments).where(Comment.path > path, Comment.path < f"{path}~", Comment.shown)
    return below.order_by(Comment.path).limit(NESTED)


class CommentsToChange(Comments):
    """All comments, as objects that can be changed.

    Every change first locks the article: counters, the comment mode and the parent of a reply cannot change until the
    transaction ends, and two changes cannot deadlock.
    """

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.session = session

    async def lock_article(self, article_id: str) -> None:
        """Locks the article against other comments (`FOR NO KEY UPDATE`)."""
        await self.session.execute(LOCK, {"id": article_id})

    async def lock_articles_of(self, ids: Sequence[str]) -> None:
        """Locks the articles of these comments, always in the same order, against deadlocks."""
        those = select(Comment.article_id).where(Comment.id.in_(ids))
        locked = select(Article.id).where(Article.id.in_(those)).order_by(Article.id)
        await self.session.execute(locked.with_for_update(key_share=True))

    async def locked(self, id: str) -> Comment:
        """The comment, its article locked. Raises `NotFound`."""
        known = as_id(id)
        if known is None:
            raise NotFound()
        await self.lock_articles_of([known])
        comment = await self.find(known)
        if comment is None:
            raise NotFound()
        return comment

    async def find(self, id: str) -> Comment | None:
        """The comment, read again from the database, or None."""
        statement = select(Comment).where(Comment.id == id).execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).one_or_none()

    async def add(self, comment: Comment, private: CommentPrivate) -> None:
        self.session.add(comment)
        await self.session.flush()
        self.session.add(private)
        await self.session.flush()
        if comment.status == "approved":
            await self._count(comment, 1)
            await events.record_comment_change(self.session, "comment.approved", comment)

    async def change_status(self, comment: Comment, status: str) -> None:
        """Changes the status, and all counters of approved comments."""
        before, after = comment.status == "approved", status == "approved"
        comment.status = status
        comment.was_approved = comment.was_approved or after
        comment.shown = after or comment.descendants > 0
        comment.version += 1
        await self.session.flush()
        if before != after:
            await self._count(comment, 1 if after else -1)
        if before or after:
            kind = "comment.updated" if before and after else "comment.approved" if after else "comment.removed"
            await events.record_comment_change(self.session, kind, comment)

    async def wipe(self, comment: Comment, status: str) -> None:
        """Erases name, text, web address and everything private; the row stays in the tree."""
        comment.author_name = comment.author_url = comment.body = None
        await self.session.execute(delete(CommentPrivate).where(CommentPrivate.comment_id == comment.id))
        await self.change_status(comment, status)

    async def remove(self, comment: Comment) -> None:
        """Deletes the comment; if it has replies, it is only erased."""
        await self.wipe(comment, "deleted")
        answered = exists().where(Comment.parent_id == comment.id)
        if not (await self.session.execute(select(answered))).scalar_one():
            await self.session.delete(comment)
            await self.session.flush()

    async def _count(self, comment: Comment, by: int) -> None:
        """Adds `by` to the counters of approved comments: of the article, and of all ancestors."""
        await self.session.execute(COUNT, {"article": comment.article_id, "by": by})
        above = line_of(comment.path)[:-1]
        if not above:
            return
        reply = aliased(Comment)
        before = await self._public_views(above)
        shown_below = select(func.count()).where(reply.parent_id == Comment.id, reply.shown).scalar_subquery()
        lines = update(Comment).where(Comment.id.in_(above))
        remain = Comment.descendants + by
        await self._run(lines.values(descendants=remain, shown=or_(Comment.status == "approved", remain > 0)))
        await self._run(lines.values(replies=shown_below))
        for row in (await self._public_views(above)).values():
            if (row.shown, row.replies) != (before[row.id].shown, before[row.id].replies):
                kind = "comment.updated" if row.shown else "comment.removed"
                await events.record_comment_change(self.session, kind, row)

    async def _public_views(self, ids: Sequence[str]) -> dict[str, Row[str, bool, int, str, str, int]]:
        """The public columns of these comments that depend on the comments below them, by id."""
        columns = (Comment.id, Comment.shown, Comment.replies, Comment.article_id, Comment.language, Comment.version)
        found = await self.session.execute(select(*columns).where(Comment.id.in_(ids)).order_by(Comment.depth))
        return {row.id: row for row in found.all()}

    async def _run(self, statement: Update) -> None:
        await self.session.execute(statement.execution_options(synchronize_session=False))

    async def private(self, comment_id: str) -> CommentPrivate | None:
        return await self.session.get(CommentPrivate, comment_id)

    async def was_sent(
        self, body_digests: Sequence[str], person: ColumnElement[bool], since: datetime, besides: str | None
    ) -> bool:
        """Whether `person` has sent a comment, other than `besides`, with one of these digests."""
        same = (CommentPrivate.body_digest.in_(body_digests), person, CommentPrivate.created_at > since)
        statement = select(CommentPrivate.comment_id).where(*same).limit(1)
        if besides is not None:
            statement = statement.where(CommentPrivate.comment_id != besides)
        return (await self.session.execute(statement)).first() is not None

    async def erase_addresses(self, now: datetime) -> None:
        """Erases digests of network addresses that are older than 30 days, up to `ERASED_AT_ONCE`, the oldest first."""
        await self.session.execute(ERASE, {"before": now - ADDRESSES_KEPT})

    async def queue(
        self, query: CommentDeskQuery, cursors: Cursors, actor: Actor, now: datetime
    ) -> Slice[ModerationRow]:
        """One page of the moderation queue, newest first."""
        statement = _for_moderators(actor, now)
        if query.status:
            statuses = [name.replace("\0", "") for name in terms(query.status)]
            statement = statement.where(Comment.status.in_(statuses))
        if query.article:
            names = terms(query.article)
            # By id in any state; by slug only what the actor may read: a slug must not reveal a hidden article.
            by_id = Article.id.in_([id for name in names if (id := as_id(name))])
            is_named = and_(slugs.is_named(ARTICLE, Article.id, names), readable(actor, now))
            statement = statement.where(or_(by_id, is_named))
        return await take(
            self.session,
            statement,
            SORTS["newest"],
            query,
            cursors,
            position=lambda row: [row.created_at, row.id],
            times=[0],
        )

    async def for_moderator(self, id: str, actor: Actor, now: datetime) -> ModerationRow:
        """One row of the queue. Raises `NotFound`."""
        known = as_id(id)
        statement = _for_moderators(actor, now).where(Comment.id == known)
        row: ModerationRow | None = (await self.session.execute(statement)).one_or_none()
        if known is None or row is None:
            raise NotFound()
        return row


def _for_moderators(actor: Actor, now: datetime) -> Select[Any]:
    """Comments with their parents, the private columns, and of their articles what `actor` may read."""
    parent, may_read = aliased(Comment), readable(actor, now)
    columns = (
        case((may_read, Article.slug)).label("article_slug"),
        case((may_read, Article.headline)).label("article_headline"),
        parent.author_name.label("parent_name"),
        parent.status.label("parent_status"),
        func.substr(parent.body, 1, EXCERPT).label("parent_body"),
        CommentPrivate.email,
        CommentPrivate.consent_at,
        CommentPrivate.consent_version,
    )
    statement = select(comments, *columns).join(Article, Article.id == Comment.article_id)
    statement = statement.outerjoin(parent, parent.id == Comment.parent_id)
    return statement.outerjoin(CommentPrivate, CommentPrivate.comment_id == Comment.id)
