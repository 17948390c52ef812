"""Fields of every term."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.kit.schemas import Direction, IdText, Input, Language, LanguageTag, Name, Output, Prose, SlugInput

Description = Annotated[str, Prose(1000, low=0)]


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
