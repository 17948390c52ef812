"""Imports pictures: their originals are decoded as an upload is, whatever a file says, before a transaction begins."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from app.exports.lines import AnyLine, MediaLine
from app.exports.pictures import name_of
from app.imports.step import Run, Step
from app.kit import clock
from app.kit.db import Database
from app.kit.errors import Fault, InvalidBody
from app.kit.ids import new_id
from app.media.desk_repository import MediaToEdit
from app.media.indexing import index
from app.media.making import REFUSED, Made, PictureMaker
from app.media.models import Media, MediaFile, MediaKey
from app.media.names import EXTENSIONS, new_key
from app.media.uploads import upload_folder

CHUNK = 1 << 20
WORDS = ("filename", "language", "alt", "description", "credit", "photographer", "taken_at")
OF_THE_FILE = ("sha256", "mime_type", "bytes", "width", "height", "animated")
NO_PLACEHOLDER = {"color": "#808080", "thumbhash": ""}  # of a withdrawn picture, which is never shown


class _UnreadError(Exception):
    """The original cannot be read in; the message says why."""


@dataclass
class Originals:
    """Where an import finds originals, and what was made of them; one line at a time."""

    folder: Path | None
    """Without one, pictures cannot be read in."""
    maker: PictureMaker
    made: dict[str, Made] = field(default_factory=dict)
    """By the id of the picture, until it is stored."""
    unread: dict[str, str] = field(default_factory=dict)
    """Why there is none."""

    async def prepare(self, run: Run, database: Database, lines: Sequence[AnyLine]) -> None:
        """Decode the originals of pictures that are new here. Raises `Unavailable` where it must be tried again."""
        self.made.clear()
        self.unread.clear()
        for line in lines:
            if isinstance(line, MediaLine) and line.withdrawn_at is None:
                async with database.reading_session() as session:
                    is_new = bool(await Step(run, session, clock.now()).fresh([line]))
                    known = await MediaToEdit(session).file_with(line.sha256)
                if is_new and not (known and known.withdrawn_at):
                    await self._make(line, known.name if known else None, is_dry=run.is_dry)

    async def _make(self, line: MediaLine, stored_as: str | None, *, is_dry: bool) -> None:
        with upload_folder() as folder:
            try:
                self._fetch(line, folder / "sent", self.maker.largest)
                if not is_dry:
                    point = line.focal_point.model_dump() if line.focal_point else None
                    self.made[line.id] = await self.maker.make(
                        folder / "sent", line.sha256, (folder / "sent").stat().st_size, point, stored_as, line.mime_type
                    )
            except _UnreadError as error:
                self.unread[line.id] = str(error)
            except REFUSED as error:
                self.unread[line.id] = f"its file is refused: {error}"

    def _fetch(self, line: MediaLine, path: Path, most: int) -> None:
        """Copy the original and compare its digest."""
        if self.folder is None:
            raise _UnreadError("its file is not in an export: name the folder of the originals (--media FOLDER)")
        digest = hashlib.sha256()
        with _opened(self.folder / name_of(line.sha256, line.mime_type), most) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
        if digest.hexdigest() != line.sha256:
            raise _UnreadError("its file is not the one that was exported: its digest is another")


@contextmanager
def _opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """A plain file: no link that leads elsewhere, no pipe that would be waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise _UnreadError(f"its file {path.name} cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _UnreadError(f"its file {path.name} is no plain file")
        if found.st_size > most:
            raise _UnreadError(f"its file is larger than {most:,} bytes (NASHRA_MEDIA_MAX_BYTES)")
        with open(descriptor, "rb", closefd=False) as source:
            yield source
    finally:
        os.close(descriptor)


async def media(step: Step, lines: Sequence[MediaLine]) -> None:
    """Pictures keep their ids; the same bytes may be here under another id, with words of their own."""
    standing = await _not_deleted(step, lines)
    for line in await step.fresh(standing) if standing else ():
        member = step.id_of("member", line.member)
        if not await step.known("member", [member]):
            raise InvalidBody(errors=[Fault("not_found", pointer="/member", params={"value": line.member})])
        library = MediaToEdit(step.session)
        if not step.run.is_dry:
            await library.lock_content(line.sha256)
        file = await library.file_with(line.sha256, for_update=not step.run.is_dry)
        if line.withdrawn_at is not None:
            await _store_withdrawn(step, line, member, file)
        elif file is not None and file.withdrawn_at is not None:
            step.done(line, "left", f"{line.id} has a file that was taken down here: left alone")
        else:
            await _store(step, line, member, file)


async def _not_deleted(step: Step, lines: Sequence[MediaLine]) -> list[MediaLine]:
    """A deleted picture is kept for a while, but not shown."""
    ids = [line.id for line in lines]
    deleted = select(Media.id).where(Media.id.in_(ids), Media.deleted_at.is_not(None))
    gone = set((await step.session.execute(deleted)).scalars())
    for line in lines:
        if line.id in gone:
            step.done(line, "left", f"{line.id} was deleted here since: left alone")
    return [line for line in lines if line.id not in gone]


async def _store(step: Step, line: MediaLine, member: str, file: MediaFile | None) -> None:
    originals = step.run.originals
    if (reason := originals.unread.get(line.id)) is not None:
        step.done(line, "refused", reason)
        return
    if not step.run.is_dry:
        made, library = originals.made[line.id], MediaToEdit(step.session)
        if file is None:
            file = MediaFile(id=new_id(), created_at=step.now, **made.file_columns)
            await library.add(file)
        picture = _picture(line, member, file, made.key)
        picture.recipe, picture.placeholder, picture.renditions = made.recipe, made.placeholder, made.renditions
        picture.changed_at = step.now
        key = MediaKey(key=made.key, media_id=line.id, file_id=file.id, created_at=step.now)
        await library.add(picture, key)
        await index(step.session, picture)
    step.done(line, "imported")


async def _store_withdrawn(step: Step, line: MediaLine, member: str, file: MediaFile | None) -> None:
    """Rows without files: the bytes are refused here too, unless another picture here has them."""
    if not step.run.is_dry:
        library = MediaToEdit(step.session)
        if file is None:
            name = f"{new_key()}.{EXTENSIONS[line.mime_type]}"
            fields = {name: getattr(line, name) for name in OF_THE_FILE}
            file = MediaFile(id=new_id(), name=name, created_at=step.now, withdrawn_at=line.withdrawn_at, **fields)
            await library.add(file)
        picture = _picture(line, member, file, new_key())
        picture.recipe, picture.placeholder, picture.renditions = "", NO_PLACEHOLDER, []
        picture.changed_at = line.withdrawn_at or step.now
        picture.withdrawn_at, picture.withdrawn_cause = line.withdrawn_at, line.withdrawn_cause
        picture.withdrawn_reason = line.withdrawn_reason
        await library.add(picture)
        await index(step.session, picture)
    step.done(line, "imported")
    step.planned.discard((line.kind, line.id))  # no article can show it


def _picture(line: MediaLine, member: str, file: MediaFile, key: str) -> Media:
    rights = line.rights.model_dump(mode="json", exclude_none=True) if line.rights else {}
    return Media(
        id=line.id,
        file_id=file.id,
        key=key,
        member_id=member,
        version=line.version,
        created_at=line.created_at,
        keywords=line.keywords or [],
        focal_point=line.focal_point.model_dump() if line.focal_point else None,
        rights=rights or None,
        rights_expire_at=line.rights.expires_at if line.rights else None,
        **{name: getattr(line, name) or None for name in WORDS},
    )
