"""The bell: eight bytes that every process of a machine can see, and that change whenever something was committed.

Whoever committed writes fresh random bytes; whoever finds others than it saw last reads the log. Two that ring at once
leave the bytes of one, or a mixture: other bytes than before in any case, so nothing is missed and nobody waits.
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
    """One process's view of the bell at `path`, opened when first used; without a path it is the process's own."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: mmap.mmap | None = None

    def bump(self) -> None:
        """What was committed stays so where there is no bell: then it is heard of within a second."""
        try:
            self._opened()[:SIZE] = os.urandom(SIZE)
        except OSError as error:
            log.warning("the bell cannot be rung: %s", error)

    def value(self) -> bytes:
        """What was rung last; nothing where there is no folder, and hence no database, yet."""
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
    """Where the bell of a database hangs: beside a SQLite file, else among the user's temporary files."""
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
