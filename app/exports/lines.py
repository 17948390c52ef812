"""The lines of an export: one schema for each `kind`. docs/export.md shows each of them.

What an editor may write is validated as at the desk. Things name each other by id.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, StrictBool, StrictInt

from app.articles.desk_schemas import LAST_REVISION, Note
from app.articles.fields import KEPT
from app.articles.schemas import ArticleUpdate, CorrectionKind, ExternalIdInput
from app.authors.schemas import AuthorInput
from app.comments.schemas import AuthorName, AuthorRole, CommentBody, Email
from app.comments.schemas import Status as CommentStatus
from app.entries.schemas import EntryFields, EntryUpdate
from app.exports.checks import KEEPS_EMBARGO, needed_in, needed_with
from app.fronts.schemas import MAX_ITEMS, MAX_SLOTS, FrontInput, FrontItemInput, SlotInput, SlotName
from app.kit.schemas import IdInput, Input, Language, Line, MomentInput, SlugInput, WebUrl
from app.media.schemas import Cause, MediaFields
from app.sections.schemas import SectionInput
from app.staff.schemas import MemberInput
from app.tags.schemas import TagInput
from app.tickers.schemas import MAX_ORDERED, ItemCreate, TickerInput

FORMAT, VERSION = "nashra", 1
LONGEST_LINE = 16 * 1024 * 1024  # bytes; the longest article that the desk takes by default is 2 MB
# The editable fields of an article, as its revisions keep them.
CONTENT = (*KEPT, "section", "sections", "tags", "authors", "body", "body_format")

OPEN = ("pending", "approved", "rejected", "spam")  # what is left of the others has no text

Version = Annotated[StrictInt, Field(ge=1, le=LAST_REVISION)]
FormerSlugs = Annotated[list[SlugInput], Field(max_length=10_000)]
ArticleState = Literal["draft", "in_review", "published", "withdrawn"]
SlugKind = Literal["article", "section", "tag", "author", "ticker", "front"]
KeyedDigest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Word = Annotated[str, Line(80)]
Pixels = Annotated[StrictInt, Field(ge=1, le=1_000_000)]


class AnyLine(Input):
    """One line. A field that this version does not know is left out, and told."""

    model_config = ConfigDict(extra="ignore")

    kind: str
    _place: int = PrivateAttr(0)

    @property
    def place(self) -> int:
        """The number of the line in its file, from 1."""
        return self._place

    def read_at(self, place: int) -> Self:
        """The same line, with its number."""
        self._place = place
        return self


class Header(AnyLine):
    """The first line."""

    kind: Literal["header"]
    format: Literal["nashra"]
    version: StrictInt
    """Of the format: raised when an older Nashra would misread it."""
    nashra: Word
    """The version of the application that wrote it."""
    made_at: MomentInput
    language: Language
    timezone: Word
    personal: StrictBool
    """Whether it holds the private data of comments."""


class Thing(AnyLine):
    """A line with an id."""

    id: IdInput
    version: Version
    created_at: MomentInput


class MemberLine(MemberInput, Thing):
    """A member of the staff, without tokens."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["member"]
    active: StrictBool


class MediaLine(MediaFields, Thing):
    """A picture of the library. Its original is not in the file: it lies in the folder of `--media`."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["media"]
    filename: Annotated[str, Line(255)]
    language: Language
    member: IdInput
    sha256: KeyedDigest
    """Of the original, whose name in the folder is `{sha256}.{extension}`."""
    mime_type: Literal["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"]
    bytes: Annotated[StrictInt, Field(ge=1)]
    width: Pixels
    height: Pixels
    animated: StrictBool
    withdrawn_at: MomentInput | None
    withdrawn_cause: Annotated[Cause | None, needed_with("withdrawn_at")]
    withdrawn_reason: Annotated[Note | None, needed_with("withdrawn_at")]


class TermLine(Thing):
    """What sections, tags, authors and tickers share."""

    former_slugs: FormerSlugs
    """Addresses that redirect to it."""
    updated_at: MomentInput


class SectionLine(SectionInput, TermLine):
    """A section; its parent stands before it."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["section"]
    slug: SlugInput
    parent: IdInput | None = None


class TagLine(TagInput, TermLine):
    """A tag."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["tag"]
    slug: SlugInput


class AuthorLine(AuthorInput, TermLine):
    """An author."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["author"]
    slug: SlugInput


class Content(ArticleUpdate):
    """The editable fields of an article, its terms by id. The first of its sections is `section`."""

    slug: SlugInput
    slug_by_hand: StrictBool

    def stored(self) -> dict[str, object]:
        """As a revision keeps it; a field that the file does not have has its default."""
        values = self.model_dump(mode="json", include=set(CONTENT), exclude_unset=True)
        return {name: values[name] if name in values else getattr(self, name) for name in CONTENT}


class CorrectionFields(Input):
    """A public correction."""

    id: IdInput
    kind: CorrectionKind
    note: Note
    at: MomentInput


class ArticleLine(Thing):
    """An article of any state. It is rendered again from its source."""

    kind: Literal["article"]
    state: ArticleState
    """`published` also where `published_at` is still to come."""
    content: Content
    former_slugs: FormerSlugs
    member: IdInput
    external_id: ExternalIdInput | None
    translation_group: IdInput | None
    """The same for all translations of one article."""
    corrections: Annotated[list[CorrectionFields], Field(max_length=1000)]
    saved_at: MomentInput
    updated_at: MomentInput
    revised_at: MomentInput | None
    published_at: Annotated[MomentInput | None, needed_in("state", "published"), KEEPS_EMBARGO]
    first_published_at: MomentInput | None
    withdrawn_at: Annotated[MomentInput | None, needed_in("state", "withdrawn")]
    withdrawn_reason: Annotated[Note | None, needed_in("state", "withdrawn")]
    withdrawn_cause: Cause | None = None
    withdrawn_mandatory: StrictBool = False
    """A kill: everybody who has a copy must take it down."""
    note: Note | None
    """For the desk: why it was returned or withdrawn."""
    contributors: Annotated[list[IdInput], Field(max_length=50, default_factory=list)]
    """Members who write entries of its live coverage."""
    live_started_at: MomentInput | None = None
    live_ended_at: MomentInput | None = None


