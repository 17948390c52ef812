"""The change log as it goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from app.articles.schemas import ArticleRead, ArticleSummary
from app.comments.schemas import CommentAlone
from app.kit.schemas import WHOLE, IdText, Moment, Output, Query
from app.nouns import EVENT_TYPES, NOUNS
from app.present.schemas import ChangeFilters
from app.taxonomy.schemas import AuthorPublic, SectionPublic, TagPublic
from app.tickers.schemas import TickerRead

GONE: JsonDict = {
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
TOKEN = "9f1c24ab.1a4.00000000"  # noqa: S105  # an example
SinceToken = Annotated[str, Field(max_length=200, examples=[TOKEN])]


def _one_of(values: Iterable[str]) -> WithJsonSchema:
    """The values of today for generators of clients; others will come."""
    return WithJsonSchema({"type": "string", "anyOf": [{"enum": list(values)}, {"type": "string"}]})


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
    type: Annotated[str, _one_of(EVENT_TYPES), Field(examples=["article.corrected"])]
    """What happened last. New types come: skip what you do not know."""
    resource: Annotated[str, _one_of(noun.kind for noun in NOUNS), Field(examples=["article"])]
    """The kind of thing. New kinds come: skip what you do not know."""
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


CHANGE = {"$ref": "#/components/schemas/ChangeRead"}
SINCE = {"type": "object", "required": ["since"], "properties": {"since": {"type": "string", "examples": [TOKEN]}}}
RETRY = {
    "type": "object",
    "required": ["retry_ms"],
    "properties": {"retry_ms": {"type": "integer", "minimum": 0, "description": "Milliseconds to wait."}},
}
STREAM_EVENTS = {
    "ready": {"description": "The stream begins at `since`.", "schema": SINCE},
    "reset": {"description": "The token does not lead on: read everything again from `since`.", "schema": SINCE},
    "goaway": {"description": "The stream ends: come back later.", "schema": RETRY},
}


def stream_of(types: Mapping[str, str]) -> dict[str, object]:
    """The schema of a stream that tells of changes of these types."""
    changes = {type: {"description": f"{text}.".capitalize(), "schema": CHANGE} for type, text in types.items()}
    return {
        "type": "string",
        "description": "HTML Living Standard §9.2. Each `event` and the JSON of its `data` are in `x-events`.",
        "x-events": STREAM_EVENTS | changes,
    }


EXAMPLE = (
    f'retry: 3000\nid: {TOKEN}\nevent: ready\ndata: {{"since": "{TOKEN}"}}\n\n'
    "id: 9f1c24ab.1a5.00000000\nevent: article.corrected\n"
    'data: {"change_id": "9f1c24ab-421", "type": "article.corrected", "resource": "article", …}\n\n'
)
