"""Where tickers are stored and found. What readers may see of articles is `visible`, as everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article, ArticleSection, ArticleTag
from app.articles.repository import visible
from app.kit.db import Id, Instant
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Reader, Slice, take
from app.sections.models import Section
from app.sections.repository import subtree
from app.settings import Settings
from app.slugs.models import Slug
from app.tags.models import Tag
from app.terms.repository import Terms
from app.text.slugs import canonical_slug
from app.tickers.models import Ticker, TickerItem, TickerPlace, TickerSection, TickerTag
from app.tickers.strip import BY_URGENCY, Entry, compose, drawn, durations, made_by_hand

KIND, PLURAL = "ticker", "tickers"
tickers, items = Ticker.__table__, TickerItem.__table__
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
# Articles whose level, which is their urgency's, has not calmed down yet; each level's parameter is since when.
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
)
MADE = (
    select(items, TickerPlace.position.label("place"), *STORY)
    .select_from(items)
    .outerjoin(TickerPlace, TickerPlace.item_id == TickerItem.id)
)
LIVE_ITEMS = (
    MADE.outerjoin(Article, and_(Article.id == TickerItem.article_id, visible(NOW)))
    .outerjoin(Section, Section.id == Article.section_id)
    .where(
        TickerItem.ticker_id.in_(IDS),
        or_(TickerItem.starts_at.is_(None), TickerItem.starts_at <= NOW),
        or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > NOW),
        or_(TickerItem.article_id.is_(None), Article.id.is_not(None)),
    )
)
# For the desk: every item, whatever the state of its article.
EVERY_ITEM = (
    MADE.add_columns(Article.slug, Article.headline, Article.state, Article.published_at)
    .outerjoin(Article, Article.id == TickerItem.article_id)
    .outerjoin(Section, Section.id == Article.section_id)
    .where(TickerItem.ticker_id.in_(IDS))
    .order_by(TickerItem.id.desc())
)


class Strips:
    """Strips as readers see them."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self.reader, self.lasting = reader, durations(settings)

    async def page(self, query: PageQuery, cursors: Cursors) -> Slice[Row[Any]]:
        """One page by slug."""
        keys = [Key(Ticker.slug)]
        return await take(self.reader, select(tickers), keys, query, cursors, position=lambda row: [row.slug])

    async def at(self, name: str) -> Row[Any]:
        """By slug or id. Raises `Moved` from a former slug, `NotFound`."""
        known = as_id(name)
        owner = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == canonical_slug(name))
        statement = select(tickers).where(Ticker.id == (known or owner.scalar_subquery()))
        row: Row[Any] | None = (await self.reader.execute(statement)).one_or_none()
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/tickers/{row.slug}")
        return row

    async def composed(self, strips: Sequence[Any], now: datetime) -> dict[str, list[Entry]]:
        """What each of these strips shows now, by its id. Two statements, however many strips, rules and items."""
        by_id = {strip.id: strip for strip in strips}
        found: dict[str, list[Entry]] = {id: [] for id in by_id}
        items = await self.live_items(list(by_id), now)
        for row in items:
            found[row.ticker_id].append(made_by_hand(row, by_id[row.ticker_id].language, now, self.lasting))
        for row in await self.drawn(strips, items, now):
            level = by_id[row.ticker_id].rules[row.rule]["level"]
            found[row.ticker_id].append(drawn(row, level, now, self.lasting))
        return {id: compose(found[id], strip.ordered_at, strip.max_items) for id, strip in by_id.items()}

    async def live_items(self, ids: Sequence[str], now: datetime) -> Sequence[Row[Any]]:
        """The items made by hand that show now, of these strips."""
        if not ids:
            return ()
        return (await self.reader.execute(LIVE_ITEMS, {"ids": list(ids), "now": now})).all()

    async def drawn(self, strips: Sequence[Any], items: Sequence[Row[Any]], now: datetime) -> Sequence[Row[Any]]:
        """What the rules of these strips draw beside their live `items`: rows of (ticker id, rule, place, article).

        Enough of each rule that composing cannot miss one: the newest, those whose level is still raised, and those
        that the desk has ordered; more where an item may take an article's place. One statement.
        """
        followed = Counter(item.ticker_id for item in items if item.article_id)
        shapes: list[_Shape] = []
        values: dict[str, Any] = {"now": now, **{name: now - lasting for name, lasting in self.lasting.items()}}
        for strip in strips:
            for rule, content in enumerate(strip.rules):
                number = len(shapes)
                shapes.append(_Shape.of(strip, content))
                values |= {
                    f"ticker{number}": strip.id,
                    f"rule{number}": rule,
                    f"limit{number}": strip.max_items + followed[strip.id],
                    f"urgency{number}": content["urgency_max"],
                    f"since{number}": now - timedelta(hours=content["max_age_hours"] or 0),
                }
        return (await self.reader.execute(_drawing(tuple(shapes)), values)).all() if shapes else ()


