"""Where words are stored and found. What may be seen of what is found, the asker says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import floor
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
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

from app.index.entries import Texts, Words, is_of_same_body, is_whole, tiers_of, vector_of, words_of
from app.index.models import Headword, Indexed, index_words
from app.index.packing import packed, unpacked
from app.kit.db import Connection, dialect_of
from app.kit.prepared import Prepared
from app.kit.sql import insert_into
from app.text.analysis import VERSION

MARKED_STALE = 0  # the version of what is to be indexed anew
# Things of one second; the seconds after it take what is more. Few, since the full-text table writes how far it is from
# one place to the next for each word.
PLACES = 1 << 4
LEAST_NEAR, MOST_DAYS = 200, 400
FREQUENT = 8  # a word is no rare one if the newest things hold one of so many matches that are asked for
DAY = 86_400 * PLACES
AHEAD = timedelta(hours=1)  # so far into later seconds may run what comes at once
MATCH: BindParameter[str] = bindparam("match")
WORDS_MATCH = text("index_words MATCH :match").bindparams(MATCH)
VECTOR_MATCHES = text("vector @@ CAST(:match AS tsquery)").bindparams(MATCH)
TOP: BindParameter[int] = bindparam("top")
LOW: BindParameter[int] = bindparam("low")
indexed: Any = Indexed.__table__
headwords: Any = Headword.__table__
# What the newest things hardly hold is taken for rare: of words that it does not know PostgreSQL thinks so too.
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
""").bindparams(MATCH, bindparam("day", DAY, BigInteger), bindparam("most", MOST_DAYS, BigInteger))


def first_place(at: datetime) -> int:
    """The lowest place of a thing of this second."""
    return floor(at.timestamp()) * PLACES


