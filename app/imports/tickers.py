"""Imports tickers, their items and the desk's order; and the addresses of things that are gone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.changes.pending import pending_changes
from app.exports.lines import SlugLine, TickerItemLine, TickerLine, TickerOrderLine
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody
from app.slugs import repository as slugs
from app.tickers.actions import FIELDS, TICKERS
from app.tickers.models import Ticker, TickerItem, TickerPlace
from app.tickers.repository import KIND, TickersToEdit
from app.tickers.schemas import MAX_STANDING, Rule


async def tickers(step: Step, lines: Sequence[TickerLine]) -> None:
    for line in await step.fresh(lines):
        line = line.model_copy(update={"rules": [_mapped(step, rule) for rule in line.rules]})
        if step.run.is_dry:
            await step.take_slug(line, KIND, line.slug)
        else:
            await _store(step, line)
        await step.take_former(line, KIND, line.id)
        step.done(line, "imported")


def _mapped(step: Step, rule: Rule) -> Rule:
    return rule.model_copy(
        update={"sections": step.ids_of("section", rule.sections), "tags": step.ids_of("tag", rule.tags)}
    )


async def _store(step: Step, line: TickerLine) -> None:
    """Like `put_ticker`, with the id and the moments of the file."""
    session, ticker = step.session, Ticker()
    ticker.id, ticker.version, ticker.created_at, ticker.updated_at = (
        *(line.id, line.version),
        *(line.created_at, line.updated_at),
    )
    ticker.name, ticker.language = line.name, line.language or step.run.settings.language
    ticker.description, ticker.ordered_at = line.description or None, line.ordered_at
    await TICKERS.fill(session, ticker, line)
    ticker.slug = await step.take_slug(line, KIND, line.slug)
    await TICKERS.terms(session).add(ticker)
    await TickersToEdit(session).link(ticker)
    pending_changes(session).touched.add((KIND, ticker.id))


async def items(step: Step, lines: Sequence[TickerItemLine]) -> None:
    """Of a ticker that was changed here since, nothing is added: an editor may have taken it away."""
    for line in await step.fresh(lines):
        if line.ticker in step.run.left:
            step.done(line, "left")
            continue
        article = step.id_of("article", line.article) if line.article else None
        if faults := await _faults(step, line, article):
            raise InvalidBody(errors=faults)
        if not step.run.is_dry:
            await TickersToEdit(step.session).add(_item(line, article))
            pending_changes(step.session).touched.add((KIND, line.ticker))
        step.done(line, "imported")


async def _faults(step: Step, line: TickerItemLine, article: str | None) -> list[Fault]:
    faults = []
    if not (line.text or article):
        faults.append(Fault("required", pointer="/text"))
    if line.starts_at and line.expires_at and line.expires_at <= line.starts_at:
        faults.append(Fault("before_start", pointer="/expires_at"))
    if article and not await step.known("article", [article]):
        faults.append(Fault("not_found", pointer="/article", params={"value": line.article}))
    if not await step.known("ticker", [line.ticker]):
        faults.append(Fault("not_found", pointer="/ticker", params={"value": line.ticker}))
    elif not step.run.is_dry and (line.expires_at is None or line.expires_at > step.now):
        faults += await _too_many(step, line)
    return faults


async def _too_many(step: Step, line: TickerItemLine) -> list[Fault]:
    ticker = await step.session.get_one(Ticker, line.ticker)
    others = await TickersToEdit(step.session).count_unexpired(ticker, step.now, line.id)
    return [Fault("too_many", pointer="/ticker", params={"max": MAX_STANDING})] if others >= MAX_STANDING else []


def _item(line: TickerItemLine, article: str | None) -> TickerItem:
    fields = {name: getattr(line, name) for name in FIELDS}
    fields |= {"text": line.text or None, "levelled_at": line.levelled_at, "pinned_at": line.pinned_at}
    return TickerItem(
        id=line.id,
        ticker_id=line.ticker,
        article_id=article,
        version=line.version,
        created_at=line.created_at,
        **fields,
    )


async def orders(step: Step, lines: Sequence[TickerOrderLine]) -> None:
    for line in lines:
        if not await step.known("ticker", [line.ticker]):
            raise InvalidBody(errors=[Fault("not_found", pointer="/ticker", params={"value": line.ticker})])
        wanted = [step.id_of("article", id) for id in line.items]
        places = select(TickerPlace.item_id, TickerPlace.article_id).where(TickerPlace.ticker_id == line.ticker)
        here = [a or b for a, b in (await step.session.execute(places.order_by(TickerPlace.position))).all()]
        if here or line.ticker in step.run.left:
            step.done(line, "there" if here == wanted else "left")
            continue
        if not step.run.is_dry:
            await _place(step, line.ticker, wanted)
        step.done(line, "imported")


async def _place(step: Step, id: str, wanted: Sequence[str]) -> None:
    """What is not there keeps no place."""
    own = select(TickerItem.id).where(TickerItem.ticker_id == id, TickerItem.id.in_(wanted))
    items = set((await step.session.execute(own)).scalars())
    articles = await step.known("article", wanted)
    order = [(one, None) if one in items else (None, one) for one in wanted if one in items | articles]
    await TickersToEdit(step.session).place(await step.session.get_one(Ticker, id), order)
    pending_changes(step.session).touched.add((KIND, id))


async def reserved(step: Step, lines: Sequence[SlugLine]) -> None:
    """Addresses that were public once, and of which the thing is gone: nothing else gets them here either."""
    for line in lines:
        owner, target = await step.owner(line.of, line.slug), step.id_of(line.of, line.target)
        if owner is not None:
            step.done(line, "there" if owner == target else "left")
            continue
        if not step.run.is_dry:
            await slugs.claim(step.session, line.of, line.slug, target)
        step.done(line, "imported")