class _Shape(NamedTuple):
    """Which conditions a rule has: strips whose rules are alike share one statement."""

    sections: bool
    tags: bool
    urgency: bool
    age: bool
    levelled: bool
    ordered: bool

    @classmethod
    def of(cls, strip: Any, rule: Mapping[str, Any]) -> _Shape:
        return cls(
            bool(rule["sections"]),
            bool(rule["tags"]),
            rule["urgency_max"] is not None,
            rule["max_age_hours"] is not None,
            rule["level"] is not None,
            strip.ordered_at is not None,
        )


@lru_cache(maxsize=128)
def _drawing(shapes: tuple[_Shape, ...]) -> Select[Any]:
    """Built once for rules of these shapes: putting a statement together costs more than running it on SQLite."""
    found = union_all(*(_rule(number, shape) for number, shape in enumerate(shapes))).subquery("found")
    here = and_(TickerPlace.ticker_id == found.c.ticker_id, TickerPlace.article_id == found.c.article_id)
    return (
        select(found.c.ticker_id, found.c.rule, TickerPlace.position.label("place"), *STORY)
        .join(Article, Article.id == found.c.article_id)
        .outerjoin(Section, Section.id == Article.section_id)
        .outerjoin(TickerPlace, here)
        .where(visible(NOW))
    )


def _rule(number: int, shape: _Shape) -> Select[Any]:
    ticker: BindParameter[str] = bindparam(f"ticker{number}", type_=Id)
    rule: BindParameter[int] = bindparam(f"rule{number}", type_=Integer)
    limit: BindParameter[int] = bindparam(f"limit{number}", type_=Integer)
    matching = select(Article.id).where(visible(NOW), *_conditions(number, shape, ticker, rule))
    newest = (Article.published_at.desc(), Article.id.desc())
    parts = [matching.order_by(*newest).limit(limit)]
    if not shape.levelled:
        parts.append(matching.where(RAISED).order_by(Article.urgency, *newest).limit(limit))
    if shape.ordered:
        placed = select(TickerPlace.article_id).where(TickerPlace.ticker_id == ticker)
        parts.append(matching.where(Article.id.in_(placed)))
    found = union_all(*(select(part.subquery().c.id) for part in parts)).subquery()
    return select(ticker.label("ticker_id"), rule.label("rule"), found.c.id.label("article_id"))


def _conditions(number: int, shape: _Shape, ticker: Any, rule: Any) -> Iterable[ColumnElement[bool]]:
    if shape.sections:
        named = select(TickerSection.section_id).where(TickerSection.ticker_id == ticker, TickerSection.rule == rule)
        inside = ArticleSection.section_id.in_(subtree(Section.id.in_(named)))
        yield Article.id.in_(select(ArticleSection.article_id).where(inside))
    if shape.tags:
        tags = select(TickerTag.tag_id).where(TickerTag.ticker_id == ticker, TickerTag.rule == rule)
        yield Article.id.in_(select(ArticleTag.article_id).where(ArticleTag.tag_id.in_(tags)))
    if shape.urgency:
        yield Article.urgency <= bindparam(f"urgency{number}", type_=Integer)
    if shape.age:
        yield Article.published_at >= bindparam(f"since{number}", type_=Instant)


