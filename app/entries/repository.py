"""Queries for public entries. A published entry is visible exactly while its article is: `SHOWN` says so, here only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
)

from app.articles.models import Article
from app.articles.repository import IDS, NOW, Terms, visible
from app.authors.models import Author
from app.entries.models import Entry, EntryAuthor
from app.entries.schemas import EntryListQuery
from app.kit.db import Connection
from app.kit.errors import NotFound
from app.kit.ids import as_id, dashed
from app.kit.paging import COUNT_LIMIT, Cursors, Key, Paged, Slice
from app.kit.prepared import Prepared
from app.kit.raw_columns import JsonAggregate, json_text, raw, rows_of_json
from app.media.shown import pictures_of
from app.sections.models import Section

KIND = "entry"
MOST_TEXTS: ColumnElement[int] = literal_column(
    "1000", Integer
)  # entries that the snippets of one answer are searched in
BACKWARD = "previous"  # the last value of a cursor that leads back
# Literals: SQLite does not use a partial index for a parameter.
IS_PUBLISHED: ColumnElement[bool] = literal_column("entries.status = 'published'")
SHOWN = and_(IS_PUBLISHED, visible(NOW))
HAS_PICTURES: ColumnElement[bool] = literal_column("entries.html LIKE '%data-media=%'")
IS_FREE = Article.access != literal_column("'paid'")
RANK, AT, ID = Entry.rank, Entry.published_at, Entry.id
SORTS: dict[str, list[Key]] = {
    "newest": [Key(RANK), Key(AT, descending=True), Key(ID, descending=True)],
    "oldest": [Key(RANK), Key(AT), Key(ID)],
}


class EntryRow(Protocol):
    """A raw row of a public entry, with what it shows of its article. It never changes."""

    id: str
    article_id: str
    headline: str | None
    html: str | None
    text: str | None
    blocks: str | None
    corrections: str | None
    key_event: bool
    rank: int
    language: str
    published_at: str
    updated_at: str
    corrected: bool
    version: int
    authors: str | None
    pictures: str | None
    article_slug: str
    article_access: str
    article_published_at: str
    section_slug: str | None

    def __hash__(self) -> int: ...


class EntryText(Protocol):
    """The words of an entry, for snippets: of a paid article the headline only."""

    id: str
    article_id: str
    language: str
    headline: str | None
    html: str | None
    text: str | None
    blocks: str | None
    pictures: str | None


@dataclass(frozen=True)
class EntrySlice(Slice[EntryRow]):
    """A page that also leads back."""

    previous: str | None = None

    def page(self) -> dict[str, object]:
        return {**super().page(), "previous": self.previous}


def authors_of() -> Label[str]:
    """A column for `read_authors`."""
    rows = select(JsonAggregate(EntryAuthor.position, Author.id, Author.slug, Author.name))
    rows = rows.join(Author, Author.id == EntryAuthor.author_id).where(EntryAuthor.entry_id == Entry.id)
    return rows.correlate(Entry).scalar_subquery().label("authors")


def read_authors(found: str | None) -> Terms:
    """Authors in the editor's order, as (id, slug, name)."""
    return tuple((dashed(id), slug, name) for _, id, slug, name in rows_of_json(found))


def _free(column: SQLColumnExpression[Any], name: str) -> Label[Any]:
    """The column; null where the article is paid."""
    return case((IS_FREE, column)).label(name)


# The text of a paid entry is never selected.
TEXT = (
    *(_free(Entry.html, "html"), _free(Entry.text, "text"), _free(json_text(Entry.blocks), "blocks")),
    # Only where its text shows one: most entries do not, and a look-up for each row costs a third of the page.
    case((and_(IS_FREE, HAS_PICTURES), pictures_of(Entry.id).element)).label("pictures"),
)
ARTICLE = (
    Article.slug.label("article_slug"),
    Article.access.label("article_access"),
    raw(Article.published_at)[0].label("article_published_at"),
    Section.slug.label("section_slug"),
)
OWN = raw(
    *(Entry.id, Entry.article_id, Entry.headline, Entry.key_event, Entry.rank, Entry.language),
    *(Entry.published_at, Entry.updated_at, Entry.corrected, Entry.version),
)
AUTHORS, PICTURES = authors_of(), pictures_of(Entry.id)


def _entries(*columns: Any) -> Select[Any]:
    joined = select(*columns).select_from(Entry).join(Article, Article.id == Entry.article_id)
    return joined.outerjoin(Section, Section.id == Article.section_id)


WHOLE = _entries(*OWN, _free(json_text(Entry.corrections), "corrections"), *TEXT, AUTHORS, *ARTICLE)
ONE = Prepared(WHOLE.where(Entry.article_id == bindparam("article"), Entry.id == bindparam("id"), SHOWN))
SOME = Prepared(WHOLE.where(Entry.id.in_(IDS), SHOWN))
WORDS = (*raw(Entry.id, Entry.article_id, Entry.language), Entry.headline, *TEXT)
TEXTS = Prepared(
    _entries(*WORDS).where(Entry.article_id.in_(IDS), SHOWN).order_by(AT.desc(), ID.desc()).limit(MOST_TEXTS)
)


class _Order:
    """The statements of one list: forward, and backward from a place in it."""

    def __init__(self, sort: str, *where: ColumnElement[bool]) -> None:
        keys, of_article = SORTS[sort], Entry.article_id == bindparam("article")
        turned = [Key(key.column, descending=not key.descending) for key in keys]
        self.forward = Paged(WHOLE, keys, of_article, SHOWN, *where, is_lasting=True)
        self.backward = Paged(WHOLE, turned, of_article, SHOWN, *where, is_lasting=True)


