"""Fill places with the articles that their rules draw. `visible` decides what is public.

The newest articles are read once, in growing parts, and judged by all rules; what they leave open is drawn from the
older ones, by a statement that has one arm for each rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, bindparam, or_, select, union

from app.articles.filing import FILINGS, Filing
from app.articles.models import Article
from app.articles.repository import visible
from app.kit.db import Connection, Id, Instant
from app.kit.paging import LAST
from app.kit.prepared import Prepared
from app.kit.raw_columns import JsonAggregate, raw
from app.placing.places import JudgedRow, Places
from app.placing.rules import NOW, Draw, RuleFields, Shape, conditions, parts_of, values_of
from app.sections.models import Section
from app.sections.repository import lines_down

FIRST_PART = 100  # articles; each further part is twice as long
MOST_PARTS = 5  # 3,100 articles: then a statement for what is still open costs less than to read on
AT, BEFORE = bindparam("at", type_=Instant), bindparam("before", type_=Id)
IDS: BindParameter[str] = bindparam("ids", expanding=True)
LINES = lines_down(Section.id.in_(IDS))
BELOW = Prepared(select(LINES.c.top, LINES.c.id))
NEWEST_FIRST = (Article.published_at.desc(), Article.id.desc())
# The condition on the first column alone is what the index is searched by.
OLDER: ColumnElement[bool] = and_(Article.published_at <= AT, or_(Article.published_at < AT, Article.id < BEFORE))


class Point(NamedTuple):
    """Where to read on: older than this article."""

    at: datetime
    id: str


NEWEST = Point(LAST, "ffffffff-ffff-ffff-ffff-ffffffffffff")


async def sections_below(connection: Connection, rules: Collection[RuleFields]) -> dict[str, list[str]]:
    """The ids of each section that the rules name, with those of all sections below it."""
    named = sorted({id for rule in rules for id in rule["sections"]})
    found: dict[str, list[str]] = {}
    for top, id in await BELOW.all(connection, {"ids": named}) if named else ():
        found.setdefault(top, []).append(id)
    return found


async def fill(connection: Connection, several: Sequence[Places], now: datetime) -> None:
    """Fill the places of several things, each for itself: no article is twice in those of one thing."""
    point = await _fill_from_newest(connection, several, now)
    for places in several:
        if places.open and point is not None:
            await _fill_from_older(connection, places, point, now)


async def _fill_from_newest(connection: Connection, several: Sequence[Places], now: datetime) -> Point | None:
    """Offer the newest articles. Returns where to read on; None: there are no more."""
    part = _part(frozenset[str]().union(*(places.rules.filed for places in several)))
    point = NEWEST
    for number in range(MOST_PARTS):
        if not any(places.open for places in several):
            return None
        most = FIRST_PART * 2**number
        rows = await part.all(connection, {"now": now, "at": point.at, "before": point.id, "most": most})
        taken = _offer(rows, several)
        if len(rows) < most:
            return None
        point = Point(datetime.fromisoformat(rows[-1].published_at), rows[-1].id)
        if not taken:  # what is open is rare: an index finds it sooner
            break
    return point


def _offer(rows: Sequence[JudgedRow], several: Sequence[Places]) -> int:
    """Offer these articles to each; returns how many were taken."""
    before = _left(several)
    for places in several:
        for row in rows:
            if not places.open:
                break
            places.offer(row)
    return before - _left(several)


def _left(several: Sequence[Places]) -> int:
    return sum(sum(places.left) for places in several)


@lru_cache
def _judged(filed: frozenset[str]) -> Select[Any]:
    """What rules judge of articles; of terms only the kinds that a rule names."""
    facts = raw(Article.id, Article.published_at, Article.language, Article.kind, Article.urgency)
    terms = (_linked(filing) for filing in FILINGS if filing.kind.plural in filed)
    return select(*facts, *terms)


def _linked(filing: Filing) -> ColumnElement[str]:
    rows = select(JsonAggregate(filing.term_id)).where(filing.link.article_id == Article.id)
    return rows.correlate(Article).scalar_subquery().label(filing.kind.plural)


@lru_cache
def _part(filed: frozenset[str]) -> Prepared:
    newest = _judged(filed).where(visible(NOW), OLDER).order_by(*NEWEST_FIRST)
    return Prepared(newest.limit(bindparam("most", type_=Integer)))


async def _fill_from_older(connection: Connection, places: Places, point: Point, now: datetime) -> None:
    """Offer what the open places may need of the articles older than `point`."""
    bounds = {"now": now, "at": point.at, "before": point.id}
    found: dict[str, Any] = {}
    for draws in parts_of(_draws(places)):
        values: dict[str, object] = {**bounds}
        for place, draw in enumerate(draws):
            values |= values_of(place, draw, now)
        shapes = tuple(Shape.of(draw)._replace(near=False) for draw in draws)
        rows = (await connection.execute(_older(places.rules.filed, shapes), values)).all()
        found |= {row.id: row for row in rows}
    _offer(sorted(found.values(), key=lambda row: (row.published_at, row.id), reverse=True), [places])


def _draws(places: Places) -> Iterator[Draw]:
    """Each rule that has an open place, once: as many articles as that place and those before it may take."""
    wanted, draws = len(places.by_hand), {}
    for number, rule in enumerate(places.rules.rules):
        if places.open >> number & 1:
            wanted += places.left[number]
            draws[str(rule)] = Draw("", number, rule, places.rules.language, wanted)
    yield from draws.values()


@lru_cache(maxsize=128)
def _older(filed: frozenset[str], shapes: tuple[Shape, ...]) -> Select[Any]:
    """The statement for rules of these shapes; cached: building it costs more than running it on SQLite."""
    arms = (_arm(place, shape) for place, shape in enumerate(shapes))
    return _judged(filed).where(Article.id.in_(union(*arms)), visible(NOW))


def _arm(place: int, shape: Shape) -> Select[str]:
    limit: BindParameter[int] = bindparam(f"limit{place}", type_=Integer)
    matching = select(Article.id).where(*conditions(place, shape, has_tree=False), visible(NOW), OLDER)
    return select(matching.order_by(*NEWEST_FIRST).limit(limit).subquery().c.id)
