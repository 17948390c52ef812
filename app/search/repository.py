"""Queries for visible articles in the word index; `app/index/ranking.py` ranks the matches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, Text, cast, func, literal, or_, select, union_all

from app.articles.filing import FILINGS
from app.articles.filters import conditions, filters_of
from app.articles.models import Article
from app.articles.query_schemas import ArticleFilters
from app.articles.repository import KIND, NOW, visible
from app.articles.text_search import matching_articles, newest_matches, values_of
from app.index.models import Headword, Indexed
from app.index.repository import first_place, last_place, newest_packed
from app.kit.db import Connection, dialect_of
from app.kit.paging import COUNT_LIMIT
from app.text.questions import Question

FACETED = 10_000  # of the newest matches
MOST_VALUES = 20


FILED_UNDER = {filing.kind.noun: filing for filing in FILINGS}


class Match(NamedTuple):
    """A visible article that matches, and its packed keys."""

    place: int
    id: str
    packed: bytes | None


class FacetValue(NamedTuple):
    """A value of a facet (slug, language or month), its name if it is a term, and the number of matches."""

    value: str
    name: str | None
    number: int


class Search:
    """Queries over the articles that are visible at the moment `now` and pass the filters."""

    def __init__(self, connection: Connection, filters: ArticleFilters, now: datetime) -> None:
        self.connection, self.dialect, self.now = connection, dialect_of(connection), now
        self._top = last_place(now)
        self._filters, self._narrowed = filters_of(filters), conditions(filters, each=True)

    async def newest(self, question: Question, limit: int, before: int | None = None) -> list[Match]:
        """The newest matches at places below `before`."""
        values = self._values(question, self._top if before is None else min(before - 1, self._top))
        found = partial(matching_articles, self.dialect, self._filters)
        rows = await newest_packed(self.connection, found, values, limit)
        return [Match(row.place, row.resource_id, row.packed) for row in rows]

    async def count(self, question: Question) -> int:
        """The number of matches, counted up to `COUNT_LIMIT` + 1."""
        values = self._values(question, self._top)
        return (await newest_matches(self.connection, self._filters, values, COUNT_LIMIT + 1))[2]

    async def facets(self, question: Question, names: Sequence[str]) -> dict[str, list[FacetValue]]:
        """Count the newest `FACETED` matches by the values of each facet in `names`, the most frequent value first."""
        if not names:
            return {}
        values = self._values(question, self._top)
        newest, values, _ = await newest_matches(self.connection, self._filters, values, FACETED)
        found = newest.cte("newest").prefix_with("MATERIALIZED")
        tables = [self._faceted(found, name).subquery() for name in names]
        rows = [select(literal(number), *table.c) for number, table in enumerate(tables)]
        counted: dict[str, list[FacetValue]] = {name: [] for name in names}
        for number, *value in (await self.connection.execute(union_all(*rows), values)).all():
            counted[names[number]].append(FacetValue(*value))
        return {name: sorted(found, key=lambda one: (-one.number, one.value)) for name, found in counted.items()}

    def _faceted(self, found: CTE, name: str) -> Select[str, str | None, int]:
        if name in FILED_UNDER:
            _, term, link, term_id = FILED_UNDER[name]
            rows = select(term.slug, term.name, func.count().label("n")).join_from(
                link, found, link.article_id == found.c.resource_id
            )
            rows = rows.join(term, term.id == term_id).group_by(term.slug, term.name)
        else:
            value = Article.language if name == "language" else self._month()
            rows = select(value.label("value"), cast(literal(None), Text).label("name"), func.count().label("n"))
            rows = rows.join_from(Article, found, Article.id == found.c.resource_id).group_by(value)
        return rows.order_by(func.count().desc(), rows.selected_columns[0]).limit(MOST_VALUES)

    async def in_titles(self, words: Sequence[str], limit: int) -> list[tuple[str, int]]:
        """Those of `words` that headlines of visible articles have, with their frequency, the most frequent first."""
        return await self._headwords(Headword.word.in_(words), limit)

    async def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Words of visible headlines with a prefix, with their frequency, the most frequent first."""
        after = prefix + "\U0010ffff"
        return await self._headwords((Headword.word >= prefix) & (Headword.word < after), limit)

    async def newest_headline_with(self, word: str) -> str | None:
        """The headline of the newest visible article that has this word in its headline."""
        statement = select(Article.headline).join(Indexed, Indexed.resource_id == Article.id)
        statement = statement.join(Headword, Headword.place == Indexed.place).where(Headword.word == word)
        newest = (
            statement.where(Indexed.resource == KIND, visible(NOW), *self._narrowed)
            .order_by(Headword.place.desc())
            .limit(1)
        )
        return (await self.connection.execute(newest, {"now": self.now})).scalar_one_or_none()

    async def headlines(self, question: Question, limit: int) -> list[str]:
        """Headlines of the newest matches."""
        ids = [match.id for match in await self.newest(question, limit)]
        shown = select(Article.id, Article.headline).where(Article.id.in_(ids), visible(self.now))
        found = {row.id: row.headline for row in (await self.connection.execute(shown)).all()}
        return [found[id] for id in ids if id in found]

    async def _headwords(self, where: ColumnElement[bool], limit: int) -> list[tuple[str, int]]:
        count = func.count()
        # Scheduled articles may have places up to `_top`: above this second their moment decides.
        is_out = select(Indexed.place).where(Indexed.place == Headword.place, Indexed.at <= NOW).exists()
        known = or_(Headword.place < first_place(self.now), is_out)
        rows = select(Headword.word, count).where(where, Headword.place <= self._top, known)
        ordered = rows.group_by(Headword.word).order_by(count.desc(), Headword.word).limit(limit)
        return [(word, number) for word, number in (await self.connection.execute(ordered, {"now": self.now})).all()]

    def _values(self, question: Question, top: int) -> dict[str, object]:
        return values_of(question, self.dialect, self.now, top)

    def _month(self) -> ColumnElement[str]:
        if self.dialect == "sqlite":
            return func.substr(Article.published_at, 1, 7)
        return func.to_char(func.timezone("UTC", Article.published_at), "YYYY-MM")
