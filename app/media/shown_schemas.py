"""Images, videos and sounds where they are shown: as a use of one comes in, and as an answer has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

# Not from `typing`, whose own pydantic does not read before Python 3.12.
from typing_extensions import TypeAliasType

from app.kit.faults import custom
from app.kit.schemas import (
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Line,
    Output,
    Prose,
    WebUrl,
    open_to,
)
from app.media.schemas import Alt, Credit, FocalPoint, Placeholder, Rendition

TrackKind = Literal["captions", "subtitles", "descriptions", "chapters", "metadata"]
"""https://html.spec.whatwg.org/#attr-track-kind"""
Caption = Annotated[str, Prose(1000, low=0)]
Title = Annotated[str, Line(300, low=0)]
LONGEST = 1_000_000  # seconds: eleven days
# A type and subtype (RFC 6838) of what plays; HLS and DASH are of the type `application`.
MimeType = Annotated[str, Field(pattern=r"^(audio|video|application)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}$")]
Address = Annotated[str, Field(json_schema_extra={"format": "uri"})]

READ_ONLY = frozenset({"renditions", "language", "direction", "placeholder", "animated"})
"""What an answer says of an image, and nobody sets where it is shown."""
OF_THE_ARTICLE = frozenset({"language", "direction"})
"""The same of a video or sound."""
DIRECTION = frozenset({"direction"})
"""The same of a track."""
VIDEO_EXAMPLE: JsonDict = {
    "kind": "video",
    "url": "https://media.example.org/atlas/dome.mp4",
    "poster": {"url": "https://images.example.org/atlas/dome.jpg", "alt": "قبّة المرصد ليلًا"},
    "title": "قبّة المرصد تنفتح لأول مرة",
    "duration_seconds": 95,
    "mime_type": "video/mp4",
    "tracks": [
        {
            "kind": "captions",
            "language": "ar",
            "label": "العربية",
            "url": "https://media.example.org/atlas/dome.ar.vtt",
        }
    ],
}


def without(sent: object, names: frozenset[str]) -> object:
    """An object without these members: what was read may be sent back, and what nobody sets there is ignored."""
    return {name: value for name, value in sent.items() if name not in names} if isinstance(sent, dict) else sent


def required_without_id(url: str | None, info: ValidationInfo) -> str | None:
    """Check that an image has an `id` or a `url`."""
    if url is None and "id" in info.data and info.data["id"] is None:
        raise custom("required")
    return url


class ImagePatch(Input):
    """What of an image changes: null takes a value away, what is not named stays. Another `id` or `url` is another
    image: what belonged to the former one goes."""

    kind: Literal["image"] | None = None
    id: IdInput | None = None
    """Of a picture of the library."""
    url: WebUrl | None = None
    """Of an image that somebody else hosts; beside `id` it is ignored."""
    alt: Alt | None = None
    """Of this use. Empty: the library's, where that is in the article's language."""
    caption: Caption | None = None
    credit: Credit | None = None
    """Of this use. Empty: the library's."""
    decorative: StrictBool | None = None
    """Whether it says nothing to those who do not see it: it has no `alt` then."""
    width: Annotated[StrictInt | None, Field(ge=1, le=100_000)] = None
    height: Annotated[StrictInt | None, Field(ge=1, le=100_000)] = None
    focal_point: FocalPoint | None = None
    """Of this use, for the client's cropping; it moves no crop of the library."""

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, sent: object) -> object:
        return without(sent, READ_ONLY)


class ImageInput(ImagePatch):
    """An image: of the library (`id`) or at an address (`url`). The other members of an answer are ignored."""

    url: Annotated[WebUrl | None, Field(validate_default=True)] = None
    """Of an image that somebody else hosts; required where there is no `id`."""
    alt: Alt | None = ""

    @field_validator("url")
    @classmethod
    def _is_named(cls, url: str | None, info: ValidationInfo) -> str | None:
        return required_without_id(url, info)


