"""Which terms are public: those with a visible article, and the sections above them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from app.articles.filing import AUTHORS, Filing
from app.articles.models import Article
from app.articles.repository import visible
from app.authors.models import Author
from app.kit.db import Connection
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.media.shown import pictures_of
from app.sections.models import Section
from app.slugs.models import Slug
from app.terms.models import Term
from app.terms.rows import TermRow
from app.text.slugs import canonical_slug


def filed(filing: Filing, now: datetime) -> Select[str, str]:
    """(term id, article id) of every visible article; in a tree an article counts for all sections above too."""
    pairs: Select[str, str] = select(filing.term_id.label("term_id"), filing.link.article_id.label("article_id"))
    pairs = pairs.join(Article, Article.id == filing.link.article_id).where(visible(now))
    if not filing.kind.is_tree:
        return pairs
    line = pairs.cte("filed", recursive=True)
    child = aliased(filing.kind.model)
    above = select(child.parent_id, line.c.article_id).join(line, child.id == line.c.term_id)
    line = line.union(above.where(child.parent_id.is_not(None)))
    return select(line.c.term_id, line.c.article_id)


def is_shown(filing: Filing, now: datetime) -> ColumnElement[bool]:
    """Whether a visible article is filed there; in a tree: there or anywhere below."""
    model = filing.kind.model
    if not filing.kind.is_tree:
        return _has_articles(filing, model, now)
    term = aliased(model)
    line = select(term.id, term.parent_id).where(_has_articles(filing, term, now)).cte("shown", recursive=True)
    above = aliased(model)
    line = line.union(select(above.id, above.parent_id).join(line, above.id == line.c.parent_id))
    shown: ColumnElement[bool] = model.id.in_(select(line.c.id))
    return shown


def _has_articles(filing: Filing, term: Any, now: datetime) -> ColumnElement[bool]:
    pairs = select(filing.link.article_id).join(Article, Article.id == filing.link.article_id)
    return exists(pairs.where(filing.term_id == term.id, visible(now)))


class Taxonomy:
    """The public sections, tags and authors."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def shown(self, filing: Filing, query: PageQuery, cursors: Cursors, now: datetime) -> Slice[TermRow]:
        """One page, by slug."""
        statement = self._columns(filing).where(is_shown(filing, now))
        keys = [Key(filing.kind.model.slug)]
        return await take(self.connection, statement, keys, query, cursors, position=lambda row: [row.slug])

    async def shown_among(self, filing: Filing, ids: Collection[str], now: datetime) -> dict[str, TermRow]:
        """Those of these terms that are public, by id."""
        if not ids:
            return {}
        statement = self._columns(filing).where(filing.kind.model.id.in_(ids), is_shown(filing, now))
        return {row.id: row for row in (await self.connection.execute(statement)).all()}

    async def counts(self, filing: Filing, ids: list[str], now: datetime) -> dict[str, int]:
        """The number of visible articles under each term; for a section, those of its descendants too."""
        if not ids:
            return {}
        pairs = filed(filing, now).subquery()
        statement = select(pairs.c.term_id, func.count(pairs.c.article_id.distinct()).label("articles"))
        statement = statement.where(pairs.c.term_id.in_(ids)).group_by(pairs.c.term_id)
        return {row.term_id: row.articles for row in (await self.connection.execute(statement)).all()}

    async def one(self, filing: Filing, name: str, now: datetime) -> TermRow:
        """Find a public term by slug or id. Raises `Moved` for a former slug, `NotFound` where it is not public."""
        known = as_id(name)
        owner = select(Slug.target_id).where(Slug.kind == filing.kind.noun, Slug.slug == canonical_slug(name))
        where = filing.kind.model.id == (known or owner.scalar_subquery())
        row: TermRow | None = (
            await self.connection.execute(self._columns(filing).where(where, is_shown(filing, now)))
        ).one_or_none()
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/{filing.kind.plural}/{row.slug}")
        return row

    @staticmethod
    def _columns(filing: Filing) -> Select[Any]:
        model: type[Term] = filing.kind.model
        if filing is AUTHORS:
            return select(Author.__table__, pictures_of(Author.id, "avatar"))
        if not filing.kind.is_tree:
            return select(model.__table__)  # type: ignore[attr-defined]  # every model has its table
        above = aliased(Section)
        columns = (above.id.label("above_id"), above.slug.label("above_slug"), above.name.label("above_name"))
        statement = select(Section.__table__, pictures_of(Section.id, "image"), *columns)
        return statement.outerjoin(above, above.id == Section.parent_id)
