"""The record of tickers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.changes.noun import Lookup, Noun, State
from app.kit.listing import written
from app.tickers.composition import ticker_of
from app.tickers.events import deadlines, on_change, on_start, when_due
from app.tickers.placements import ticker_placements
from app.tickers.repository import KIND, Tickers
from app.tickers.schemas import TickerRead


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    tickers = Tickers(lookup.connection, lookup.settings)
    rows = await tickers.with_ids(ids)
    shown = await tickers.composed(rows, lookup.now)
    found = {}
    for row in rows:
        content = b""
        if lookup.detail != "none":
            content = written(TickerRead, ticker_of(row, shown[row.id], lookup.settings, {}))
        found[row.id] = State(None, row.language, (), content)
    return found


TICKER = Noun(
    kind=KIND,
    events={
        "ticker.changed": "it shows something else, for any reason",
        "ticker.deleted": "it was deleted",
    },
    schemas=(TickerRead,),
    present=_present,
    placements=ticker_placements,
    is_derived=True,
    on_change=on_change,
    when_due=when_due,
    on_start=(on_start,),
    deadlines=deadlines,
)
