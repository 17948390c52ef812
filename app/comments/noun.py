"""The record of comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.changes.noun import Lookup, Noun, State
from app.comments.events import on_change
from app.comments.repository import Comments
from app.comments.schemas import CommentAlone
from app.comments.tree import shape
from app.kit.listing import written


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
)
