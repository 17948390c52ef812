"""Filters of article lists, as conditions. They say nothing of who may see what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    exists,
    func,
    or_,
    select,
)

from app.articles.models import Article, ArticleAuthor, ArticleSection, ArticleTag
from app.articles.schemas import ArticleFilters, terms
from app.authors.models import Author
from app.kit.ids import as_id
from app.sections.models import Section
from app.sections.repository import subtree
from app.tags.models import Tag
from app.text.slugs import canonical_slug


def named(model: type[Section] | type[Tag] | type[Author], text: str) -> ColumnElement[bool]:
    """The terms that a filter names by slug or id."""
    names = terms(text)
    ids = [known for name in names if (known := as_id(name))]
    return or_(model.slug.in_([canonical_slug(name) for name in names]), model.id.in_(ids))


def conditions(query: ArticleFilters, *, each: bool = False) -> list[ColumnElement[bool]]:
    """What articles must fulfil to pass `query`. `each`: in the form that asks every article by itself."""
    found: list[ColumnElement[bool]] = []
    if query.section:
        within = subtree(named(Section, query.section))
        found.append(_filed_under(ArticleSection, ArticleSection.section_id.in_(within), each))
    if query.tag:
        tags = select(Tag.id).where(named(Tag, query.tag))
        found.append(_filed_under(ArticleTag, ArticleTag.tag_id.in_(tags), each))
    if query.author:
        authors = select(Author.id).where(named(Author, query.author))
        found.append(_filed_under(ArticleAuthor, ArticleAuthor.author_id.in_(authors), each))
    if query.language:
        found.append(or_(*(_in_language(name.replace("\0", "")) for name in terms(query.language))))
    if query.kind:
        found.append(Article.kind.in_([name.replace("\0", "") for name in terms(query.kind)]))
    if query.ids:
        names = terms(query.ids)
        ids = [known for name in names if (known := as_id(name))]
        found.append(or_(Article.id.in_(ids), Article.slug.in_([canonical_slug(name) for name in names])))
    return found + _bounds(query)


def _filed_under(link: Any, where: ColumnElement[bool], each: bool) -> ColumnElement[bool]:
    if each:
        return exists().where(link.article_id == Article.id, where)
    return Article.id.in_(select(link.article_id).where(where))


def _in_language(tag: str) -> ColumnElement[bool]:
    """RFC 4647 basic filtering: `ar` finds `ar` and `ar-SY`."""
    known = func.lower(Article.language)
    return or_(known == tag.lower(), known.startswith(f"{tag.lower()}-", autoescape=True))


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
