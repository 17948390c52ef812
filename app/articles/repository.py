"""Where articles are stored and found. What readers may see is `visible`, here and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
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

from app.articles.filters import conditions
from app.articles.models import Article, ArticleAuthor, ArticleBody, ArticleSection, ArticleTag, Correction
from app.articles.schemas import ArticleFilters, ArticleListQuery
from app.authors.models import Author
from app.kit.clock import written
from app.kit.db import Connection, Instant
from app.kit.errors import Gone, Moved, NotFound
from app.kit.ids import as_id, dashed
from app.kit.paging import Cursors, Key, Paged, Slice
from app.kit.prepared import Prepared
from app.kit.raw_columns import JsonAggregate, raw, rows_of_json
from app.sections.models import Section
from app.slugs.models import Slug
from app.staff.access import Actor
from app.tags.models import Tag
from app.text.slugs import canonical_slug

KIND = "article"
FILTERS = (
    *("section", "tag", "author", "language", "kind", "urgency_max"),
    *("published_after", "published_before", "updated_after", "ids"),
)
Part = Literal["related", "body", "corrections"]
Parts = frozenset[Part]
articles: Any = Article.__table__
# Spelled out: with a parameter here SQLite plans anew each time, and PostgreSQL's lasting plan has no partial index.
PUBLISHED: ColumnElement[str] = literal_column("'published'")
SORTS: dict[str, list[Key]] = {
    "-published_at": [Key(Article.published_at, descending=True), Key(Article.id, descending=True)],
    "published_at": [Key(Article.published_at), Key(Article.id)],
    "-updated_at": [Key(Article.updated_at, descending=True), Key(Article.id, descending=True)],
    "-saved_at": [Key(Article.saved_at, descending=True), Key(Article.id, descending=True)],
}


def visible(now: datetime | BindParameter[datetime], article: type[Article] = Article) -> ColumnElement[bool]:
    """What readers may see: published, and the moment has come. Every public statement about articles holds this."""
    return and_(article.state == PUBLISHED, article.published_at <= now)


def readable(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """What a member of the staff may read at the desk: editors everything, reporters their own, all what is visible."""
    if actor.has("editor"):
        return true()
    own = [Article.member_id == actor.member_id] if actor.has("reporter") else []
    return or_(visible(now), *own)


def scheduled(now: datetime) -> ColumnElement[bool]:
    return and_(Article.state == "published", Article.published_at > now)


Terms = tuple[tuple[str, str, str], ...]


@dataclass
class Relations:
    """What an article is filed under, and its translations: rows of (id, slug, name), in order."""

    sections: Terms = ()
    tags: Terms = ()
    authors: Terms = ()
    translations: Terms = ()

    @classmethod
    def of(cls, row: Any) -> Relations:
        """Those that came along with an article."""
        translations = tuple((dashed(id), slug, name) for name, id, slug in rows_of_json(row.translations))
        return cls(_in_place(row.sections), _in_place(row.tags), _in_place(row.authors), translations)

    def cache_tags(self) -> list[str]:
        """Of the terms whose names an article shows. Translations tell by the article's own tag."""
        kinds = (("section", self.sections), ("author", self.authors), ("tag", self.tags))
        return [f"{kind}:{id}" for kind, rows in kinds for id, _, _ in rows]


@lru_cache(maxsize=8192)
def _in_place(found: str | None) -> Terms:
    return tuple((dashed(id), slug, name) for _, id, slug, name in rows_of_json(found))


class PutRight(NamedTuple):
    """A correction that came along with its article."""

    id: str
    kind: str
    at: str
    note: str

    @classmethod
    def of(cls, row: Any) -> list[PutRight]:
        found = rows_of_json(row.corrections)
        return [cls(dashed(id), kind, written(datetime.fromisoformat(at)), note) for id, kind, at, note in found]


_canonical = lru_cache(maxsize=4096)(canonical_slug)


