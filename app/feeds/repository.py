"""Queries that delivery has none for: the id of the site, what was withdrawn, which pictures may not be passed on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, bindparam, literal_column, select

from app.articles.filters import Filters, conditions, query_of
from app.articles.models import Article
from app.articles.repository import IDS, NOW, visible
from app.articles.syndication import may_syndicate
from app.changes.models import ChangeLog
from app.kit.db import Connection
from app.kit.prepared import Prepared
from app.kit.raw_columns import json_text, parsed, raw
from app.media.models import Media

ROWS: BindParameter[int] = bindparam("rows", type_=Integer, literal_execute=True)
IS_WITHDRAWN = Article.state == literal_column("'withdrawn'")  # a literal: else the partial index is not used
NEWEST = 1_000  # visible articles whose languages are those of the site
SITE_ID = Prepared(select(ChangeLog.site_id))
RIGHTS = Prepared(select(Media.id, json_text(Media.rights).label("rights")).where(Media.id.in_(IDS)))


class WithdrawnRow(NamedTuple):
    """The columns of a withdrawn article that are public."""

    id: str
    withdrawn_at: str
    withdrawn_reason: str | None
    version: int


async def site_id(connection: Connection) -> str:
    """The id of what this database holds: no setting changes it, and a restore keeps it."""
    found: str = (await SITE_ID.one(connection)).site_id
    return found


@lru_cache(maxsize=128)
def _withdrawn(filters: Filters) -> Prepared[WithdrawnRow]:
    columns = raw(Article.id, Article.withdrawn_at, Article.withdrawn_reason, Article.version)
    found = select(*columns).where(IS_WITHDRAWN, *conditions(query_of(filters), each=True))
    newest = found.order_by(Article.withdrawn_at.desc(), Article.id.desc()).limit(ROWS)
    return Prepared(newest, WithdrawnRow, is_lasting=False)


async def withdrawn(connection: Connection, filters: Filters, limit: int) -> Sequence[WithdrawnRow]:
    """The articles that pass the filters and were withdrawn last."""
    return await _withdrawn(filters).all(connection, {"rows": limit})


async def withheld_pictures(
    connection: Connection, ids: Collection[str], default: str, now: datetime
) -> frozenset[str]:
    """Those of these pictures that their own rights keep out of full feeds."""
    if not ids:
        return frozenset()
    rows = await RIGHTS.all(connection, {"ids": sorted(ids)})
    return frozenset(row.id for row in rows if not may_syndicate(parsed(row.rights), default, now))


def _languages() -> Prepared:
    newest = select(Article.language).where(visible(NOW)).order_by(Article.published_at.desc(), Article.id.desc())
    return Prepared(select(newest.limit(NEWEST).subquery().c.language).distinct())


LANGUAGES = _languages()


async def published_languages(connection: Connection, now: datetime) -> list[str]:
    """The languages of the newest articles, in order."""
    return sorted(row.language for row in await LANGUAGES.all(connection, {"now": now}))
