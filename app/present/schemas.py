"""The query parameters that filter changes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from app.articles.query_schemas import AnyOf, SubjectFilter, some, terms
from app.changes.noun import Detail
from app.kit.faults import custom, nearest_name
from app.kit.schemas import Query
from app.nouns import EVENT_TYPES, NOUNS

TYPES = (
    f"Kinds of things ({', '.join(f'`{noun.kind}`' for noun in NOUNS)}) or event types (`article.corrected`: those of "
    "`Change.type`). A comma means any of. Tombstones are sent for every type. A name that "
    "this server does not know is a 400."
)
KINDS = tuple(noun.kind for noun in NOUNS)


def _only_known(text: str) -> str:
    """Raise a fault for names that this version never records: a client would wait for them for ever."""
    known = [*KINDS, *EVENT_TYPES]
    unknown = [name for name in terms(text) if name not in known]
    if unknown:
        nearest = [name for name in (nearest_name(one, known) for one in unknown) if name]
        raise custom("unknown_name", value=", ".join(unknown), **({"nearest": ", ".join(nearest)} if nearest else {}))
    return text


class ChangeFilters(Query):
    """Filters of changes."""

    type: Annotated[
        str | None,
        AfterValidator(some(20)),
        AfterValidator(_only_known),
        Field(max_length=2000, examples=["article,ticker"], description=TYPES),
    ] = None
    section: AnyOf | None = None
    """Sections by slug or id, with all below them: their articles, and the sections themselves. Comma: any of."""
    article: AnyOf | None = None
    """Articles by slug (also a former one) or id: each with its entries and its comments. Comma: any of."""
    subject: SubjectFilter | None = None
    """Articles with one of these subjects: `medtop:04000000`, or the URI of a concept. Comma: any of."""
    language: Annotated[str | None, AfterValidator(some(20)), Field(max_length=2000, examples=["ar"])] = None
    """Languages: `ar` finds `ar-SY` too. A comma means any of."""
    object: Detail = "summary"
    """How much of the present state an entry has: nothing, the summary, or all of it."""
