"""The file of a backup: JSON Lines, compressed with gzip. `docs/backup-format.md` describes every line.

    {"format": "nashra-backup", …}         the header
    {"table": "sections", "columns": …}    a table, then a line for each of its rows:
    ["0190…", "علوم", …]
    {"manifest": {"sections": {…}, …}}     rows and digest of each table: the end, unless files of pictures follow:
    {"file": "originals", "name": …}       a file, then its bytes in pieces, then its digest:
    "base64…"
    {"sha256": …}
    {"files": {…}}                         the end: how many files, and the digest of their lines

Whatever is not exactly this is `Damaged`. Memory is bounded by the longest line.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from app.backup.columns import BackupColumn
from app.backup.lines import (
    VERSION,
    WITH_FILES,
    Damaged,
    FileEnd,
    FileLine,
    FilesManifest,
    FilesTotal,
    Header,
    Manifest,
    TableLine,
    TableTotal,
    parsed,
)
from app.kit.new_file import NewFile

LEVEL = 6  # of zlib: 1 saves a tenth of the processor's time and makes the file 40 % larger
CHUNK = 1_000_000  # bytes compressed at once
LONGEST_LINE = 16_000_000  # bytes, of a body of the default size at most; a larger one has eight times its bytes
SYNC_EVERY = 4_000_000  # bytes: one large wait at the end would hold up the commits of the newsroom
GZIP = 16 + zlib.MAX_WBITS


class BackupWriter:
    """Writes the lines of a backup. Compression and the disk run in a thread, a chunk behind."""

    def __init__(self, file: NewFile, header: Header) -> None:
        self._file, self._thread = file, ThreadPoolExecutor(1)
        self._gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._pending, self._unsynced = bytearray(), 0
        self._writing: Future[None] | None = None
        self._totals: dict[str, TableTotal] = {}
        self._table, self._rows, self._digest = "", 0, hashlib.sha256()
        self._line(header.model_dump_json().encode())

    def begin_table(self, name: str, columns: list[BackupColumn]) -> None:
        self._end_table()
        self._table, self._rows, self._digest = name, 0, hashlib.sha256()
        self._line(TableLine(table=name, columns=dict(columns)).model_dump_json().encode())

    def row(self, values: list[Any]) -> None:
        line = to_json(values)
        self._rows += 1
        self._digest.update(line + b"\n")
        self._line(line)

    def end_tables(self) -> Manifest:
        """Write the manifest: what may follow are files."""
        self._end_table()
        manifest = Manifest(manifest=self._totals)
        self._line(manifest.model_dump_json().encode())
        return manifest

    def begin_files(self) -> None:
        """Compress in another way from here on: nothing repeats in a picture, so that base64 is only packed again."""
        self._end_member()
        self._gzip = zlib.compressobj(1, zlib.DEFLATED, GZIP, strategy=zlib.Z_HUFFMAN_ONLY)
        self._digest, self.files = hashlib.sha256(), FilesTotal()

    def begin_file(self, line: FileLine) -> None:
        self._file_digest, self._file_bytes = hashlib.sha256(), 0
        self._file_line(line.model_dump_json().encode())

    def piece(self, data: bytes) -> None:
        """Some bytes of the file, less than a line may hold."""
        self._file_digest.update(data)
        self._file_bytes += len(data)
        self._file_line(to_json(b64encode(data).decode()))

    def end_file(self, *, is_whole: bool = True) -> None:
        end = FileEnd(sha256=self._file_digest.hexdigest() if is_whole else None)
        self._file_line(end.model_dump_json().encode())
        self.files.files += 1
        self.files.bytes += self._file_bytes

    def end_files(self) -> None:
        self.files.sha256 = self._digest.hexdigest()
        self._line(FilesManifest(files=self.files).model_dump_json().encode())

    def finish(self) -> None:
        """Wait for the disk."""
        self._end_member()
        self._file.sync()

    def close(self) -> None:
        self._thread.shutdown()

    def _end_table(self) -> None:
        if self._table:
            self._totals[self._table] = TableTotal(rows=self._rows, sha256=self._digest.hexdigest())

    def _file_line(self, line: bytes) -> None:
        self._digest.update(line + b"\n")
        self._line(line)

    def _end_member(self) -> None:
        self._send()
        self._wait()
        self._file.write(self._gzip.flush())

    def _line(self, line: bytes) -> None:
        self._pending += line
        self._pending += b"\n"
        if len(self._pending) >= CHUNK:
            self._send()

    def _send(self) -> None:
        self._wait()
        chunk, self._pending = bytes(self._pending), bytearray()
        self._writing = self._thread.submit(self._compress, chunk)

    def _compress(self, chunk: bytes) -> None:
        self._unsynced += self._file.write(self._gzip.compress(chunk))
        if self._unsynced >= SYNC_EVERY:
            self._file.sync()
            self._unsynced = 0

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()


class PackedFile:
    """A file in a backup. `size` and `sha256` are those of the bytes that were read."""

    def __init__(self, line: FileLine, next_line: Callable[[], bytes]) -> None:
        self.line, self._next_line = line, next_line
        self.size, self.sha256 = 0, ""
        self.is_whole = False
        """Whether the store had all of it when the backup was made. Known at its end."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes. Raises `Damaged`, also at their end, where they are not those that were written."""
        digest = hashlib.sha256()
        while (line := self._next_line()).startswith(b'"'):
            piece = self._decoded(line)
            digest.update(piece)
            self.size += len(piece)
            yield piece
        self.sha256, said = digest.hexdigest(), parsed(FileEnd, line).sha256
        self.is_whole = said is not None
        if self.is_whole and (said, self.line.bytes) != (self.sha256, self.size):
            raise Damaged(f"the file {self.line.name} is not the one that was written")

    def _decoded(self, line: bytes) -> bytes:
        try:
            piece = b64decode(from_json(line), validate=True)
        except ValueError:
            raise Damaged(f"the file {self.line.name} has a line that is no base64") from None
        if self.size + len(piece) > self.line.bytes:
            raise Damaged(f"the file {self.line.name} has more bytes than its line says")
        return piece


