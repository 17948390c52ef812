"""What else may somebody want to read who has read this? What shares tags, section and words of the headline."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from app.articles.models import Article, ArticleSection, ArticleTag
from app.articles.repository import KIND, Relations, visible
from app.index.entries import stem_keys
from app.index.matching import title_expression
from app.index.models import Indexed
from app.index.packing import titled
from app.index.ranking import freshness
from app.index.repository import Kind, found_by, last_place, newest
from app.kit.db import Connection, Instant, dialect_of

TAG, SECTION, WORD = 3.0, 1.0, 1.0
CONSIDERED = 200  # of the newest that share one of these
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)


async def related_to(
    connection: Connection, article: Any, relations: Relations, now: datetime, limit: int
) -> list[str]:
    """Ids of the visible articles of its language that share most with it; the younger weigh more."""
    weights: dict[str, float] = defaultdict(float)
    for link, term_id, terms, weight in (
        (ArticleTag, ArticleTag.tag_id, relations.tags, TAG),
        (ArticleSection, ArticleSection.section_id, relations.sections, SECTION),
    ):
        if terms:
            ids = [id for id, _, _ in terms]
            for id in (await connection.execute(_filed(link, term_id, ids, article), {"now": now})).scalars():
                weights[id] += weight
    for id, number in (await _wordy(connection, article, now)).items():
        weights[id] += WORD * number
    weights.pop(article.id, None)
    rows = select(Indexed.resource_id, Indexed.place).where(
        Indexed.resource == KIND, Indexed.resource_id.in_(list(weights))
    )
    places: dict[str, int] = {row.resource_id: row.place for row in (await connection.execute(rows)).all()}
    newest = max(places.values(), default=0)
    scores = {id: round(weights[id] * freshness(newest - place), 4) for id, place in places.items()}
    return sorted(scores, key=lambda id: (scores[id], places[id]), reverse=True)[:limit]


def _filed(link: Any, term_id: Any, ids: list[str], article: Any) -> Select[Any]:
    """The newest under any of these terms, once for each."""
    rows = (
        select(Article.id)
        .join(link, link.article_id == Article.id)
        .where(term_id.in_(ids), visible(NOW), *_alike(article))
    )
    return rows.order_by(Article.published_at.desc(), Article.id.desc()).limit(CONSIDERED)


def _alike(article: Any) -> list[Any]:
    return [Article.language == article.language, Article.id != article.id]


async def _wordy(connection: Connection, article: Any, now: datetime) -> dict[str, int]:
    """By id, how many words of the headline stand in that of another."""
    keys = stem_keys(article.headline, article.language)
    if not keys:
        return {}
    dialect, top = dialect_of(connection), last_place(now)
    values = {"match": title_expression(keys, dialect), "top": top, "now": now}

    def found(kind: Kind) -> Select[Any]:
        rows = found_by(dialect, KIND, kind)
        place, id = rows.selected_columns
        return rows.join(Article, Article.id == id).where(visible(NOW), *_alike(article)).order_by(place.desc())

    shared: dict[str, int] = {}
    for row in await newest(connection, found, values, CONSIDERED):
        if number := len(keys.intersection(word.stem for word in titled(row.packed))):
            shared[row.resource_id] = number
    return shared
