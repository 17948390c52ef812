"""What the change log records of a picture, and what follows for the things that show it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import PendingChange, pending_changes, record_change
from app.jobs.queue import enqueue
from app.media.desk_repository import uses
from app.media.models import Media

CHANGED = "media.changed"
FOLLOW = "media.follow"
"""The kind of job that records the articles which show a changed picture."""
REMOVE = "media.remove"
"""The kind of job that removes the files of a withdrawn picture."""


async def record_media_change(
    session: AsyncSession, media: Media, now: datetime, *, is_withdrawn: bool = False
) -> None:
    """Record that what answers show of a picture has changed; its cache tag invalidates them with the commit.

    Articles that show it are recorded by a job, in batches, because there may be thousands. Authors follow at once.
    """
    media.changed_at = now
    found = await uses(session, media.id)
    if found or is_withdrawn:
        record_change(
            session,
            PendingChange(CHANGED, media.id, tags={f"media:{media.id}"}, tombstone=is_withdrawn, version=media.version),
        )
    pending = pending_changes(session)
    terms = {(use.resource, use.resource_id) for use in found if use.resource != "article"}
    pending.touched |= terms
    pending.edited |= terms
    if is_withdrawn:
        await enqueue(session, REMOVE, {"media_id": media.id}, key=media.id)
    if any(use.resource == "article" for use in found):
        await enqueue(session, FOLLOW, {"media_id": media.id}, key=media.id)
