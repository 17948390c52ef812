"""The file of an export: written beside its place under another name, and there only when it is whole."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

OWN = 0o600  # it holds unpublished drafts
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class FileError(Exception):
    """The file cannot be written. Its text says why."""


class Output:
    """Where the lines go: counts them, and makes the digest of their bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._digest = stream, hashlib.sha256()
        self.counts: dict[str, int] = {}

    def write(self, kind: str, line: bytes) -> None:
        line += b"\n"
        self._stream.write(line)
        self._digest.update(line)
        self.counts[kind] = self.counts.get(kind, 0) + 1

    @property
    def digest(self) -> str:
        """SHA-256 of all that was written, in hexadecimal."""
        return self._digest.hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[Output]:
    """The output of a new file, which is at `path` when the block has ended well, and else leaves nothing.

    Raises `FileError`. A process that is killed leaves a file whose name begins with a dot and ends with `.part`.
    """
    if os.path.lexists(path):
        raise FileError(f"{path} is there already: export to another name, or move it away")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with as_file_error(path):
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
        with as_file_error(path), os.fdopen(descriptor, "wb") as raw:
            with _packed(path, raw) as stream:
                yield Output(stream)
            raw.flush()
            os.fsync(raw.fileno())
        with as_file_error(path):
            _move(part, path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def _packed(path: Path, raw: BinaryIO) -> Iterator[BinaryIO]:
    if path.suffix != ".gz":
        yield raw
        return
    with gzip.GzipFile(fileobj=raw, mode="wb", filename="", compresslevel=6, mtime=0) as packed:
        yield packed  # type: ignore[misc]  # it has the methods that are used of a BinaryIO


@contextmanager
def as_file_error(path: Path | str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error


def _move(part: Path, path: Path) -> None:
    """Give the file its name, unless another file has taken it meanwhile: a link replaces nothing."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise FileError(f"{path} was made by somebody else meanwhile: export to another name") from None
    except OSError as error:
        if error.errno not in NO_LINKS or os.path.lexists(path):
            raise
        part.rename(path)  # a file system without links
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
