"""Background jobs of pictures: sweep the stores, remove what was withdrawn, make renditions anew by other settings."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.jobs.kinds import JobKind
from app.jobs.queue import enqueue, time_of_database
from app.jobs.run import JobRun
from app.media.actions import readdress
from app.media.desk_repository import MediaToEdit
from app.media.events import REMOVE, record_media_change
from app.media.making import OriginalUnusable, PictureMaker, slots_of
from app.media.models import Media, MediaFile
from app.media.pictures import Plan
from app.media.shown import STANDING
from app.media.storage import Stores
from app.media.sweeping import remove_withdrawn, sweep_orphans, sweep_retired
from app.media.uploads import sweep_folders

REBUILD = "media.rebuild"
AT_ONCE = 500  # pictures that are enqueued in one transaction


async def _sweep(run: JobRun) -> None:
    stores = Stores.of(run.settings)
    async with run.database.connection() as connection:
        now = await time_of_database(connection)
    await sweep_retired(run.database, stores.renditions, stores.originals, now)
    await sweep_orphans(run.database, stores.renditions, stores.originals, now)
    sweep_folders()


async def _remove(run: JobRun) -> None:
    stores = Stores.of(run.settings)
    await remove_withdrawn(run.database, stores.renditions, stores.originals, str(run.payload["media_id"]))


async def _find_outdated(run: JobRun) -> None:
    """Enqueue each picture whose renditions were made by other settings; again for the next ones, if there are many."""
    recipe = Plan.of(run.settings).recipe
    async with run.database.connection() as connection:
        outdated = select(Media.id).where(Media.recipe != recipe, STANDING).order_by(Media.id.desc())
        ids = (await connection.execute(outdated)).scalars().all()
    for start in range(0, len(ids), AT_ONCE):
        async with run.database.transaction() as session:
            for id in sorted(ids[start : start + AT_ONCE]):
                await enqueue(session, REBUILD, {"media_id": id}, key=id)


async def _rebuild(run: JobRun) -> None:
    """Make the renditions of one picture anew, at a new address; the former one answers for a while."""
    media_id, plan = str(run.payload["media_id"]), Plan.of(run.settings)
    async with run.database.reading_session() as session:
        media = await session.get(Media, media_id)
        if media is None or media.recipe == plan.recipe or media.withdrawn_at or media.deleted_at:
            return
        file = await session.get_one(MediaFile, media.file_id)
    maker = PictureMaker(lambda: run.settings, Stores.of(run.settings), slots_of(run.settings))
    try:
        made = await maker.remake(media, file, media.focal_point)
    except OriginalUnusable:
        return  # it keeps the renditions that it has
    async with run.finish() as session:
        now = await time_of_database(session)
        present = await MediaToEdit(session).require(media_id, for_update=True)
        if present.key != media.key or present.withdrawn_at is not None:
            return  # changed meanwhile: its renditions are new already, or gone
        await readdress(session, present, made, now)
        await record_media_change(session, present, now)


MEDIA_JOBS = (
    JobKind("media.sweep", _sweep, lane="slow", every=timedelta(days=1), timeout=timedelta(hours=6)),
    # Outbound: a restored newsroom may share the stores of the one that readers see, and must remove nothing there.
    JobKind(REMOVE, _remove, lane="urgent", is_outbound=True),
    JobKind("media.find_outdated", _find_outdated, lane="slow", every=timedelta(hours=1)),
    JobKind(REBUILD, _rebuild, lane="slow"),
)
