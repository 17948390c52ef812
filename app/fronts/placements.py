"""Items of fronts that lead to an article, and do not change with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from app.changes.noun import Placement, Target
from app.fronts.models import Front, FrontItem
from app.fronts.repository import KIND
from app.kit.db import Connection
from app.settings import Settings


async def front_placements(
    connection: Connection, target: Target, _settings: Settings, _now: datetime
) -> Sequence[Placement]:
    """Items of the article with words of their own, and links by hand."""
    leads = target.may_begin(FrontItem.url)
    columns = (FrontItem.id, FrontItem.article_id, FrontItem.slot, FrontItem.url)
    words = (FrontItem.headline, FrontItem.kicker, FrontItem.summary)
    statement = select(*columns, *words, Front.id.label("front_id"), Front.name, Front.public)
    statement = statement.join(Front, Front.id == FrontItem.front_id)
    statement = statement.where(or_(FrontItem.article_id == target.id, leads)).order_by(FrontItem.id)
    found = []
    for row in (await connection.execute(statement)).all():
        text = row.headline or row.kicker or row.summary
        is_own = row.article_id == target.id
        if text if is_own else target.is_named_by(row.url):
            place = Placement(
                *(KIND, row.front_id, row.name, "words" if is_own else "link"),
                **{"item_id": row.id, "place": row.slot, "text": text, "is_public": row.public},
            )
            found.append(place)
    return found