class RevisionLine(AnyLine):
    """An article as it stood after one save."""

    kind: Literal["revision"]
    article: IdInput
    number: Version
    at: MomentInput
    member: IdInput
    member_name: Annotated[str, Line(80, low=0)]
    action: Word
    content: Content


class EntryCorrectionFields(Input):
    """A public correction of an entry."""

    id: IdInput
    at: MomentInput
    note: Note


class EntryLine(EntryFields, Thing):
    """An entry of live coverage, of either status; its article stands before it. It is rendered again."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["entry"]
    article: IdInput
    member: IdInput
    language: Language
    corrections: Annotated[list[EntryCorrectionFields], Field(max_length=1000)]
    saved_at: MomentInput
    updated_at: MomentInput
    published_at: Annotated[MomentInput | None, needed_in("status", "published")]


class EntryRevisionLine(AnyLine):
    """An entry as it stood after one save."""

    kind: Literal["entry_revision"]
    entry: IdInput
    number: Version
    at: MomentInput
    member: IdInput
    member_name: Annotated[str, Line(80, low=0)]
    action: Word
    content: EntryUpdate


class TickerLine(TickerInput, TermLine):
    """A ticker with its rules, which name sections and tags by id."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["ticker"]
    slug: SlugInput
    ordered_at: MomentInput | None


class TickerItemLine(ItemCreate, Thing):
    """An item of a ticker made by hand."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["ticker_item"]
    ticker: IdInput
    article: IdInput | None = None
    levelled_at: MomentInput | None
    pinned_at: MomentInput | None


class TickerOrderLine(AnyLine):
    """The desk's order of a ticker: ids of items, and of articles that a rule adds."""

    kind: Literal["ticker_order"]
    ticker: IdInput
    items: Annotated[list[IdInput], Field(max_length=MAX_ORDERED)]


class FrontItemFields(FrontItemInput):
    """An item of a slot made by hand."""

    model_config = ConfigDict(extra="ignore")

    id: IdInput
    article: IdInput | None = None
    created_at: MomentInput


class FrontSlotFields(SlotInput):
    """A slot of a front with its items."""

    model_config = ConfigDict(extra="ignore")

    version: Version
    items: Annotated[list[FrontItemFields], Field(max_length=MAX_ITEMS)]


class FrontLine(FrontInput, TermLine):
    """A front with its slots and what stands in them; rules name terms by id."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["front"]
    slug: SlugInput
    section: IdInput | None = None
    slots: Annotated[list[FrontSlotFields], Field(max_length=MAX_SLOTS)]  # type: ignore[assignment]  # with more members


class FrontDraftSlotFields(Input):
    """A slot of a draft."""

    model_config = ConfigDict(extra="ignore")

    name: SlotName
    base: Version
    """The version of the slot that it replaces."""
    skipped_at: Annotated[str | None, Field(max_length=24)]
    items: Annotated[list[FrontItemFields], Field(max_length=MAX_ITEMS)]


class FrontDraftLine(AnyLine):
    """What is to stand in some slots of a front."""

    kind: Literal["front_draft"]
    front: IdInput
    version: Version
    publish_at: MomentInput | None
    member: IdInput
    member_name: Annotated[str, Line(80, low=0)]
    updated_at: MomentInput
    slots: Annotated[list[FrontDraftSlotFields], Field(max_length=MAX_SLOTS)]


class PrivateFields(Input):
    """What identifies the sender of a comment: only with `--personal`. Digests are keyed by the newsroom's key."""

    email: Email | None
    email_digest: KeyedDigest | None
    address_digest: KeyedDigest | None
    network_digest: KeyedDigest | None
    body_digest: KeyedDigest
    answered: IdInput | None
    consent_at: MomentInput | None
    consent_version: Annotated[str | None, Field(max_length=200)]
    created_at: MomentInput


class CommentLine(Thing):
    """A comment of any status; the one that it answers stands before it."""

    kind: Literal["comment"]
    article: IdInput
    parent: IdInput | None
    status: CommentStatus
    was_approved: StrictBool
    author_name: AuthorName | None
    author_role: AuthorRole
    author_url: WebUrl | None
    body: Annotated[CommentBody | None, needed_in("status", *OPEN)]
    language: Language
    edited_at: MomentInput | None
    private: PrivateFields | None = None


class SlugLine(AnyLine):
    """A public address of a thing that is gone: it is not used again."""

    kind: Literal["slug"]
    of: SlugKind
    slug: SlugInput
    target: IdInput


class End(AnyLine):
    """The last line: without it the file is cut."""

    kind: Literal["end"]
    counts: dict[str, StrictInt]
    """Lines of each kind."""
    digest: KeyedDigest
    """SHA-256 of all bytes before this line, uncompressed."""


LINES: tuple[type[AnyLine], ...] = (
    *(Header, MemberLine, MediaLine, SectionLine, TagLine, AuthorLine, ArticleLine, RevisionLine),
    *(EntryLine, EntryRevisionLine, CommentLine, TickerLine, TickerItemLine, TickerOrderLine),
    *(FrontLine, FrontDraftLine, SlugLine, End),
)
