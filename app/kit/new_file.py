"""A new file that has its name only when it is whole: for backups and exports."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o600  # such files hold drafts and addresses
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class FileError(Exception):
    """The file cannot be written; the message says why."""


@contextmanager
def as_file_error(path: Path | str) -> Iterator[None]:
    """Raises `FileError` for errors of the disk, so that they are not taken for those of the database."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error


class NewFile:
    """The file while it is written. Each method raises `FileError`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self.part = Path(file.name)
        """Where it is until it has its name."""

    def write(self, data: bytes) -> int:
        with as_file_error(self._path):
            return self._file.write(data)

    def flush(self) -> None:
        with as_file_error(self._path):
            self._file.flush()

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        with as_file_error(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def new_file(path: Path) -> Iterator[NewFile]:
    """A file that is at `path` when the block has ended well, and else leaves nothing. It replaces no other.

    Raises `FileError`. A process that is killed leaves a file whose name begins with a dot and ends with `.part`.
    """
    if os.path.lexists(path):
        raise FileError(f"{path} is there already: take another name, or move it away")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with as_file_error(path):
            file = open(part, "xb", opener=lambda name, flags: os.open(name, flags, MODE))  # noqa: SIM115  # below
        try:
            new = NewFile(path, file)
            yield new
            new.sync()
        finally:
            with suppress(OSError):  # `sync` has waited for the disk
                file.close()
        with as_file_error(path):
            _move(part, path)
    finally:
        with suppress(OSError):
            part.unlink()


def _move(part: Path, path: Path) -> None:
    """Give the file its name, unless another file has taken it meanwhile: a link replaces nothing."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise FileError(f"{path} was made by somebody else meanwhile: take another name") from None
    except OSError as error:
        if error.errno not in NO_LINKS or os.path.lexists(path):
            raise
        part.rename(path)  # a file system without links
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
