"""The records of sections, tags and authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import BaseModel

from app.articles.filing import AUTHORS, SECTIONS, TAGS, Filing
from app.changes.noun import Lookup, Noun, State
from app.kit.listing import written
from app.taxonomy.events import before_change, on_change
from app.taxonomy.repository import Taxonomy
from app.taxonomy.schemas import AuthorPublic, SectionPublic, TagPublic
from app.taxonomy.shapes import shape


async def _present(filing: Filing, schema: type[BaseModel], lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    rows = await Taxonomy(lookup.connection).shown_among(filing, ids, lookup.now)
    found = {}
    for id, row in rows.items():
        content = b"" if lookup.detail == "none" else written(schema, shape(filing, row, None, lookup.settings))
        found[id] = State(None, row.language, [id] if filing.kind.is_tree else (), content)
    return found


def _record(filing: Filing, schema: type[BaseModel]) -> Noun:
    noun = filing.kind.noun
    changed = "it came with its first visible article, was changed, or went with its last one"
    return Noun(
        kind=noun,
        events={f"{noun}.changed": changed},
        schemas=(schema,),
        present=partial(_present, filing, schema),
        absence="unpublished",
        is_derived=True,
        before_change=None if filing is SECTIONS else partial(before_change, filing),
        on_change=partial(on_change, filing),
    )


SECTION = _record(SECTIONS, SectionPublic)
TAG = _record(TAGS, TagPublic)
AUTHOR = _record(AUTHORS, AuthorPublic)
