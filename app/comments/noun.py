"""The record of comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.changes.noun import IdleTask, Lookup, Noun, State
from app.comments.events import on_change
from app.comments.repository import Comments
from app.comments.schemas import CommentAlone
from app.comments.tree import shape
from app.comments.write_repository import erase_addresses, has_old_addresses
from app.kit.listing import written
from app.kit.rate_limits import clear_expired, has_expired


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    rows = await Comments(lookup.connection).with_ids(ids, lookup.now)
    return {
        row.id: State(None, row.language, (), b"" if lookup.detail == "none" else written(CommentAlone, shape(row)))
        for row in rows
    }


COMMENT = Noun(
    kind="comment",
    events={
        "comment.approved": "it became public",
        "comment.updated": "its text or what stands below it has changed",
        "comment.removed": "it was taken away",
    },
    schemas=(CommentAlone,),
    present=_present,
    on_change=on_change,
    idle_tasks=(
        IdleTask(has_old_addresses, lambda session, _settings, now: erase_addresses(session, now)),
        IdleTask(has_expired, lambda session, _settings, now: clear_expired(session, now)),
    ),
)
