"""Store and find indexed text. The caller narrows the matches to what a client may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import floor
from typing import Any, Literal, Protocol

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.index.indexed_text import Fields, Texts, fields_of, has_same_body, is_complete, tiers_of, tsvector_of
from app.index.models import Headword, Indexed, index_words
from app.index.packing import pack, unpack
from app.kit.db import Base, Connection, dialect_of
from app.kit.prepared import Prepared, Values
from app.kit.sql import insert_into
from app.text.analysis import VERSION

MARKED_STALE = 0  # version of a row that must be reindexed
# The places after a full second are taken from the next ones. Few: for each word FTS5 stores the gaps between rowids.
PLACES_PER_SECOND = 1 << 4
MIN_NEAR_ROWS, MAX_NEAR_DAYS = 200, 400
FREQUENT = 8  # a word is frequent when the newest rows give at least one in so many of the matches asked for
PLACES_PER_DAY = 86_400 * PLACES_PER_SECOND
OVERFLOW_MARGIN = timedelta(hours=1)  # how far the places of one second may run into later seconds
MATCH: BindParameter[str] = bindparam("match")
WORDS_MATCH = text("index_words MATCH :match").bindparams(MATCH)
VECTOR_MATCHES = text("vector @@ CAST(:match AS tsquery)").bindparams(MATCH)
TOP: BindParameter[int] = bindparam("top")
LOW: BindParameter[int] = bindparam("low")
indexed = Base.metadata.tables[Indexed.__tablename__]
headwords = Base.metadata.tables[Headword.__tablename__]
# The subselect hides the words from PostgreSQL's planner: it then assumes a rare word, and uses the GIN index.
RARE_VECTOR_MATCHES = text("vector @@ CAST((SELECT CAST(:match AS text)) AS tsquery)").bindparams(MATCH)
NEAR_VECTOR_MATCHES = text("""
    vector @@ CAST(CAST(:match AS text) || ' & (' || (
        SELECT string_agg('''d' || day || '''', ' | ') FROM generate_series(
            greatest((
                SELECT min(place) FROM (
                    SELECT place FROM indexed WHERE place <= :top ORDER BY place DESC LIMIT CAST(:number AS bigint)
                ) AS near
            ) / :day, :top / :day - :most), :top / :day
        ) AS day
    ) || ')' AS tsquery)
