"""The records of sections, tags and authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from pydantic import BaseModel
from sqlalchemy import select

from app.articles.filing import AUTHORS, SECTIONS, TAGS, Filing
from app.changes.noun import Label, Lookup, Noun, State, Viewer
from app.kit.db import Connection
from app.kit.listing import written
from app.settings import Settings
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


async def _labels(
    filing: Filing, connection: Connection, ids: Sequence[str], _viewer: Viewer, settings: Settings, now: datetime
) -> Mapping[str, Label]:
    """Their names: all staff may read them at the desk."""
    model = filing.kind.model
    shown = await Taxonomy(connection).shown_among(filing, ids, now)
    found = {}
    for row in (await connection.execute(select(model.id, model.slug, model.name).where(model.id.in_(ids)))).all():
        url = settings.term_url(filing.kind.noun, row.id, row.slug) if row.id in shown else None
        found[row.id] = Label(row.name, url, row.id in shown)
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
        labels=partial(_labels, filing),
        is_derived=True,
        before_change=None if filing is SECTIONS else partial(before_change, filing),
        on_change=partial(on_change, filing),
    )


SECTION = _record(SECTIONS, SectionPublic)
TAG = _record(TAGS, TagPublic)
AUTHOR = _record(AUTHORS, AuthorPublic)
