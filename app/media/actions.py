"""What the desk does with pictures: upload, describe, replace, delete, take down.

Files are received, decoded and stored before a transaction is opened: SQLite has one writer, and a slow client must not
hold it. A file that no row names in the end is an orphan, which a job removes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import PendingTakedown, pending_changes, record_takedown
from app.jobs.queue import enqueue
from app.kit.caching import Expected
from app.kit.errors import AlreadyExists, Conflict, Forbidden, InUse, NotFound, PreconditionFailed, StateConflict
from app.kit.ids import as_id, new_id
from app.media.desk_repository import KIND, MediaToEdit
from app.media.events import REMOVE, record_media_change, tell_media_change
from app.media.indexing import index
from app.media.making import Made
from app.media.models import Media, MediaFile, MediaKey
from app.media.schemas import MediaUpdate, MediaWithdrawInput
from app.media.using import UsePlaces
from app.staff.work import Work

WORDS = ("alt", "description", "credit", "photographer", "filename", "taken_at")
SHOWN = ("alt", "credit", "language", "focal_point", "key")
"""What answers show of a picture."""


class FileWithdrawn(Conflict):
    """The bytes of a picture that was taken down."""

    slug = "file-withdrawn"


@dataclass
class Saved:
    """A picture after an action, with warnings for the desk."""

    media: Media
    file: MediaFile
    is_new: bool = False
    warnings: list[dict[str, object]] = field(default_factory=list)


async def known(work: Work, sha256: str) -> Saved | None:
    """The oldest picture over the file with this content. Raises `FileWithdrawn` for one that was taken down."""
    library = MediaToEdit(work.session)
    file = await library.file_with(sha256)
    if file is None:
        return None
    if file.withdrawn_at is not None:
        raise FileWithdrawn()
    found = await library.over(file.id)
    return Saved(found[0], file, warnings=[{"code": "already_there"}]) if found else None


async def create(work: Work, made: Made, fields: MediaUpdate, filename: str | None, *, is_duplicate: bool) -> Saved:
    """Adds a picture that was decoded and stored. If another upload of the same bytes was faster: that one."""
    library, now = MediaToEdit(work.session), work.now
    await library.lock_content(made.sha256)
    if not is_duplicate and (found := await known(work, made.sha256)) is not None:
        return found
    file = await _file(library, made, now)
    media = Media(
        id=new_id(),
        file_id=file.id,
        member_id=work.actor.member_id,
        version=1,
        created_at=now,
        changed_at=now,
        keywords=[],
        filename=filename or f"picture.{made.extension}",
        language=work.settings.language,
    )
    _put_picture(media, made)
    _describe(media, made.fields(fields), work)
    await library.add(media, MediaKey(key=made.key, media_id=media.id, file_id=file.id, created_at=now))
    await index(work.session, media)
    await work.record("media.create", KIND, media.id, filename=media.filename)
    return Saved(media, file, is_new=True)


async def _file(library: MediaToEdit, made: Made, now: datetime) -> MediaFile:
    """The row of the file with this content; made, where there is none."""
    await library.lock_content(made.sha256)
    found = await library.file_with(made.sha256, for_update=True)
    if found is not None:
        if found.withdrawn_at is not None:
            raise FileWithdrawn()
        return found
    file = MediaFile(id=new_id(), created_at=now, **made.file_columns)
    await library.add(file)
    return file


def _put_picture(media: Media, made: Made) -> None:
    media.key, media.recipe = made.key, made.recipe
    media.placeholder, media.renditions = made.placeholder, made.renditions


def _describe(media: Media, changes: dict[str, Any], work: Work) -> None:
    """Sets these fields; null or an empty text takes a value away."""
    for name in WORDS:
        if name in changes:
            setattr(media, name, changes[name] or None)
    media.filename = media.filename or media.id
    if "keywords" in changes:
        media.keywords = changes["keywords"] or []
    if "language" in changes:
        media.language = changes["language"] or work.settings.language
    if "focal_point" in changes:
        media.focal_point = changes["focal_point"]
    if "rights" in changes:
        sent = changes["rights"] or {}
        media.rights = {name: value for name, value in sent.items() if value is not None} or None
        expires_at = (media.rights or {}).get("expires_at")
        media.rights_expire_at = datetime.fromisoformat(str(expires_at)) if expires_at else None


async def open_to_change(work: Work, id: str, expected: Expected, uses: UsePlaces, *, is_locked: bool = True) -> Media:
    """The picture, locked unless this is only a look before.

    A reporter changes own uploads that nothing public shows; others' are 403.

    Raises `NotFound`, `Forbidden`, `StateConflict` for a withdrawn one, and the errors of `If-Match`.
    """
    media = await MediaToEdit(work.session).require(id, for_update=is_locked)
    await require_may_change(work, media, uses)
    expected.require(media.version)
    if media.withdrawn_at is not None:
        raise StateConflict(params={"state": "withdrawn", "verb": "update"}, state="withdrawn")
    return media


async def require_may_change(work: Work, media: Media, uses: UsePlaces) -> None:
    """Raises `Forbidden`."""
    if work.actor.has("editor"):
        return
    is_public = media.id in work.settings.site_pictures or await uses.is_public(work, media.id)
    if media.member_id != work.actor.member_id or is_public:
        raise Forbidden()


async def update(
    work: Work, id: str, expected: Expected, fields: MediaUpdate, made: Made | None, uses: UsePlaces
) -> Saved:
    """Changes the fields that were sent; `made` are the renditions of another focal point."""
    media = await open_to_change(work, id, expected, uses)
    await _require_same_picture(work, media, fields, made)
    before = _shown(media), _all(media)
    _describe(media, merged(media, fields), work)
    if made is not None:
        await readdress(work.session, media, made, work.now)
    return await _save(work, media, "update", before)


async def _require_same_picture(work: Work, media: Media, fields: MediaUpdate, made: Made | None) -> None:
    """Raises `PreconditionFailed` where the file or the focal point has changed since `made` was begun, which
    `If-Match: *` allows."""
    if made is None:
        is_same = not moves_focal_point(fields, media)
    else:
        is_same = (await MediaToEdit(work.session).file(media.file_id)).sha256 == made.sha256
    if not is_same:
        raise PreconditionFailed(version=media.version, headers={"ETag": f'"{media.version}"'})


def moves_focal_point(fields: MediaUpdate, media: Media) -> bool:
    """Whether crops are to be made anew."""
    return "focal_point" in fields.model_fields_set and fields.stored_focal_point != media.focal_point


def merged(media: Media, fields: MediaUpdate) -> dict[str, Any]:
    """JSON Merge Patch (RFC 7396) of the fields that were sent."""
    changes = fields.model_dump(mode="python", exclude_unset=True)
    if changes.get("rights") is not None and fields.rights is not None:
        changes["rights"] = {**(media.rights or {}), **fields.rights.model_dump(mode="json", exclude_unset=True)}
    return changes


async def replace_file(
    work: Work, id: str, expected: Expected, fields: MediaUpdate, made: Made, uses: UsePlaces
) -> Saved:
    """Puts another file in the place of the present one: every use shows it, at new addresses."""
    library = MediaToEdit(work.session)
    file = await _file(library, made, work.now)  # locked before the picture, as where one is withdrawn
    media = await open_to_change(work, id, expected, uses)
    before = _shown(media), _all(media)
    others = [other for other in await library.over(file.id) if other.id != media.id]
    if others:
        raise AlreadyExists(existing_id=others[0].id)
    is_another = file.id != media.file_id
    if is_another or media.focal_point != made.focal_point:
        media.file_id = file.id
        await readdress(work.session, media, made, work.now)
    _describe(media, merged(media, fields), work)
    saved = await _save(work, media, "replace", before)
    if is_another and not fields.alt and media.alt:
        saved.warnings.append({"code": "alt_of_former_picture"})
    return replace(saved, file=file)


async def readdress(session: AsyncSession, media: Media, made: Made, now: datetime) -> None:
    """Puts new renditions in the place of the present ones, at a new address; the former one answers for a while."""
    library = MediaToEdit(session)
    await library.retire(media, now)
    _put_picture(media, made)
    await session.flush()
    await library.add(MediaKey(key=made.key, media_id=media.id, file_id=media.file_id, created_at=now))


def _shown(media: Media) -> list[object]:
    """What answers show of it, and whether full-text feeds do."""
    rights = media.rights or {}
    return [*(getattr(media, name) for name in SHOWN), rights.get("syndication"), rights.get("expires_at")]


def _all(media: Media) -> list[object]:
    return [getattr(media, name) for name in (*SHOWN, *WORDS, "keywords", "rights")]


async def _save(work: Work, media: Media, verb: str, before: tuple[list[object], list[object]]) -> Saved:
    library = MediaToEdit(work.session)
    if _all(media) != before[1]:
        media.version += 1
        if _shown(media) != before[0]:
            await record_media_change(work.session, media, work.now)
        await index(work.session, media)
        await work.record(f"media.{verb}", KIND, media.id, version=media.version)
    await work.session.flush()
    return Saved(media, await library.file(media.file_id))


async def delete(work: Work, id: str, expected: Expected, uses: UsePlaces) -> None:
    """Deletes what nothing uses; it is kept for 30 days. Raises `InUse` with the uses that the actor may see."""
    library = MediaToEdit(work.session)
    media = await library.require(id, for_update=True)
    await require_may_change(work, media, uses)
    expected.require(media.version)
    found = await uses.seen_by(work, media.id)
    if found.total:
        raise InUse(uses=found.shown, hidden_count=found.hidden)
    media.deleted_at = work.now
    await library.retire(media, work.now)
    await work.session.flush()
    pending_changes(work.session).touched.add((KIND, media.id))
    await index(work.session, media)
    await work.record("media.delete", KIND, media.id, filename=media.filename)


async def withdraw(work: Work, id: str, expected: Expected, body: MediaWithdrawInput) -> Sequence[Saved]:
    """Takes a picture down everywhere, with all records over its file; its bytes are refused from now on.

    Returns the picture, then the other records.
    """
    library = MediaToEdit(work.session)
    file = (await library.lock_files([(await library.require(id)).file_id]))[0]
    over = await library.over(file.id, for_update=True)
    media = next((one for one in over if one.id == as_id(id)), None)
    if media is None:  # deleted, or given another file, in this moment
        raise NotFound()
    expected.obey(media.version)
    if media.withdrawn_at is not None:
        raise StateConflict(params={"state": "withdrawn", "verb": "withdraw"}, state="withdrawn")
    return await _withdraw_all(work, file, (media, *(one for one in over if one is not media)), body)


async def take_down(work: Work, ids: Collection[str], body: MediaWithdrawInput) -> set[str]:
    """Takes pictures down with something that shows them; those that are down already stay as they are.

    Returns the ids of those that the library has. All files are locked first, then all pictures, in the order of their
    ids: two that take down the same pictures at once, or save an article with them, would deadlock otherwise.
    """
    library = MediaToEdit(work.session)
    files = await library.lock_files([media.file_id for media in await library.some(ids)])
    over = {file.id: await library.over(file.id) for file in files}
    locked = await library.some([media.id for found in over.values() for media in found], for_update=True)
    for file in files:
        if file.withdrawn_at is None:
            await _withdraw_all(work, file, [media for media in locked if media.file_id == file.id], body)
    return {media.id for media in locked if media.withdrawn_at is not None}


async def _withdraw_all(work: Work, file: MediaFile, over: Sequence[Media], body: MediaWithdrawInput) -> list[Saved]:
    """Withdraws a locked file, and its pictures, which are locked too."""
    file.withdrawn_at = work.now
    saved = [await _withdraw(work, one, file, body) for one in over]
    # Pictures that had this file before, or are deleted: their former addresses still show it.
    for former in await MediaToEdit(work.session).formerly_over(file.id, [one.id for one in over]):
        is_gone = former.deleted_at is not None
        tell_media_change(work.session, former.id, former.version, is_withdrawn=is_gone)
        await enqueue(work.session, REMOVE, {"media_id": former.id}, key=f"{former.id} {file.id}")
    return saved


async def _withdraw(work: Work, media: Media, file: MediaFile, body: MediaWithdrawInput) -> Saved:
    media.withdrawn_at, media.withdrawn_cause, media.withdrawn_reason = work.now, body.cause, body.reason
    media.version += 1
    await MediaToEdit(work.session).retire(media, work.now)
    record_takedown(work.session, PendingTakedown(KIND, media.id, "withdrawn", body.reason))
    await record_media_change(work.session, media, work.now, is_withdrawn=True)
    await work.session.flush()
    await index(work.session, media)
    await work.record("media.withdraw", KIND, media.id, cause=body.cause)
    return Saved(media, file)