class TickersToEdit:
    """All of a strip, for the desk: as objects that can be changed."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.terms: Terms[Ticker] = Terms(session, Ticker, KIND, PLURAL)

    async def require(self, slug: str, suffix: str = "", *, for_update: bool = False) -> Ticker:
        """Raises `NotFound`, and `Moved` (with `suffix` behind the present address) from a former slug.

        With `for_update` nobody else changes the strip or its items until this transaction ends.
        """
        try:
            return await self.terms.require(slug, for_update=for_update)
        except Moved as moved:
            raise Moved(moved.location + suffix) from None

    async def item(self, ticker: Ticker, id: str) -> TickerItem:
        known = as_id(id)
        item = await self.session.get(TickerItem, known) if known else None
        if item is None or item.ticker_id != ticker.id:
            raise NotFound()
        return item

    async def every_item(self, ticker: Ticker) -> Sequence[Row[Any]]:
        """Every item made by hand with its article, whatever its state; newest first."""
        return (await self.session.execute(EVERY_ITEM, {"ids": [ticker.id]})).all()

    async def add(self, item: TickerItem) -> None:
        self.session.add(item)
        await self.session.flush()

    async def remove(self, item: TickerItem) -> None:
        await self.session.delete(item)
        await self.session.flush()

    async def follows(self, ticker: Ticker, article_id: str, now: datetime, but: str) -> bool:
        """Whether an item of this strip, other than `but`, follows the article and has not expired."""
        statement = select(TickerItem.id).where(
            TickerItem.ticker_id == ticker.id,
            TickerItem.article_id == article_id,
            TickerItem.id != but,
            or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > now),
        )
        return (await self.session.execute(statement)).first() is not None

    async def place(self, ticker: Ticker, order: Sequence[tuple[str | None, str | None]]) -> None:
        """Keeps the desk's order: pairs of (item id, None) or (None, article id)."""
        await self.session.execute(delete(TickerPlace).where(TickerPlace.ticker_id == ticker.id))
        rows = [
            {"ticker_id": ticker.id, "position": position, "item_id": item, "article_id": article}
            for position, (item, article) in enumerate(order, start=1)
        ]
        if rows:
            await self.session.execute(insert(TickerPlace), rows)

    async def link(self, ticker: Ticker) -> None:
        """Ties the strip to what its rules name, so that it cannot be deleted meanwhile."""
        for link, column, name in ((TickerSection, "section_id", "sections"), (TickerTag, "tag_id", "tags")):
            await self.session.execute(delete(link).where(link.ticker_id == ticker.id))
            rows = [
                {"ticker_id": ticker.id, "rule": rule, column: id}
                for rule, content in enumerate(ticker.rules)
                for id in content[name]
            ]
            if rows:
                await self.session.execute(insert(link), rows)

    async def names(self, ids: Sequence[str]) -> dict[str, str]:
        """The slugs of all sections and tags that the rules of these strips name, by id. One query."""
        if not ids:
            return {}
        sections = select(TickerSection.section_id).where(TickerSection.ticker_id.in_(IDS))
        tags = select(TickerTag.tag_id).where(TickerTag.ticker_id.in_(IDS))
        both = union_all(
            select(Section.id, Section.slug).where(Section.id.in_(sections)),
            select(Tag.id, Tag.slug).where(Tag.id.in_(tags)),
        )
        return {row.id: row.slug for row in (await self.session.execute(both, {"ids": list(ids)})).all()}
