"""Articles at the desk: of every state, as objects that can be changed and saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.filters import conditions
from app.articles.models import Article, ArticleBody, Correction
from app.articles.repository import KIND, RELATED, SORTS, Articles, Relations, articles, scheduled, visible
from app.articles.schemas import ArticleDeskQuery, terms
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Slice, take
from app.kit.prepared import Prepared
from app.slugs.repository import is_named

Stored = TypeVar("Stored", Article, ArticleBody)
bodies: Any = ArticleBody.__table__
_ITSELF = select(articles).where(Article.id == bindparam("id"))
ITSELF, TO_CHANGE = Prepared(_ITSELF), Prepared(_ITSELF.with_for_update())
# Not in the statement that locks the row: after a wait for the lock it would return the other rows as of before.
BESIDE = Prepared(
    select(bodies, *RELATED)
    .select_from(Article)
    .outerjoin(bodies, bodies.c.article_id == Article.id)
    .where(Article.id == bindparam("id"))
)
# Insert and update by table.
WAYS = {
    table: (Prepared(insert(table)), Prepared(update(table).where(key == bindparam("known"))), key.name)
    for table, key in ((articles, articles.c.id), (bodies, bodies.c.article_id))
}
REMOVE = Prepared(delete(articles).where(Article.id == bindparam("id")))
CORRECTIONS = select(Correction.__table__).where(Correction.article_id == bindparam("id")).order_by(Correction.id)


class ArticlesToEdit(Articles):
    """All articles, for the desk: as objects that can be changed; `save` stores them."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.session = session
        self._stored: dict[Article | ArticleBody, dict[str, Any]] = {}  # their stored values

    async def require(self, id: str, *, for_update: bool = False) -> Article:
        """The article with this id; `for_update` locks its row. Raises `NotFound`."""
        known = as_id(id)
        found = await self.find(known, for_update=for_update) if known else None
        if found is None:
            raise NotFound()
        return found

    async def find(self, article_id: str, *, for_update: bool = False) -> Article | None:
        """The same, or None."""
        row = await (TO_CHANGE if for_update else ITSELF).first(self.session, {"id": article_id})
        return None if row is None else self._known(Article, row._asdict())

    async def beside(self, article: Article, now: datetime) -> tuple[ArticleBody | None, Relations]:
        """The body of an article, its terms and its visible translations."""
        row = await BESIDE.one(self.session, {"id": article.id, "now": now})
        values = {column.name: getattr(row, column.name) for column in bodies.columns}
        return self._known(ArticleBody, values) if row.article_id else None, Relations.of(row)

    def _known(self, kind: type[Stored], values: dict[str, Any]) -> Stored:
        """An object outside the session's unit of work, which would cost more than the statements."""
        found = kind(**values)
        self._stored[found] = values
        return found

    async def save(self, thing: Article | ArticleBody) -> None:
        """Inserts it, or updates the columns that changed, if any."""
        add, change, key = WAYS[thing.__table__]
        values = {column.name: getattr(thing, column.name) for column in thing.__table__.columns}
        stored = self._stored.get(thing)
        if stored is None:
            await add.run(self.session, values)
        elif changed := {name: value for name, value in values.items() if value != stored[name]}:
            await change.run(self.session, {"known": stored[key], **changed})
        self._stored[thing] = values

    def knows(self, thing: Article | ArticleBody) -> bool:
        """Whether it is stored."""
        return thing in self._stored

    async def remove(self, article: Article) -> None:
        """Deletes it; the foreign keys cascade."""
        await REMOVE.run(self.session, {"id": article.id})

    async def corrections(self, article_id: str) -> Sequence[Row[Any]]:
        return (await self.session.execute(CORRECTIONS, {"id": article_id})).all()

    async def named(self, name: str) -> Article | None:
        """By id or by a present or former slug, whatever its state."""
        statement = select(Article).where(is_named(KIND, Article.id, [name]))
        return (await self.session.scalars(statement)).one_or_none()

    async def page(
        self, query: ArticleDeskQuery, cursors: Cursors, now: datetime, member_id: str | None
    ) -> Slice[Row[Any]]:
        """One page of all articles, or of one member's."""
        statement = select(articles).where(*conditions(query))
        if query.status:
            statement = statement.where(or_(*(_in_status(name, now) for name in terms(query.status))))
        for member in filter(None, (query.member, member_id)):
            statement = statement.where(Article.member_id == member)
        if query.external_id:
            statement = statement.where(_external(query.external_id.replace("\0", "")))
        name = query.sort.removeprefix("-")
        if name == "published_at":
            statement = statement.where(Article.published_at.is_not(None))
        keys = SORTS[query.sort]
        return await take(
            self.session,
            statement,
            keys,
            query,
            cursors,
            position=lambda row: [getattr(row, name), row.id],
            times=[0],
        )

    async def twin(self, group: str, language: str, but: str) -> bool:
        """Whether another article of this translation group has this language already."""
        where = (Article.translation_group == group, Article.language == language, Article.id != but)
        return (await self.session.execute(select(Article.id).where(*where))).first() is not None


def _in_status(name: str, now: datetime) -> ColumnElement[bool]:
    if name == "scheduled":
        return scheduled(now)
    return (
        visible(now)
        if name == "published"
        else and_(Article.state == name.replace("\0", ""), Article.state != "published")
    )


def _external(text: str) -> ColumnElement[bool]:
    system, colon, id = text.partition(":")
    whole = Article.external_id == text
    return or_(whole, and_(Article.external_system == system, Article.external_id == id)) if colon else whole
