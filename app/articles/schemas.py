"""An article as it comes in and goes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)
from pydantic.config import JsonDict

from app.articles.subjects import LONGEST, canonical_code, canonical_scheme, subject_key
from app.kit.faults import custom
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import (
    WHOLE,
    DescribedBy,
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Line,
    Moment,
    MomentInput,
    Output,
    Patch,
    Prose,
    Query,
    Ref,
    SlugInput,
    Warned,
    WebUrl,
    open_to,
)
from app.media.schemas import Cause, Rights, RightsInput, Syndication
from app.media.shown_schemas import ImageInput, ImagePatch, ImageRead, MediaEntry, MediaEntryInput
from app.text.blocks import Block

Kind = Literal["news", "opinion", "analysis", "feature", "live", "video", "gallery"]
Access = Literal["free", "paid"]
Status = Literal["draft", "in_review", "scheduled", "published", "withdrawn"]
BodyFormat = Literal["html", "markdown", "text"]
CorrectionKind = Literal["correction", "clarification", "editor_note"]
CommentsMode = Literal["open", "premoderated", "closed"]
LiveStatus = Literal["upcoming", "live", "ended"]
LIST_MAX = 20
LAST_REVISION = 2_147_483_647  # what a PostgreSQL integer holds

Words = Annotated[str, Line(256), Field(examples=["المرصد"])]
Headline = Annotated[str, Line(300)]
ShortHeadline = Annotated[str, Line(150, low=0)]
Summary = Annotated[str, Prose(2000, low=0)]
ContentWarning = Annotated[str, Line(300, low=0)]
Byline = Annotated[str, Line(300, low=0)]
Dateline = Annotated[str, Line(120, low=0)]
Source = Annotated[str, Line(200, low=0)]
SeoTitle = Annotated[str, Line(200, low=0)]
SeoText = Annotated[str, Line(500, low=0)]
EditorialNote = Annotated[str, Prose(2000, low=0)]
Reason = Annotated[str, Prose(1000)]
Note = Annotated[str, Prose(2000)]
TermName = Annotated[str, Field(max_length=255)]
Names = Annotated[list[TermName], Field(max_length=50)]
LONGEST_BODY = 300_000  # code points, without pictures that are written out in it
_WRITTEN_OUT = re.compile(r"data:[\w/.+-]{1,80};base64,[A-Za-z0-9+/=\s]+")


def _body_source(text: str) -> str:
    if len(text) > LONGEST_BODY and (length := len(_WRITTEN_OUT.sub("", text))) > LONGEST_BODY:
        raise custom("too_long", max=LONGEST_BODY, actual=length)
    return text


BodySource = Annotated[str, AfterValidator(_body_source)]


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


class SeoInput(Input):
    """Title and description for search engines and shared links."""

    title: SeoTitle | None = None
    description: SeoText | None = None


class ExternalIdInput(Input):
    """Where the article comes from: unique over all articles."""

    system: Annotated[str, Line(80), Field(examples=["wordpress"])]
    id: Annotated[str, Line(255), Field(examples=["48213"])]


def _short(text: str) -> str:
    """A grapheme can pile up code points, and what is indexed must stay short."""
    if (length := len(text.encode())) > LONGEST:
        raise custom("too_long", max=LONGEST, actual=length)
    return text


class SubjectInput(Input):
    """What the article is about: a concept of a controlled vocabulary."""

    scheme: Annotated[str, Line(300), AfterValidator(_short), Field(examples=["medtop"])]
    """`medtop` (Media Topics of the IPTC), a short name of your own, or the URI of a vocabulary."""
    code: Annotated[str, Line(100), AfterValidator(_short), Field(examples=["04000000"])]
    """Code of the concept there; of a Media Topic eight digits."""
    name: Annotated[str, Line(200), Field(examples=["اقتصاد وأعمال ومال"])]
    """What it is called, in the language of the article."""

    @field_validator("scheme")
    @classmethod
    def _scheme(cls, text: str) -> str:
        scheme = canonical_scheme(text)
        if scheme is None:
            raise custom("scheme_invalid")
        return scheme

    @field_validator("code")
    @classmethod
    def _code(cls, text: str, info: ValidationInfo) -> str:
        code = canonical_code(info.data.get("scheme"), text)
        if code is None:
            raise custom("code_invalid")
        return code


def _each_once(subjects: list[SubjectInput] | None) -> list[SubjectInput] | None:
    if subjects is None:
        return None
    first: dict[str, SubjectInput] = {}
    for one in subjects:
        first.setdefault(subject_key(one.scheme, one.code), one)
    return list(first.values())


class ArticleFields(Input):
    """What an editor may write."""

    headline: Headline = ""
    slug: SlugInput | None = None
    """Left out: made from the headline, and follows it until first publication."""
    language: Language | None = None
    """Left out: the site's language."""
    kind: Kind | None = "news"
    access: Access | None = "free"
    urgency: Annotated[StrictInt | None, Field(ge=1, le=9)] = 5
    """IPTC: 1 most urgent, 5 normal, 9 least."""
    short_headline: ShortHeadline | None = None
    """For tickers and small screens."""
    summary: Summary | None = None
    content_warning: ContentWarning | None = None
    """What readers are warned of before they open it, in the language of the article."""
    body: BodySource | None = None
    """In `body_format`. HTML is sanitised; what was removed is listed in `warnings`. At most 300,000 code points, of
    which pictures that are written out (`data:…;base64,…`) are none; they do not stay."""
    body_format: BodyFormat | None = "html"
    section: TermName | None = None
    """Slug or id of the primary section."""
    sections: Names | None = []
    """Further sections; the primary one is always among them."""
    tags: Names | None = []
    """Slugs or ids."""
    authors: Names | None = []
    """Slugs or ids, in byline order."""
    subjects: Annotated[list[SubjectInput] | None, Field(max_length=50), AfterValidator(_each_once)] = []
    """What it is about, by the codes of a vocabulary."""
    byline: Byline | None = None
    """Left out: made from the authors' names."""
    dateline: Dateline | None = None
    source: Source | None = None
    lead_image: ImagePatch | None = None
    media: Annotated[list[MediaEntryInput] | None, Field(max_length=100)] = []
    """Further images, and videos and sounds, by `kind`."""
    rights: RightsInput | None = None
    seo: SeoInput | None = None
    canonical_url: WebUrl | None = None
    translation_of: TermName | None = None
    """Slug or id of an article that this one translates."""
    external_id: ExternalIdInput | None = None
    comments_mode: CommentsMode | None = None
    """Left out: as the site's setting says."""
    contributors: Annotated[list[IdInput] | None, Field(max_length=50)] = []
    """Ids of members who write entries of its live coverage. Editors set it."""
    embargo_until: MomentInput | None = None
    """Before this time it cannot be published, and cannot be scheduled for sooner. For the desk and partners."""
    share_early: StrictBool | None = False
    """Partners that have early sight of articles may see this one before it is public."""
    editorial_note: EditorialNote | None = None
    """For the desks of partners; never shown to the public."""