def second_of(place: int) -> datetime:
    """The second to which a place belongs: what lies there is no younger than its end."""
    return datetime.fromtimestamp(place // PLACES, UTC)


def last_place(at: datetime) -> int:
    """A place above all things of this moment. What has a later one may lie below it."""
    return first_place(at + AHEAD)


def day_of(place: int) -> str:
    """The key under which PostgreSQL finds what lies within a day."""
    return f"d{int(place / DAY)}"  # as PostgreSQL divides, which matters before 1970


async def upsert(
    session: AsyncSession, resource: str, id: str, at: datetime, texts: Texts, *, ends_stale: bool = False
) -> None:
    """Indexes a thing of the moment `at`; does nothing where all is as it was.

    Who was doubted meanwhile stays so, as `texts` may be older than the doubt; unless they were read after the entry
    was taken, which `ends_doubt` says.
    """
    known = await KNOWN.first(session, {"resource": resource, "id": id})
    digest = texts.digest
    if known is not None and (known.digest, known.version, known.at) == (digest, VERSION, at):
        return
    place = known.place if known is not None and known.at == at else await _free(session, at)
    before: Words = unpacked(known.packed) if known is not None else ()
    body = before[-1] if _has_body(known, before, digest) else None
    words = words_of(texts, body)
    stored = known.packed if known is not None and body is not None and words[-1] is body else None
    doubted = known is not None and known.version == MARKED_STALE and not ends_stale
    values = {
        "at": at,
        "version": MARKED_STALE if doubted else VERSION,
        "digest": digest,
        "packed": packed(words, stored),
    }
    if session.get_bind().dialect.name == "postgresql":
        values["vector"] = vector_of(tiers_of(words), day_of(place))
    if known is None:
        await ADD.run(session, {"place": place, "resource": resource, "resource_id": id, **values})
    else:  # never taken out and put in again: who waits for the row finds it where it was
        moved = {} if place == known.place else {"place": place}
        await CHANGE.run(session, {"known": known.place, **moved, **values})
    await _exchange_words(session, known, before, place, words)


def _has_body(known: Any, before: Words, digest: str) -> bool:
    """Whether the words `before` of an entry end with all those of the body that `digest` tells of."""
    return known is not None and known.version == VERSION and is_of_same_body(known.digest, digest) and is_whole(before)


async def remove(session: AsyncSession, resource: str, id: str) -> None:
    """Takes a thing out of the index, if it is there."""
    known = await KNOWN.first(session, {"resource": resource, "id": id})
    if known is not None:
        await session.execute(delete(indexed).where(indexed.c.place == known.place))
        await _exchange_words(session, known, unpacked(known.packed), None, ())


async def mark_stale(session: AsyncSession, resource: str, ids: Select[Any]) -> None:
    """These things are to be indexed anew: something of their texts has changed elsewhere."""
    where = (indexed.c.resource == resource, indexed.c.resource_id.in_(ids))
    if session.get_bind().dialect.name == "postgresql":  # in one order: else two who doubt the same wait for each other
        entries = select(indexed.c.resource_id).where(*where).order_by(indexed.c.resource_id).with_for_update()
        await session.execute(select(func.count()).select_from(entries.subquery()))
    await session.execute(update(indexed).where(*where).values(version=MARKED_STALE))


async def mark_current(session: AsyncSession, resource: str, id: str) -> None:
    """Leaves an entry as it is until its thing is saved again."""
    where = (indexed.c.resource == resource, indexed.c.resource_id == id)
    await session.execute(update(indexed).where(*where).values(version=VERSION))


async def reserve(session: AsyncSession, resource: str, id: str, at: datetime) -> None:
    """An entry without words, which is to be made anew; nothing where there is one by now."""
    values = {"place": await _free(session, at), "resource": resource, "resource_id": id, "at": at}
    statement = insert_into(session, Indexed).values(**values, version=MARKED_STALE, digest="")
    await session.execute(statement.on_conflict_do_nothing(index_elements=["resource", "resource_id"]))


async def is_stale(connection: Connection) -> bool:
    """Whether some entry is not what this version makes of its texts."""
    return await STALE.first(connection) is not None


async def stale_count(connection: Connection) -> int:
    """How many entries are not."""
    return int((await connection.execute(select(func.count()).where(indexed.c.version < VERSION))).scalar_one())


async def stale(session: AsyncSession, resource: str, limit: int) -> list[str]:
    """Ids of the newest things whose entries are not what this version makes of them; nobody else takes them now."""
    found = select(indexed.c.resource_id).where(indexed.c.resource == resource, indexed.c.version < VERSION)
    newest = found.order_by(indexed.c.place.desc()).limit(limit).with_for_update(skip_locked=True)
    return list((await session.execute(newest)).scalars())


async def _exchange_words(session: AsyncSession, known: Any, before: Words, place: int | None, words: Words) -> None:
    """Puts the words of a thing at their place, in place of those that the entry `known` had; what is the same stays.

    Headwords first: when many rows are changed by one statement, SQLite writes down what words were indexed before.
    """
    old = known.place if known is not None else None
    if old != place or _titled(before) != _titled(words):
        await _exchange_headwords(session, old, _titled(before), place, _titled(words))
    if session.get_bind().dialect.name == "sqlite" and (old != place or before != words):
        if known is not None and known.packed is not None:
            # A full-text table without a copy of its texts is told again what is to be taken out.
            await INDEX.run(session, {"index_words": "delete", "rowid": old, **_columns(before)})
        if place is not None:
            await INDEX.run(session, {"rowid": place, **_columns(words)})


async def _exchange_headwords(
    session: AsyncSession, old: int | None, before: list[str], place: int | None, words: list[str]
) -> None:
    if before:
        await session.execute(UNHEAD, {"words": before, "old": old})
    if words:
        await HEAD.run(session, *({"word": word, "place": place} for word in words))


def _columns(words: Words) -> dict[str, str]:
    return dict(zip("nsxz", map(" ".join, tiers_of(words)), strict=True))


def _titled(words: Words) -> list[str]:
    return sorted({keys.exact for keys in words[0]}) if words else []


async def _free(session: AsyncSession, at: datetime) -> int:
    """The next place of a second; where it is full, of the next one."""
    low = first_place(at)
    while True:
        if session.get_bind().dialect.name == "postgresql":
            await session.execute(ONE_AT_A_TIME, {"second": low})
        highest = (await HIGHEST.one(session, {"low": low, "top": low + PLACES - 1})).place
        place = low if highest is None else int(highest) + 1
        if place < low + PLACES:
            return place
        low += PLACES


STALE = Prepared(select(indexed.c.place).where(indexed.c.version < VERSION).limit(1))
KNOWN = Prepared(
    select(indexed.c.place, indexed.c.digest, indexed.c.version, indexed.c.at, indexed.c.packed)
    .where(indexed.c.resource == bindparam("resource"), indexed.c.resource_id == bindparam("id"))
    .with_for_update()
)
ADD, HEAD, INDEX = Prepared(insert(indexed)), Prepared(insert(headwords)), Prepared(insert(index_words))
CHANGE = Prepared(update(indexed).where(indexed.c.place == bindparam("known")))
UNHEAD = delete(headwords).where(
    headwords.c.word.in_(bindparam("words", expanding=True)), headwords.c.place == bindparam("old")
)
HIGHEST = Prepared(select(func.max(indexed.c.place).label("place")).where(indexed.c.place.between(LOW, TOP)))
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(:second)")


Kind = Literal["any", "near", "rare"]
"""On PostgreSQL: any matches, those of the days on which the newest `number` things lie, or rare ones."""
BY_KIND = {"any": VECTOR_MATCHES, "near": NEAR_VECTOR_MATCHES, "rare": RARE_VECTOR_MATCHES}


@lru_cache
def _matches(dialect: str, resource: str, kind: Kind = "any") -> Select[Any]:
    """Things that fulfil the expression `match`, at places up to `top`: place, resource_id."""
    if dialect == "sqlite":  # in the order of its own rows the full-text table goes no further than it must
        # A sum is looked up in no table: else it might be asked about every place by itself, a thousand times slower.
        here = indexed.c.place == index_words.c.rowid + literal_column("0")
        found = select(index_words.c.rowid.label("place"), indexed.c.resource_id)
        found = found.select_from(index_words.join(indexed, here))
        found = found.where(WORDS_MATCH, index_words.c.rowid <= TOP)
    else:
        # A sum is looked up in no index: nearly all places are below.
        found = select(indexed.c.place, indexed.c.resource_id).where(indexed.c.place + literal_column("0") <= TOP)
        found = found.where(BY_KIND[kind])
    return found.where(indexed.c.resource == resource)


@lru_cache
def found_by(dialect: str, resource: str, kind: Kind = "any") -> Select[Any]:
    """These, to be narrowed and sorted by place: PostgreSQL asks its index first, not all things in their order."""
    found = _matches(dialect, resource, kind)
    if dialect == "sqlite":
        return found
    cte = found.cte(f"found_{kind}").prefix_with("MATERIALIZED")
    return select(cte.c.place, cte.c.resource_id)


Found = Callable[[Kind], Select[Any]]
"""`found_by`, as who asks narrows it; the newest first."""


async def newest(
    connection: Connection, found: Found, values: dict[str, Any], limit: int, beside: Any = Indexed.packed
) -> Sequence[Any]:
    """The first of what is `found` with these values: place, resource_id, and what is asked for `beside`.

    PostgreSQL's index knows no order: for a frequent word it is asked about the newest days, then about as many as seem
    to be needed; for a rare one, in the same statement, about all.
    """
    if dialect_of(connection) == "sqlite":
        return await _first(found("any"), limit, beside).all(connection, values)
    number = max(2 * limit, LEAST_NEAR)
    both = await _near_or_rare(found("near"), found("rare"), limit, beside).all(
        connection, {**values, "number": number}
    )
    rows: Sequence[Any] = [row for row in both if row.is_rare == both[0].is_rare]
    if not rows or rows[0].is_rare or len(rows) >= limit:
        return rows
    near = _first(found("near"), limit, beside)
    rows = await near.all(connection, {**values, "number": 2 * number * limit // len(rows)})
    return rows if len(rows) >= limit else await _first(found("rare"), limit, beside).all(connection, values)


@lru_cache(maxsize=128)
def _first(found: Select[Any], limit: int, beside: Any) -> Prepared:
    few = found.limit(literal_column(str(limit))).subquery("few")  # no parameter, for which PostgreSQL would plan anew
    rows = select(few.c.place, few.c.resource_id, beside).join(indexed, indexed.c.place == few.c.place)
    return Prepared(rows.order_by(few.c.place.desc()), is_lasting=False)


@lru_cache(maxsize=128)
def _near_or_rare(near: Select[Any], rare: Select[Any], limit: int, beside: Any) -> Prepared:
    """The first that are near; where these are few, the first of all before them, marked as `is_rare`."""
    most: ColumnElement[int] = literal_column(str(limit))
    some = near.limit(most).cte("near").prefix_with("MATERIALIZED")
    are_few = select(func.count()).select_from(some).scalar_subquery() < literal_column(str(-(-limit // FREQUENT)))
    others = rare.where(are_few).limit(most).subquery("rare")
    parts = [
        select(part.c.place, part.c.resource_id, literal_column(is_rare).label("is_rare"))
        for part, is_rare in ((others, "true"), (some, "false"))
    ]
    both = union_all(*parts).subquery("few")
    rows = select(both.c.place, both.c.resource_id, beside, both.c.is_rare)
    rows = rows.join(indexed, indexed.c.place == both.c.place)
    return Prepared(rows.order_by(both.c.is_rare.desc(), both.c.place.desc()), is_lasting=False)