""").bindparams(MATCH, bindparam("day", PLACES_PER_DAY, BigInteger), bindparam("most", MAX_NEAR_DAYS, BigInteger))


class IndexedRow(Protocol):
    """A row that `BY_RESOURCE` selects."""

    place: int
    digest: str
    version: int
    at: datetime
    packed: bytes | None


class PackedMatch(Protocol):
    """A match with its keys, to be ranked."""

    place: int
    resource_id: str
    packed: bytes | None


class TimedMatch(Protocol):
    """A match with its moment, to be sorted."""

    place: int
    resource_id: str
    at: datetime


def first_place(at: datetime) -> int:
    """The lowest place of this second."""
    return floor(at.timestamp()) * PLACES_PER_SECOND


def second_of(place: int) -> datetime:
    """The second of a place: a resource at this place is no newer than the end of that second."""
    return datetime.fromtimestamp(place // PLACES_PER_SECOND, UTC)


def last_place(at: datetime) -> int:
    """A place above all resources of this moment. Resources of a later moment may be below it, too."""
    return first_place(at + OVERFLOW_MARGIN)


def day_of(place: int) -> str:
    """The key of a day in `vector`: PostgreSQL finds the resources of that day by it."""
    return f"d{int(place / PLACES_PER_DAY)}"  # as PostgreSQL divides, which matters before 1970


async def upsert(
    session: AsyncSession, resource: str, id: str, at: datetime, texts: Texts, *, ends_stale: bool = False
) -> None:
    """Index the texts of a resource at the moment `at`; do nothing when the digest, version and moment are the same.

    A row that was marked stale meanwhile stays stale, because `texts` may be older than the mark; `ends_stale`: the
    caller has read them after it locked the row.
    """
    known: IndexedRow | None = await BY_RESOURCE.first(session, {"resource": resource, "id": id})
    digest = texts.digest
    if known is not None and (known.digest, known.version, known.at) == (digest, VERSION, at):
        return
    place = known.place if known is not None and known.at == at else await _free_place(session, at)
    old_fields: Fields = unpack(known.packed) if known is not None else ()
    body = old_fields[-1] if known is not None and _has_body(known, old_fields, digest) else None
    fields = fields_of(texts, body)
    stored = known.packed if known is not None and body is not None and fields[-1] is body else None
    stays_stale = known is not None and known.version == MARKED_STALE and not ends_stale
    values: dict[str, object] = {
        "at": at,
        "version": MARKED_STALE if stays_stale else VERSION,
        "digest": digest,
        "packed": pack(fields, stored),
    }
    if session.get_bind().dialect.name == "postgresql":
        values["vector"] = tsvector_of(tiers_of(fields), day_of(place))
    if known is None:
        await INSERT.run(session, {"place": place, "resource": resource, "resource_id": id, **values})
    else:  # not DELETE and INSERT: a transaction that waits for the row lock must find the row again
        moved = {} if place == known.place else {"place": place}
        await UPDATE.run(session, {"known": known.place, **moved, **values})
    await _replace_words(session, known, old_fields, place, fields)


def _has_body(known: IndexedRow, old_fields: Fields, digest: str) -> bool:
    """Whether the last of `old_fields` is the complete body that `digest` was made of."""
    return known.version == VERSION and has_same_body(known.digest, digest) and is_complete(old_fields)


async def remove(session: AsyncSession, resource: str, id: str) -> None:
    """Delete a resource from the index, if it is there."""
    known: IndexedRow | None = await BY_RESOURCE.first(session, {"resource": resource, "id": id})
    if known is not None:
        await session.execute(delete(indexed).where(indexed.c.place == known.place))
        await _replace_words(session, known, unpack(known.packed), None, ())


async def mark_stale(session: AsyncSession, resource: str, ids: Select[str] | CompoundSelect[str]) -> None:
    """Mark resources for reindexing: a name in their texts has changed, or a picture is withdrawn."""
    where = (indexed.c.resource == resource, indexed.c.resource_id.in_(ids))
    if session.get_bind().dialect.name == "postgresql":  # row locks in one order: no deadlock between transactions
        rows = select(indexed.c.resource_id).where(*where).order_by(indexed.c.resource_id).with_for_update()
        await session.execute(select(func.count()).select_from(rows.subquery()))
    await session.execute(update(indexed).where(*where).values(version=MARKED_STALE))


async def mark_current(session: AsyncSession, resource: str, id: str) -> None:
    """Take a row as up to date until the resource is saved again."""
    where = (indexed.c.resource == resource, indexed.c.resource_id == id)
    await session.execute(update(indexed).where(*where).values(version=VERSION))


async def reserve(session: AsyncSession, resource: str, id: str, at: datetime) -> None:
    """Insert a stale row without words, to be indexed later; do nothing when the resource has a row."""
    values = {"place": await _free_place(session, at), "resource": resource, "resource_id": id, "at": at}
    statement = insert_into(session, Indexed).values(**values, version=MARKED_STALE, digest="")
    await session.execute(statement.on_conflict_do_nothing(index_elements=["resource", "resource_id"]))


async def is_stale(connection: Connection) -> bool:
    """Whether any row is stale: marked, or indexed by an older version of the analyser."""
    return await ANY_STALE.first(connection) is not None


async def stale_count(connection: Connection) -> int:
    """The number of stale rows."""
    return int((await connection.execute(select(func.count()).where(indexed.c.version < VERSION))).scalar_one())


async def stale(session: AsyncSession, resource: str, limit: int) -> list[str]:
    """Lock the newest stale rows and return their resource ids; skip rows that another transaction has locked."""
    found = select(indexed.c.resource_id).where(indexed.c.resource == resource, indexed.c.version < VERSION)
    newest = found.order_by(indexed.c.place.desc()).limit(limit).with_for_update(skip_locked=True)
    return list((await session.execute(newest)).scalars())


async def _replace_words(
    session: AsyncSession, known: IndexedRow | None, old_fields: Fields, place: int | None, fields: Fields
) -> None:
    """Write headwords and full-text words at `place` instead of those of the row `known`; write only what differs.

    Headwords first: a statement that changes many rows makes SQLite flush the pending words of the FTS5 table.
    """
    old = known.place if known is not None else None
    if old != place or title_words(old_fields) != title_words(fields):
        await _replace_headwords(session, old, title_words(old_fields), place, title_words(fields))
    if session.get_bind().dialect.name == "sqlite" and (old != place or old_fields != fields):
        if known is not None and known.packed is not None:
            # A contentless FTS5 table has no copy of the words: a deletion must name them.
            await INSERT_WORDS.run(session, {"index_words": "delete", "rowid": old, **columns(old_fields)})
        if place is not None:
            await INSERT_WORDS.run(session, {"rowid": place, **columns(fields)})


async def _replace_headwords(
    session: AsyncSession, old: int | None, old_words: list[str], place: int | None, words: list[str]
) -> None:
    if old_words:
        await session.execute(DELETE_HEADWORDS, {"words": old_words, "old": old})
    if words:
        await INSERT_HEADWORDS.run(session, *({"word": word, "place": place} for word in words))


def columns(fields: Fields) -> dict[str, str]:
    """The values of the columns of `index_words`."""
    return dict(zip("nsxz", map(" ".join, tiers_of(fields)), strict=True))


def title_words(fields: Fields) -> list[str]:
    """The headwords of a resource, sorted."""
    return sorted({keys.exact for keys in fields[0]}) if fields else []


async def _free_place(session: AsyncSession, at: datetime) -> int:
    """The next free place of a second, or of the seconds after it when it is full."""
    low = first_place(at)
    while True:
        if session.get_bind().dialect.name == "postgresql":
            await session.execute(LOCK_SECOND, {"second": low})
        highest = (await HIGHEST_PLACE.one(session, {"low": low, "top": low + PLACES_PER_SECOND - 1})).place
        place = low if highest is None else int(highest) + 1
        if place < low + PLACES_PER_SECOND:
            return place
        low += PLACES_PER_SECOND


ANY_STALE = Prepared(select(indexed.c.place).where(indexed.c.version < VERSION).limit(1))
BY_RESOURCE = Prepared(
    select(indexed.c.place, indexed.c.digest, indexed.c.version, indexed.c.at, indexed.c.packed)
    .where(indexed.c.resource == bindparam("resource"), indexed.c.resource_id == bindparam("id"))
    .with_for_update()
)
INSERT = Prepared(insert(indexed))
INSERT_HEADWORDS = Prepared(insert(headwords))
INSERT_WORDS = Prepared(insert(index_words))
UPDATE = Prepared(update(indexed).where(indexed.c.place == bindparam("known")))
DELETE_HEADWORDS = delete(headwords).where(
    headwords.c.word.in_(bindparam("words", expanding=True)), headwords.c.place == bindparam("old")
)
HIGHEST_PLACE = Prepared(select(func.max(indexed.c.place).label("place")).where(indexed.c.place.between(LOW, TOP)))
LOCK_SECOND = text("SELECT pg_advisory_xact_lock(:second)")


Matches = Select[int, str]
"""Rows of (place, resource_id)."""
MatchScope = Literal["any", "near", "rare"]
"""Which matches PostgreSQL looks for: all, those on the days of the newest `number` resources, or those of a rare word.

