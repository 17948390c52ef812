"""The record of fronts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.changes.noun import Absence, Label, Lookup, Noun, State, Viewer
from app.fronts.events import deadlines, on_change, on_start, when_due
from app.fronts.models import Front
from app.fronts.placements import front_placements
from app.fronts.repository import KIND, Fronts
from app.fronts.schemas import FrontRead, FrontSummary
from app.fronts.shapes import front_of, front_summary_of
from app.kit.db import Connection
from app.kit.listing import unvalidated
from app.settings import Settings


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    fronts, settings, now = Fronts(lookup.connection, lookup.settings), lookup.settings, lookup.now
    rows = await fronts.with_ids(ids, now)
    contents = {row.id: b"" for row in rows}
    if lookup.detail == "summary":
        contents = {row.id: unvalidated(FrontSummary, front_summary_of(row, settings)) for row in rows}
    elif lookup.detail == "full":
        views = await fronts.views(rows, now)
        contents = {id: unvalidated(FrontRead, front_of(view, settings, now)) for id, view in views.items()}
    return {row.id: State(row.version, row.language, (), contents[row.id]) for row in rows}


async def _absent(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, Absence]:
    """Those that are not public; what was deleted has no row."""
    rows = (await lookup.connection.execute(select(Front.id).where(Front.id.in_(ids)))).scalars()
    return {id: Absence("unpublished") for id in rows}


async def _labels(
    connection: Connection, ids: Sequence[str], _viewer: Viewer, settings: Settings, _now: datetime
) -> Mapping[str, Label]:
    """Their names: no secret at the desk."""
    columns = (Front.id, Front.slug, Front.name, Front.public)
    rows = (await connection.execute(select(*columns).where(Front.id.in_(ids)))).all()
    return {
        row.id: Label(row.name, settings.front_url(row.id, row.slug) if row.public else None, row.public)
        for row in rows
    }


FRONT = Noun(
    kind=KIND,
    events={
        "front.changed": "it shows something else, for any reason",
        "front.deleted": "it was deleted, or is not public any more",
    },
    schemas=(FrontRead, FrontSummary),
    present=_present,
    absent=_absent,
    labels=_labels,
    placements=front_placements,
    is_derived=True,
    on_change=on_change,
    when_due=when_due,
    on_start=(on_start,),
    deadlines=deadlines,
)
