"""Queries for public articles. `visible` decides what is public, here and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Label,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.articles import fields
from app.articles.filing import FILINGS, Filing
from app.articles.filters import Filters, conditions, filters_of, query_of
from app.articles.models import Article, ArticleBody, Correction
from app.articles.query_schemas import ArticleListQuery
from app.articles.rows import ArticleRow, ArticleText, CorrectedRow, ListedRow, RelatedRow, StoredRow
from app.kit.clock import written
from app.kit.db import Base, Connection, Instant
from app.kit.errors import Gone, Moved, NotFound
from app.kit.ids import as_id, dashed
from app.kit.paging import Cursors, Key, Paged, Slice, position_by
from app.kit.prepared import Prepared
from app.kit.raw_columns import JsonAggregate, raw, rows_of_json
from app.kit.sql import rarely
from app.media.shown import NO_PICTURES, Pictures, pictures_of, read_pictures
from app.slugs.models import Slug
from app.staff.access import Actor
from app.text.slugs import canonical_slug

KIND = "article"
Part = Literal["related", "body", "html", "corrections"]
Parts = frozenset[Part]
articles = Base.metadata.tables[Article.__tablename__]
# A literal: with a parameter SQLite plans again each time, and the generic plan of PostgreSQL ignores partial indexes.
PUBLISHED: ColumnElement[str] = literal_column("'published'")
SORTS: dict[str, list[Key]] = {
    "-published_at": [Key(Article.published_at, descending=True), Key(Article.id, descending=True)],
    "published_at": [Key(Article.published_at), Key(Article.id)],
    "-updated_at": [Key(Article.updated_at, descending=True), Key(Article.id, descending=True)],
    "-saved_at": [Key(Article.saved_at, descending=True), Key(Article.id, descending=True)],
}


def visible(now: datetime | BindParameter[datetime], article: type[Article] = Article) -> ColumnElement[bool]:
    """Public: published, and `published_at` has passed. Every public statement about articles has this condition."""
    return and_(article.state == PUBLISHED, article.published_at <= now)


def readable(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """What a staff member may read at the desk: editors all, reporters their own, everybody what is visible."""
    if actor.has("editor"):
        return true()
    own = [Article.member_id == actor.member_id] if actor.has("reporter") else []
    return or_(visible(now), *own)


def scheduled(now: datetime) -> ColumnElement[bool]:
    return and_(Article.state == "published", Article.published_at > now)


Terms = tuple[tuple[str, str, str], ...]


@dataclass
class Relations:
    """What an article shows of other things: terms and translations as rows of (id, slug, name) in order; pictures."""

    sections: Terms = ()
    tags: Terms = ()
    authors: Terms = ()
    translations: Terms = ()
    pictures: Pictures = field(default_factory=lambda: NO_PICTURES, compare=False)

    @classmethod
    def of(cls, row: RelatedRow) -> Relations:
        """From the columns `RELATED` and `pictures` of an article's row."""
        translations = tuple((dashed(id), slug, name) for name, id, slug in rows_of_json(row.translations))
        terms = (_in_place(row.sections), _in_place(row.tags), _in_place(row.authors))
        return cls(*terms, translations, read_pictures(row.pictures))

    def ids(self, kind: str) -> list[str]:
        """Ids of the terms of a kind, in order; `kind` as in the names here."""
        return [id for id, _, _ in getattr(self, kind)]

    def cache_tags(self) -> list[str]:
        """Cache tags of the terms whose names it shows, and of its pictures. A changed translation invalidates the
        article's own tag."""
        kinds = (("section", self.sections), ("author", self.authors), ("tag", self.tags))
        terms = [f"{kind}:{id}" for kind, rows in kinds for id, _, _ in rows]
        return terms + picture_tags([self])

    def last_change(self, updated_at: datetime) -> datetime:
        """The later of the article's last change and of those of its pictures."""
        return max([updated_at, *(picture.changed_at for picture in self.pictures.values())])


def picture_tags(related: Iterable[Relations]) -> list[str]:
    """Cache tags of the pictures that these articles show, each once."""
    return list(dict.fromkeys(f"media:{id}" for one in related for id in one.pictures))


@lru_cache(maxsize=8192)
def _in_place(found: str | None) -> Terms:
    return tuple((dashed(id), slug, name) for _, id, slug, name in rows_of_json(found))


class PublicCorrection(NamedTuple):
    """A correction, from the column `CORRECTIONS` of an article's row."""

    id: str
    kind: str
    at: str
    note: str

    @classmethod
    def of(cls, row: CorrectedRow) -> list[PublicCorrection]:
        found = rows_of_json(row.corrections)
        return [cls(dashed(id), kind, written(datetime.fromisoformat(at)), note) for id, kind, at, note in found]


_canonical = lru_cache(maxsize=4096)(canonical_slug)