EXAMPLE: JsonDict = {
    "headline": "مرصد الأطلس يفتح قبّته للزوار في ليلة الشهب",
    "summary": "ثلاث ساعات من الرصد المفتوح، والدخول مجاني.",
    "body": "<p>يفتح المرصد الجامعي قبّته للزوار مساء الجمعة.</p>",
    "section": "علوم-وصحة",
    "tags": ["فلك"],
    "authors": ["هدى-بن-منصور"],
    "urgency": 5,
}


class ArticleCreate(ArticleFields):
    """A new draft: `headline` alone is enough."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    headline: Headline
    lead_image: ImageInput | None = None


class ArticleUpdate(Patch, ArticleFields):
    """JSON Merge Patch (RFC 7396): fields that are present change, null gives a field its default again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headline": "عنوان محدّث", "minor": True}]})

    minor: StrictBool = False
    """A small repair: `revised_at` stays."""


class CorrectInput(ArticleUpdate):
    """A correction and, with it, the changes that put it right."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "correction", "note": "صُحّح اسم المدينة في الفقرة الثانية."}]}
    )

    kind: CorrectionKind  # type: ignore[assignment]  # the correction's kind; the article's stays
    note: Note


class Translation(Output):
    """The same article in another language."""

    language: LanguageTag
    id: IdText
    slug: str


class Live(Output):
    """Live coverage. `status` follows from the two times: a client that keeps a copy computes it."""

    status: Annotated[str, open_to(LiveStatus)]
    started_at: Moment | None
    """When the coverage starts: as set, else with the first entry."""
    ended_at: Moment | None
    """When it ends."""
    entry_count: int
    last_entry_at: Moment | None
    """When the newest entry was published."""


class CommentsOpen(Output):
    """Whether a comment can be sent."""

    open: bool


class CommentsState(CommentsOpen):
    """Whether a comment can be sent, and how many are shown."""

    count: int


class Body(Output):
    """The body in three forms. Of a paid article it stops after the summary, and `truncated` is true."""

    html: str
    text: str
    blocks: Annotated[list[dict[str, object]], DescribedBy(list[Block])]
    """The body as a list that an app draws without an HTML engine; skip block types you don't know."""
    truncated: bool


class Seo(Output):
    """Title and description for search engines and shared links."""

    title: str | None
    description: str | None


