"""The statements that find the articles that rules match. `visible` decides what is public, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from app.articles.filing import SECTIONS, TAGS, filed_under
from app.articles.models import Article, ArticleSection, ArticleTag
from app.articles.repository import visible
from app.kit.db import Id, Instant
from app.kit.paging import FIRST, NEAR
from app.sections.models import Section
from app.tickers.composition import BY_URGENCY
from app.tickers.models import TickerPlace, TickerSection, TickerTag
from app.tickers.rows import RuleFields

IDS: BindParameter[str] = bindparam("ids", expanding=True)
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
# Articles whose level, given by their urgency, has not ended; each level's parameter is the earliest start.
RAISED = or_(
    *(
        and_(Article.urgency == urgency, Article.published_at > bindparam(level, type_=Instant))
        for urgency, level in BY_URGENCY.items()
    )
)
STORY = (
    Article.id.label("story_id"),
    Article.slug.label("story_slug"),
    Section.slug.label("story_section"),
    func.coalesce(Article.short_headline, Article.headline).label("story_text"),
    Article.language.label("story_language"),
    Article.urgency.label("story_urgency"),
    Article.published_at.label("story_published_at"),
    Article.updated_at.label("story_updated_at"),
)


def _reached() -> CTE:
    """The sections of each rule: those that it names, and all below them."""
    named = select(TickerSection.ticker_id, TickerSection.rule, TickerSection.section_id)
    top = named.where(TickerSection.ticker_id.in_(IDS)).cte("reached", recursive=True)
    below = aliased(Section)
    return top.union(select(top.c.ticker_id, top.c.rule, below.id).join(top, below.parent_id == top.c.section_id))


REACHED = _reached()


def _extra_articles() -> Select[Any]:
    """Articles with a raised level or a place in the desk's order, one row for each `kind` of fact about them.

    `section` and `tag`: the rule `number` of a ticker matches by section or tag. `place`: the article has the place
    `number` in a ticker. `raised`: nothing more.
    """
    placed = select(TickerPlace.article_id).where(TickerPlace.ticker_id.in_(IDS))
    # Two selects use one index each; a single one with *or* would scan all articles.
    special = union(
        select(Article.id).where(visible(NOW), Article.published_at > bindparam("raised", type_=Instant), RAISED),
        select(Article.id).where(visible(NOW), Article.id.in_(placed)),
    )
    facts = union_all(
        select(
            literal("raised").label("kind"),
            literal(None, Id).label("ticker_id"),
            literal(0).label("number"),
            Article.id,
        ).where(Article.id.in_(special)),
        select(literal("section"), REACHED.c.ticker_id, REACHED.c.rule, ArticleSection.article_id)
        .join(REACHED, REACHED.c.section_id == ArticleSection.section_id)
        .where(ArticleSection.article_id.in_(special)),
        select(literal("tag"), TickerTag.ticker_id, TickerTag.rule, ArticleTag.article_id)
        .join(TickerTag, TickerTag.tag_id == ArticleTag.tag_id)
        .where(TickerTag.ticker_id.in_(IDS), ArticleTag.article_id.in_(special)),
        select(literal("place"), TickerPlace.ticker_id, TickerPlace.position, TickerPlace.article_id).where(
            TickerPlace.ticker_id.in_(IDS), TickerPlace.article_id.is_not(None)
        ),
    ).subquery("facts")
    kind, ticker_id, number, article_id = facts.c
    return (
        select(kind, ticker_id, number, *STORY)
        .join(Article, Article.id == article_id)
        .outerjoin(Section, Section.id == Article.section_id)
        .where(visible(NOW))
    )


EXTRA_ARTICLES = _extra_articles()


class Shape(NamedTuple):
    """The conditions that a rule has: tickers whose rules have the same ones share a statement."""

    sections: bool
    tags: bool
    urgency: bool
    age: bool
    near: bool = False
    """Check the newest articles only, one by one."""

    @classmethod
    def of(cls, rule: RuleFields) -> Shape:
        """A rule that could scan far back is first checked on the newest articles only (`near`)."""
        urgency, age = rule["urgency_max"] is not None, rule["max_age_hours"] is not None
        sections, tags = bool(rule["sections"]), bool(rule["tags"])
        return cls(sections, tags, urgency, age, near=(sections or tags or urgency) and not age)


@lru_cache(maxsize=128)
def newest_of(shapes: tuple[Shape, ...]) -> Select[Any]:
    """The statement for rules of these shapes; cached: building it costs more than running it on SQLite."""
    found = union_all(*(_rule(number, shape) for number, shape in enumerate(shapes))).subquery("found")
    return (
        select(found.c.ticker_id, found.c.rule, *STORY)
        .join(Article, Article.id == found.c.article_id)
        .outerjoin(Section, Section.id == Article.section_id)
        .where(visible(NOW))
    )


def _rule(number: int, shape: Shape) -> Select[str, int, str]:
    ticker: BindParameter[str] = bindparam(f"ticker{number}", type_=Id)
    rule: BindParameter[int] = bindparam(f"rule{number}", type_=Integer)
    limit: BindParameter[int] = bindparam(f"limit{number}", type_=Integer)
    matching = select(Article.id).where(*_conditions(number, shape, ticker, rule), visible(NOW))
    newest = matching.order_by(Article.published_at.desc(), Article.id.desc()).limit(limit).subquery()
    return select(ticker.label("ticker_id"), rule.label("rule"), newest.c.id.label("article_id"))


def _conditions(
    number: int, shape: Shape, ticker: BindParameter[str], rule: BindParameter[int]
) -> Iterable[ColumnElement[bool]]:
    few = shape.age or shape.near  # few articles are young enough: checked one by one
    if shape.sections:
        sections = select(REACHED.c.section_id).where(REACHED.c.ticker_id == ticker, REACHED.c.rule == rule)
        yield filed_under(SECTIONS, SECTIONS.term_id.in_(sections), each=few)
    if shape.tags:
        tags = select(TickerTag.tag_id).where(TickerTag.ticker_id == ticker, TickerTag.rule == rule)
        yield filed_under(TAGS, TAGS.term_id.in_(tags), each=few)
    if shape.urgency:
        yield Article.urgency <= bindparam(f"urgency{number}", type_=Integer)
    if shape.age:
        yield Article.published_at >= bindparam(f"since{number}", type_=Instant)
    if shape.near:
        far = select(Article.published_at).where(visible(NOW)).order_by(Article.published_at.desc()).offset(NEAR)
        yield Article.published_at >= func.coalesce(far.limit(1).scalar_subquery(), literal(FIRST, Instant()))
