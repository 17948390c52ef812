"""The job that records the articles which show a changed picture: in batches, each in a short transaction.

Their answers are right before: they read the library anew, and `media.changed` invalidates them at once. What follows
here is `updated_at`, by which lists sort and clients compare, and `article.updated` in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.events import record_updates
from app.articles.models import Article
from app.articles.repository import KIND
from app.changes.log import log_clock
from app.changes.models import Change
from app.jobs.kinds import JobKind
from app.jobs.run import JobRun
from app.media.desk_repository import KIND as MEDIA
from app.media.events import FOLLOW
from app.media.models import Media, MediaUse

AT_ONCE = 25  # articles in a transaction: others wait for the log meanwhile
PAUSE = 0.02  # seconds between two transactions, for those who wait


async def follow_media(run: JobRun) -> None:
    """Record the articles that show a picture as updated at the moment of its change."""
    media_id = str(run.payload["media_id"])
    async with run.database.connection() as connection:
        changed_at = await connection.scalar(select(Media.changed_at).where(Media.id == media_id))
        own = (Change.resource == MEDIA, Change.resource_id == media_id)
        told = await connection.scalar(select(func.max(Change.seq)).where(*own))
        shown = select(MediaUse.resource_id).where(MediaUse.media_id == media_id, MediaUse.resource == KIND)
        ids = sorted(set((await connection.execute(shown)).scalars()))
    if changed_at is None:
        return
    for start in range(0, len(ids), AT_ONCE):
        async with run.database.transaction() as session:
            await _record(session, ids[start : start + AT_ONCE], changed_at, told)
        await asyncio.sleep(PAUSE)


async def _record(session: AsyncSession, ids: Sequence[str], changed_at: datetime, told: int | None) -> None:
    """Of a repeated run only what is left: an article of which the log has told since the picture's change, `told`.

    Times alone would not say it: an article that was saved while the picture's change waited for its commit is newer,
    and the log told of it as it was before.
    """
    earlier: ColumnElement[bool] = Article.updated_at < changed_at
    if told is not None:
        since = (Change.resource == KIND, Change.resource_id == Article.id, Change.seq > told)
        earlier = earlier | ~exists().where(*since)
    wanted = select(Article.id).where(Article.id.in_(ids), earlier).order_by(Article.id)
    left = (await session.execute(wanted.with_for_update())).scalars().all()
    if left:
        older = (Article.id.in_(left), Article.updated_at < changed_at)
        moved = update(Article).where(*older).values(updated_at=changed_at)
        await session.execute(moved.execution_options(synchronize_session=False))
        await record_updates(session, left, await log_clock(session))


FOLLOW_MEDIA = JobKind(FOLLOW, follow_media)
