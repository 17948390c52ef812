"""Text search in article lists: the full-text index finds articles, the list sorts them in its own order.

The newest come from the index in the order of its places, so that a page of a frequent word costs no more than one of a
rare word. Places hold time in whole seconds, and some articles of a crowded second have places of later seconds; so
enough rows are read to be sure of the order. Other orders sort all matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial

from sqlalchemy import Integer, Select, bindparam, func, select

from app.articles.filters import Filters, conditions, filters_of, query_of
from app.articles.models import Article
from app.articles.query_schemas import ArticleListQuery
from app.articles.repository import KIND, NOW, SORTS, Articles, Parts, visible
from app.articles.rows import ListedRow
from app.index.asking import parse_question
from app.index.matching import expression
from app.index.repository import Matches, MatchScope, first_place, last_place, match_select, newest_timed, second_of
from app.kit.db import Connection, dialect_of
from app.kit.paging import COUNT_LIMIT, Cursors, Slice, after, position_by
from app.text.questions import Question

NEWEST = "-published_at"
SPREAD = 2  # newest articles that are read for each match of a frequent word


def values_of(question: Question, dialect: str, now: datetime, top: int) -> dict[str, object]:
    """The parameters of `matching_articles`; `top` is the highest place to search."""
    return {"match": expression(question, dialect), "top": top, "now": now}


@lru_cache(maxsize=128)
def matching_articles(
    dialect: str, filters: Filters, kind: MatchScope = "any", sort: str = NEWEST, later: bool = False
) -> Matches:
    """Visible articles with the words `match` that pass the filters, the newest places first: place, resource_id.

    `later`: those after the values `after0`, `after1` in the order of `sort`. Cached: building it costs more than
    running it for a rare word.
    """
    found = match_select(dialect, KIND, kind)
    place, id = found.selected_columns
    where = [visible(NOW), *conditions(query_of(filters), each=True)]
    if later:
        keys = SORTS[sort]
        where.append(after(keys, [bindparam(f"after{n}", type_=key.column.type) for n, key in enumerate(keys)]))
    return found.join(Article, Article.id == id).where(*where).order_by(place.desc())


async def newest_matches(
    connection: Connection, filters: Filters, values: dict[str, object], limit: int
) -> tuple[Matches, dict[str, object], int]:
    """A statement for the newest `limit` matches, its values, and the number of its rows.

    PostgreSQL first searches the newest days only: for a frequent word these hold `limit` matches.
    """
    number = 0
    for kind in ("near", "any") if dialect_of(connection) == "postgresql" else ("any",):
        found, values = (
            matching_articles(dialect_of(connection), filters, kind).limit(limit),
            {**values, "number": SPREAD * limit},
        )
        count = select(func.count()).select_from(found.subquery())
        if (number := int((await connection.execute(count, values)).scalar_one())) == limit:
            break
    return found, values, number


async def published_with_words(
    connection: Connection, query: ArticleListQuery, cursors: Cursors, now: datetime, parts: Parts
) -> Slice[ListedRow]:
    """One page of the visible articles that pass the filters and have the words `query.q`."""
    dialect, filters = dialect_of(connection), filters_of(query)
    start = cursors.read(query.cursor, [0])
    top = last_place(start[0] if start and query.sort == NEWEST and start[0] < now else now)
    values = values_of(parse_question(query.q or ""), dialect, now, top)
    behind = {f"after{number}": value for number, value in enumerate(start or ())}
    find = _newest if query.sort == NEWEST else _sorted
    ids = await find(connection, query, filters, {**values, **behind})
    rows = {row.id: row for row in await Articles(connection).with_parts(ids[: query.limit], now, parts)}
    shown = [rows[id] for id in ids[: query.limit]]
    last = shown[-1] if len(ids) > query.limit else None
    following = cursors.write(position_by(query.sort)(last)) if last else None
    if not query.count:
        return Slice(shown, following, query.limit)
    _, _, total = await newest_matches(connection, filters, {**values, "top": last_place(now)}, COUNT_LIMIT + 1)
    return Slice(shown, following, query.limit, min(total, COUNT_LIMIT), total > COUNT_LIMIT)


async def _newest(
    connection: Connection, query: ArticleListQuery, filters: Filters, values: dict[str, object]
) -> Sequence[str]:
    """Ids of the newest matches, one more than a page holds."""
    found = partial(matching_articles, dialect_of(connection), filters, sort=NEWEST, later="after0" in values)
    wanted, taken = query.limit + 1, query.limit + 2
    while True:
        rows = await newest_timed(connection, found, values, taken)
        ordered = sorted(rows, key=lambda row: (row.at, row.resource_id), reverse=True)[:wanted]
        # Rows that were not read are no newer than the second of the last place.
        if len(rows) < taken or first_place(ordered[-1].at) > first_place(second_of(rows[-1].place)):
            return [row.resource_id for row in ordered]
        taken *= 4


async def _sorted(
    connection: Connection, query: ArticleListQuery, filters: Filters, values: dict[str, object]
) -> Sequence[str]:
    """Ids of the first matches in the order of `query.sort`, one more than a page holds."""
    statement = _in_order(dialect_of(connection), filters, query.sort, "after0" in values)
    found = await connection.execute(statement, {**values, "rows": query.limit + 1})
    return list(found.scalars())


@lru_cache(maxsize=128)
def _in_order(dialect: str, filters: Filters, sort: str, later: bool) -> Select[str]:
    # In the order of its places: else SQLite would query its full-text table once per article.
    found = matching_articles(dialect, filters, "any", sort, later).cte("matching").prefix_with("MATERIALIZED")
    rows = select(Article.id).join(found, found.c.resource_id == Article.id)
    return rows.order_by(*(key.ordered for key in SORTS[sort])).limit(bindparam("rows", type_=Integer))
