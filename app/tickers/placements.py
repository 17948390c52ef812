"""Items of tickers that lead to an article, and do not change with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from app.changes.noun import Placement, Target
from app.kit.db import Connection
from app.settings import Settings
from app.tickers.models import Ticker, TickerItem
from app.tickers.repository import KIND


async def ticker_placements(
    connection: Connection, target: Target, _settings: Settings, now: datetime
) -> Sequence[Placement]:
    """Items of the article with a text of their own, and links by hand, that have not expired."""
    leads = target.may_begin(TickerItem.url)
    columns = (TickerItem.id, TickerItem.article_id, TickerItem.text, TickerItem.url)
    statement = select(*columns, Ticker.id.label("ticker_id"), Ticker.name)
    statement = statement.join(Ticker, Ticker.id == TickerItem.ticker_id)
    lasts = or_(TickerItem.expires_at.is_(None), TickerItem.expires_at > now)
    statement = statement.where(or_(TickerItem.article_id == target.id, leads), lasts).order_by(TickerItem.id)
    return [
        Placement(
            *(KIND, row.ticker_id, row.name, "words" if row.article_id == target.id else "link"),
            **{"item_id": row.id, "text": row.text},
        )
        for row in (await connection.execute(statement)).all()
        if (row.text if row.article_id == target.id else target.is_named_by(row.url))
    ]
