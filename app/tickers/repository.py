"""Queries for tickers and their items. `visible` decides what is public of articles, as everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
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
from app.placing.links import RuleLink, RuleLinks
from app.placing.rules import NOW, Draw, drawn, languages_of, since
from app.sections.models import Section
from app.settings import Settings
from app.slugs.models import Slug
from app.tags.models import Tag
from app.terms.repository import Terms
from app.text.languages import is_in_range
from app.text.slugs import canonical_slug
from app.tickers.composition import ComposedTicker, ShownItem, compose, level_durations, manual_item, matched_item
from app.tickers.models import Ticker, TickerItem, TickerPlace, TickerSection, TickerTag
from app.tickers.rows import DeskItemRow, ItemRow, MatchRow, RuleMatchRow, TickerRow, TickerRule
from app.tickers.rules import EXTRA_ARTICLES, IDS, STORY

KIND, PLURAL = "ticker", "tickers"
ticker_table, item_table = Ticker.__table__, TickerItem.__table__
MADE = (
    select(item_table, TickerPlace.position.label("place"), *STORY)
    .select_from(item_table)
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
# When an item last left each ticker: it expired, or its article was withdrawn. Unpublishing an article stores no time;
# an item that expired before its article was visible was never shown. `left_at` is the same rule for one item.
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

LINKS = RuleLinks(
    RuleLink("sections", Section, TickerSection, "ticker_id", "section_id"),
    RuleLink("tags", Tag, TickerTag, "ticker_id", "tag_id"),
)


class Tickers:
    """The public queries."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection, self.durations = connection, level_durations(settings)

    async def page(self, query: PageQuery, cursors: Cursors) -> Slice[TickerRow]:
        """One page by slug."""
        keys = [Key(Ticker.slug)]
        return await take(self.connection, select(ticker_table), keys, query, cursors, position=lambda row: [row.slug])

    async def with_ids(self, ids: Sequence[str]) -> Sequence[TickerRow]:
        return (await self.connection.execute(select(ticker_table).where(Ticker.id.in_(ids)))).all()

    async def at(self, name: str, suffix: str = "") -> TickerRow:
        """By slug or id. Raises `Moved` from a former slug (with `suffix` behind the present one), `NotFound`."""
        known = as_id(name)
        owner = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == canonical_slug(name))
        statement = select(ticker_table).where(Ticker.id == (known or owner.scalar_subquery()))
        row: TickerRow | None = (await self.connection.execute(statement)).one_or_none()
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/tickers/{row.slug}{suffix}")
        return row

    async def composed(self, tickers: Sequence[TickerRow], now: datetime) -> dict[str, ComposedTicker]:
        """The items of each ticker at `now`, by its id. Four statements for any number of tickers, rules and items."""
        by_id = {ticker.id: ticker for ticker in tickers}
        found: dict[str, list[ShownItem]] = {id: [] for id in by_id}
        items = await self.live_items(list(by_id), now)
        for item in items:
            found[item.ticker_id].append(manual_item(item, by_id[item.ticker_id].language, now, self.durations))
        for id, rule, place, row in await self.matches(tickers, items, now):
            found[id].append(matched_item(row, by_id[id].rules[rule], place, now, self.durations))
        left = await self.left(list(by_id), now)
        return {id: _composed(ticker, found[id], left.get(id)) for id, ticker in by_id.items()}

    async def left(self, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
        """When a manual item last left each of these tickers; tickers without such an item are left out."""
        found: dict[str, datetime] = {}
        if ids:
            for row in await self.connection.execute(LEFT, {"ids": list(ids), "now": now}):
                found[row.ticker_id] = max(row.left_at, found.get(row.ticker_id, row.left_at))
        return found

    async def live_items(self, ids: Sequence[str], now: datetime) -> Sequence[ItemRow]:
        """The live manual items of these tickers."""
        if not ids:
            return ()
        return (await self.connection.execute(LIVE_ITEMS, {"ids": list(ids), "now": now})).all()

    async def matches(self, tickers: Sequence[TickerRow], items: Sequence[ItemRow], now: datetime) -> list[RuleMatch]:
        """Articles that the rules of these tickers match, given their live manual `items`. Two statements.

        Enough of each rule for `compose`: the newest, more of them where a manual item may replace an article; and of
        any age, matching articles with a raised level or a place in the desk's order.
        """
        if not any(ticker.rules for ticker in tickers):
            return []
        newest = await self._newest(tickers, Counter(item.ticker_id for item in items if item.article_id), now)
        since = {name: now - duration for name, duration in self.durations.items()}
        values = {"ids": [ticker.id for ticker in tickers], "now": now, "raised": min(since.values()), **since}
        extra = (await self.connection.execute(EXTRA_ARTICLES, values)).all()
        places = {(row.ticker_id, row.story_id): row.number for row in extra if row.kind == "place"}
        filed = {(row.kind, row.ticker_id, row.number, row.story_id) for row in extra}
        others = {row.story_id: row for row in extra}.values()
        found: list[tuple[str, int, MatchRow]] = [(row.owner, row.rule, row) for row in newest]
        for ticker in tickers:
            for number, rule in enumerate(ticker.rules):
                matching = [row for row in others if _matches(row, ticker, number, rule, filed, now)]
                found += [(ticker.id, number, row) for row in matching]
        return [RuleMatch(id, rule, places.get((id, row.story_id)), row) for id, rule, row in found]

    async def _newest(
        self, tickers: Sequence[TickerRow], more: Mapping[str, int], now: datetime
    ) -> Sequence[RuleMatchRow]:
        """The newest matches of each rule, `max_items` of its ticker and `more`."""
        draws = [
            Draw(ticker.id, number, rule, ticker.language, ticker.max_items + more.get(ticker.id, 0))
            for ticker in tickers
            for number, rule in enumerate(ticker.rules)
        ]
        return await drawn(self.connection, draws, STORY, now)


class RuleMatch(NamedTuple):
    """An article that a rule of a ticker matches, and its place in the desk's order."""

    ticker_id: str
    rule: int
    place: int | None
    row: MatchRow


def _composed(ticker: TickerRow, found: Sequence[ShownItem], left: datetime | None) -> ComposedTicker:
    """Every manual item counts, so that `changed_at` does not go back when one is pushed off the end."""
    items = compose(found, ticker.ordered_at, ticker.max_items)
    counted = [*items, *(item for item in found if item.is_manual)]
    moments = [at for item in found for at in (item.level_until, item.expires_at, item.too_old_at) if at is not None]
    changed_at = max([ticker.updated_at, left or ticker.updated_at, *(item.changed_at for item in counted)])
    articles = frozenset(item.story.id for item in counted if item.story)
    return ComposedTicker(items, changed_at, min(moments, default=None), articles)


def _matches(
    row: MatchRow,
    ticker: TickerRow,
    number: int,
    rule: TickerRule,
    filed: Container[object],
    now: datetime,
) -> bool:
    """Whether a rule matches a row of `EXTRA_ARTICLES`: the conditions of `app/placing/rules.py`."""
    return (
        (not rule["sections"] or ("section", ticker.id, number, row.story_id) in filed)
        and (not rule["tags"] or ("tag", ticker.id, number, row.story_id) in filed)
        and (not rule.get("kinds") or row.story_kind in rule["kinds"])
        and is_in_range(row.story_language, languages_of(rule, ticker.language))
        and (rule["urgency_max"] is None or row.story_urgency <= rule["urgency_max"])
        and (rule["max_age_hours"] is None or row.story_published_at >= since(rule, now))
    )


class TickersToEdit:
    """All of a ticker, for the desk: as objects that can be changed."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.terms: Terms[Ticker] = Terms(session, Ticker, KIND, PLURAL)

    async def require(self, slug: str, suffix: str = "", *, for_update: bool = False) -> Ticker:
        """Raises `NotFound`, and `Moved` (with `suffix` behind the present address) from a former slug.

        `for_update` locks the row until the transaction ends; every change of an item locks it too.
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

    async def every_item(self, ticker: Ticker) -> Sequence[DeskItemRow]:
        """Every manual item with its article, in any state; newest first."""
        return (await self.session.execute(EVERY_ITEM, {"ids": [ticker.id]})).all()

    async def add(self, item: TickerItem) -> None:
        self.session.add(item)
        await self.session.flush()

    async def remove(self, item: TickerItem) -> None:
        await self.session.delete(item)
        await self.session.flush()

    async def follows(self, ticker: Ticker, article_id: str, now: datetime, but: str) -> bool:
        """Whether an unexpired item of this ticker, other than `but`, follows the article."""
        statement = select(TickerItem.id).where(
            TickerItem.ticker_id == ticker.id,
            TickerItem.article_id == article_id,
            TickerItem.id != but,
            or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > now),
        )
        return (await self.session.execute(statement)).first() is not None

    async def count_unexpired(self, ticker: Ticker, now: datetime, but: str) -> int:
        """The number of unexpired items of this ticker, other than `but`."""
        statement = select(func.count()).where(
            TickerItem.ticker_id == ticker.id,
            TickerItem.id != but,
            or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > now),
        )
        return (await self.session.execute(statement)).scalar_one()

    async def place(self, ticker: Ticker, order: Sequence[tuple[str | None, str | None]]) -> None:
        """Stores the desk's order: pairs of (item id, None) or (None, article id)."""
        await self.session.execute(delete(TickerPlace).where(TickerPlace.ticker_id == ticker.id))
        rows = [
            {"ticker_id": ticker.id, "position": position, "item_id": item, "article_id": article}
            for position, (item, article) in enumerate(order, start=1)
        ]
        if rows:
            await self.session.execute(insert(TickerPlace), rows)

    async def link(self, ticker: Ticker) -> None:
        """Stores the terms that its rules name."""
        await LINKS.store(self.session, ticker.id, ticker.rules)
