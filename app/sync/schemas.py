"""The change log as it goes out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from app.articles.schemas import AnyOf, ArticleRead, ArticleSummary, some
from app.comments.schemas import CommentAlone
from app.kit.schemas import WHOLE, IdText, Moment, Output, Query
from app.taxonomy.schemas import AuthorPublic, SectionPublic, TagPublic
from app.tickers.schemas import TickerRead

GONE: dict[str, Any] = {
    "change_id": "9f1c24ab-420",
    "type": "article.withdrawn",
    "resource": "article",
    "id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
    "version": 4,
    "at": "2026-05-01T12:00:00.000Z",
    "tombstone": True,
    "reason": "withdrawn",
    "withdrawn_at": "2026-05-01T12:00:00.000Z",
    "withdrawn_reason": "نُشر الخبر قبل التحقق من مصدره.",
    "object": None,
}
Detail = Literal["none", "summary", "full"]
TOKEN = "9f1c24ab.1a4.00000000"  # noqa: S105  # an example
SinceToken = Annotated[str, Field(max_length=200, examples=[TOKEN])]


class ChangeFilters(Query):
    """Which changes."""

    type: Annotated[str | None, AfterValidator(some(20)), Field(max_length=2000, examples=["article,ticker"])] = None
    """Kinds of things (`article`, `ticker`, `comment`, `section`, `tag`, `author`) or of changes (`article.corrected`).
    A comma means any of. What is gone is told whatever kind of change took it away."""
    section: AnyOf | None = None
    """Sections by slug or id, with all below them: their articles, and the sections themselves. Comma: any of."""
    language: Annotated[str | None, AfterValidator(some(20)), Field(max_length=2000, examples=["ar"])] = None
    """Languages: `ar` finds `ar-SY` too. A comma means any of."""
    object: Detail = "summary"
    """How much of the present state comes along: nothing, what lists show, or all of it."""


class ChangesQuery(ChangeFilters):
    """A page of changes."""

    since: SinceToken | None = None
    """`since` of the answer before; left out: from nothing. Good only with the same filters."""
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    """Most changes at once."""


class StreamQuery(ChangeFilters):
    """What a stream tells."""

    since: SinceToken | None = None
    """Where to begin, for clients that cannot send `Last-Event-ID` (which comes first). Left out: from now on."""


class TickerStreamQuery(Query):
    """Where a strip's stream begins."""

    since: SinceToken | None = None
    """For clients that cannot send `Last-Event-ID` (which comes first). Left out: from now on."""


class ChangeRead(Output):
    """One change: the present state of a thing, or that it is gone."""

    model_config = ConfigDict(json_schema_extra={"examples": [GONE]})

    change_id: Annotated[str, Field(examples=["9f1c24ab-420"])]
    """The same change always has the same id."""
    type: Annotated[str, Field(examples=["article.corrected"])]
    """What happened last: `article.published`, `.updated`, `.corrected`, `.slug_changed`, `.unpublished`, `.withdrawn`;
    `ticker.changed`, `.deleted`; `comment.approved`, `.updated`, `.removed`; `section.changed`, `tag.changed`,
    `author.changed`. New types come: skip what you do not know."""
    resource: Annotated[str, Field(examples=["article"])]
    id: IdText
    version: int | None
    """The thing's own counter, where it has one."""
    at: Moment
    """When the log was told."""
    tombstone: bool
    """The thing is not there, for readers or for this filter."""
    reason: Annotated[str | None, Field(examples=["withdrawn"])]
    """Of a tombstone: `unpublished`, `withdrawn`, `deleted`, or `filtered`: it is there, but outside of the filter."""
    withdrawn_at: Moment | None
    withdrawn_reason: str | None
    """The public reason of a withdrawal."""
    object: Annotated[
        ArticleRead | ArticleSummary | TickerRead | CommentAlone | SectionPublic | TagPublic | AuthorPublic | None,
        Field(description="The present state; null for tombstones and with `object=none`."),
    ]


class ChangesRead(Output):
    """One page of changes, in order."""

    data: list[ChangeRead]
    since: SinceToken
    """Come back with it, now or later."""
    more: bool
    """There are more changes already."""


EVENTS: dict[str, Any] = {
    "type": "string",
    "description": "HTML Living Standard §9.2. `event`: the change's type, or `ready`, `reset`, `goaway`.",
}
EXAMPLE = (
    f'retry: 3000\nid: {TOKEN}\nevent: ready\ndata: {{"since": "{TOKEN}"}}\n\n'
    "id: 9f1c24ab.1a5.00000000\nevent: article.corrected\n"
    'data: {"change_id": "9f1c24ab-421", "type": "article.corrected", "resource": "article", …}\n\n'
)
