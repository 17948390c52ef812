"""Articles at the desk: of every state, as objects of the session, which stores what is changed of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.filing import FILINGS
from app.articles.filters import conditions
from app.articles.models import Article, ArticleBody, ArticleSubject, Correction
from app.articles.query_schemas import ArticleDeskQuery, terms
from app.articles.repository import (
    KIND,
    PICTURES,
    RELATED,
    SORTS,
    Articles,
    Relations,
    Terms,
    articles,
    readable,
    scheduled,
    visible,
)
from app.articles.subjects import subject_keys
from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Slice, position_by, take
from app.kit.sql import rarely
from app.media.desk_repository import Use, read_uses, uses_of
from app.slugs.repository import is_named
from app.staff.access import Actor

# As the partial indexes name them: with a parameter in its place SQLite would not know its index.
OUT, UNANNOUNCED = text("articles.state = 'published'"), text("articles.state = 'published' AND NOT articles.announced")
# Built once: building a statement costs more than running it on SQLite.
TO_CHANGE = select(Article).where(Article.id == bindparam("id")).with_for_update()
TO_CHANGE = TO_CHANGE.execution_options(populate_existing=True)
# Not in the statement that locks the row: after a wait for the lock it would return the other rows as of before.
BODY_AND_RELATIONS = (
    select(ArticleBody, *RELATED, PICTURES, uses_of(Article.id))
    .select_from(Article)
    .outerjoin(ArticleBody, ArticleBody.article_id == Article.id)
    .where(Article.id == bindparam("id"))
)


def may_read(actor: Actor, article: Article) -> bool:
    """Whether a member of the staff may open it at the desk: editors any, reporters their own."""
    return actor.has("editor") or (actor.has("reporter") and article.member_id == actor.member_id)


class ArticlesToEdit(Articles):
    """All articles, for the desk. What is changed of a found one is stored by the session, with the next flush."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.session = session

    async def require(self, id: str, *, for_update: bool = False) -> Article:
        """The article with this id; `for_update` locks its row. Raises `NotFound`."""
        known = as_id(id)
        found = await self.find(known, for_update=for_update) if known else None
        if found is None:
            raise NotFound()
        return found

    async def require_readable(self, id: str, actor: Actor, *, for_update: bool = False) -> Article:
        """The same, where this member of the staff may read it. Raises `NotFound`."""
        article = await self.require(id, for_update=for_update)
        if not may_read(actor, article):
            raise NotFound()
        return article

    async def find(self, article_id: str, *, for_update: bool = False) -> Article | None:
        """The same, or None. With the lock its values are read anew: another transaction may have held it."""
        if not for_update:
            return await self.session.get(Article, article_id)
        return (await self.session.execute(TO_CHANGE, {"id": article_id})).scalars().one_or_none()

    async def body_and_relations(
        self, article: Article, now: datetime
    ) -> tuple[ArticleBody | None, Relations, frozenset[Use]]:
        """The body of an article, what it shows of other things, and where it uses pictures. One statement."""
        row = (await self.session.execute(BODY_AND_RELATIONS, {"id": article.id, "now": now})).one()
        return row.ArticleBody, Relations.of(row), read_uses(row.uses)

    async def add(self, article: Article) -> None:
        """Inserts a new article: before its body and its links, for their foreign keys."""
        self.session.add(article)
        await self.session.flush()

    async def file(self, article: Article, stored: Relations, related: Relations) -> None:
        """Files it under its terms: replaces the links of each kind whose terms are others than the stored ones."""
        for filing in FILINGS:
            link, ids = filing.link, related.ids(filing.kind.plural)
            if ids == stored.ids(filing.kind.plural):
                continue
            await self.session.execute(delete(link).where(link.article_id == article.id))
            term_id = f"{filing.kind.noun}_id"
            if ids:
                rows = [{"article_id": article.id, "position": place, term_id: id} for place, id in enumerate(ids)]
                await self.session.execute(insert(link), rows)

    async def file_subjects(self, article: Article, stored: Sequence[str]) -> None:
        """Replaces the keys by which filters find its subjects, where they are others than the stored ones."""
        keys = subject_keys(article.subjects)
        if set(keys) == set(stored):
            return
        await self.session.execute(delete(ArticleSubject).where(ArticleSubject.article_id == article.id))
        if keys:
            rows = [{"article_id": article.id, "subject": key} for key in keys]
            await self.session.execute(insert(ArticleSubject), rows)

    async def remove(self, article: Article) -> None:
        """Deletes it; the foreign keys cascade."""
        await self.session.delete(article)
        await self.session.flush()

    async def corrections(self, article: Article) -> Sequence[Correction]:
        if not article.corrected:
            return ()
        statement = select(Correction).where(Correction.article_id == article.id).order_by(Correction.id)
        return (await self.session.execute(statement)).scalars().all()

    async def named(self, name: str) -> Article | None:
        """By id or by a present or former slug, whatever its state."""
        statement = select(Article).where(is_named(KIND, Article.id, [name]))
        return (await self.session.execute(statement)).scalars().one_or_none()

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
        if query.sort.removeprefix("-") == "published_at":
            statement = statement.where(Article.published_at.is_not(None))
        keys = SORTS[query.sort]
        return await take(
            self.session,
            statement,
            keys,
            query,
            cursors,
            position=position_by(query.sort),
            times=[0],
        )

    async def group_of(self, original: Article) -> str:
        """The translation group of a locked article, which begins one where it has none. Stored at once."""
        if original.translation_group is None:
            begins = update(Article).where(Article.id == original.id).values(translation_group=original.id)
            await self.session.execute(begins)
        return original.translation_group or original.id

    async def translations(self, group: str, but: str, now: datetime) -> Terms:
        """The visible articles of a translation group, as (id, slug, language)."""
        statement = select(Article.id, Article.slug, Article.language).order_by(Article.language)
        where = (rarely(Article.translation_group == group), Article.id != but, visible(now))
        return tuple((id, slug, language) for id, slug, language in await self.session.execute(statement.where(*where)))

    async def twin(self, group: str, language: str, but: str) -> bool:
        """Whether another article of this translation group has this language already."""
        where = (rarely(Article.translation_group == group), Article.language == language, Article.id != but)
        return (await self.session.execute(select(Article.id).where(*where))).first() is not None

    async def same_external(self, article: Article, actor: Actor, now: datetime) -> tuple[str, bool] | None:
        """The id of another article with its external id, and whether the actor may read that one."""
        if article.external_id is None:
            return None
        same = (Article.external_system == article.external_system, rarely(Article.external_id == article.external_id))
        statement = select(Article.id, readable(actor, now)).where(*same, Article.id != article.id)
        found = (await self.session.execute(statement)).first()
        return None if found is None else (found[0], bool(found[1]))

    async def due(self, now: datetime, limit: int) -> Sequence[Article]:
        """Locks those whose moment has come and of which the log has not told, the earliest first."""
        return await self._locked(UNANNOUNCED, Article.published_at <= now, limit=limit)

    async def early(self, now: datetime, limit: int) -> Sequence[Article]:
        """Locks those of which the log has told, and whose moment is still to come."""
        return await self._locked(OUT, Article.announced, Article.published_at > now, limit=limit)

    async def _locked(self, *where: ColumnExpressionArgument[bool], limit: int) -> Sequence[Article]:
        """Without those that others have locked: nobody waits for anybody."""
        statement = select(Article).where(*where).order_by(Article.published_at, Article.id).limit(limit)
        return (await self.session.execute(statement.with_for_update(skip_locked=True))).scalars().all()


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
