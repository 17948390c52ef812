"""Queries for comments. Public are those that are `shown`, under a visible article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Integer, Label, Row, bindparam, case, literal_column, or_, select

from app.articles.models import Article
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import visible
from app.comments.models import FINAL, Comment
from app.comments.rows import CommentInContextRow, CommentRow, ReplyRow, ThreadRow
from app.comments.schemas import CommentListQuery
from app.kit.db import Base, Connection
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, Paged, PageQuery, Slice
from app.kit.raw_columns import JsonAggregate, raw
from app.slugs import repository as slugs

NESTED = 20  # comments of one thread in a response
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
COLUMNS = [field.name for field in fields(ReplyRow)]


def _below() -> Label[str | None]:
    """Up to `NESTED` public comments below a comment, depth first, as JSON; null where there are none.

    A subquery of the statement that reads the comment: so a page needs one statement, whatever stands below.
    """
    reply = comments.alias("reply")
    within = (reply.c.path > comments.c.path, reply.c.path < comments.c.path + literal_column("'~'"), reply.c.shown)
    rows = select(*(reply.c[name] for name in COLUMNS)).where(*within).order_by(reply.c.path)
    some = rows.limit(literal_column(str(NESTED), Integer)).correlate(comments).subquery()
    aggregate = select(JsonAggregate(*some.c)).scalar_subquery()
    return case((comments.c.descendants > 0, aggregate)).label("below")


BELOW = _below()
LISTED = (*raw(*(comments.c[name] for name in COLUMNS)), BELOW)


def line_of(path: str) -> list[str]:
    """The ids in a path, from the root on."""
    parts = [path[start : start + 32] for start in range(0, len(path), 32)]
    return [f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}" for id in parts]


class Comments:
    """Public comments as rows. None of these statements reads the private table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def roots(self, article_id: str, query: CommentListQuery, cursors: Cursors) -> Slice[ThreadRow]:
        """One page of the threads under a visible article."""
        top = query.sort == "top"
        return await ROOTS[query.sort].take(
            self.connection,
            query,
            cursors,
            position=lambda row: [*([row.descendants] if top else []), row.created_at, row.id],
            times=[1 if top else 0],
            values={"article": article_id},
        )

    async def replies(self, parent_id: str, query: PageQuery, cursors: Cursors) -> Slice[ThreadRow]:
        """One page of the direct replies, oldest first."""
        values = {"parent": parent_id}
        return await REPLIES.take(self.connection, query, cursors, position=lambda row: [row.id], values=values)

    async def newest(self, article_id: str, query: PageQuery, cursors: Cursors) -> Slice[CommentRow]:
        """One page of the approved comments under a visible article, replies among them, newest first."""
        return await NEWEST.take(
            self.connection,
            query,
            cursors,
            position=lambda row: [row.created_at, row.id],
            times=[0],
            values={"article": article_id},
        )

    async def one(self, id: str, now: datetime, *, own: bool = False) -> CommentInContextRow:
        """A comment with the ones below it, and slug and headline of its article.

        Raises `NotFound` if it is not public.

        `own`: for its author, who also sees it while it is pending or rejected.
        """
        known = as_id(id)
        article = (Article.slug.label("article_slug"), Article.headline.label("article_headline"))
        statement = select(comments, BELOW, *article).join(Article, Article.id == Comment.article_id)
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


IS_ROOT = (Comment.article_id == bindparam("article"), Comment.parent_id.is_(None), comments.c.shown)
ROOTS = {sort: Paged(select(*LISTED), keys, *IS_ROOT, is_lasting=True) for sort, keys in SORTS.items()}
IS_APPROVED = (Comment.article_id == bindparam("article"), Comment.status == literal_column("'approved'"))
NEWEST = Paged(select(*raw(*(comments.c[name] for name in COLUMNS))), SORTS["newest"], *IS_APPROVED, is_lasting=True)
BELOW_ONE = (Comment.parent_id == bindparam("parent"), comments.c.shown)
REPLIES = Paged(select(*LISTED), [Key(Comment.id)], *BELOW_ONE, is_lasting=True)
