"""An article as it comes in and goes out."""

from __future__ import annotations

import re
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
from app.kit.paging import Listed
from app.kit.schemas import (
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
    Ref,
    SlugInput,
    WebUrl,
    open_to,
)
from app.media.schemas import Rights, RightsInput, Syndication
from app.media.shown_schemas import ImageInput, ImagePatch, ImageRead, MediaEntry, MediaEntryInput
from app.text.blocks import Block

Kind = Literal["news", "opinion", "analysis", "feature", "live", "video", "gallery"]
Access = Literal["free", "paid"]
Status = Literal["draft", "in_review", "scheduled", "published", "withdrawn"]
BodyFormat = Literal["html", "markdown", "text"]
CorrectionKind = Literal["correction", "clarification", "editor_note"]
CommentsMode = Literal["open", "premoderated", "closed"]
LiveStatus = Literal["upcoming", "live", "ended"]

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
TermName = Annotated[str, Field(max_length=255)]
Names = Annotated[list[TermName], Field(max_length=50)]
LONGEST_BODY = 300_000  # code points, without pictures that are written out in it
_WRITTEN_OUT = re.compile(r"data:[\w/.+-]{1,80};base64,[A-Za-z0-9+/=\s]+")


def _body_source(text: str) -> str:
    if len(text) > LONGEST_BODY and (length := len(_WRITTEN_OUT.sub("", text))) > LONGEST_BODY:
        raise custom("too_long", max=LONGEST_BODY, actual=length)
    return text


BodySource = Annotated[str, AfterValidator(_body_source)]


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


class ArticleList(Listed[ArticleInList]):
    """One page of articles."""
