"""An author as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from app.kit.paging import Listed
from app.kit.schemas import IdInput, IdText, Input, Line, Moment, Output, Prose, WebUrl
from app.media.schemas import Placeholder, Rendition
from app.media.shown_schemas import READ_ONLY, required_without_id, without
from app.terms.schemas import TermInput, TermRead

Bio = Annotated[str, Prose(2000, low=0)]
AltText = Annotated[str, Line(500, low=0)]


SIZES = frozenset({"width", "height"})


class AvatarInput(Input):
    """A portrait: of the library (`id`) or at an address (`url`). The other members of an answer are ignored."""

    id: IdInput | None = None
    """Of a picture of the library."""
    url: Annotated[WebUrl | None, Field(validate_default=True)] = None
    """Of an image that somebody else hosts; required where there is no `id`."""
    alt: AltText = ""
    """Empty: the library's, where that is in the author's language."""

    @field_validator("url")
    @classmethod
    def _is_named(cls, url: str | None, info: ValidationInfo) -> str | None:
        return required_without_id(url, info)

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, sent: object) -> object:
        return without(sent, READ_ONLY | SIZES)


class Avatar(Output):
    """A portrait."""

    id: IdText | None
    """Of the picture in the library; null for an image at an address."""
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    alt: str
    width: int | None
    height: int | None
    renditions: list[Rendition]
    """Few of them, as in lists of articles. Empty for an image at an address."""
    placeholder: Placeholder | None


class AuthorInput(TermInput):
    """An author as an editor writes one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "ليلى القاسم", "bio": "محرّرة الشؤون الاقتصادية."}]}
    )

    bio: Bio | None = None
    avatar: AvatarInput | None = None


class AuthorRead(TermRead):
    """An author as readers see one."""

    bio: str | None
    avatar: Avatar | None


class AuthorDesk(AuthorRead):
    """An author as the desk sees one."""

    version: int
    created_at: Moment
    updated_at: Moment


class AuthorDeskList(Listed[AuthorDesk]):
    """One page of authors, used or not."""
