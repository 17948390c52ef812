"""Articles that rules draw: the newest that pass all conditions of a rule. `visible` decides what is public."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, NotRequired, TypedDict

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Label,
    Select,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.articles.filing import AUTHORS, SECTIONS, TAGS, filed_under
from app.articles.models import Article
from app.articles.repository import visible
from app.changes.pending import PendingChange
from app.kit.db import Connection, Id, Instant
from app.kit.paging import FIRST, NEAR
from app.kit.sql import in_language_range
from app.sections.models import Section
from app.sections.repository import subtree
from app.text.languages import is_in_range

NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
Columns = tuple[Label[Any], ...]
AT_ONCE = 500  # SQLite takes no more SELECTs in a compound one
MOST_VALUES = 30_000  # of a statement: SQLite and asyncpg take 32,766 parameters
VALUES_OF_LANGUAGE, OTHER_VALUES = 4, 16  # how many parameters a condition on a language has, and all without terms


class RuleFields(TypedDict):
    """A stored rule; terms by id. An empty list, or null, is no condition."""

    sections: list[str]
    tags: list[str]
    urgency_max: int | None
    max_age_hours: int | None
    authors: NotRequired[list[str]]
    kinds: NotRequired[list[str]]
    languages: NotRequired[list[str]]
    """Without any: the language of the thing whose rule it is."""


class Draw(NamedTuple):
    """A rule from which up to `limit` articles are wanted: the rule with a number of the thing `owner`."""

    owner: str
    number: int
    rule: RuleFields
    language: str
    """Of the owner."""
    limit: int

    @property
    def languages(self) -> list[str]:
        return languages_of(self.rule, self.language)

    @property
    def value_count(self) -> int:
        """At least as many parameters as its SELECT has."""
        rule = self.rule
        terms = (rule["sections"], rule["tags"], rule.get("authors", []), rule.get("kinds", []))
        return sum(map(len, terms)) + VALUES_OF_LANGUAGE * len(self.languages) + OTHER_VALUES

    @property
    def key(self) -> tuple[str, int]:
        return self.owner, self.number


class Shape(NamedTuple):
    """The conditions that a rule has: rules that have the same ones share a statement."""

    sections: bool
    tags: bool
    authors: bool
    kinds: bool
    urgency: bool
    age: bool
    languages: int
    """How many."""
    near: bool = False
    """Check the newest articles only, one by one."""

    @classmethod
    def of(cls, draw: Draw) -> Shape:
        """A rule that could scan far back is first checked on the newest articles only (`near`)."""
        rule = draw.rule
        urgency, age = rule["urgency_max"] is not None, rule["max_age_hours"] is not None
        named = (bool(rule["sections"]), bool(rule["tags"]), bool(rule.get("authors")), bool(rule.get("kinds")))
        return cls(*named, urgency, age, len(draw.languages), near=not age)


def languages_of(rule: RuleFields, language: str) -> list[str]:
    """The languages that a rule matches, in a thing that is in `language`."""
    return rule.get("languages") or [language]


async def drawn(connection: Connection, draws: Sequence[Draw], columns: Columns, now: datetime) -> Sequence[Any]:
    """The newest articles that each of these rules matches: rows of (owner, rule, *columns), unordered.

    One statement for `AT_ONCE` rules, or fewer that name much; a second one where a rule finds too few among the newest
    articles.
    """
    return [row for part in parts_of(draws) for row in await _newest(connection, part, columns, now)]


def parts_of(draws: Iterable[Draw]) -> Iterator[list[Draw]]:
    """As many rules as one statement takes."""
    part: list[Draw] = []
    count = 0
    for draw in draws:
        if part and (len(part) == AT_ONCE or count + draw.value_count > MOST_VALUES):
            yield part
            part, count = [], 0
        part.append(draw)
        count += draw.value_count
    if part:
        yield part


async def _newest(connection: Connection, draws: Sequence[Draw], columns: Columns, now: datetime) -> Sequence[Any]:
    shapes = {draw.key: Shape.of(draw) for draw in draws}
    rows = await _drawn(connection, draws, shapes, columns, now)
    found = Counter((row.owner, row.rule) for row in rows)
    further = [draw for draw in draws if shapes[draw.key].near and found[draw.key] < draw.limit]
    if not further:
        return rows
    again = {draw.key: shapes[draw.key]._replace(near=False) for draw in further}
    kept = [row for row in rows if (row.owner, row.rule) not in again]
    return [*kept, *await _drawn(connection, further, again, columns, now)]


async def _drawn(
    connection: Connection,
    draws: Sequence[Draw],
    shapes: dict[tuple[str, int], Shape],
    columns: Columns,
    now: datetime,
) -> Sequence[Any]:
    values: dict[str, object] = {"now": now}
    for place, draw in enumerate(draws):
        values |= values_of(place, draw, now)
    statement = newest_of(tuple(shapes[draw.key] for draw in draws), columns)
    rows: Sequence[Any] = (await connection.execute(statement, values)).all()
    return rows


def values_of(place: int, draw: Draw, now: datetime) -> dict[str, object]:
    """The parameters of a rule that is number `place` in its statement."""
    rule = draw.rule
    return {
        f"owner{place}": draw.owner,
        f"rule{place}": draw.number,
        f"limit{place}": draw.limit,
        f"sections{place}": rule["sections"],
        f"tags{place}": rule["tags"],
        f"authors{place}": rule.get("authors", []),
        f"kinds{place}": rule.get("kinds", []),
        f"urgency{place}": rule["urgency_max"],
        f"since{place}": since(rule, now),
        **{f"language{place}_{number}": tag.lower() for number, tag in enumerate(draw.languages)},
    }


def since(rule: RuleFields, now: datetime) -> datetime:
    """The earliest publication that a rule with a maximum age matches at `now`."""
    return now - timedelta(hours=rule["max_age_hours"] or 0)


def too_old_at(rule: RuleFields, published_at: datetime) -> datetime | None:
    """When the rule stops matching an article; None: never."""
    hours = rule["max_age_hours"]
    return None if hours is None else published_at + timedelta(hours=hours, milliseconds=1)


@lru_cache(maxsize=128)
def newest_of(shapes: tuple[Shape, ...], columns: Columns) -> Select[Any]:
    """The statement for rules of these shapes; cached: building it costs more than running it on SQLite."""
    found = union_all(*(_rule(place, shape) for place, shape in enumerate(shapes))).subquery("found")
    return (
        select(found.c.owner, found.c.rule, *columns)
        .join(Article, Article.id == found.c.article_id)
        .outerjoin(Section, Section.id == Article.section_id)
        .where(visible(NOW))
    )


def _rule(place: int, shape: Shape) -> Select[str, int, str]:
    owner: BindParameter[str] = bindparam(f"owner{place}", type_=Id)
    rule: BindParameter[int] = bindparam(f"rule{place}", type_=Integer)
    limit: BindParameter[int] = bindparam(f"limit{place}", type_=Integer)
    matching = select(Article.id).where(*conditions(place, shape), visible(NOW))
    newest = matching.order_by(Article.published_at.desc(), Article.id.desc()).limit(limit).subquery()
    return select(owner.label("owner"), rule.label("rule"), newest.c.id.label("article_id"))


def conditions(place: int, shape: Shape, *, has_tree: bool = True) -> Iterable[ColumnElement[bool]]:
    """What a rule of this shape, number `place` in its statement, says of an article.

    `has_tree=False`: the sections below those that it names are among its parameters.
    """
    few = shape.age or shape.near  # few articles are young enough: checked one by one
    if shape.sections:
        named = _several(f"sections{place}")
        within = SECTIONS.term_id.in_(subtree(Section.id.in_(named)) if has_tree else named)
        yield filed_under(SECTIONS, within, each=few)
    if shape.tags:
        yield filed_under(TAGS, TAGS.term_id.in_(_several(f"tags{place}")), each=few)
    if shape.authors:
        yield filed_under(AUTHORS, AUTHORS.term_id.in_(_several(f"authors{place}")), each=few)
    if shape.kinds:
        yield Article.kind.in_(_several(f"kinds{place}"))
    yield or_(*(_in_language(f"language{place}_{number}") for number in range(shape.languages)))
    if shape.urgency:
        yield Article.urgency <= bindparam(f"urgency{place}", type_=Integer)
    if shape.age:
        yield Article.published_at >= bindparam(f"since{place}", type_=Instant)
    if shape.near:
        far = select(Article.published_at).where(visible(NOW)).order_by(Article.published_at.desc()).offset(NEAR)
        yield Article.published_at >= func.coalesce(far.limit(1).scalar_subquery(), literal(FIRST, Instant()))


def _in_language(name: str) -> ColumnElement[bool]:
    wanted: BindParameter[str] = bindparam(name, type_=Text)
    return in_language_range(Article.language, wanted)


def _several(name: str) -> BindParameter[str]:
    return bindparam(name, expanding=True)


def may_match(rule: RuleFields, language: str, change: PendingChange) -> bool:
    """Whether a rule of a thing in `language` matches the changed article as it was or as it is, whatever its age and
    its kind, which the change does not tell."""
    urgency, languages = rule["urgency_max"], languages_of(rule, language)
    return (
        _names_one("section", rule["sections"], change)
        and _names_one("tag", rule["tags"], change)
        and _names_one("author", rule.get("authors", []), change)
        and (urgency is None or change.urgency is None or change.urgency <= urgency)
        and any(is_in_range(one, languages) for one in change.languages)
    )


def _names_one(kind: str, ids: Sequence[str], change: PendingChange) -> bool:
    return not ids or any((kind, id) in change.terms for id in ids)
