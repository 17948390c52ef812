"""What may be asked of lists of articles: filters, order, shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
)

from app.kit.faults import custom
from app.kit.paging import CountedQuery
from app.kit.schemas import (
    WHOLE,
    IdInput,
    Language,
    Line,
    MomentInput,
    Query,
)

LIST_MAX = 20
Words = Annotated[str, Line(256), Field(examples=["المرصد"])]


def terms(text: str) -> list[str]:
    """The parts of a comma-separated filter."""
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def some(limit: int) -> Callable[[str], str]:
    """Checks that a comma-separated filter names something, and at most `limit` things."""

    def check(text: str) -> str:
        parts = terms(text)
        if not parts:
            raise custom("required")
        if len(parts) > limit:
            raise custom("too_many", max=limit)
        return text

    return check


AnyOf = Annotated[str, AfterValidator(some(LIST_MAX)), Field(max_length=2000, examples=["اقتصاد,علوم"])]
IdList = Annotated[str, AfterValidator(some(100)), Field(max_length=8100)]
SubjectFilter = Annotated[
    str, AfterValidator(some(LIST_MAX)), Field(max_length=8200, examples=["medtop:04000000,medtop:20000763"])
]


class ArticleFilters(CountedQuery):
    """What every list of articles can be narrowed by."""

    section: AnyOf | None = None
    """Slugs or ids of sections; articles of their descendants are included. A comma means any of."""
    tag: AnyOf | None = None
    """Slugs or ids of tags. A comma means any of."""
    author: AnyOf | None = None
    """Slugs or ids of authors. A comma means any of."""
    subject: SubjectFilter | None = None
    """Subjects: `medtop:04000000`, its eight digits alone, or the URI of a concept. A comma means any of."""
    language: AnyOf | None = None
    """BCP 47 tags: `ar` also finds `ar-SY`. A comma means any of."""
    kind: Annotated[AnyOf, Field(examples=["news,feature"])] | None = None
    """`news`, `opinion`, … A comma means any of."""
    urgency_max: Annotated[int | None, Field(ge=1, le=9), WHOLE] = None
    """At least this urgent: 1 is the most urgent."""
    published_after: MomentInput | None = None
    """Published at this time or later."""
    published_before: MomentInput | None = None
    """Published before this time."""
    updated_after: MomentInput | None = None
    """Updated at this time or later."""
    ids: IdList | None = None
    """Only these articles: ids or slugs, at most 100."""


class ArticleListQuery(ArticleFilters):
    """Filters, order and shape of the public list."""

    q: Words | None = None
    """Only articles with these words, as in `/v1/search`."""
    sort: Literal["-published_at", "published_at", "-updated_at"] = "-published_at"
    """Order: newest first by default."""
    include: Literal["body"] | None = None
    """`body` adds each article's body; `limit` is then at most 20."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["headline,section.name"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""
    display: Language | None = None
    """A BCP 47 locale: adds `display`, dates and the reading time in its words. `-u-nu-arab` gives it Arabic digits."""


class ArticleQuery(Query):
    """One article, whole or in part."""

    fields: Annotated[str | None, Field(max_length=4000, examples=["headline,body.text"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""
    display: Language | None = None
    """A BCP 47 locale: adds `display`, dates and the reading time in its words. `-u-nu-arab` gives it Arabic digits."""


class ArticleDeskQuery(ArticleFilters):
    """Filters of the desk's list."""

    status: AnyOf | None = None
    """`draft`, `in_review`, `scheduled`, `published`, `withdrawn`. A comma means any of."""
    member: IdInput | None = None
    """Only what this member of the staff wrote."""
    external_id: Annotated[str | None, Field(max_length=255)] = None
    """Only the article with this id in another system: `id`, or `system:id`."""
    sort: Literal["-saved_at", "-published_at", "published_at", "-updated_at"] = "-saved_at"
    """Order: last saved first by default."""
