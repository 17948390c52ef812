"""A picture of the library as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import (
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
    Warned,
    open_to,
)

Cause = Literal["legal", "rights", "factual", "safety", "other"]
Syndication = Literal["yes", "no", "verify"]
RightsText = Annotated[str, Line(500, low=0)]
Alt = Annotated[str, Line(500, low=0)]
Credit = Annotated[str, Line(200, low=0)]
Words = Annotated[str, Line(256), Field(examples=["المرصد"])]


class FocalPoint(Input):
    """The point that must stay visible, from 0 to 1 from the left and from the top."""

    x: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    y: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class RightsInput(Input):
    """Who owns it and what may be done with it."""

    holder: RightsText | None = None
    notice: RightsText | None = None
    usage: Annotated[str, Prose(2000, low=0)] | None = None
    credit_line: RightsText | None = None
    syndication: Syndication | None = None
    expires_at: MomentInput | None = None


class Rights(Output):
    """Who owns it and what may be done with it."""

    holder: str | None
    notice: str | None
    usage: str | None
    credit_line: str | None
    syndication: str | None
    expires_at: Moment | None


class MediaFields(Input):
    """What can be said of a picture."""

    alt: Alt | None = None
    """Text for people who do not see the picture; a use may say it otherwise."""
    language: Language | None = None
    """The language of `alt` and `credit`. Left out: the site's."""
    description: Annotated[str, Prose(5000, low=0)] | None = None
    """What it shows: for the desk only."""
    credit: Credit | None = None
    photographer: Annotated[str, Line(200, low=0)] | None = None
    rights: RightsInput | None = None
    focal_point: FocalPoint | None = None
    """Crops keep this point. Left out: the middle."""
    keywords: Annotated[list[Annotated[str, Line(80)]] | None, Field(max_length=50)] = []
    taken_at: MomentInput | None = None
    filename: Annotated[str, Line(255)] | None = None


class MediaUpdate(Patch, MediaFields):
    """JSON Merge Patch (RFC 7396): fields that are present change, null gives a field its default again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alt": "قبّة المرصد ليلاً", "credit": "أرشيف المرصد"}]})

    @property
    def stored_focal_point(self) -> dict[str, float] | None:
        """The focal point as rows hold it."""
        return self.focal_point.model_dump() if self.focal_point else None


class MediaWithdrawInput(Input):
    """Why a picture is taken down."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cause": "rights", "reason": "انتهى الترخيص."}]})

    cause: Cause
    reason: Annotated[str, Prose(1000)]


class MediaListQuery(CountedQuery):
    """Filters of the library."""

    q: Words | None = None
    """Words of the file name, the alt text, the description, the credit or the keywords."""
    member: IdInput | None = None
    """Only what this member of the staff uploaded."""
    unused: bool = False
    """Only pictures that nothing shows."""
    rights_expiring_before: MomentInput | None = None
    """Only pictures whose rights expire before this time."""


class UploadQuery(Query):
    """How to take a file that is there already."""

    duplicate: bool = False
    """Make a second record over a file that is in the library already."""


class Rendition(Output):
    """A file made of a picture: a width, or a crop at a width."""

    name: Annotated[str, Field(examples=["w640"])]
    crop: str | None
    """The crop that it shows; null: the whole picture."""
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    width: int
    height: int
    mime_type: str
    bytes: int
    animated: bool


class Placeholder(Output):
    """What to show before a picture is loaded."""

    color: Annotated[str, Field(examples=["#20344b"])]
    """The mean colour, as CSS writes it."""
    thumbhash: Annotated[str, Field(examples=["1QcSHQRnh493V4dIh4eXh1h4kJUI"])]
    """A blurred picture: base64 of https://evanw.github.io/thumbhash."""


class MediaRead(Output):
    """A picture of the library."""

    id: IdText
    kind: Annotated[str, Field(examples=["image"])]
    """`image`: other kinds are added."""
    filename: str
    mime_type: str
    bytes: int
    width: int
    height: int
    language: LanguageTag
    direction: Direction
    alt: str | None
    description: str | None
    credit: str | None
    photographer: str | None
    rights: Rights | None
    focal_point: FocalPoint | None
    keywords: list[str]
    taken_at: Moment | None
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})] | None
    """The widest JPEG or PNG of at most 1280 pixels; null of a withdrawn picture."""
    placeholder: Placeholder
    animated: bool
    renditions: list[Rendition]
    use_count: int
    """Places that show it, drafts included."""
    member_id: IdText
    withdrawn_at: Moment | None
    created_at: Moment
    version: int


class MediaSaved(MediaRead):
    """A picture that was just saved."""

    warnings: list[Warned]


class MediaList(Listed[MediaRead]):
    """One page of pictures, newest first."""


class MediaUseRead(Output):
    """A place that shows a picture."""

    resource: Annotated[str, open_to(Literal["article", "author", "section"])]
    id: IdText
    place: Annotated[str, open_to(Literal["lead_image", "media", "poster", "body", "avatar", "image"])]
    title: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})] | None
    is_public: bool
    """Whether readers see it now."""


class MediaUses(Output):
    """Where a picture is shown, as far as the caller may know."""

    data: list[MediaUseRead]
    hidden_count: int
    """Uses that the caller may not see, or that are beyond the first 100."""
