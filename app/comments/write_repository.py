"""Comments of every status, as objects that can be changed: locked, stored, counted, erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
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
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.articles.models import Article
from app.articles.query_schemas import terms
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import articles, readable
from app.changes.pending import PendingTakedown, record_takedown
from app.comments import events
from app.comments.models import Comment, CommentPrivate
from app.comments.repository import SORTS, Comments, comments, line_of
from app.comments.rows import ModerationRow
from app.comments.schemas import CommentDeskQuery
from app.kit import clock
from app.kit.db import Connection, Instant
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Slice, take
from app.kit.prepared import Prepared
from app.kit.sql import database_clock
from app.slugs import repository as slugs
from app.staff.access import Actor

ADDRESSES_KEPT = timedelta(days=30)
TOGETHER = timedelta(hours=1)  # addresses of so much time are erased in one go: so early are the youngest of them
ERASED_AT_ONCE = 100
EXCERPT = 600  # code points of a parent that are fetched for its excerpt
NO_COMMENT = "00000000-0000-0000-0000-000000000000"
private: Any = CommentPrivate.__table__

# Built once: building these statements costs more than running them on SQLite.
FIND = select(Comment).where(Comment.id == bindparam("id")).execution_options(populate_existing=True)
ADD, ADD_PRIVATE = Prepared(insert(comments)), Prepared(insert(private))


def _count_statement() -> Update:
    counted = articles.c.comment_count + bindparam("by", type_=Integer)
    return update(articles).where(articles.c.id == bindparam("article")).values(comment_count=counted)


def _erase_statement() -> Update:
    old = (private.c.created_at < bindparam("before", type_=Instant), private.c.address_digest.is_not(None))
    some = select(private.c.comment_id).where(*old).order_by(private.c.created_at)
    some = some.limit(ERASED_AT_ONCE).with_for_update(skip_locked=True)
    return update(private).where(private.c.comment_id.in_(some)).values(address_digest=None, network_digest=None)


def _sent_statement(*, with_email: bool) -> Select[int]:
    """1 where the sender has sent one of these from here, 0 where from elsewhere only."""
    here = (private.c.network_digest if with_email else private.c.address_digest).in_(_any_of("here"))
    sender = private.c.email_digest.in_(_any_of("sender")) if with_email else private.c.email_digest.is_(None)
    since = private.c.created_at > bindparam("since", type_=Instant)
    same = (private.c.body_digest.in_(_any_of("words")), sender, since, private.c.comment_id != bindparam("besides"))
    is_here = case((here, 1), else_=0).label("is_here")
    return select(is_here).where(*same).order_by(is_here.desc()).limit(1)


def _any_of(name: str) -> BindParameter[Sequence[str]]:
    return bindparam(name, expanding=True)


COUNT, ERASE = Prepared(_count_statement()), Prepared(_erase_statement())
SENT, SENT_WITHOUT_EMAIL = Prepared(_sent_statement(with_email=True)), Prepared(_sent_statement(with_email=False))
OLDEST = Prepared(
    select(func.min(private.c.created_at).label("created_at"), database_clock().label("clock")).where(
        private.c.address_digest.is_not(None)
    )
)


async def has_old_addresses(connection: Connection) -> bool:
    """Whether a digest of a network address is older than 30 days."""
    row = await OLDEST.one(connection)
    return row.created_at is not None and row.created_at < clock.of_database(row.clock) - ADDRESSES_KEPT


async def erase_addresses(session: AsyncSession, now: datetime) -> None:
    """Erase digests of network addresses that are 30 days old, or almost; up to `ERASED_AT_ONCE`, the oldest first."""
    await ERASE.run(session, {"before": now - ADDRESSES_KEPT + TOGETHER})


@dataclass(slots=True)
class NewComment:
    """A row of `comments` that is not stored yet. Not a `Comment`: an ORM object costs more than its INSERT."""

    id: str
    article_id: str
    parent_id: str | None
    path: str
    depth: int
    status: str
    shown: bool
    was_approved: bool
    author_name: str | None
    author_url: str | None
    body: str | None
    language: str
    created_at: datetime
    author_role: str = "guest"
    descendants: int = 0
    replies: int = 0
    version: int = 1
    edited_at: datetime | None = None


class CommentsToChange(Comments):
    """All comments, as objects that can be changed.

    Every change first locks the article: counters, the comment mode and the parent of a reply cannot change until the
    transaction ends, and two changes cannot deadlock.
    """

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.session = session

    async def lock_articles_of(self, ids: Sequence[str]) -> None:
        """Locks the articles of these comments, always in the same order, against deadlocks."""
        those = select(Comment.article_id).where(Comment.id.in_(ids))
        await self._lock_articles(Article.id.in_(those))

    async def lock_articles(self, ids: Collection[str]) -> set[str]:
        """Locks these articles, for comments to be added; returns those that are there."""
        return await self._lock_articles(Article.id.in_(ids))

    async def _lock_articles(self, those: ColumnElement[bool]) -> set[str]:
        locked = select(Article.id).where(those).order_by(Article.id).with_for_update(key_share=True)
        return set((await self.session.execute(locked)).scalars())

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
        return (await self.session.execute(FIND, {"id": id})).scalar_one_or_none()

    async def add(self, comment: NewComment, beside: Mapping[str, object] | None) -> None:
        """Stores a new comment and the columns of its private row, past the unit of work, which costs more."""
        await ADD.run(self.session, {name: getattr(comment, name) for name in NewComment.__slots__})
        if beside is not None:
            await ADD_PRIVATE.run(self.session, {"comment_id": comment.id, **beside})
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
        record_takedown(self.session, PendingTakedown("comment", comment.id, status))
        await self.change_status(comment, status)

    async def remove(self, comment: Comment) -> None:
        """Deletes the comment; if it has replies, it is only erased."""
        await self.wipe(comment, "deleted")
        answered = exists().where(Comment.parent_id == comment.id)
        if not (await self.session.execute(select(answered))).scalar_one():
            await self.session.delete(comment)
            await self.session.flush()

    async def _count(self, comment: Comment | NewComment, by: int) -> None:
        """Adds `by` to the counters of approved comments: of the article, and of all ancestors."""
        await COUNT.run(self.session, {"article": comment.article_id, "by": by})
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

    async def was_sent_here(
        self,
        words: Sequence[str],
        sender: Sequence[str],
        here: Sequence[str],
        since: datetime,
        besides: str | None = None,
    ) -> bool | None:
        """Whether a comment, other than `besides`, with these digests was sent from here; None where it was not sent.

        With an e-mail address (`sender`) `here` is a network; without one only the network address tells people apart.
        """
        values = {"words": words, "here": here or [""], "since": since, "besides": besides or NO_COMMENT}
        if sender:
            row = await SENT.first(self.session, {**values, "sender": sender})
        else:
            row = await SENT_WITHOUT_EMAIL.first(self.session, values)
        return None if row is None else bool(row.is_here)

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
