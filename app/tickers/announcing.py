"""What the change log says of strips: one row whenever a strip shows something else than what was last said of it.

A strip follows articles, sections, tags and the clock as well as its own items. So it is composed again after whatever
may change it, and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from pydantic_core import to_json
from sqlalchemy import BindParameter, bindparam, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.announced import forget, remember, remembered
from app.changes.log import Note, Noted, note, noted
from app.changes.models import Announced
from app.kit.db import Instant
from app.settings import Settings
from app.tickers.models import Ticker, TickerItem, TickerPlace
from app.tickers.repository import KIND, Strips
from app.tickers.strip import Shown, strip_of

NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
COMING = union_all(
    *(
        select(TickerItem.ticker_id, func.min(moment)).where(moment > NOW).group_by(TickerItem.ticker_id)
        for moment in (TickerItem.starts_at, TickerItem.expires_at)
    )
)
ALL = select(Ticker.__table__).order_by(Ticker.slug)
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
NAMED = union_all(*(select(table.article_id).where(table.article_id.in_(IDS)) for table in (TickerItem, TickerPlace)))
FOLLOWED = {"section", "tag"}


async def watch(session: AsyncSession, seen: Noted, settings: Settings, now: datetime) -> None:
    """Notes the strips that show something else now."""
    about = any(kind == KIND for kind, _ in seen.touched) or FOLLOWED & {entry.resource for entry in seen.notes}
    articles = {entry.id for entry in seen.notes if entry.resource == "article"}
    if not (about or articles):
        return
    tickers: Sequence[Any] = (await session.execute(ALL)).all()
    shown_there = await _shown_there(session, seen, tickers, articles)
    if not (about or shown_there):
        return
    said = await remembered(session, KIND)
    strips = Strips(session, settings)
    shown, coming = await strips.composed(tickers, now), await _coming(session, now)
    for ticker in tickers:
        last = said.get(ticker.id)
        digest = _digest(ticker, shown[ticker.id], settings)
        turns = min(filter(None, (shown[ticker.id].turns_at, coming.get(ticker.id))), default=None)
        if last is None or last.digest != digest:
            languages = {ticker.language, last.digest.partition(" ")[0] if last else ticker.language}
            note(session, _note("ticker.changed", ticker.id, languages, version=ticker.version))
        if last is None or (last.digest, last.next_at) != (digest, turns):
            await remember(session, KIND, ticker.id, digest=digest, next_at=turns)
    for id in said.keys() - {ticker.id for ticker in tickers}:
        note(session, _note("ticker.deleted", id, {said[id].digest.partition(" ")[0]}, tombstone=True))
        await forget(session, KIND, id)


async def _shown_there(session: AsyncSession, seen: Noted, tickers: Sequence[Any], articles: set[str]) -> bool:
    """Whether a strip may have shown one of these articles, or may show it now. Their notes say so then."""
    if not (articles and tickers):
        return False
    followed = set((await session.execute(NAMED, {"ids": list(articles)})).scalars())
    rules = [rule for ticker in tickers for rule in ticker.rules]
    found = False
    for number, entry in enumerate(seen.notes):
        if entry.id in articles and (entry.id in followed or any(_may_draw(rule, entry) for rule in rules)):
            seen.notes[number] = replace(entry, tags={*entry.tags, "tickers"})
            found = True
    return found


def _may_draw(rule: Mapping[str, Any], entry: Note) -> bool:
    """Whether a rule draws the article as it was or as it is, whatever its age."""
    terms = set(entry.terms)
    sections, tags, urgency = rule["sections"], rule["tags"], rule["urgency_max"]
    return (
        (not sections or any(("section", id) in terms for id in sections))
        and (not tags or any(("tag", id) in terms for id in tags))
        and (urgency is None or entry.urgency is None or entry.urgency <= urgency)
    )


async def _coming(session: AsyncSession, now: datetime) -> dict[str, datetime]:
    """When an item made by hand next starts or expires, by strip."""
    found: dict[str, datetime] = {}
    rows: Sequence[Any] = (await session.execute(COMING, {"now": now})).all()
    for id, moment in rows:
        found[id] = min(moment, found.get(id, moment))
    return found


def _digest(ticker: Any, shown: Shown, settings: Settings) -> str:
    """The strip's language, and a digest of all that readers see of it."""
    content = to_json(strip_of(ticker, shown, settings, {}))
    return f"{ticker.language} {blake2b(content, digest_size=16).hexdigest()}"


def _note(kind: str, id: str, languages: set[str], **more: Any) -> Note:
    return Note(kind, id, tags={f"ticker:{id}", "tickers"}, languages=languages, **more)


async def begin(session: AsyncSession, _settings: Settings, _now: datetime) -> None:
    """When a process starts: its settings may make other strips, at other moments, than those before."""
    noted(session).touched.add((KIND, "*"))


async def announce_due(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Has the strips composed again when the moment of one has come."""
    due = select(Announced.resource_id).where(Announced.next_at <= now).limit(1)
    if (await session.execute(due)).first() is not None:
        noted(session).touched.add((KIND, "*"))
