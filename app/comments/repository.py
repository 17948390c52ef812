"""Queries for comments. Public are those that are `shown`, under a visible article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, literal_column, or_, select, union_all

from app.articles.models import Article
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import visible
from app.comments.models import FINAL, Comment
from app.comments.rows import CommentRow, CommentWithArticleRow, ListedCommentRow, ReplyRow
from app.comments.schemas import CommentListQuery
from app.kit.db import Base, Connection
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, Paged, PageQuery, Slice
from app.kit.prepared import Prepared
from app.kit.raw_columns import raw
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

# Of a comment in a list.
NAMES = (
    *("id", "article_id", "parent_id", "path", "depth", "status", "author_name", "author_role", "body", "language"),
    *("descendants", "replies", "created_at", "edited_at"),
)
LISTED = raw(*(comments.c[name] for name in NAMES))


def line_of(path: str) -> list[str]:
    """The ids in a path, from the root on."""
    parts = [path[start : start + 32] for start in range(0, len(path), 32)]
    return [f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}" for id in parts]


class Comments:
    """Public comments as rows. None of these statements reads the private table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def roots(self, article_id: str, query: CommentListQuery, cursors: Cursors) -> Slice[ListedCommentRow]:
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

    async def replies(self, parent_id: str, query: PageQuery, cursors: Cursors) -> Slice[ListedCommentRow]:
        """One page of the direct replies, oldest first."""
        values = {"parent": parent_id}
        return await REPLIES.take(self.connection, query, cursors, position=lambda row: [row.id], values=values)

    async def below(self, bases: Iterable[CommentRow]) -> list[ReplyRow]:
        """Up to `NESTED` comments below each of `bases`, depth first: one query that reads no more than it returns."""
        paths = [base.path for base in bases if base.descendants]
        if not paths:
            return []
        count = 1 << (len(paths) - 1).bit_length()  # powers of two, so that few statements are needed
        values = {f"path{number}": path for number, path in enumerate(paths)}
        nowhere = {f"path{number}": NOWHERE for number in range(len(paths), count)}
        rows: list[ReplyRow] = await _below(count).all(self.connection, {**values, **nowhere})
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


IS_ROOT = (Comment.article_id == bindparam("article"), Comment.parent_id.is_(None), comments.c.shown)
ROOTS = {sort: Paged(select(*LISTED), keys, *IS_ROOT, is_lasting=True) for sort, keys in SORTS.items()}
BELOW_ONE = (Comment.parent_id == bindparam("parent"), comments.c.shown)
REPLIES = Paged(select(*LISTED), [Key(Comment.id)], *BELOW_ONE, is_lasting=True)
NOWHERE = "~"  # a path below which there is nothing: a path has hexadecimal digits only


@lru_cache
def _below(count: int) -> Prepared:
    """What stands below so many comments."""
    return Prepared(union_all(*(select(_subtree(number).subquery()) for number in range(count))))


def _subtree(number: int) -> Select[Any]:
    path = bindparam(f"path{number}", type_=comments.c.path.type)
    within = (Comment.path > path, Comment.path < path + literal_column("'~'"), Comment.shown)
    return select(*LISTED).where(*within).order_by(Comment.path).limit(literal_column(str(NESTED), Integer))