class ImageRead(Output):
    """An image where it is shown: of the library, or at an address."""

    kind: Literal["image"]
    id: IdText | None
    """Of the picture in the library; null for an image at an address."""
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """Of a picture of the library: its widest JPEG or PNG of at most 1280 pixels."""
    alt: str
    caption: str | None
    credit: str | None
    width: int | None
    """Of the file at `url`."""
    height: int | None
    focal_point: FocalPoint | None
    renditions: list[Rendition]
    """Files of several widths and crops; in lists few of them. Empty for an image at an address."""
    language: LanguageTag
    """Of `alt` and `caption`."""
    direction: Direction
    decorative: bool
    """Whether it says nothing to those who do not see it."""
    placeholder: Placeholder | None
    animated: bool


class TrackInput(Input):
    """A text track of a video or sound, as WebVTT."""

    kind: TrackKind
    language: Language | None = None
    """Of the track and its label. Left out: the article's."""
    label: Annotated[str, Line(80, low=0)] | None = None
    """What a menu calls it."""
    url: WebUrl

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, sent: object) -> object:
        return without(sent, DIRECTION)


class RecordingInput(Input):
    """What videos and sounds share."""

    kind: str
    url: WebUrl
    """Of the file or stream, or of the page that plays it."""
    poster: ImageInput | None = None
    """What to show before it plays: of the library or at an address. It needs no `alt`: the title names it."""
    title: Title | None = None
    duration_seconds: Annotated[StrictInt | None, Field(ge=1, le=LONGEST)] = None
    """Its length."""
    mime_type: MimeType | None = None
    """Of the file or stream at `url`. Left out where that is a page."""
    tracks: Annotated[list[TrackInput] | None, Field(max_length=50, default_factory=list)]
    """Captions, subtitles, chapters, …"""
    transcript_url: WebUrl | None = None
    """Where what is said can be read."""

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, sent: object) -> object:
        return without(sent, OF_THE_ARTICLE)


class VideoInput(RecordingInput):
    """A video at an address. Without captions or subtitles among its tracks a save warns."""

    model_config = ConfigDict(json_schema_extra={"examples": [VIDEO_EXAMPLE]})

    kind: Literal["video"]


class AudioInput(RecordingInput):
    """A sound at an address. Without a transcript a save warns."""

    kind: Literal["audio"]


class _Kinds(BaseModel):
    """The kinds of entry that can be sent."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: Literal["image", "video", "audio"] | None = None


ENTRIES: Mapping[str | None, type[Input]] = MappingProxyType(
    {None: ImageInput, "image": ImageInput, "video": VideoInput, "audio": AudioInput}
)


def _by_kind(sent: object, _: ValidatorFunctionWrapHandler) -> Input:
    """Validate an entry by its kind alone: a union would tell the faults of each member."""
    kind = _Kinds.model_validate(sent).kind if isinstance(sent, dict) else None
    return ENTRIES[kind].model_validate(sent)


MediaEntryInput = TypeAliasType(
    "MediaEntryInput",
    Annotated[
        ImageInput | VideoInput | AudioInput,
        WrapValidator(_by_kind),
        Field(description="An entry of `media`, by `kind`; without one it is an image."),
    ],
)


class TrackRead(Output):
    """A text track of a video or sound."""

    kind: Annotated[str, open_to(TrackKind)]
    """What it is for, in HTML's words."""
    language: LanguageTag
    direction: Direction
    label: str | None
    """What a menu calls it, in the language of the track."""
    url: Address


class RecordingRead(Output):
    """What videos and sounds share."""

    kind: str
    url: Address
    """Of the file or stream, or of the page that plays it."""
    poster: ImageRead | None
    """What to show before it plays; null also where the library has withdrawn its picture."""
    title: str | None
    duration_seconds: int | None
    """Its length."""
    mime_type: str | None
    """Of the file or stream at `url`; null where that may be a page."""
    tracks: Annotated[list[TrackRead], Field(max_length=50)]
    """Captions, subtitles, chapters, … Tracks of further kinds may come: skip those that you do not know."""
    transcript_url: Address | None
    """Where what is said can be read."""
    language: LanguageTag
    """Of `title`."""
    direction: Direction


class VideoRead(RecordingRead):
    """A video where it is shown."""

    kind: Literal["video"]


class AudioRead(RecordingRead):
    """A sound where it is shown."""

    kind: Literal["audio"]


MediaEntry = TypeAliasType("MediaEntry", ImageRead | VideoRead | AudioRead)
