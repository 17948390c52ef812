"""The file of an export: its lines, counted and digested."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from app.kit.new_file import NewFile, new_file


class Output:
    """Where the lines go: counts them, and makes the digest of their bytes."""

    def __init__(self, stream: BinaryIO | NewFile) -> None:
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
    """The output of a new file, compressed where its name ends in `.gz`. Raises `FileError`."""
    with new_file(path) as file:
        if path.suffix != ".gz":
            yield Output(file)
            return
        with gzip.GzipFile(fileobj=cast(BinaryIO, file), mode="wb", filename="", compresslevel=6, mtime=0) as packed:
            yield Output(cast(BinaryIO, packed))