IS_KEY: ColumnElement[bool] = Entry.key_event == true()
ORDERS = {
    (sort, key_event): _Order(sort, *((IS_KEY,) if key_event else ())) for sort in SORTS for key_event in (False, True)
}


class Entries:
    """Public entries as rows."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def page(self, article_id: str, query: EntryListQuery, cursors: Cursors, now: datetime) -> EntrySlice:
        """One page of the entries of an article. Raises `NotFound` where `around` names none of them."""
        pages = _Pages(self.connection, ORDERS[query.sort, query.key_event], query.limit, cursors)
        values = {"article": article_id, "now": now}
        start = cursors.read(query.cursor, [1])
        if start is None and query.around is None:
            found = await pages.first(values)
        elif start is None:
            anchor = await self.one(article_id, query.around or "", now)
            if query.key_event and not anchor.key_event:
                raise NotFound()
            found = await pages.around(values, anchor)
        else:
            found = await (pages.before if start[3:] == [BACKWARD] else pages.after)(values, start[:3])
        return await pages.counted(found, values) if query.count else found

    async def one(self, article_id: str, id: str, now: datetime) -> EntryRow:
        """A visible entry of an article. Raises `NotFound`."""
        known = as_id(id)
        row = await ONE.first(self.connection, {"article": article_id, "id": known, "now": now}) if known else None
        if row is None:
            raise NotFound()
        found: EntryRow = row
        return found

    async def newest(self, article_id: str, number: int, now: datetime) -> Sequence[EntryRow]:
        """The newest entries of an article, pinned ones first."""
        statement = ORDERS["newest", False].forward.first
        return await statement.all(self.connection, {"article": article_id, "now": now, "rows": number})

    async def with_ids(self, ids: Sequence[str], now: datetime) -> Sequence[EntryRow]:
        """The visible ones among these."""
        return await SOME.all(self.connection, {"ids": list(ids), "now": now}) if ids else []

    async def texts(self, article_ids: Sequence[str], now: datetime) -> Sequence[EntryText]:
        """The words of the visible entries of these articles, the newest first: at most `MOST_TEXTS`."""
        return await TEXTS.all(self.connection, {"ids": list(article_ids), "now": now}) if article_ids else []


class _Pages:
    """Pages of one list, forward and back."""

    def __init__(self, connection: Connection, order: _Order, limit: int, cursors: Cursors) -> None:
        self.connection, self.order, self.limit, self.cursors = connection, order, limit, cursors

    async def first(self, values: Mapping[str, object]) -> EntrySlice:
        rows = await self.order.forward.first.all(self.connection, {**values, "rows": self.limit + 1})
        return self._slice(rows[: self.limit], leads_on=len(rows) > self.limit, leads_back=False)

    async def after(self, values: Mapping[str, object], place: Sequence[object]) -> EntrySlice:
        rows = await self._read(self.order.forward, values, place, self.limit + 1)
        return self._slice(rows[: self.limit], leads_on=len(rows) > self.limit, leads_back=True)

    async def before(self, values: Mapping[str, object], place: Sequence[object]) -> EntrySlice:
        rows = await self._read(self.order.backward, values, place, self.limit + 1)
        return self._slice([*reversed(rows[: self.limit])], leads_on=True, leads_back=len(rows) > self.limit)

    async def around(self, values: Mapping[str, object], anchor: EntryRow) -> EntrySlice:
        """Half a page before it; all of a page where the list has so much behind it."""
        place = [anchor.rank, datetime.fromisoformat(anchor.published_at), anchor.id]
        ahead = await self._read(self.order.backward, values, place, self.limit // 2 + 1)
        shown = [*reversed(ahead[: self.limit // 2]), anchor]
        left = self.limit - len(shown)
        behind = await self._read(self.order.forward, values, place, left + 1)
        rows = [*shown, *behind[:left]]
        return self._slice(rows, leads_on=len(behind) > left, leads_back=len(ahead) > self.limit // 2)

    async def counted(self, found: EntrySlice, values: Mapping[str, object]) -> EntrySlice:
        total = (await self.connection.execute(self.order.forward.counted, values)).scalar_one()
        capped = total > COUNT_LIMIT
        return EntrySlice(found.rows, found.next, found.limit, min(total, COUNT_LIMIT), capped, found.previous)

    async def _read(
        self, paged: Paged, values: Mapping[str, object], place: Sequence[object], number: int
    ) -> list[EntryRow]:
        after = {f"after{key}": value for key, value in enumerate(place)}
        return await paged.later.all(self.connection, {**values, **after, "rows": number})

    def _slice(self, rows: Sequence[EntryRow], *, leads_on: bool, leads_back: bool) -> EntrySlice:
        following = self.cursors.write(_place(rows[-1])) if leads_on and rows else None
        previous = self.cursors.write([*_place(rows[0]), BACKWARD]) if leads_back and rows else None
        return EntrySlice(rows, following, self.limit, previous=previous)


def _place(row: EntryRow) -> list[object]:
    return [row.rank, row.published_at, row.id]


def newest_moment(article_id: str) -> Select[Any]:
    """When the newest published entry of an article was published, visible or not."""
    return select(func.max(AT)).where(Entry.article_id == article_id, IS_PUBLISHED)


def author_tags(rows: Iterable[EntryRow]) -> list[str]:
    """Cache tags of the authors that these entries name, each once."""
    return list(dict.fromkeys(f"author:{id}" for row in rows for id, _, _ in read_authors(row.authors)))
