"""An article at the desk: how it goes out, what its verbs take, its revisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
)

from app.articles.schemas import (
    AnyArticle,
    AnyArticleSummary,
    ArticleUpdate,
    BodyFormat,
    CommentsMode,
    CorrectionKind,
    Status,
)
from app.kit.paging import Listed
from app.kit.schemas import (
    IdInput,
    IdText,
    Input,
    Moment,
    MomentInput,
    Output,
    Prose,
    Warned,
    open_to,
)
from app.media.schemas import Cause

LAST_REVISION = 2_147_483_647  # what a PostgreSQL integer holds
Reason = Annotated[str, Prose(1000)]
Note = Annotated[str, Prose(2000)]


class CorrectInput(ArticleUpdate):
    """A correction and, with it, the changes that put it right."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "correction", "note": "صُحّح اسم المدينة في الفقرة الثانية."}]}
    )

    kind: CorrectionKind  # type: ignore[assignment]  # the correction's kind; the article's stays
    note: Note


class ExternalId(Output):
    """Where the article comes from."""

    system: str
    id: str


class ArticleDesk(AnyArticle):
    """An article as the desk sees it: with its state, its source and its makers."""

    status: Status
    body_source: str
    body_format: BodyFormat
    slug_by_hand: bool
    comments_mode: CommentsMode | None
    external_id: ExternalId | None
    member_id: IdText
    created_at: Moment
    saved_at: Moment
    withdrawn_at: Moment | None
    withdrawn_reason: str | None
    withdrawn_cause: Annotated[str, open_to(Cause)] | None
    """Why it was withdrawn; null of one that was withdrawn before causes were kept."""
    withdrawn_mandatory: bool
    """Whether it was killed: everybody who has a copy must take it down."""
    note: str | None
    contributors: list[IdText]
    """Members who write entries of its live coverage."""
    embargo_until: Moment | None
    """Before this time it cannot be published."""
    share_early: bool
    """Whether partners that have early sight of articles may see it before it is public."""
    editorial_note: str | None
    """For the desks of partners; never public."""
    warnings: list[Warned]


class ArticleDeskSummary(AnyArticleSummary):
    """An article in the desk's list."""

    status: Status
    external_id: ExternalId | None
    member_id: IdText
    created_at: Moment
    saved_at: Moment
    embargo_until: Moment | None
    """Before this time it cannot be published."""


class ArticleDeskList(Listed[ArticleDeskSummary]):
    """One page of articles of every state."""


class PublishInput(Input):
    """When it appears."""

    at: MomentInput | None = None
    """A time in the future: the article appears then by itself. In the past (editors): for archives. Left out: now."""


class LiveInput(Input):
    """When live coverage starts and ends. What is left out stays; null takes a time away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ended_at": "2026-11-27T21:30:00Z"}]})

    started_at: MomentInput | None = None
    ended_at: MomentInput | None = None
    """Also a time to come: it ends then by itself."""


class ReturnInput(Input):
    """Why a text goes back to its writer."""

    note: Note


class WithdrawInput(Input):
    """Why it is taken back for good."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "نُشر الخبر قبل التحقق من مصدره.", "cause": "factual"}]}
    )

    reason: Reason
    """Public: shown at the article's address from now on."""
    note: Note | None = None
    """For the desk only."""
    cause: Cause | None = None
    """Left out: `other`."""
    mandatory: StrictBool = False
    """A kill: everybody who has a copy must take it down. Also of a draft or scheduled article that somebody could have
    read before, and of one that is withdrawn already."""
    media: Annotated[list[IdInput], Field(max_length=100)] = []
    """Pictures of the library that are taken down with it, everywhere."""


class NoInput(Input):
    """An empty object."""


class RestoreInput(Input):
    """Which revision."""

    revision: Annotated[StrictInt, Field(ge=1, le=LAST_REVISION)]


class PlacementRead(Output):
    """What leads to the article from elsewhere, and does not change with it."""

    resource: Annotated[str, open_to(Literal["front", "ticker", "article", "entry"])]
    id: IdText
    title: str
    """Name of the front or ticker, headline of the article or entry."""
    kind: Annotated[str, open_to(Literal["words", "link", "body"])]
    """`words`: an item of the article with words of its own; `link`: an item by hand; `body`: the body of an
    article or an entry."""
    item_id: IdText | None
    """Id of the item of the front or ticker."""
    place: str | None
    """Slot of the front."""
    text: str | None
    """The words that stand there."""
    is_public: bool
    """Whether readers see the thing."""


class ArticlePlaced(ArticleDesk):
    """An article that was just corrected or withdrawn."""

    placements: list[PlacementRead]
    """What leads to it, and does not change with it: look at each."""


class RevisionSummary(Output):
    """One save."""

    number: int
    at: Moment
    member_id: IdText
    member_name: str
    action: str


class RevisionRead(RevisionSummary):
    """The article as it stood after one save."""

    content: dict[str, object]


class Change(Output):
    """A field that differs. `words` has the differences of a text, piece by piece."""

    field: str
    before: object
    after: object
    words: list[dict[str, str]] | None


class RevisionDiff(Output):
    """What changed from one revision to another."""

    from_revision: int
    to_revision: int
    changes: list[Change]


class RevisionList(Listed[RevisionSummary]):
    """One page of saves."""
