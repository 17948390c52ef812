"""What the change log records of tickers: one change whenever a ticker differs from what was last published.

A ticker follows articles, sections, tags and the clock as well as its own items. So it is composed again and compared
after every change that may affect it. Where articles have changed, but nothing that rules go by, only the tickers are
composed that were last published with one of these articles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.last_published import forget_last_published, keep_last_published, last_published
from app.changes.models import LastPublished
from app.changes.pending import PendingChange, PendingChanges, pending_changes, record_change
from app.changes.tail import Deadlines
from app.kit.db import Instant
from app.kit.prepared import Prepared
from app.placing.rules import may_match
from app.placing.shown import LastShown, digest_of, next_deadlines
from app.settings import Settings
from app.tickers.composition import ticker_of
from app.tickers.models import Ticker, TickerItem, TickerPlace
from app.tickers.repository import KIND, Tickers
from app.tickers.rows import TickerRow

NOW: BindParameter[datetime] = bindparam("now", type_=Instant)


class ItemMoment(NamedTuple):
    """When an item of a ticker next starts, or expires."""

    ticker_id: str
    moment: datetime


_COMING = union_all(
    *(
        select(TickerItem.ticker_id, func.min(at).label("moment")).where(at > NOW).group_by(TickerItem.ticker_id)
        for at in (TickerItem.starts_at, TickerItem.expires_at)
    )
)
COMING = Prepared(_COMING, ItemMoment)
ALL = select(Ticker.__table__).order_by(Ticker.slug)
IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
SOME = ALL.where(Ticker.id.in_(IDS))
NAMED = union_all(*(select(table.article_id).where(table.article_id.in_(IDS)) for table in (TickerItem, TickerPlace)))
FOLLOWED = {"section", "tag"}


async def on_change(session: AsyncSession, pending: PendingChanges, settings: Settings, now: datetime) -> None:
    """Record a change of every ticker whose public view has changed."""
    affects_all = any(kind == KIND for kind, _ in pending.touched) or FOLLOWED & {
        change.resource for change in pending.changes
    }
    articles = [change for change in pending.changes if change.resource == "article"]
    if not (affects_all or articles):
        return
    last_shown = {id: LastShown.of(row) for id, row in (await last_published(session, KIND)).items()}
    if (
        not affects_all
        and all(change.stays for change in articles)
        and all(one.is_current(now) for one in last_shown.values())
    ):
        await _compare_shown(session, pending, settings, now, last_shown)
        return
    tickers: Sequence[TickerRow] = (await session.execute(ALL)).all()
    if await _mark_shown(session, pending, tickers, {change.id for change in articles}) or affects_all:
        await _compare(session, tickers, last_shown, settings, now)
        await _record_deleted(session, last_shown, {ticker.id for ticker in tickers})


async def _compare_shown(
    session: AsyncSession,
    pending: PendingChanges,
    settings: Settings,
    now: datetime,
    last_shown: Mapping[str, LastShown],
) -> None:
    """Compare the tickers that show one of the changed articles; which articles they show has not changed."""
    articles = {change.id for change in pending.changes if change.resource == "article"}
    concerned = [id for id, one in last_shown.items() if one.articles and one.articles & articles]
    if concerned:
        _mark(pending, frozenset[str]().union(*(last_shown[id].articles or () for id in concerned)))
        tickers: Sequence[TickerRow] = (await session.execute(SOME, {"ids": concerned})).all()
        await _compare(session, tickers, last_shown, settings, now)


async def _compare(
    session: AsyncSession,
    tickers: Sequence[TickerRow],
    last_shown: Mapping[str, LastShown],
    settings: Settings,
    now: datetime,
) -> None:
    """Compose these tickers; record a change of those that differ from what was last published."""
    shown, coming = await Tickers(session, settings).composed(tickers, now), await _coming(session, now)
    for ticker in tickers:
        last, composed = last_shown.get(ticker.id), shown[ticker.id]
        next_at = min(filter(None, (composed.next_change_at, coming.get(ticker.id))), default=None)
        present = LastShown(
            digest_of(ticker.language, ticker_of(ticker, composed, settings, {})), composed.articles, next_at
        )
        if last is None or last.digest != present.digest:
            languages = {ticker.language, last.language if last else ticker.language}
            record_change(session, _change("ticker.changed", ticker.id, languages, version=ticker.version))
        if last != present:
            await keep_last_published(session, KIND, ticker.id, digest=present.written(), next_at=next_at)


async def _record_deleted(session: AsyncSession, last_shown: Mapping[str, LastShown], ids: Collection[str]) -> None:
    """Record the deletion of tickers that were published and are not among `ids` any more."""
    for id in last_shown.keys() - ids:
        record_change(session, _change("ticker.deleted", id, {last_shown[id].language}, tombstone=True))
        await forget_last_published(session, KIND, id)


async def _mark_shown(
    session: AsyncSession, pending: PendingChanges, tickers: Sequence[TickerRow], articles: set[str]
) -> bool:
    """Mark the changes of articles that a ticker may have shown or may show now; returns whether there are any."""
    if not (articles and tickers):
        return False
    followed = set((await session.execute(NAMED, {"ids": list(articles)})).scalars())
    rules = [(rule, ticker.language) for ticker in tickers for rule in ticker.rules]
    matched = {change.id for change in pending.changes if any(may_match(*rule, change) for rule in rules)}
    return _mark(pending, articles & (followed | matched))


def _mark(pending: PendingChanges, articles: Collection[str]) -> bool:
    """Add the tag `tickers` to the pending changes of these articles; returns whether there are any."""
    found = False
    for number, change in enumerate(pending.changes):
        if change.resource == "article" and change.id in articles:
            pending.changes[number] = replace(change, tags={*change.tags, "tickers"})
            found = True
    return found


async def _coming(session: AsyncSession, now: datetime) -> dict[str, datetime]:
    """When a manual item of each ticker next starts or expires."""
    found: dict[str, datetime] = {}
    for id, moment in await COMING.all(session, {"now": now}):
        found[id] = min(moment, found.get(id, moment))
    return found


def _change(
    type: str, id: str, languages: set[str], *, version: int | None = None, tombstone: bool = False
) -> PendingChange:
    tags = {f"ticker:{id}", "tickers"}
    return PendingChange(type, id, tags=tags, tombstone=tombstone, version=version, languages=languages)


def deadlines(_settings: Settings) -> list[Deadlines]:
    """When the clock changes a ticker: an item starts, expires or changes its level, or a rule stops matching one."""
    return [NEXT]


NEXT = next_deadlines(KIND, "tickers")


async def on_start(session: AsyncSession, _settings: Settings, _now: datetime) -> None:
    """Compare all tickers when a process starts: its settings may compose other items, with other deadlines."""
    pending_changes(session).touched.add((KIND, "*"))


async def when_due(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Compare all tickers when a deadline of one has passed."""
    due = select(LastPublished.resource_id).where(LastPublished.resource == KIND, LastPublished.next_at <= now).limit(1)
    if (await session.execute(due)).first() is not None:
        pending_changes(session).touched.add((KIND, "*"))