Row = TypeVar("Row")


class BackupReader:
    """Reads a backup from the beginning to its end; everything read is checked. Use as a context manager."""

    def __init__(self, path: Path, body_bytes: int = 0) -> None:
        """`body_bytes`: the largest request of the desk, `NASHRA_MAX_BODY_BYTES`."""
        self._path, self._longest = path, max(LONGEST_LINE, 8 * body_bytes)
        self._line: bytes = b""
        self.rows_read = 0

    def __enter__(self) -> BackupReader:
        self._file = gzip.open(self._path, "rb")  # closed in `__exit__`
        try:
            self.header = self._header()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _header(self) -> Header:
        try:
            line = self._next()
            found = from_json(line)
        except (Damaged, ValueError):
            raise Damaged("it is no backup of Nashra") from None
        if not isinstance(found, dict) or found.get("format") != "nashra-backup":
            raise Damaged("it is no backup of Nashra")
        if found.get("version") not in {VERSION, WITH_FILES}:
            other = str(found.get("version"))[:20]
            raise Damaged(f"its format has version {other}; this Nashra reads versions {VERSION} and {WITH_FILES}")
        return parsed(Header, line)

    def check(self, on_rows: Callable[[int], None]) -> Manifest:
        """Read to the end, and compare with the manifest; rows of the right digest are what was written."""
        for _, rows in self._tables(bytes):
            for _ in rows:
                pass
            on_rows(self.rows_read)
        for file in self.files():
            for _ in file.pieces():
                pass
        return self.manifest

    def tables(self) -> Iterator[tuple[TableLine, Iterator[list[Any]]]]:
        """Each table with its rows, which must be read to their end. At the end `manifest` is there."""
        return self._tables(_row)

    def _tables(self, parse: Callable[[bytes], Row]) -> Iterator[tuple[TableLine, Iterator[Row]]]:
        totals: dict[str, TableTotal] = {}
        self._line = self._next()
        while not self._line.startswith(b'{"manifest"'):
            table = parsed(TableLine, self._line)
            if table.table in totals:
                raise Damaged(f"the table {table.table} is there twice")
            yield table, self._rows(table, parse, totals)
        self.manifest = parsed(Manifest, self._line)
        self._compare(totals)
        if self.header.version == VERSION:
            self._refuse_more()

    def files(self) -> Iterator[PackedFile]:
        """The files behind the tables, each of which must be read to its end. A backup without files has none."""
        if self.header.version == VERSION:
            return
        self._digest, total = hashlib.sha256(), FilesTotal()
        while not (line := self._next()).startswith(b'{"files"'):
            self._digest.update(line)
            file = PackedFile(parsed(FileLine, line), self._next_of_file)
            yield file
            total.files, total.bytes = total.files + 1, total.bytes + file.size
        total.sha256 = self._digest.hexdigest()
        if total != parsed(FilesManifest, line).files:
            raise Damaged("its files are not those that were written")
        self._refuse_more()

    def _next_of_file(self) -> bytes:
        line = self._next()
        self._digest.update(line)
        return line

    def _refuse_more(self) -> None:
        if self._read(lambda: self._file.read(1)):
            raise Damaged("something follows its end")

    def _rows(self, table: TableLine, parse: Callable[[bytes], Row], totals: dict[str, TableTotal]) -> Iterator[Row]:
        digest, number, most = hashlib.sha256(), 0, self.header.rows.get(table.table, 0)
        while (line := self._next()).startswith(b"["):
            digest.update(line)
            number += 1
            if number > most:
                raise Damaged(f"{table.table} has more rows than the header says")
            try:
                row = parse(line)
            except ValueError:
                raise Damaged(f"row {number} of {table.table} is no JSON") from None
            yield row
        self._line, self.rows_read = line, self.rows_read + number
        totals[table.table] = TableTotal(rows=number, sha256=digest.hexdigest())

    def _compare(self, totals: dict[str, TableTotal]) -> None:
        said = self.manifest.manifest
        if list(said) != list(totals):
            raise Damaged("its tables are not those of its manifest, in that order")
        for name, total in totals.items():
            if total.rows != said[name].rows:
                raise Damaged(f"{name} has {total.rows} rows; its manifest says {said[name].rows}")
            if total.sha256 != said[name].sha256:
                raise Damaged(f"the rows of {name} are not those that were written")

    def _next(self) -> bytes:
        line = self._read(lambda: self._file.readline(self._longest))
        if not line:
            raise Damaged("it is cut off")
        if not line.endswith(b"\n"):
            raise Damaged("it is cut off" if len(line) < self._longest else "it has a line that is too long")
        return line

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(f"it is damaged: {error}") from None
        except EOFError:
            raise Damaged("it is cut off") from None


def _row(line: bytes) -> list[Any]:
    row: list[Any] = from_json(line)
    return row