class Articles:
    """Visible articles as rows. `connection` may be a read-only connection or a session."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def published(
        self, query: ArticleListQuery, cursors: Cursors, now: datetime, parts: Parts = frozenset()
    ) -> Slice[ListedRow]:
        """One page of the visible articles that pass the filters, with these `parts` of each."""
        paged = _published(query.sort, parts, filters_of(query))
        return await paged.take(
            self.connection,
            query,
            cursors,
            position=position_by(query.sort),
            times=[0],
            values={"now": now},
        )

    async def at(
        self, name: str, now: datetime, suffix: str = "", parts: Parts = frozenset(), *, for_update: bool = False
    ) -> ArticleRow:
        """The visible article at a slug or id, with these `parts` of it; `for_update` locks its row (`NO KEY UPDATE`).

        Raises `Moved` to its present slug (with `suffix` behind it), `Gone` when it was withdrawn, and `NotFound` for
        everything else: a draft must look like an unknown address. Always one query.
        """
        known = as_id(name)
        named = {"id": known} if known else {"slug": _canonical(name) if len(name) <= 240 else canonical_slug(name)}
        row: ArticleRow | None = await _one(bool(known), parts, for_update).first(
            self.connection, {**named, "now": now}
        )
        if row is None:
            raise NotFound()
        if row.state == "withdrawn":
            raise Gone(withdrawn_at=row.withdrawn_at, reason=row.withdrawn_reason)
        if not known and name != row.slug:
            raise Moved(f"/v1/articles/{row.slug}{suffix}")
        return row

    async def with_ids(self, ids: Sequence[str], now: datetime) -> dict[str, StoredRow]:
        """The visible ones among these, by id."""
        if not ids:
            return {}
        statement = select(articles).where(Article.id.in_(ids), visible(now))
        return {row.id: row for row in (await self.connection.execute(statement)).all()}

    async def hidden(self, ids: Sequence[str], now: datetime) -> Sequence[Row[str, str, datetime | None, str | None]]:
        """The existing, not visible ones among these: only the columns that may be public."""
        columns = (Article.id, Article.state, Article.withdrawn_at, Article.withdrawn_reason)
        statement = select(*columns).where(Article.id.in_(ids), not_(visible(now)))
        return (await self.connection.execute(statement)).all()

    async def relations(self, ids: Sequence[str], now: datetime) -> dict[str, Relations]:
        """Sections, tags, authors and visible translations of these articles, by id. One statement."""
        return await self._related(RELATED_SHOWN, ids, {"now": now})

    async def relations_for(self, ids: Sequence[str], actor: Actor, now: datetime) -> dict[str, Relations]:
        """The same with the translations that a member of the staff may read, and with pictures. Two statements."""
        own: dict[str, object] = {"now": now, "member": actor.member_id}
        related = await self._related(*((RELATED_ALL, ids, {}) if actor.has("editor") else (RELATED_OWN, ids, own)))
        pictures = await self.pictures(ids)
        return {id: replace(found, pictures=pictures[id]) for id, found in related.items()}

    async def pictures(self, ids: Sequence[str]) -> dict[str, Pictures]:
        """The pictures that these articles show, by id."""
        rows = await PICTURES_OF.all(self.connection, {"ids": list(ids)}) if ids else []
        return dict.fromkeys(ids, NO_PICTURES) | {row.id: read_pictures(row.pictures) for row in rows}

    async def _related(
        self, statement: Prepared, ids: Sequence[str], values: Mapping[str, object]
    ) -> dict[str, Relations]:
        found: dict[str, dict[str, list[tuple[str, str, str]]]] = {id: defaultdict(list) for id in ids}
        if ids:
            related = await statement.all(self.connection, {"ids": list(ids), **values})
            for kind, article_id, _, id, slug, name in related:
                found[article_id][kind].append((id, slug, name))
        return {
            id: Relations(
                tuple(kinds["sections"]), tuple(kinds["tags"]), tuple(kinds["authors"]), tuple(kinds["translations"])
            )
            for id, kinds in found.items()
        }

    async def with_parts(self, ids: Sequence[str], now: datetime, parts: Parts) -> list[ArticleRow]:
        """The visible ones among these, with these `parts`, in one statement."""
        if not ids:
            return []
        return await _several(parts).all(self.connection, {"ids": list(ids), "now": now})

    async def summaries(self, ids: Sequence[str], now: datetime) -> list[ListedRow]:
        """The visible ones among these, with the columns of lists."""
        return await SUMMARIES.all(self.connection, {"ids": list(ids), "now": now}) if ids else []

    async def texts(self, ids: Sequence[str], now: datetime) -> list[ArticleText]:
        """The bodies of the visible, not paid ones among these, for `shown_text`."""
        return await TEXTS.all(self.connection, {"ids": list(ids), "now": now}) if ids else []


IDS: BindParameter[str] = bindparam("ids", expanding=True)
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)


def _filed(filing: Filing) -> Select[str, str, int, str, str, str]:
    link, term = filing.link, filing.term
    columns = (literal(filing.kind.plural).label("kind"), link.article_id, link.position, term.id, term.slug, term.name)
    return select(*columns).join(term, term.id == filing.term_id).where(link.article_id.in_(IDS))


def _related(*shown: Callable[[type[Article]], ColumnElement[bool]]) -> Select[Any]:
    """Terms of the articles `ids`, and their translations that pass the conditions `shown`."""
    other = aliased(Article)
    translations = (
        select(literal("translations"), Article.id, literal(0), other.id, other.slug, other.language)
        .join(other, and_(rarely(other.translation_group == Article.translation_group), other.id != Article.id))
        .where(Article.id.in_(IDS), Article.translation_group.is_not(None), *(condition(other) for condition in shown))
    )
    rows = union_all(
        *map(_filed, FILINGS),
        translations,
    ).subquery("related")
    kind, article_id, position, id, slug, name = rows.c
    return select(kind, article_id, position, id, slug, name).order_by(kind, article_id, position, name)


# Built once: building a statement costs more than running it on SQLite.
RELATED_SHOWN = Prepared(_related(lambda other: visible(NOW, other)))
RELATED_ALL = Prepared(_related())
RELATED_OWN = Prepared(_related(lambda other: or_(visible(NOW, other), other.member_id == bindparam("member"))))
OWNER = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == bindparam("slug")).scalar_subquery()
FOUND_BY_NAME = or_(visible(NOW), Article.state == literal_column("'withdrawn'"))


def _terms(filing: Filing) -> Label[str]:
    link, term = filing.link, filing.term
    rows = select(JsonAggregate(link.position, term.id, term.slug, term.name)).join(term, term.id == filing.term_id)
    rows = rows.where(link.article_id == Article.id).correlate(Article)
    return rows.scalar_subquery().label(filing.kind.plural)


def _translations() -> ScalarSelect[str]:
    other = aliased(Article)
    same = (rarely(other.translation_group == Article.translation_group), other.id != Article.id, visible(NOW, other))
    return select(JsonAggregate(other.language, other.id, other.slug)).where(*same).correlate(Article).scalar_subquery()


def _corrections() -> ScalarSelect[str]:
    rows = select(JsonAggregate(Correction.id, Correction.kind, Correction.at, Correction.note))
    return rows.where(Correction.article_id == Article.id, Article.corrected).correlate(Article).scalar_subquery()


RELATED = (
    *map(_terms, FILINGS),
    _translations().label("translations"),
)
CORRECTIONS = _corrections().label("corrections")
PICTURES, LEAD_PICTURE = pictures_of(Article.id), pictures_of(Article.id, "lead_image")
PICTURES_OF = Prepared(select(Article.id, PICTURES).where(Article.id.in_(IDS)))
# The body of a paid article is never selected.
ITS_BODY = and_(ArticleBody.article_id == Article.id, Article.access != "paid")
SUMMARY = raw(*(getattr(Article, name) for name in fields.SUMMARY))
WHOLE = raw(*(getattr(Article, name) for name in fields.WHOLE))


def _with(parts: Parts, *more: ColumnElement[Any]) -> Select[Any]:
    """An article with these `parts`, in a single statement: a second one would cost more than all parts."""
    columns = [*SUMMARY, *more]
    if "related" in parts:
        columns += (*RELATED, PICTURES if more or parts & {"body", "html"} else LEAD_PICTURE)
    if "corrections" in parts:
        columns.append(CORRECTIONS)
    if not parts & {"body", "html"}:
        return select(*columns).select_from(Article)
    columns += raw(ArticleBody.html, *((ArticleBody.text, ArticleBody.blocks) if "body" in parts else ()))
    return select(*columns).select_from(Article).outerjoin(ArticleBody, ITS_BODY)


SUMMARIES = Prepared(_with(frozenset({"related"})).where(Article.id.in_(IDS), visible(NOW)))
TEXTS = Prepared(
    select(
        ArticleBody.article_id, Article.language, *raw(ArticleBody.text, ArticleBody.html, ArticleBody.blocks), PICTURES
    )
    .join(Article, ITS_BODY)
    .where(Article.id.in_(IDS), visible(NOW))
)


@lru_cache(maxsize=128)
def _published(sort: str, parts: Parts, filters: Filters) -> Paged:
    """A cached list statement: building it costs more than running it on SQLite."""
    query = query_of(filters)
    where = conditions(query)
    if not where:
        return Paged(_with(parts), SORTS[sort], visible(NOW), is_lasting=True)
    # Ids are filtered, sorted and cut to a page first; only those rows get their JSON aggregates.
    near = (visible(NOW), conditions(query, each=True))
    return Paged(select(Article.id), SORTS[sort], visible(NOW), *where, whole=_with(parts), near=near)


@lru_cache
def _one(by_id: bool, parts: Parts, for_update: bool) -> Prepared:
    found = _with(parts, *WHOLE).where(Article.id == (bindparam("id") if by_id else OWNER), FOUND_BY_NAME)
    return Prepared(found.with_for_update(key_share=True) if for_update else found)


@lru_cache
def _several(parts: Parts) -> Prepared:
    return Prepared(_with(parts, *WHOLE).where(Article.id.in_(IDS), visible(NOW)))
