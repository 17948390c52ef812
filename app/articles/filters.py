"""Filters of article lists, as SQL conditions. They do not check who may see an article."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from app.articles.filing import AUTHORS, SECTIONS, TAGS, filed_under
from app.articles.models import Article, ArticleSubject
from app.articles.query_schemas import ArticleFilters, terms
from app.articles.subjects import asked_key
from app.kit.sql import in_language_range
from app.sections.models import Section
from app.sections.repository import subtree
from app.slugs.repository import is_named
from app.text.languages import canonical_or_same

FILTERS = (
    *("section", "tag", "author", "subject", "language", "kind", "urgency_max"),
    *("published_after", "published_before", "updated_after", "ids"),
)
Filters = tuple[Any, ...]
"""The values of `FILTERS` in their order: unlike a query they can be hashed, so statements are cached by them."""


def filters_of(query: ArticleFilters) -> Filters:
    return tuple(getattr(query, name) for name in FILTERS)


def query_of(filters: Filters) -> ArticleFilters:
    """The query that `filters_of` took these values from, as far as it filters."""
    return ArticleFilters.model_construct(**dict(zip(FILTERS, filters, strict=True)))


def conditions(query: ArticleFilters, *, each: bool = False) -> list[ColumnElement[bool]]:
    """The conditions of `query`. `each`: with `EXISTS`, for few articles; else with `IN` and a subquery."""
    found: list[ColumnElement[bool]] = []
    if query.section:
        within = subtree(is_named("section", Section.id, terms(query.section)))
        found.append(filed_under(SECTIONS, SECTIONS.term_id.in_(within), each=each))
    if query.tag:
        found.append(filed_under(TAGS, is_named("tag", TAGS.term_id, terms(query.tag)), each=each))
    if query.author:
        is_author = is_named("author", AUTHORS.term_id, terms(query.author))
        found.append(filed_under(AUTHORS, is_author, each=each))
    if query.subject:
        found.append(_about(sorted(set(map(asked_key, terms(query.subject)))), each=each))
    if query.language:
        found.append(or_(*(in_language_range(Article.language, tag) for tag in map(_known_tag, terms(query.language)))))
    if query.kind:
        found.append(Article.kind.in_([name.replace("\0", "") for name in terms(query.kind)]))
    if query.ids:
        found.append(is_named("article", Article.id, terms(query.ids)))
    return found + _bounds(query)


def _about(subjects: list[str], *, each: bool) -> ColumnElement[bool]:
    is_named = ArticleSubject.subject.in_(subjects)
    if each:
        return exists().where(ArticleSubject.article_id == Article.id, is_named)
    return Article.id.in_(select(ArticleSubject.article_id).where(is_named))


def _known_tag(name: str) -> str:
    return canonical_or_same(name.replace("\0", ""))


def _bounds(query: ArticleFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.urgency_max is not None:
        found.append(Article.urgency <= query.urgency_max)
    if query.published_after is not None:
        found.append(Article.published_at >= query.published_after)
    if query.published_before is not None:
        found.append(Article.published_at < query.published_before)
    if query.updated_after is not None:
        found.append(Article.updated_at >= query.updated_after)
    return found
