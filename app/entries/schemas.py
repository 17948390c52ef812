"""An entry as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt
from pydantic.config import JsonDict

from app.articles.desk_schemas import Note
from app.articles.schemas import Body, BodyFormat, BodySource, Names
from app.kit.paging import CountedQuery, Listed, Page, PageQuery
from app.kit.schemas import (
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Line,
    Moment,
    Output,
    Patch,
    Query,
    Ref,
    Warned,
)

MOST_PINNED = 5
Status = Literal["draft", "published"]
Headline = Annotated[str, Line(300, low=0)]
EXAMPLE: JsonDict = {
    "headline": "فتح القبّة للزوار",
    "body": "<p>فُتحت القبّة في السابعة تمامًا، والسماء صافية.</p>",
    "key_event": True,
    "status": "published",
}


class EntryListQuery(CountedQuery):
    """Order, narrowing and shape of the list of entries."""

    sort: Literal["newest", "oldest"] = "newest"
    """Order by publication; pinned ones come first either way, in the order of their positions."""
    key_event: bool = False
    """Only key events."""
    around: IdInput | None = None
    """Begin with the page that holds this entry, near its middle. With `cursor` it counts for nothing: follow
    `page.next` and `page.previous` from there."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["headline,body.text"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class EntryQuery(Query):
    """One entry, whole or in part."""

    fields: Annotated[str | None, Field(max_length=4000, examples=["headline,body.text"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class EntryDeskQuery(PageQuery):
    """Filters of the desk's list."""

    status: Status | None = None
    """`draft` or `published`; left out: both."""


class EntryFields(Input):
    """What may be written of an entry."""

    headline: Headline | None = None
    body: BodySource | None = None
    """In `body_format`, cleaned as an article's: what was removed is listed in `warnings`."""
    body_format: BodyFormat | None = "html"
    key_event: StrictBool | None = False
    """Whether it is one of the main moments of the coverage."""
    pinned: Annotated[StrictInt | None, Field(ge=1, le=MOST_PINNED)] = None
    """Position on top of the list, from 1; null: not pinned. At most 5 entries of an article are pinned."""
    authors: Names | None = []
    """Slugs or ids."""
    language: Language | None = None
    """Left out: the article's."""
    status: Status | None = "draft"
    """`published`: readers see it while they see its article. Back to `draft`, it is taken off; published again, it is
    the newest."""


class EntryCreate(EntryFields):
    """A new entry."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class EntryUpdate(Patch, EntryFields):
    """JSON Merge Patch (RFC 7396). The entry keeps its id and its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headline": "فتح القبّة قبل موعدها"}]})


class EntryCorrectInput(EntryUpdate):
    """A correction and, with it, the changes that put it right."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "صُحّح وقت الفتح: السابعة لا السادسة."}]})

    note: Note


class EntryCorrection(Output):
    """A correction of a published entry."""

    id: IdText
    at: Moment
    note: str


class EntryRead(Output):
    """An entry of live coverage."""

    id: IdText
    article_id: IdText
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """The article's address with `#e-` and the id of the entry."""
    headline: str | None
    body: Body
    """Of a paid article empty, with `truncated: true`."""
    key_event: bool
    pinned: int | None
    """Position on top of the list, from 1; null: not pinned. Entries at one position are in the order of the list."""
    authors: list[Ref]
    language: LanguageTag
    direction: Direction
    published_at: Moment
    updated_at: Moment
    corrected: bool
    corrections: list[EntryCorrection]
    """Oldest first. Of a paid article empty."""
    version: int


class EntryDesk(EntryRead):
    """An entry at the desk: of any status, with its source and its maker."""

    published_at: Moment | None  # type: ignore[assignment]  # a draft has none
    status: Status
    body_source: str
    body_format: BodyFormat
    member_id: IdText
    created_at: Moment
    saved_at: Moment
    warnings: list[Warned]


class EntryPage(Page):
    """How the list continues, in both directions."""

    previous: str | None
    """Cursor of the page before this one; null on the first one."""


class EntryList(Listed[EntryRead]):
    """One page of entries."""

    page: EntryPage


class EntryDeskList(Listed[EntryDesk]):
    """One page of entries of either status."""


class EntryRevisionSummary(Output):
    """One save of an entry."""

    number: int
    at: Moment
    member_id: IdText
    member_name: str
    action: str


class EntryRevisionRead(EntryRevisionSummary):
    """An entry as it stood after one save."""

    content: dict[str, object]


class EntryRevisionList(Listed[EntryRevisionSummary]):
    """One page of saves."""
