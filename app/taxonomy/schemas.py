"""Terms as readers see them: with the number of their visible articles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.authors.schemas import AuthorRead
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import Query
from app.sections.schemas import SectionRead
from app.tags.schemas import TagRead


class TermQuery(Query):
    """One term, whole or in part."""

    fields: Annotated[str | None, Field(max_length=4000, examples=["slug,name"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class TermListQuery(TermQuery, CountedQuery):
    """A page of terms."""


class SectionPublic(SectionRead):
    """A section that readers can browse."""

    article_count: int | None
    """Visible articles, descendants' included; on lists with `count=true`, else null."""


class TagPublic(TagRead):
    """A tag that readers can browse."""

    article_count: int | None
    """Visible articles; on lists with `count=true`, else null."""


class AuthorPublic(AuthorRead):
    """An author whom readers can browse."""

    article_count: int | None
    """Visible articles; on lists with `count=true`, else null."""


class SectionList(Listed[SectionPublic]):
    """One page of sections."""


class TagList(Listed[TagPublic]):
    """One page of tags."""


class AuthorList(Listed[AuthorPublic]):
    """One page of authors."""