class CorrectionRead(Output):
    """A correction of a published article."""

    id: IdText
    kind: Annotated[str, open_to(CorrectionKind)]
    at: Moment
    note: str


class AnyArticleSummary(Output):
    """An article of any state in a list."""

    id: IdText
    slug: Annotated[str, Field(examples=["المرصد-يرصد-لؤلؤة-الخريف"])]
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    language: LanguageTag
    direction: Direction
    kind: Annotated[str, open_to(Kind)]
    access: Access
    headline: Annotated[str, Field(examples=["المرصد يرصد «لؤلؤة الخريف» فوق بادية تدمر"])]
    short_headline: str | None
    summary: str | None
    content_warning: str | None
    """What readers are to be warned of before they open it."""
    section: Ref | None
    sections: list[Ref]
    tags: list[Ref]
    authors: list[Ref]
    byline: str | None
    lead_image: ImageRead | None
    translations: list[Translation]
    urgency: int
    published_at: Moment | None
    first_published_at: Moment | None
    revised_at: Moment | None
    updated_at: Moment
    version: int
    reading_minutes: int
    comments: CommentsOpen
    corrected: bool
    live: Live | None
    """Null for other kinds of article."""


class ArticleSummary(AnyArticleSummary):
    """An article in a list. Published articles have a section and these times."""

    section: Annotated[Ref | None, DescribedBy(Ref)]  # null inside, where `fields=` leaves it out
    published_at: Moment
    first_published_at: Moment
    revised_at: Moment


MOMENT_EXAMPLE: JsonDict = {
    "date": "الاثنين 23 تشرين الثاني 2026",
    "time": "19:14",
    "text": "الاثنين 23 تشرين الثاني 2026، 19:14",
    "hijri": {"date": "13 جمادى الآخرة 1448 هـ", "calendar": "islamic-umalqura"},
}


class HijriDate(Output):
    """A date of the Islamic calendar."""

    date: str
    calendar: Literal["islamic-umalqura"]
    """Umm al-Qura, the civil calendar of Saudi Arabia: elsewhere the month may begin a day earlier or later."""


class MomentInWords(Output):
    """A time in words, in the time zone of the site."""

    model_config = ConfigDict(json_schema_extra={"examples": [MOMENT_EXAMPLE]})

    date: str
    time: str
    """On a clock of 24 hours."""
    text: str
    """Date and time."""
    hijri: HijriDate | None
    """Null outside the calendar: before August 1924, after November 2077."""


class ArticleInWords(Output):
    """What a page shows beside an article. The machine's values are in the article, as ever."""

    locale: Annotated[LanguageTag, Field(examples=["ar-SY"])]
    """The locale whose words these are: the one that was asked for, or `en` where its language is not known here."""
    direction: Direction
    published: MomentInWords | None
    updated: MomentInWords
    reading_time: Annotated[str | None, Field(examples=["قراءة دقيقتين"])]
    """Null where there is no text."""


class ArticleInList(ArticleSummary):
    """An article in a list; `body` only with `include=body`, `display` only with `display=`."""

    body: Body = None  # type: ignore[assignment]  # left out, not null, where it was not asked for
    display: ArticleInWords = None  # type: ignore[assignment]  # left out, too


class Subject(Output):
    """What an article is about: a concept of a controlled vocabulary."""

    scheme: Annotated[str, Field(examples=["medtop"])]
    """`medtop` (Media Topics of the IPTC), a short name of the newsroom's own, or the URI of a vocabulary."""
    code: Annotated[str, Field(examples=["04000000"])]
    """Code of the concept there."""
    name: Annotated[str, Field(examples=["اقتصاد وأعمال ومال"])]
    """What it is called, in the language of the article."""


class AnyArticle(AnyArticleSummary):
    """An article of any state, whole."""

    body: Body
    comments: CommentsState
    corrections: list[CorrectionRead]
    dateline: str | None
    source: str | None
    subjects: list[Subject]
    rights: Rights | None
    syndication: Annotated[str, open_to(Syndication)]
    """Whether others may publish the text and the pictures: what `rights` say, else the site. `verify`: ask first. It
    ends at `rights.expires_at`."""
    media: list[MediaEntry]
    canonical_url: str | None
    seo: Seo | None


class ArticleRead(AnyArticle):
    """An article, whole. Published articles have a section and these times."""

    section: Annotated[Ref | None, DescribedBy(Ref)]  # null inside, where `fields=` leaves it out
    published_at: Moment
    first_published_at: Moment
    revised_at: Moment


class ArticleAlone(ArticleRead):
    """An article, whole; `display` only with `display=`."""

    display: ArticleInWords = None  # type: ignore[assignment]  # left out, not null, where it was not asked for


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


class ArticleList(Listed[ArticleInList]):
    """One page of articles."""


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
