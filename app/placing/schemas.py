"""A rule as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from app.articles.schemas import Kind, TermName
from app.kit.schemas import Input, Language, LanguageTag, Output, open_to

MAX_TERMS = 20
Terms = Annotated[list[TermName], Field(max_length=MAX_TERMS)]
Kinds = Annotated[list[Kind], Field(max_length=MAX_TERMS)]
Languages = Annotated[list[Language], Field(max_length=MAX_TERMS)]


class RuleInput(Input):
    """Conditions on articles; an empty list is no condition."""

    sections: Terms = []
    """Slugs or ids: any of these, their descendants included."""
    tags: Terms = []
    """Slugs or ids: any of these."""
    kinds: Kinds = []
    """`news`, `opinion`, …: any of these."""
    languages: Languages = []
    """BCP 47 tags: any of these; `ar` also finds `ar-SY`. Empty: the language of the ticker or front."""
    urgency_max: Annotated[StrictInt | None, Field(ge=1, le=9)] = None
    """At least this urgent: 1 is the most urgent."""
    max_age_hours: Annotated[StrictInt | None, Field(ge=1, le=87_600)] = None
    """Published at most this many hours ago."""


class RuleShown(Output):
    """The conditions of a rule as the desk sees them."""

    sections: list[str]
    """Slugs."""
    tags: list[str]
    """Slugs."""
    kinds: list[Annotated[str, open_to(Kind)]]
    languages: list[LanguageTag]
    """Empty: the language of the ticker or front."""
    urgency_max: int | None
    max_age_hours: int | None
