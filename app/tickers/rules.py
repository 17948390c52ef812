"""The statement that finds articles beyond the newest of a rule. `visible` decides what is public, as everywhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
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

from app.articles.models import Article, ArticleSection, ArticleTag
from app.articles.repository import visible
from app.kit.db import Id, Instant
from app.placing.rules import NOW
from app.sections.models import Section
from app.tickers.composition import BY_URGENCY
from app.tickers.models import TickerPlace, TickerSection, TickerTag

IDS: BindParameter[str] = bindparam("ids", expanding=True)
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
    Article.kind.label("story_kind"),
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
