"""A section as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictInt
from pydantic.config import JsonDict

from app.kit.paging import Listed
from app.kit.schemas import Moment, Ref
from app.terms.schemas import TermImage, TermImageInput, TermInput, TermRead

EXAMPLE: JsonDict = {"name": "اقتصاد", "description": "أسواق وأعمال ومعيشة", "parent": None, "position": 2}


class SectionImageInput(TermImageInput):
    """An image of the library (`id`) or at an address (`url`). The other members of an answer are ignored."""


class SectionImage(TermImage):
    """The image of a section."""


class SectionInput(TermInput):
    """A section as an editor writes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    parent: Annotated[str | None, Field(max_length=255)] = None
    """Slug or id of the section above."""
    position: Annotated[StrictInt, Field(ge=0, le=100_000)] = 0
    """Place among its siblings, smallest first."""
    image: SectionImageInput | None = None


class SectionRead(TermRead):
    """A section as readers see it."""

    parent: Ref | None
    position: int
    image: SectionImage | None
    """Null also where the library has withdrawn its picture."""


class SectionDesk(SectionRead):
    """A section as the desk sees it."""

    version: int
    created_at: Moment
    updated_at: Moment


class SectionDeskList(Listed[SectionDesk]):
    """One page of sections, used or not."""
