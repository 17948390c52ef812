"""Related articles: those that share tags, sections and headline words with an article."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Protocol

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select

from app.articles.filing import SECTIONS, TAGS, Filing
from app.articles.models import Article
from app.articles.repository import KIND, Relations, visible
from app.index.indexed_text import stem_keys
from app.index.matching import title_expression
from app.index.models import Indexed
from app.index.packing import title_keys
from app.index.ranking import freshness
from app.index.repository import Matches, MatchScope, last_place, match_select, newest_packed
from app.kit.db import Connection, Instant, dialect_of

TAG, SECTION, WORD = 3.0, 1.0, 1.0
MAX_CANDIDATES = 200  # of the newest that share one of these
NOW: BindParameter[datetime] = bindparam("now", type_=Instant)


class ArticleRow(Protocol):
    """The columns of an article that decide what is related to it."""

    id: str
    language: str
    headline: str


async def related_to(
    connection: Connection, article: ArticleRow, relations: Relations, now: datetime, limit: int
) -> list[str]:
    """Ids of the visible articles in the same language that share most with `article`; newer ones score higher."""
    weights = await _weights(connection, article, relations, now)
    rows = select(Indexed.resource_id, Indexed.place).where(
        Indexed.resource == KIND, Indexed.resource_id.in_(list(weights))
    )
    places: dict[str, int] = {row.resource_id: row.place for row in (await connection.execute(rows)).all()}
    newest = max(places.values(), default=0)
    scores = {id: round(weights[id] * freshness(newest - place), 4) for id, place in places.items()}
    return sorted(scores, key=lambda id: (scores[id], places[id]), reverse=True)[:limit]


async def _weights(
    connection: Connection, article: ArticleRow, relations: Relations, now: datetime
) -> dict[str, float]:
    """The weight of what each other article shares with `article`, by id."""
    weights: dict[str, float] = defaultdict(float)
    for filing, terms, weight in ((TAGS, relations.tags, TAG), (SECTIONS, relations.sections, SECTION)):
        if terms:
            statement = _with_any_term(filing, [id for id, _, _ in terms], article)
            for id in (await connection.execute(statement, {"now": now})).scalars():
                weights[id] += weight
    for id, number in (await _shared_headline_words(connection, article, now)).items():
        weights[id] += WORD * number
    weights.pop(article.id, None)
    return weights


def _with_any_term(filing: Filing, ids: list[str], article: ArticleRow) -> Select[str]:
    """The newest articles with any of these terms; an article comes once for each term."""
    rows = (
        select(Article.id)
        .join(filing.link, filing.link.article_id == Article.id)
        .where(filing.term_id.in_(ids), visible(NOW), *_same_language(article))
    )
    return rows.order_by(Article.published_at.desc(), Article.id.desc()).limit(MAX_CANDIDATES)


def _same_language(article: ArticleRow) -> list[ColumnElement[bool]]:
    return [Article.language == article.language, Article.id != article.id]


async def _shared_headline_words(connection: Connection, article: ArticleRow, now: datetime) -> dict[str, int]:
    """The number of headline words that each other article shares, by id."""
    keys = stem_keys(article.headline, article.language)
    if not keys:
        return {}
    dialect, top = dialect_of(connection), last_place(now)
    values = {"match": title_expression(keys, dialect), "top": top, "now": now}

    def found(scope: MatchScope) -> Matches:
        rows = match_select(dialect, KIND, scope)
        place, id = rows.selected_columns
        return rows.join(Article, Article.id == id).where(visible(NOW), *_same_language(article)).order_by(place.desc())

    shared: dict[str, int] = {}
    for row in await newest_packed(connection, found, values, MAX_CANDIDATES):
        if number := len(keys.intersection(word.stem for word in title_keys(row.packed))):
            shared[row.resource_id] = number
    return shared
