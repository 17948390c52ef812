"""Copies the originals of pictures into a folder beside an export: `{sha256}.{extension}`, as their lines name them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.kit.db import Database
from app.kit.new_file import as_file_error
from app.media.models import Media, MediaFile
from app.media.names import EXTENSIONS
from app.media.storage import FileMissing, Store

PAGE = 500  # rows of one statement
FOLDER_MODE, FILE_MODE = 0o700, 0o600  # originals say where and with what they were taken


@dataclass
class Copied:
    """What became of the originals."""

    copied: int = 0
    there: int = 0
    """Were in the folder already: another export may have copied them."""
    missing: int = 0
    """The store does not have them."""


def name_of(sha256: str, mime_type: str) -> str:
    """The name of an original in the folder beside an export."""
    return f"{sha256}.{EXTENSIONS[mime_type]}"


async def copy_originals(database: Database, originals: Store, folder: Path, progress: Callable[[int], None]) -> Copied:
    """Copy the originals of all pictures that stand. Raises `FileError` and `StoreAway`."""
    with as_file_error(folder):
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    told, last = Copied(), ""
    while files := await _page(database, last):
        for file in files:
            await _copy(originals, file, folder / name_of(file.sha256, file.mime_type), told)
            progress(told.copied + told.there + told.missing)
        last = files[-1].id
    return told


async def _page(database: Database, after: str) -> list[MediaFile]:
    """Not one transaction: what is withdrawn meanwhile must not be copied any more."""
    used = select(Media.file_id).where(Media.deleted_at.is_(None), Media.withdrawn_at.is_(None))
    wanted = select(MediaFile).where(MediaFile.withdrawn_at.is_(None), MediaFile.id.in_(used))
    wanted = wanted.where(MediaFile.id > after) if after else wanted
    async with database.reading_session() as session:
        return list(await session.scalars(wanted.order_by(MediaFile.id).limit(PAGE)))


async def _copy(originals: Store, file: MediaFile, path: Path, told: Copied) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_size == file.bytes:
            told.there += 1
            return
    try:
        await _write(originals, file.name, path)
        told.copied += 1
    except FileMissing:
        told.missing += 1


async def _write(originals: Store, name: str, path: Path) -> None:
    """It has its name when it is whole."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    opened = await originals.open(name)
    try:
        with as_file_error(path):
            with open(part, "xb", opener=lambda name, flags: os.open(name, flags, FILE_MODE)) as target:
                async for chunk in opened.chunks():
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
