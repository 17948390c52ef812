"""Reads the lines of an export, plain or gzip, as a stream: memory is bounded by the longest line."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from pydantic_core import from_json

from app.exports.lines import LONGEST_LINE
from app.kit.bodies import storable

GZIP = b"\x1f\x8b"
PIECE = 1024 * 1024  # bytes of a line that is too long, skipped at once
LONGEST_KIND = 40


class CutError(Exception):
    """The file ends in the middle, or is damaged."""


class Found(NamedTuple):
    """One line: its number from 1, its JSON object or what is wrong with it."""

    number: int
    size: int
    fields: dict[str, object]
    fault: str = ""

    @property
    def kind(self) -> str:
        kind = self.fields.get("kind")
        return kind[:LONGEST_KIND] if isinstance(kind, str) else ""


class Lines:
    """The lines of a file. `digest` is that of all lines before the last one that was given."""

    def __init__(self, source: BinaryIO) -> None:
        buffered = source if isinstance(source, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, source))
        packed = buffered.peek(2)[:2] == GZIP
        self._stream: BinaryIO = cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if packed else buffered
        self._digest = hashlib.sha256()
        self.digest = self._digest.hexdigest()

    def __iter__(self) -> Iterator[Found]:
        """Raises `CutError`; blank lines are skipped."""
        number = 0
        while True:
            line, is_too_long = self._next()
            if not line:
                return
            number += 1
            if is_too_long:
                yield Found(number, 0, {}, f"is longer than {LONGEST_LINE // 1024 // 1024} MB")
            elif line.strip():
                yield _found(number, line)

    def _next(self) -> tuple[bytes, bool]:
        try:
            self.digest = self._digest.hexdigest()
            line = self._stream.readline(LONGEST_LINE + 1)
            self._digest.update(line)
            if len(line) <= LONGEST_LINE:
                return line, False
            piece = line
            while piece and not piece.endswith(b"\n"):
                piece = self._stream.readline(PIECE)
                self._digest.update(piece)
            return line[:1], True
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise CutError(str(error)) from error


def _found(number: int, line: bytes) -> Found:
    try:
        value = from_json(line, allow_inf_nan=False)
    except ValueError:
        return Found(number, len(line), {}, "is not JSON")
    if not isinstance(value, dict):
        return Found(number, len(line), {}, "is no JSON object")
    return Found(number, len(line), cast(dict[str, object], storable(value)))
