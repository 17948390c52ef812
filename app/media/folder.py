"""A folder as a store of files: what obstore's `LocalStore` leaves open (file modes, fsync, leftovers of a crash)."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from obstore.store import LocalStore

PUBLIC, PRIVATE = (0o755, 0o644), (0o700, 0o600)  # of folders and of files
_UNFINISHED = re.compile(r".+#\d+")  # how `LocalStore` calls a file that has not got its name yet


class Folder:
    """One folder, made when the first file is stored. A path that is not absolute begins at the project's root."""

    def __init__(self, path: Path, *, private: bool) -> None:
        self.path, self.private = path.absolute(), private
        self._folder_mode, self._file_mode = PRIVATE if private else PUBLIC
        self._store: LocalStore | None = None

    def store(self) -> LocalStore:
        """The folder for obstore. Raises `FileNotFoundError` where it is not there."""
        if self._store is None:
            if not self.path.is_dir():
                raise FileNotFoundError(str(self.path))
            self._store = LocalStore(self.path, automatic_cleanup=True)
        return self._store

    def make(self) -> None:
        """Make the folder, with the mode that it needs, where it is not there."""
        if self.path.is_dir():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was first
            self.path.mkdir(mode=self._folder_mode)
            self.path.chmod(self._folder_mode)  # whatever the umask is

    def in_memory(self, name: str, limit: int) -> tuple[int, bytes] | None:
        """Size of a file and its first bytes, where the system has these in memory: it does not wait for the disk.

        None where it would wait, or cannot tell, or there is no such file: then obstore reads, in a thread.
        """
        try:
            descriptor = os.open(f"{self.path}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            size = os.fstat(descriptor).st_size
            first = bytearray(min(size, limit))
            read = os.preadv(descriptor, [first], 0, os.RWF_NOWAIT) if sys.platform == "linux" else 0
        except OSError:
            return None
        finally:
            os.close(descriptor)
        return (size, bytes(first)) if 0 < read == len(first) else None

    def settle(self, name: str) -> None:
        """Give a stored file its mode, and wait until it and its name are on the disk (`fsync`)."""
        place = self.path / name
        place.chmod(self._file_mode)
        _sync(place)
        for folder in place.parents[: name.count("/")]:
            folder.chmod(self._folder_mode)
            _sync(folder)
        _sync(self.path)

    def remove_unfinished(self, before: datetime) -> int:
        """Remove what a killed process had begun to write before this moment: `LocalStore` never lists it."""
        removed = 0
        for folder, _, names in os.walk(self.path):
            for place in (Path(folder, name) for name in names if _UNFINISHED.fullmatch(name)):
                with suppress(FileNotFoundError):
                    if datetime.fromtimestamp(place.stat().st_mtime, UTC) < before:
                        place.unlink()
                        removed += 1
        return removed


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
