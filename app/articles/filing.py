"""How articles are filed: the table that links them to each kind of term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.articles.models import ArticleAuthor, ArticleSection, ArticleTag
from app.authors.kind import AUTHORS as AUTHOR_KIND
from app.sections.kind import SECTIONS as SECTION_KIND
from app.tags.kind import TAGS as TAG_KIND
from app.terms.kinds import TermKind


@dataclass(frozen=True)
class Filing:
    """The links of articles to terms of one kind."""

    kind: TermKind
    link: type[Any]
    """The table of links, with `article_id`."""
    term_id: Any
    """Its column of the terms' ids."""


SECTIONS = Filing(SECTION_KIND, ArticleSection, ArticleSection.section_id)
TAGS = Filing(TAG_KIND, ArticleTag, ArticleTag.tag_id)
AUTHORS = Filing(AUTHOR_KIND, ArticleAuthor, ArticleAuthor.author_id)
FILINGS = (SECTIONS, TAGS, AUTHORS)