class Articles:
    """What readers see, as rows. `reader` may be a read-only connection or a session."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def published(
        self, query: ArticleListQuery, cursors: Cursors, now: datetime, parts: Parts = frozenset()
    ) -> Slice[Any]:
        """One page of the visible articles that pass the filters, with these `parts` of each."""
        name = query.sort.removeprefix("-")
        filters = tuple(getattr(query, filter) for filter in FILTERS)
        paged = _published(query.sort, parts, filters)
        return await paged.take(
            self.connection,
            query,
            cursors,
            position=lambda row: [getattr(row, name), row.id],
            times=[0],
            values={"now": now},
        )

    async def at(self, name: str, now: datetime, suffix: str = "", parts: Parts = frozenset()) -> Any:
        """The visible article at a slug or id, with these `parts` of it.

        Raises `Moved` to its present slug (with `suffix` behind it), `Gone` when it was withdrawn, and `NotFound` for
        everything else alike: an address that never was and a draft cannot be told apart. One query whatever comes.
        """
        known = as_id(name)
        named = {"id": known} if known else {"slug": _canonical(name) if len(name) <= 240 else canonical_slug(name)}
        row = await _one(bool(known), parts).first(self.connection, {**named, "now": now})
        if row is None:
            raise NotFound()
        if row.state == "withdrawn":
            raise Gone(withdrawn_at=row.withdrawn_at, reason=row.withdrawn_reason)
        if not known and name != row.slug:
            raise Moved(f"/v1/articles/{row.slug}{suffix}")
        return row

    async def with_ids(self, ids: Sequence[str], now: datetime) -> dict[str, Row[Any]]:
        """The visible ones among these, by id."""
        if not ids:
            return {}
        statement = select(articles).where(Article.id.in_(ids), visible(now))
        return {row.id: row for row in (await self.connection.execute(statement)).all()}

    async def hidden(self, ids: Sequence[str], now: datetime) -> Sequence[Any]:
        """Those among these that are there, but not for readers: only what may be said of them."""
        columns = (Article.id, Article.state, Article.withdrawn_at, Article.withdrawn_reason)
        statement = select(*columns).where(Article.id.in_(ids), not_(visible(now)))
        return (await self.connection.execute(statement)).all()

    async def relations(self, ids: Sequence[str], now: datetime) -> dict[str, Relations]:
        """Sections, tags, authors and translations of these articles, in one statement.

        With only those translations that readers may see.
        """
        return await self._related(RELATED_SHOWN, ids, {"now": now})

    async def relations_for(self, ids: Sequence[str], actor: Actor, now: datetime) -> dict[str, Relations]:
        """The same with the translations that a member of the staff may read."""
        if actor.has("editor"):
            return await self._related(RELATED_ALL, ids, {})
        return await self._related(RELATED_OWN, ids, {"now": now, "member": actor.member_id})

    async def _related(self, statement: Prepared, ids: Sequence[str], values: dict[str, Any]) -> dict[str, Relations]:
        found: dict[str, dict[str, list[Any]]] = {id: defaultdict(list) for id in ids}
        if ids:
            related = await statement.all(self.connection, {"ids": list(ids), **values})
            for kind, article_id, _, id, slug, name in related:
                found[article_id][kind].append((id, slug, name))
        return {id: Relations(**{kind: tuple(rows) for kind, rows in kinds.items()}) for id, kinds in found.items()}

    async def stating(self, ids: Sequence[str], now: datetime, parts: Parts) -> list[Any]:
        """The visible ones among these, with these `parts`, in one statement."""
        if not ids:
            return []
        return await _several(parts).all(self.connection, {"ids": list(ids), "now": now})

    async def summarised(self, ids: Sequence[str], now: datetime) -> list[Any]:
        """The visible ones among these, as lists show them."""
        return await SUMMARISED.all(self.connection, {"ids": list(ids), "now": now}) if ids else []

    async def texts(self, ids: Sequence[str], now: datetime) -> dict[str, str]:
        """What may be read without paying of the bodies of these, by id."""
        found = await TEXTS.all(self.connection, {"ids": list(ids), "now": now}) if ids else []
        return {row.article_id: row.text for row in found}


IDS: BindParameter[Any] = bindparam("ids", expanding=True)
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)


def _filed(kind: str, link: Any, term: Any, term_id: Any) -> Select[Any]:
    columns = (literal(kind).label("kind"), link.article_id, link.position, term.id, term.slug, term.name)
    return select(*columns).join(term, term.id == term_id).where(link.article_id.in_(IDS))


def _related(*shown: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    """What the articles `ids` are filed under, and those of their translations that are `shown`."""
    other = aliased(Article)
    translations = (
        select(literal("translations"), Article.id, literal(0), other.id, other.slug, other.language)
        .join(other, and_(other.translation_group == Article.translation_group, other.id != Article.id))
        .where(Article.id.in_(IDS), Article.translation_group.is_not(None), *(condition(other) for condition in shown))
    )
    rows = union_all(
        _filed("sections", ArticleSection, Section, ArticleSection.section_id),
        _filed("tags", ArticleTag, Tag, ArticleTag.tag_id),
        _filed("authors", ArticleAuthor, Author, ArticleAuthor.author_id),
        translations,
    ).subquery("related")
    kind, article_id, position, id, slug, name = rows.c
    return select(kind, article_id, position, id, slug, name).order_by(kind, article_id, position, name)


# Built once: putting a statement together costs more than running it on SQLite.
RELATED_SHOWN = Prepared(_related(lambda other: visible(NOW, other)))
RELATED_ALL = Prepared(_related())
RELATED_OWN = Prepared(_related(lambda other: or_(visible(NOW, other), other.member_id == bindparam("member"))))
OWNER = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == bindparam("slug")).scalar_subquery()
TRACED = or_(visible(NOW), Article.state == literal_column("'withdrawn'"))


def _terms(link: Any, term: Any, term_id: Any) -> ScalarSelect[Any]:
    rows = select(JsonAggregate(link.position, term.id, term.slug, term.name)).join(term, term.id == term_id)
    return rows.where(link.article_id == Article.id).correlate(Article).scalar_subquery()


def _translations() -> ScalarSelect[Any]:
    other = aliased(Article)
    same = (other.translation_group == Article.translation_group, other.id != Article.id, visible(NOW, other))
    return select(JsonAggregate(other.language, other.id, other.slug)).where(*same).correlate(Article).scalar_subquery()


def _corrections() -> ScalarSelect[Any]:
    rows = select(JsonAggregate(Correction.id, Correction.kind, Correction.at, Correction.note))
    return rows.where(Correction.article_id == Article.id, Article.corrected).correlate(Article).scalar_subquery()


RELATED = (
    _terms(ArticleSection, Section, ArticleSection.section_id).label("sections"),
    _terms(ArticleTag, Tag, ArticleTag.tag_id).label("tags"),
    _terms(ArticleAuthor, Author, ArticleAuthor.author_id).label("authors"),
    _translations().label("translations"),
)
PUT_RIGHT = _corrections().label("corrections")
# Of a paid article the body stays where it is.
ITS_BODY = and_(ArticleBody.article_id == Article.id, Article.access != "paid")
SUMMARY = raw(
    *(Article.id, Article.slug, Article.language, Article.kind, Article.access, Article.headline),
    *(Article.short_headline, Article.summary, Article.byline, Article.lead_image, Article.urgency, Article.version),
    *(Article.published_at, Article.first_published_at, Article.revised_at, Article.updated_at),
    *(Article.reading_minutes, Article.comments_mode, Article.corrected),
)
WHOLE = raw(
    *(Article.state, Article.withdrawn_at, Article.withdrawn_reason, Article.comment_count, Article.dateline),
    *(Article.source, Article.rights, Article.media, Article.canonical_url, Article.seo),
)


def _with(parts: Parts, *more: Any) -> Select[Any]:
    """An article with all of these `parts` in one statement: another costs more than all of them here."""
    columns = [*SUMMARY, *more]
    if "related" in parts:
        columns += RELATED
    if "corrections" in parts:
        columns.append(PUT_RIGHT)
    if "body" not in parts:
        return select(*columns).select_from(Article)
    columns += raw(ArticleBody.html, ArticleBody.text, ArticleBody.blocks)
    return select(*columns).select_from(Article).outerjoin(ArticleBody, ITS_BODY)


SUMMARISED = Prepared(_with(frozenset({"related"})).where(Article.id.in_(IDS), visible(NOW)))
TEXTS = Prepared(
    select(ArticleBody.article_id, ArticleBody.text).join(Article, ITS_BODY).where(Article.id.in_(IDS), visible(NOW))
)


@lru_cache(maxsize=128)
def _published(sort: str, parts: Parts, filters: tuple[Any, ...]) -> Paged:
    """Put together once for each way of asking: that costs more than running it on SQLite."""
    query = ArticleFilters.model_construct(**dict(zip(FILTERS, filters, strict=True)))
    where = conditions(query)
    if not where:
        return Paged(_with(parts), SORTS[sort], visible(NOW), is_lasting=True)
    # What is filtered is sorted before it is cut to a page; nothing is gathered for what is cut off.
    near = (visible(NOW), conditions(query, each=True))
    return Paged(select(Article.id), SORTS[sort], visible(NOW), *where, whole=_with(parts), near=near)


@lru_cache
def _one(by_id: bool, parts: Parts) -> Prepared:
    return Prepared(_with(parts, *WHOLE).where(Article.id == (bindparam("id") if by_id else OWNER), TRACED))


@lru_cache
def _several(parts: Parts) -> Prepared:
    return Prepared(_with(parts, *WHOLE).where(Article.id.in_(IDS), visible(NOW)))
