"""The change log as it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, create_model
from typing_extensions import TypeAliasType

from app.changes.noun import Noun
from app.kit.faults import custom
from app.kit.schemas import WHOLE, DescribedBy, IdText, Moment, MomentInput, Output, Query, one_of
from app.nouns import NOUNS
from app.present.schemas import ChangeFilters

TOKEN = "9f1c24ab.1a4.00000000"  # noqa: S105  # an example
TYPE = "Event type of the last change. New types are added: ignore those that you do not know."
OBJECT = "The present state of the thing; null for tombstones and with `object=none`."
SinceToken = Annotated[str, Field(max_length=200, examples=[TOKEN])]


LARGEST, LARGEST_FULL = 500, 100  # pages


def _limited(limit: int, info: ValidationInfo) -> int:
    """Whole articles are larger, and made of more."""
    most = LARGEST_FULL if info.data.get("object") == "full" else LARGEST
    if limit > most:
        raise custom("too_large", max=most)
    return limit


def _alone(start: str | None, info: ValidationInfo) -> str | None:
    """Refuse `from` beside another place to begin at."""
    others = [name for name in ("since", "updated_after") if info.data.get(name) is not None]
    if start is not None and others:
        raise custom("not_together", parameter=", ".join(others))
    return start


class ChangesQuery(ChangeFilters):
    """A page of changes."""

    since: SinceToken | None = None
    """`since` of the last answer, with the same filters. Left out: from the beginning."""
    updated_after: MomentInput | None = None
    """For a first read: only what has changed at this time or later, and every tombstone. Has no effect afterwards."""
    from_: Annotated[Literal["now"] | None, AfterValidator(_alone), Field(alias="from")] = None
    """`now`: no entries, but a `since` for all that comes from now on."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["headline,section.name"])] = None
    """Return only these fields and `id` of each `object`, as `application/json; partial=true`."""
    limit: Annotated[int, Field(ge=1, json_schema_extra={"maximum": LARGEST}), WHOLE, AfterValidator(_limited)] = 20
    """Maximum number of changes: to 500; with `object=full` to 100."""


class StreamQuery(ChangeFilters):
    """Which changes a stream sends."""

    since: SinceToken | None = None
    """Where to begin, for clients that cannot send `Last-Event-ID` (which comes first). Left out: from now on."""


class TickerStreamQuery(Query):
    """Where the stream of a ticker begins."""

    since: SinceToken | None = None
    """For clients that cannot send `Last-Event-ID` (which comes first). Left out: from now on."""


# `defer_build`: validators of all present states, once for each kind, took 80 ms of every start; only tests need them.
class ChangeRead(Output, defer_build=True):
    """A change of a kind of thing that this document does not name: ignore it, or store it as it is."""

    change_id: Annotated[str, Field(examples=["9f1c24ab-420"])]
    """The same change always has the same id."""
    type: Annotated[str, Field(description=TYPE)]
    resource: str
    """The kind of thing."""
    id: IdText
    article_id: IdText | None
    """Of an entry or a comment its article, of an article itself; else null."""
    version: int | None
    """Version of the thing; null where it has none."""
    at: Moment
    """When the change was recorded."""
    tombstone: bool
    """Whether the thing is gone, for readers or for this filter."""
    reason: Annotated[str | None, Field(examples=["withdrawn"])]
    """Why it is gone: `unpublished`, `withdrawn`, `deleted`, or `filtered` (it no longer matches the filter)."""
    withdrawn_at: Moment | None
    withdrawn_reason: str | None
    """The public reason of a withdrawal."""
    object: Annotated[dict[str, object] | None, Field(description=OBJECT)]


def _change_of(noun: Noun) -> Any:
    """The schema of changes of one kind of thing."""
    shapes: Any = reduce(or_, noun.schemas, None) if noun.schemas else dict[str, object] | None
    kind: Any = Annotated[str, WithJsonSchema({"type": "string", "const": noun.kind})]
    return create_model(
        f"{noun.kind.title()}Change",
        __base__=ChangeRead,
        __doc__=f"A change of {'an' if noun.kind[0] in 'aeiou' else 'a'} {noun.kind}.",
        resource=(kind, Field(description="Kind of thing.")),
        type=(Annotated[str, one_of(noun.events)], Field(description=TYPE)),
        object=(shapes, Field(description=OBJECT)),
    )


# By `resource`. The last one stands for kinds of thing that come later.
Change: Any = TypeAliasType("Change", reduce(or_, [*map(_change_of, NOUNS), ChangeRead]))


class ChangesRead(Output, defer_build=True):
    """One page of changes, in order."""

    data: list[Annotated[ChangeRead, DescribedBy(Change)]]
    since: SinceToken
    """Token for the next request."""
    more: bool
    """Whether there are more changes now."""


SINCE = {"since": {"type": "string", "description": "Token of the change log."}}
RETRY = {
    "retry_ms": {
        "type": "integer",
        "format": "int32",
        "minimum": 0,
        "maximum": 2_147_483_647,
        "description": "Milliseconds to wait before the client connects again.",
    }
}
# Names, descriptions and properties of the events that are no changes.
STREAM_EVENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ready": ("StreamReady", "The stream begins at `since`.", SINCE),
    "reset": ("StreamReset", "The token cannot be resumed: read everything again from `since`.", SINCE),
    "goaway": ("StreamGoaway", "The stream ends: connect again later.", RETRY),
}
STREAM_SCHEMAS = {
    name: {"type": "object", "description": text, "required": [*properties], "properties": properties}
    for name, text, properties in STREAM_EVENTS.values()
}


def stream_of(types: Mapping[str, str]) -> dict[str, object]:
    """The schema of a stream that tells of changes of these types."""
    events = {event: (name, text) for event, (name, text, _) in STREAM_EVENTS.items()}
    events |= {
        type: (f"{type.partition('.')[0].title()}Change", f"{text}.".capitalize()) for type, text in types.items()
    }
    schemas = {name: {"$ref": f"#/components/schemas/{name}"} for name, _ in events.values()}
    return {
        "type": "string",
        "description": "Server-Sent Events (HTML Living Standard §9.2); `x-events`: the schema of `data` by `event`.",
        "contentMediaType": "text/event-stream",
        "contentSchema": {"anyOf": list(schemas.values())},
        "x-events": {event: {"description": text, "schema": schemas[name]} for event, (name, text) in events.items()},
    }
