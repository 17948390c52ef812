"""The record of pictures: the log tells that one has changed, without an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, func, select

from app.changes.models import Change
from app.changes.noun import Absence, Lookup, Noun, State
from app.changes.tail import Deadlines
from app.media.desk_repository import KIND
from app.media.events import CHANGED, RIGHTS_BY_CLOCK, on_change
from app.media.models import Media, MediaUse
from app.media.shown import STANDING


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    statement = select(Media.id, Media.version, Media.language).where(Media.id.in_(ids), STANDING)
    rows = (await lookup.connection.execute(statement)).all()
    return {row.id: State(row.version, row.language, (), b"") for row in rows}


async def _absent(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, Absence]:
    # Why it went is told to those who may have seen it: the log tells of nothing that was never public.
    was_shown = exists().where(MediaUse.media_id == Media.id, Change.resource_id == MediaUse.resource_id)
    columns = (Media.id, Media.withdrawn_at, Media.withdrawn_reason, was_shown.label("was_shown"))
    statement = select(*columns).where(Media.id.in_(ids), Media.withdrawn_at.is_not(None))
    rows = (await lookup.connection.execute(statement)).all()
    return {
        row.id: Absence("withdrawn", row.withdrawn_at, row.withdrawn_reason if row.was_shown else None) for row in rows
    }


RIGHTS_END = Deadlines(
    lambda now: select(func.min(Media.rights_expire_at)).where(Media.rights_expire_at > now).scalar_subquery(),
    touches=RIGHTS_BY_CLOCK,
)

MEDIA = Noun(
    kind=KIND,
    events={
        CHANGED: "what answers show of a picture has changed, or it was withdrawn; the articles follow as they are told"
    },
    schemas=(),
    present=_present,
    absent=_absent,
    on_change=on_change,
    deadlines=lambda settings: [RIGHTS_END],
)
