"""Entries of live coverage whose bodies lead to an article, and do not change with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.articles.models import Article
from app.articles.repository import NOW
from app.changes.noun import Placement, Target
from app.entries.models import Entry
from app.entries.repository import KIND, SHOWN
from app.kit.db import Connection
from app.settings import Settings

NEWEST = 2_000  # entries whose bodies are searched, as of articles


async def entry_placements(
    connection: Connection, target: Target, _settings: Settings, now: datetime
) -> Sequence[Placement]:
    """The newest entries of other articles whose bodies lead to it."""
    columns = (Entry.id, func.coalesce(Entry.headline, Article.headline).label("title"), Entry.html)
    newest = select(*columns).join(Article, Article.id == Entry.article_id).where(SHOWN, Entry.article_id != target.id)
    some = newest.order_by(Entry.published_at.desc()).limit(NEWEST).subquery()
    statement = select(some).where(target.may_be_linked_in(some.c.html)).order_by(some.c.id)
    rows = (await connection.execute(statement, {NOW.key: now})).all()
    return [Placement(KIND, row.id, row.title, "body") for row in rows if target.is_linked_in(row.html)]
