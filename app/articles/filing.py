"""How articles are filed: the table that links them to each kind of term."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, select

from app.articles.models import Article, ArticleAuthor, ArticleSection, ArticleTag
from app.authors import kind as authors
from app.authors.models import Author
from app.sections import kind as sections
from app.sections.models import Section
from app.tags import kind as tags
from app.tags.models import Tag
from app.terms.kinds import TermKind


class Filing(NamedTuple):
    """The links of articles to terms of one kind."""

    kind: TermKind
    term: type[Section | Tag | Author]
    link: type[ArticleSection | ArticleTag | ArticleAuthor]
    """The table of links."""
    term_id: SQLColumnExpression[str]
    """Its column of the terms' ids."""


SECTIONS = Filing(sections.SECTIONS, Section, ArticleSection, ArticleSection.section_id)
TAGS = Filing(tags.TAGS, Tag, ArticleTag, ArticleTag.tag_id)
AUTHORS = Filing(authors.AUTHORS, Author, ArticleAuthor, ArticleAuthor.author_id)
FILINGS = (SECTIONS, TAGS, AUTHORS)


def filed_under(filing: Filing, where: ColumnElement[bool], *, each: bool) -> ColumnElement[bool]:
    """Articles with a link that passes `where`. `each`: by `EXISTS`, for few articles; else by `IN` and a subquery."""
    link = filing.link
    if each:
        return exists().where(link.article_id == Article.id, where)
    return Article.id.in_(select(link.article_id).where(where))
