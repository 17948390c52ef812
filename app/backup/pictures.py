"""Files of pictures in a backup: which ones it needs, how they are written to it, and put back into the stores."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic_core import from_json, to_json
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.backup.file import BackupReader, BackupWriter, PackedFile
from app.backup.lines import Damaged, FileLine, StoreName
from app.media.models import Media, MediaFile, MediaKey
from app.media.names import MIME_TYPES, is_original, key_of, rendition_file
from app.media.shown import stored_renditions
from app.media.storage import FileMissing, Opened, Store, Stores
from app.media.uploads import upload_folder

PAGE = 500  # rows of one statement
READABLE = (MediaFile.withdrawn_at.is_(None), Media.withdrawn_at.is_(None))
NAMED_FILES = select(MediaFile.id, MediaFile.name).where(MediaFile.withdrawn_at.is_(None))
NAMED_KEYS = (
    select(MediaKey.key, Media.key.label("present"), Media.renditions)
    .join(Media, Media.id == MediaKey.media_id)
    .join(MediaFile, MediaFile.id == MediaKey.file_id)
    .where(*READABLE)
)


@dataclass
class FilesWritten:
    """What of the files is in a backup."""

    files: int = 0
    bytes: int = 0
    missing: int = 0
    """Files that a row names, and that the stores did not have."""


@contextmanager
def named_files() -> Iterator[IO[bytes]]:
    """A temporary file for names: there may be millions, and the snapshot must not wait until all files are read."""
    with tempfile.TemporaryFile() as names:
        yield names


async def note_names(connection: AsyncConnection, names: IO[bytes], *, personal: bool) -> int:
    """Write down what the snapshot names, and return how many lines that are.

    Nothing of what was withdrawn; without `personal` no file as it was sent, which holds places and cameras.
    """
    number = 0
    if personal:
        async for row in _pages(connection, NAMED_FILES, MediaFile.id):
            names.write(to_json(["originals", row.name, True]) + b"\n")
            number += 1
    async for row in _pages(connection, NAMED_KEYS, MediaKey.key):
        for name in _renditions(row.key, row.renditions) if row.key == row.present else [f"{row.key}/"]:
            names.write(to_json(["renditions", name, row.key == row.present]) + b"\n")
            number += 1
    names.seek(0)
    return number


async def _pages(connection: AsyncConnection, statement: Select[*tuple[Any, ...]], key: Any) -> AsyncIterator[Any]:
    """Keyset pages, row by row."""
    ordered, last = statement.order_by(key).limit(PAGE), None
    while True:
        rows = (await connection.execute(ordered if last is None else ordered.where(key > last))).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def _renditions(key: str, stored: Sequence[Any]) -> Iterator[str]:
    return (rendition_file(key, one.name, one.mime_type) for one in stored_renditions(list(stored)))


# ── Into a backup ────────────────────────────────────────────────────────────────────────────────────────────────────


async def write_files(
    writer: BackupWriter, stores: Stores, names: IO[bytes], on_name: Callable[[int], None]
) -> FilesWritten:
    """Write the files that were noted; what was removed since, or is lost, is counted. Raises `StoreAway`."""
    writer.begin_files()
    missing = 0
    for number, line in enumerate(names, start=1):
        kind, name, is_promised = from_json(line)
        store = _store(stores, kind)
        for one in [name] if not name.endswith("/") else [found async for found, _ in store.names(name[:-1])]:
            missing += not await _write_file(writer, store, kind, one) and is_promised
        on_name(number)
    writer.end_files()
    return FilesWritten(writer.files.files, writer.files.bytes, missing)


def _store(stores: Stores, kind: StoreName) -> Store:
    return stores.originals if kind == "originals" else stores.renditions


async def _write_file(writer: BackupWriter, store: Store, kind: StoreName, name: str) -> bool:
    """Whether it is in the backup, whole."""
    opened = await opened_in(store, name)
    if opened is None:
        return False
    writer.begin_file(FileLine(file=kind, name=name, bytes=opened.size))
    is_whole = True
    try:
        async for piece in opened.chunks():
            writer.piece(piece)
    except FileMissing:  # removed in this moment
        is_whole = False
    writer.end_file(is_whole=is_whole)
    return is_whole


async def opened_in(store: Store, name: str) -> Opened | None:
    """The file; None where it is missing, also in a folder that was never made. Raises `StoreAway`."""
    if store.folder is not None and not store.folder.path.exists():
        return None
    try:
        return await store.open(name)
    except FileMissing:
        return None


# ── Back into the stores ─────────────────────────────────────────────────────────────────────────────────────────────


async def store_files(
    connection: AsyncConnection, reader: BackupReader, stores: Stores, on_file: Callable[[int], None]
) -> int:
    """Put the files of a backup into the stores, and return how many were put.

    A file that is there stays as it is. What no row of the restored newsroom names, or what was withdrawn since the
    backup, is left out: the stores may be those of the newsroom that readers see. Raises `Damaged`, `StoreAway`.
    """
    put = 0
    for number, file in enumerate(reader.files(), start=1):
        with upload_folder() as folder:
            _unpack(file, folder / "file")
            if file.is_whole and await _is_wanted(connection, file):
                put += await _put(_store(stores, file.line.file), file.line.name, folder / "file")
        on_file(number)
    return put


def _unpack(file: PackedFile, path: Path) -> None:
    with path.open("wb") as target:
        for piece in file.pieces():
            target.write(piece)


async def _is_wanted(connection: AsyncConnection, file: PackedFile) -> bool:
    name = file.line.name
    if file.line.file == "originals":
        row = select(MediaFile.name).where(MediaFile.sha256 == file.sha256, MediaFile.withdrawn_at.is_(None))
        return is_original(name) and await connection.scalar(row) == name
    key = key_of(name)
    return key is not None and (await connection.execute(NAMED_KEYS.where(MediaKey.key == key))).first() is not None


async def _put(store: Store, name: str, path: Path) -> bool:
    if await opened_in(store, name) is not None:
        return False
    if not path.stat().st_size:
        raise Damaged(f"the file {name} is empty")
    is_rendition = "/" in name
    await store.put(name, path, MIME_TYPES[name.rpartition(".")[2]], immutable=is_rendition)
    return True


# ── What is not there ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class MissingFiles:
    """A picture, and what the stores lack of it."""

    media_id: str
    lacks_original: bool
    lacks_renditions: bool


async def missing_files(connection: AsyncConnection, stores: Stores) -> AsyncIterator[MissingFiles]:
    """The pictures whose files the stores do not have, whole or in part. Two requests a picture. Raises `StoreAway`."""
    statement = select(Media.id, Media.key, Media.renditions, MediaFile.name).join(
        MediaFile, MediaFile.id == Media.file_id
    )
    async for row in _pages(connection, statement.where(*READABLE, Media.deleted_at.is_(None)), Media.id):
        there = {name async for name, _ in stores.renditions.names(row.key)}
        lacks_renditions = not there.issuperset(_renditions(row.key, row.renditions))
        lacks_original = not await _is_there(stores.originals, row.name)
        if lacks_original or lacks_renditions:
            yield MissingFiles(row.id, lacks_original, lacks_renditions)


async def _is_there(store: Store, name: str) -> bool:
    return (store.folder is None or store.folder.path.exists()) and await store.is_there(name)
