"""`fields=` of the change log: fields of `object`, whatever kind of thing it is."""

from __future__ import annotations

from collections.abc import Mapping

from app.articles.query_schemas import terms
from app.changes.noun import NOTHING_SELECTED
from app.kit.errors import Fault, InvalidQuery
from app.kit.fields import Selection, select_among
from app.nouns import NOUNS
from app.sync.schemas import ChangesQuery


def selected_of(query: ChangesQuery) -> Mapping[str, Selection]:
    """The wanted fields of each kind of thing that the query asks for. Raises `InvalidQuery`."""
    if query.fields is None:
        return NOTHING_SELECTED
    if query.object == "none":
        needs = {"value": "fields", "parameter": "object=summary"}
        raise InvalidQuery(errors=[Fault("needs_parameter", parameter="fields", params=needs)])
    wanted = {name.partition(".")[0] for name in terms(query.type or "")}
    nouns = [noun for noun in NOUNS if noun.schemas and (not wanted or noun.kind in wanted)]
    place = 0 if query.object == "full" else -1  # `Noun.schemas` begins with the whole one
    schemas = tuple((noun.kind, noun.schemas[place]) for noun in nouns)
    return select_among(schemas, query.fields, tuple(noun.schemas[0] for noun in nouns), "object=full")
