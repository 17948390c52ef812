"""What the change log records of a picture, and what follows for the things that show it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import PendingChange, PendingChanges, pending_changes, record_change
from app.jobs.queue import enqueue
from app.kit import clock
from app.kit.caching import CROWDED
from app.media.desk_repository import ARTICLES, KIND, users
from app.media.models import Media
from app.settings import Settings

CHANGED = "media.changed"
RIGHTS_BY_CLOCK = "rights:clock"
"""Cache tag of full-text feeds: rights of a picture or an article that they show may end by the clock alone."""
FOLLOW = "media.follow"
"""The kind of job that records the articles which show a changed picture."""
REMOVE = "media.remove"
"""The kind of job that removes the files of a withdrawn picture."""


def tell_media_change(session: AsyncSession, id: str, version: int, *, is_withdrawn: bool = False) -> None:
    """Record a change of a picture in the log; its cache tag invalidates the answers that show it, `CROWDED` the copies
    of those whose header had no room for the tag."""
    tags = {f"media:{id}", CROWDED}
    record_change(session, PendingChange(CHANGED, id, tags=tags, tombstone=is_withdrawn, version=version))


async def on_change(session: AsyncSession, pending: PendingChanges, settings: Settings, _now: datetime) -> None:
    """Record the changed pictures of the site itself, its logo and icon, which no other noun knows of."""
    ids = {id for kind, id in pending.touched if kind == KIND} & settings.site_pictures
    if ids := ids - told_pictures(pending):
        columns = select(Media.id, Media.version, Media.deleted_at).where(Media.id.in_(ids)).order_by(Media.id)
        for id, version, deleted_at in (await session.execute(columns)).all():
            tell_media_change(session, id, version, is_withdrawn=deleted_at is not None)


def told_pictures(pending: PendingChanges) -> set[str]:
    """Those that are recorded already."""
    return {change.id for change in pending.changes if change.type == CHANGED}


def withdrawn_pictures(pending: PendingChanges) -> set[str]:
    """Those that this transaction withdraws."""
    return {change.id for change in pending.changes if change.type == CHANGED and change.tombstone}


async def record_media_change(
    session: AsyncSession, media: Media, now: datetime, *, is_withdrawn: bool = False
) -> None:
    """Record that what answers show of a picture has changed; its cache tag invalidates them with the commit.

    Articles that show it are recorded by a job, in batches, because there may be thousands. Authors and sections follow
    at once. A change of what nothing public shows is not told: the rooms above know that, under the log's lock.
    """
    media.changed_at = max(now, clock.now())  # the transaction may have waited for an article that names it
    used_by = await users(session, media.id)
    pending = pending_changes(session)
    if is_withdrawn:  # always: former answers may lie in caches
        tell_media_change(session, media.id, media.version, is_withdrawn=True)
    else:
        pending.touched.add((KIND, media.id))
    terms = used_by - {ARTICLES}
    pending.touched |= terms
    pending.edited |= terms
    if is_withdrawn:
        await enqueue(session, REMOVE, {"media_id": media.id}, key=media.id)
    if ARTICLES in used_by:
        await enqueue(session, FOLLOW, {"media_id": media.id}, key=media.id)
