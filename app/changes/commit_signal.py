"""The commit signal: eight bytes of shared memory that change with every commit on this machine.

The process that has committed writes fresh random bytes. A process that finds other bytes than at its last read of the
log reads the log again. Two writers at once leave the bytes of one, or a mixture: different from before in any case, so
no commit is missed, without a lock.
"""

from __future__ import annotations

import logging
import mmap
import os
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from app.kit.signing import digest

log = logging.getLogger("nashra")
SIZE = 8


class CommitSignal:
    """One process's mapping of the file at `path`, opened on first use; without a path the memory is private."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: mmap.mmap | None = None

    def bump(self) -> None:
        """Write fresh bytes after a commit. On an `OSError` only warn: the others then read the log within a second."""
        try:
            self._opened()[:SIZE] = os.urandom(SIZE)
        except OSError as error:
            log.warning("the commit signal cannot be written: %s", error)

    def value(self) -> bytes:
        """The current bytes; empty where the folder, and hence the database, does not exist yet."""
        if self._memory is not None:
            return self._memory[:SIZE]
        try:
            return self._opened()[:SIZE]
        except OSError:
            return b""

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()

    def _opened(self) -> mmap.mmap:
        if self._memory is None:
            self._memory = _shared(self._path) if self._path is not None else mmap.mmap(-1, SIZE)
        return self._memory


def signal_path(database_url: str) -> Path | None:
    """The path of the signal's file: beside a SQLite file, else in the user's folder of temporary files."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return Path(f"{url.database}-bell") if url.database and url.database != ":memory:" else None
    folder = Path(tempfile.gettempdir()) / f"nashra-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / digest(f"{url.host}:{url.port or 5432}/{url.database}?{url.query.get('host')}")[:32]


def _shared(path: Path) -> mmap.mmap:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if os.fstat(handle).st_size < SIZE:
            os.ftruncate(handle, SIZE)
        return mmap.mmap(handle, SIZE)
    finally:
        os.close(handle)
