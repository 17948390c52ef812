"""Where tickers are stored and found. What readers may see of articles is `visible`, as everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.articles.repository import visible
from app.kit.db import Connection
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.sections.models import Section
from app.settings import Settings
from app.slugs.models import Slug
from app.tags.models import Tag
from app.terms.repository import Terms
from app.text.slugs import canonical_slug
from app.tickers.models import Ticker, TickerItem, TickerPlace, TickerSection, TickerTag
from app.tickers.rules import IDS, NOTES, NOW, STORY, Shape, newest_of
from app.tickers.strip import Shown, ShownItem, compose, drawn, durations, made_by_hand

KIND, PLURAL = "ticker", "tickers"
tickers, items = Ticker.__table__, TickerItem.__table__
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
# When items last left each strip: expired, or their article was withdrawn. An article given back as a draft keeps no
# moment of that; and what expired before its article was to be seen was never there. `left_at` says the same of one.
LEFT = union_all(
    select(TickerItem.ticker_id, func.max(TickerItem.expires_at).label("left_at"))
    .outerjoin(Article, Article.id == TickerItem.article_id)
    .where(
        TickerItem.ticker_id.in_(IDS),
        TickerItem.expires_at <= NOW,
        or_(TickerItem.article_id.is_(None), Article.published_at < TickerItem.expires_at),
    )
    .group_by(TickerItem.ticker_id),
    select(TickerItem.ticker_id, func.max(Article.withdrawn_at))
    .join(Article, Article.id == TickerItem.article_id)
    .where(TickerItem.ticker_id.in_(IDS), Article.withdrawn_at.is_not(None))
    .group_by(TickerItem.ticker_id),
)
# For the desk: every item, whatever the state of its article.
EVERY_ITEM = (
    MADE.add_columns(Article.slug, Article.headline, Article.state, Article.published_at)
    .outerjoin(Article, Article.id == TickerItem.article_id)
    .outerjoin(Section, Section.id == Article.section_id)
    .where(TickerItem.ticker_id.in_(IDS))
    .order_by(TickerItem.id.desc())
)


class Tickers:
    """Strips as readers see them."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection, self.lasting = connection, durations(settings)

    async def page(self, query: PageQuery, cursors: Cursors) -> Slice[Row[Any]]:
        """One page by slug."""
        keys = [Key(Ticker.slug)]
        return await take(self.connection, select(tickers), keys, query, cursors, position=lambda row: [row.slug])

    async def with_ids(self, ids: Sequence[str]) -> Sequence[Row[Any]]:
        return (await self.connection.execute(select(tickers).where(Ticker.id.in_(ids)))).all()

    async def at(self, name: str, suffix: str = "") -> Row[Any]:
        """By slug or id. Raises `Moved` from a former slug (with `suffix` behind the present one), `NotFound`."""
        known = as_id(name)
        owner = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == canonical_slug(name))
        statement = select(tickers).where(Ticker.id == (known or owner.scalar_subquery()))
        row: Row[Any] | None = (await self.connection.execute(statement)).one_or_none()
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/tickers/{row.slug}{suffix}")
        return row

    async def composed(self, strips: Sequence[Any], now: datetime) -> dict[str, Shown]:
        """What each of these strips shows now, by its id. Four statements, however many strips, rules and items."""
        by_id = {strip.id: strip for strip in strips}
        found: dict[str, list[ShownItem]] = {id: [] for id in by_id}
        items = await self.live_items(list(by_id), now)
        for row in items:
            found[row.ticker_id].append(made_by_hand(row, by_id[row.ticker_id].language, now, self.lasting))
        for id, rule, place, row in await self.drawn(strips, items, now):
            found[id].append(drawn(row, by_id[id].rules[rule], place, now, self.lasting))
        left = await self.left(list(by_id), now)
        return {id: _shown(strip, found[id], left.get(id)) for id, strip in by_id.items()}

    async def left(self, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
        """When an item made by hand last left each of these strips; those that none has left are not there."""
        found: dict[str, datetime] = {}
        if ids:
            for row in await self.connection.execute(LEFT, {"ids": list(ids), "now": now}):
                found[row.ticker_id] = max(row.left_at, found.get(row.ticker_id, row.left_at))
        return found

    async def live_items(self, ids: Sequence[str], now: datetime) -> Sequence[Row[Any]]:
        """The items made by hand that show now, of these strips."""
        if not ids:
            return ()
        return (await self.connection.execute(LIVE_ITEMS, {"ids": list(ids), "now": now})).all()

    async def drawn(self, strips: Sequence[Any], items: Sequence[Row[Any]], now: datetime) -> list[Drawn]:
        """What the rules of these strips draw beside their live `items`. Two statements.

        Enough of each rule that composing cannot miss one: the newest, more of them where an item may take an article's
        place; and wherever they match, the articles whose level is still raised and those that the desk has ordered.
        """
        if not any(strip.rules for strip in strips):
            return []
        newest = await self._newest(strips, Counter(item.ticker_id for item in items if item.article_id), now)
        since = {name: now - lasting for name, lasting in self.lasting.items()}
        values = {"ids": [strip.id for strip in strips], "now": now, "raised": min(since.values()), **since}
        notes = (await self.connection.execute(NOTES, values)).all()
        places = {(note.ticker_id, note.story_id): note.number for note in notes if note.kind == "place"}
        filed = {(note.kind, note.ticker_id, note.number, note.story_id) for note in notes}
        others = {note.story_id: note for note in notes}.values()
        found = [(row.ticker_id, row.rule, row) for row in newest]
        for strip in strips:
            for number, rule in enumerate(strip.rules):
                found += [(strip.id, number, row) for row in others if _passes(row, strip.id, number, rule, filed, now)]
        return [Drawn(id, rule, places.get((id, row.story_id)), row) for id, rule, row in found]

    async def _newest(self, strips: Sequence[Any], more: Mapping[str, int], now: datetime) -> Sequence[Row[Any]]:
        """As many of each rule as its strip takes, and so many more: rows of (ticker id, rule, article)."""
        limits = {strip.id: strip.max_items + more.get(strip.id, 0) for strip in strips}
        asked = [(strip, rule, Shape.of(content)) for strip in strips for rule, content in enumerate(strip.rules)]
        rows = await self._matching(asked, limits, now)
        found = Counter((row.ticker_id, row.rule) for row in rows)
        further = [
            (strip, rule, shape._replace(near=False))
            for strip, rule, shape in asked
            if shape.near and found[strip.id, rule] < limits[strip.id]
        ]
        if not further:
            return rows
        again = {(strip.id, rule) for strip, rule, _ in further}
        kept = [row for row in rows if (row.ticker_id, row.rule) not in again]
        return [*kept, *await self._matching(further, limits, now)]

    async def _matching(
        self, asked: Sequence[tuple[Any, int, Shape]], limits: Mapping[str, int], now: datetime
    ) -> Sequence[Row[Any]]:
        """What these rules of strips draw, at most so many for each strip."""
        values: dict[str, Any] = {"now": now, "ids": list(limits)}
        for number, (strip, rule, _) in enumerate(asked):
            content = strip.rules[rule]
            values |= {
                f"ticker{number}": strip.id,
                f"rule{number}": rule,
                f"limit{number}": limits[strip.id],
                f"urgency{number}": content["urgency_max"],
                f"since{number}": _since(content, now),
            }
        statement = newest_of(tuple(shape for _, _, shape in asked))
        rows: Sequence[Row[Any]] = (await self.connection.execute(statement, values)).all()
        return rows


class Drawn(NamedTuple):
    """An article that a rule of a strip draws, and its place in the desk's order."""

    ticker_id: str
    rule: int
    place: int | None
    row: Row[Any]


def _shown(strip: Any, found: Sequence[ShownItem], left: datetime | None) -> Shown:
    """Every item made by hand counts, so that `changed_at` does not go back where one is pushed off the end."""
    items = compose(found, strip.ordered_at, strip.max_items)
    counted = [*items, *(item for item in found if item.by_hand)]
    turns = [at for item in found for at in (item.level_until, item.expires_at, item.too_old_at) if at is not None]
    changed_at = max([strip.updated_at, left or strip.updated_at, *(item.changed_at for item in counted)])
    articles = frozenset(item.story.id for item in counted if item.story)
    return Shown(items, changed_at, min(turns, default=None), articles)


def _since(rule: Mapping[str, Any], now: datetime) -> datetime:
    return now - timedelta(hours=rule["max_age_hours"] or 0)


def _passes(
    row: Row[Any], ticker_id: str, number: int, rule: Mapping[str, Any], filed: set[Any], now: datetime
) -> bool:
    """Whether a rule draws an article of `NOTES`; the same conditions as in `_rule`."""
    return (
        (not rule["sections"] or ("section", ticker_id, number, row.story_id) in filed)
        and (not rule["tags"] or ("tag", ticker_id, number, row.story_id) in filed)
        and (rule["urgency_max"] is None or row.story_urgency <= rule["urgency_max"])
        and (rule["max_age_hours"] is None or row.story_published_at >= _since(rule, now))
    )


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

    async def standing(self, ticker: Ticker, now: datetime, but: str) -> int:
        """How many items of this strip, other than `but`, have not expired."""
        statement = select(func.count()).where(
            TickerItem.ticker_id == ticker.id,
            TickerItem.id != but,
            or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > now),
        )
        return (await self.session.execute(statement)).scalar_one()

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