SQLite has one statement for all three.
"""
SCOPE_CONDITIONS = {"any": VECTOR_MATCHES, "near": NEAR_VECTOR_MATCHES, "rare": RARE_VECTOR_MATCHES}


@lru_cache
def _match_rows(dialect: str, resource: str, scope: MatchScope) -> Matches:
    """Rows that match the full-text query `:match` at places up to `:top`."""
    if dialect == "sqlite":  # FTS5 in rowid order reads no more rows than the limit needs
        # `+ 0` keeps SQLite from the reverse join, with one full-text query per row: a thousand times slower.
        here = indexed.c.place == index_words.c.rowid + literal_column("0")
        found = select(index_words.c.rowid.label("place"), indexed.c.resource_id)
        found = found.select_from(index_words.join(indexed, here))
        found = found.where(WORDS_MATCH, index_words.c.rowid <= TOP)
    else:
        # `+ 0` keeps PostgreSQL from using the index of `place`: nearly all places are below `:top`.
        found = select(indexed.c.place, indexed.c.resource_id).where(indexed.c.place + literal_column("0") <= TOP)
        found = found.where(SCOPE_CONDITIONS[scope])
    return found.where(indexed.c.resource == resource)


@lru_cache
def match_select(dialect: str, resource: str, scope: MatchScope = "any") -> Matches:
    """SELECT of the matches, for the caller to narrow and to sort by place.

    Materialized on PostgreSQL, which else might scan all rows in place order instead of using the GIN index.
    """
    found = _match_rows(dialect, resource, scope)
    if dialect == "sqlite":
        return found
    cte = found.cte(f"found_{scope}").prefix_with("MATERIALIZED")
    return select(cte.c.place, cte.c.resource_id)


MatchSelect = Callable[[MatchScope], Matches]
"""`match_select` with the conditions of the caller, the newest first."""
Extra = InstrumentedAttribute[bytes | None] | InstrumentedAttribute[datetime]


async def newest_packed(
    connection: Connection, found: MatchSelect, values: Values, limit: int
) -> Sequence[PackedMatch]:
    """The newest `limit` matches with their keys; `values` are the parameters of the statement."""
    return await _newest(connection, found, values, limit, Indexed.packed)


async def newest_timed(connection: Connection, found: MatchSelect, values: Values, limit: int) -> Sequence[TimedMatch]:
    """The newest `limit` matches with their moments; `values` are the parameters of the statement."""
    return await _newest(connection, found, values, limit, Indexed.at)


async def _newest(
    connection: Connection, found: MatchSelect, values: Values, limit: int, extra: Extra
) -> Sequence[Any]:
    """The newest `limit` matches.

    A GIN index has no order: for a frequent word PostgreSQL looks at the newest days, then at as many days as seem to
    be needed; for a rare word, in the same statement, at all matches.
    """
    if dialect_of(connection) == "sqlite":
        return await _first(found("any"), limit, extra).all(connection, values)
    number = max(2 * limit, MIN_NEAR_ROWS)
    both = await _near_or_rare(found("near"), found("rare"), limit, extra).all(connection, {**values, "number": number})
    rows = [row for row in both if row.is_rare == both[0].is_rare]
    if not rows or rows[0].is_rare or len(rows) >= limit:
        return rows
    near = _first(found("near"), limit, extra)
    rows = await near.all(connection, {**values, "number": 2 * number * limit // len(rows)})
    return rows if len(rows) >= limit else await _first(found("rare"), limit, extra).all(connection, values)


@lru_cache(maxsize=128)
def _first(found: Matches, limit: int, extra: Extra) -> Prepared:
    few = found.limit(literal_column(str(limit))).subquery("few")  # literal: with a parameter PostgreSQL would replan
    rows = select(few.c.place, few.c.resource_id, extra).join(indexed, indexed.c.place == few.c.place)
    return Prepared(rows.order_by(few.c.place.desc()), is_lasting=False)


@lru_cache(maxsize=128)
def _near_or_rare(near: Matches, rare: Matches, limit: int, extra: Extra) -> Prepared:
    """The first near matches; if these are few, also the first of all matches, before them, with `is_rare`."""
    most: ColumnElement[int] = literal_column(str(limit))
    some = near.limit(most).cte("near").prefix_with("MATERIALIZED")
    are_few = select(func.count()).select_from(some).scalar_subquery() < literal_column(str(-(-limit // FREQUENT)))
    others = rare.where(are_few).limit(most).subquery("rare")
    parts = [
        select(part.c.place, part.c.resource_id, literal_column(is_rare).label("is_rare"))
        for part, is_rare in ((others, "true"), (some, "false"))
    ]
    both = union_all(*parts).subquery("few")
    rows = select(both.c.place, both.c.resource_id, extra, both.c.is_rare)
    rows = rows.join(indexed, indexed.c.place == both.c.place)
    return Prepared(rows.order_by(both.c.is_rare.desc(), both.c.place.desc()), is_lasting=False)
