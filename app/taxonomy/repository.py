"""Which terms are public: those with a visible article, and the sections above them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Text, bindparam, func, literal, literal_column, select
from sqlalchemy.orm import aliased

from app.articles.filing import AUTHORS, Filing
from app.articles.models import Article
from app.articles.repository import IDS, NOW, visible
from app.authors.models import Author
from app.kit.db import Connection, Id
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, Paged, PageQuery, Slice
from app.kit.prepared import Prepared
from app.media.shown import pictures_of
from app.sections.models import Section
from app.slugs.models import Slug
from app.terms.models import Term
from app.terms.rows import TermRow
from app.text.slugs import canonical_slug

Moment = datetime | BindParameter[datetime]


def filed(filing: Filing, now: Moment) -> Select[str, str]:
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


def is_shown(filing: Filing, now: Moment) -> ColumnElement[bool]:
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


def _has_articles(filing: Filing, term: Any, now: Moment) -> ColumnElement[bool]:
    """One lookup for each term. For EXISTS PostgreSQL reads every visible article: 10 ms of 30,000."""
    pairs = select(filing.link.article_id).join(Article, Article.id == filing.link.article_id)
    one = pairs.where(filing.term_id == term.id, visible(now)).limit(literal_column("1"))
    return one.scalar_subquery().is_not(None)


class _Statements:
    """The statements for terms of one kind, compiled once: every publication asks for the terms of the article."""

    def __init__(self, filing: Filing) -> None:
        self._filing, self._id = filing, filing.kind.model.id
        self._shown = self._columns().where(is_shown(filing, NOW))

    @cached_property
    def page(self) -> Paged:
        return Paged(self._shown, [Key(self._filing.kind.model.slug)], is_lasting=True)

    @cached_property
    def among(self) -> Prepared:
        return Prepared(self._shown.where(self._id.in_(IDS)))

    @cached_property
    def with_id(self) -> Prepared:
        return Prepared(self._shown.where(self._id == bindparam("id", type_=Id)))

    @cached_property
    def with_slug(self) -> Prepared:
        """By the present slug or a former one."""
        of_kind = Slug.kind == literal(self._filing.kind.noun)
        owner = select(Slug.target_id).where(of_kind, Slug.slug == bindparam("slug", type_=Text))
        return Prepared(self._shown.where(self._id == owner.scalar_subquery()))

    @cached_property
    def counts(self) -> Prepared:
        pairs = filed(self._filing, NOW).subquery()
        counted = select(pairs.c.term_id, func.count(pairs.c.article_id.distinct()).label("articles"))
        return Prepared(counted.where(pairs.c.term_id.in_(IDS)).group_by(pairs.c.term_id))

    def _columns(self) -> Select[Any]:
        model: type[Term] = self._filing.kind.model
        if self._filing is AUTHORS:
            return select(Author.__table__, pictures_of(Author.id, "avatar"))
        if not self._filing.kind.is_tree:
            return select(model.__table__)  # type: ignore[attr-defined]  # every model has its table
        above = aliased(Section)
        columns = (above.id.label("above_id"), above.slug.label("above_slug"), above.name.label("above_name"))
        statement = select(Section.__table__, pictures_of(Section.id, "image"), *columns)
        return statement.outerjoin(above, above.id == Section.parent_id)


@lru_cache
def _statements(filing: Filing) -> _Statements:
    return _Statements(filing)


class Taxonomy:
    """The public sections, tags and authors."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def shown(self, filing: Filing, query: PageQuery, cursors: Cursors, now: datetime) -> Slice[TermRow]:
        """One page, by slug."""
        page = _statements(filing).page
        return await page.take(self.connection, query, cursors, position=lambda row: [row.slug], values={"now": now})

    async def shown_among(self, filing: Filing, ids: Collection[str], now: datetime) -> dict[str, TermRow]:
        """Those of these terms that are public, by id."""
        if not ids:
            return {}
        rows = await _statements(filing).among.all(self.connection, {"ids": sorted(ids), "now": now})
        return {row.id: row for row in rows}

    async def counts(self, filing: Filing, ids: list[str], now: datetime) -> dict[str, int]:
        """The number of visible articles under each term; for a section, those of its descendants too."""
        if not ids:
            return {}
        rows = await _statements(filing).counts.all(self.connection, {"ids": ids, "now": now})
        return {row.term_id: row.articles for row in rows}

    async def one(self, filing: Filing, name: str, now: datetime) -> TermRow:
        """Find a public term by slug or id. Raises `Moved` for a former slug, `NotFound` where it is not public."""
        statements, known = _statements(filing), as_id(name)
        by, value = (
            (statements.with_id, {"id": known}) if known else (statements.with_slug, {"slug": canonical_slug(name)})
        )
        row: TermRow | None = await by.first(self.connection, {**value, "now": now})
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/{filing.kind.plural}/{row.slug}")
        return row
