"""Fields of every term."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.kit.schemas import (
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Name,
    Output,
    Prose,
    SlugInput,
    WebUrl,
)
from app.media.schemas import Alt, Placeholder, Rendition
from app.media.shown_schemas import READ_ONLY, required_without_id, without

Description = Annotated[str, Prose(1000, low=0)]
SIZES = frozenset({"width", "height"})


class TermInput(Input):
    """A term as an editor writes it. What is left out takes its default."""

    slug: SlugInput | None = None
    """Another slug than the one in the address: renames, and the old one redirects."""
    name: Annotated[str, Name(120), Field(examples=["اقتصاد"])]
    language: Language | None = None
    """Left out: the site's language."""
    description: Description | None = None


class TermRead(Output):
    """A term as readers see it."""

    id: IdText
    slug: Annotated[str, Field(examples=["اقتصاد"])]
    name: Annotated[str, Field(examples=["اقتصاد"])]
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """Address of its page on the web site."""
    language: LanguageTag
    direction: Direction
    description: str | None


class TermImageInput(Input):
    """The image of a term: of the library (`id`), or at an address (`url`)."""

    id: IdInput | None = None
    """Of a picture of the library."""
    url: Annotated[WebUrl | None, Field(validate_default=True)] = None
    """Of an image that somebody else hosts; required where there is no `id`."""
    alt: Alt | None = ""
    """Empty or null: the library's, where that is in the language of the thing."""

    @field_validator("url")
    @classmethod
    def _is_named(cls, url: str | None, info: ValidationInfo) -> str | None:
        return required_without_id(url, info)

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_read(cls, sent: object) -> object:
        return without(sent, READ_ONLY | SIZES)


class TermImage(Output):
    """The image of a term."""

    id: IdText | None
    """Of the picture in the library; null for an image at an address."""
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    alt: str
    width: int | None
    height: int | None
    renditions: list[Rendition]
    """Few of them, as in lists of articles. Empty for an image at an address."""
    placeholder: Placeholder | None
