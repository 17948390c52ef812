"""A file that is not exactly a backup is refused in words, and nothing of it is stored."""

from __future__ import annotations

import asyncio
import gzip
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.backup.lines import Damaged
from app.backup.loading import schema_of
from app.backup.restoring import rehearse
from app.kit import migrations
from app.text.analysis import VERSION
from tests import serving
from tests.backup.files import Lines, backed_up, changed, restored, settings_of, silent
from tests.newsroom import opened

pytestmark = pytest.mark.anyio
Change = Callable[[Lines], Lines]


@pytest.fixture(scope="module")
async def good(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small backup."""
    folder = tmp_path_factory.mktemp("good")
    file = folder / "nashra.db"
    file.write_bytes(migrated_file.read_bytes())
    async with opened(f"sqlite:///{file}") as newsroom:
        await newsroom.published("خبر أول")
        article = await newsroom.published("خبر ثان")
        content = {"author_name": "سعاد", "author_email": "suad@example.com", "body": "تعليق"}
        await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
    return await backed_up(f"sqlite:///{file}", folder / "good.gz")


def index_of(lines: Lines, table: str) -> int:
    return next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == table)


def with_value(table: str, column: str, value: Any) -> Change:
    """The first row of a table with another value."""

    def change(lines: Lines) -> Lines:
        place = index_of(lines, table)
        number = list(lines[place]["columns"]).index(column)
        lines[place + 1][number] = value
        return lines

    return change


def with_header(**fields: Any) -> Change:
    return lambda lines: [{**lines[0], **fields}, *lines[1:]]


def without(table: str) -> Change:
    def change(lines: Lines) -> Lines:
        begin = index_of(lines, table)
        end = next(n for n in range(begin + 1, len(lines)) if isinstance(lines[n], dict))
        return lines[:begin] + lines[end:]

    return change


def rows_gone(table: str) -> Change:
    def change(lines: Lines) -> Lines:
        begin = index_of(lines, table) + 1
        end = next(n for n in range(begin, len(lines)) if isinstance(lines[n], dict))
        return lines[:begin] + lines[end:]

    return change


def two_logs(lines: Lines) -> Lines:
    place = index_of(lines, "change_log") + 1
    return [*lines[:place], [2, *lines[place][1:]], *lines[place:]]


def swapped(lines: Lines) -> Lines:
    """Two tables in another order, each with its rows."""
    begin = index_of(lines, "articles")
    end = next(n for n in range(begin + 1, len(lines)) if isinstance(lines[n], dict))
    moved, rest = lines[begin:end], lines[:begin] + lines[end:]
    return [rest[0], *moved, *rest[1:]]


def row_twice(table: str) -> Change:
    def change(lines: Lines) -> Lines:
        place = index_of(lines, table) + 1
        return [*lines[:place], lines[place], *lines[place:]]

    return change


def table_twice(lines: Lines) -> Lines:
    place = index_of(lines, "tags")
    return [*lines[:place], lines[place], *lines[place:]]


def renamed(table: str, new: str) -> Change:
    def change(lines: Lines) -> Lines:
        lines[index_of(lines, table)]["table"] = new
        return lines

    return change


def with_column(table: str, name: str, type: str) -> Change:
    def change(lines: Lines) -> Lines:
        lines[index_of(lines, table)]["columns"][name] = type
        return lines

    return change


def with_short_row(lines: Lines) -> Lines:
    lines[index_of(lines, "articles") + 1].pop()
    return lines


def lied(lines: Lines) -> Lines:
    lines[-1]["manifest"]["articles"]["rows"] += 1
    return lines


def row_gone(lines: Lines) -> Lines:
    del lines[index_of(lines, "articles") + 1]
    return lines


# Lines that are otherwise honest: header and manifest say what is there.
HONEST: dict[str, tuple[Change, str]] = {
    "another version of the format": (with_header(version=3), "version 3"),
    "another format": (with_header(format="zip"), "no backup of Nashra"),
    "a newer revision": (with_header(revision="9999_the_future"), "newer"),
    "a revision that is a path": (with_header(revision="../../etc/passwd"), "revision"),
    "a header that lacks a field": (lambda lines: [{"format": "nashra-backup", "version": 1}, *lines[1:]], "nashra"),
    "a version that would steer the terminal": (with_header(nashra="\x1b]0;x\x07"), "nashra"),
    "made in the 13th month": (with_header(made_at="2026-13-01T00:00:00.000Z"), "made_at"),
    "a row twice": (row_twice("articles"), "cannot be stored"),
    "a table twice": (table_twice, "twice"),
    "tables in another order": (swapped, "in their order"),
    "an unknown table": (renamed("tags", "pg_shadow"), "pg_shadow"),
    "a table of migrations": (renamed("tags", "alembic_version"), "alembic_version"),
    "a name that would be a path": (renamed("tags", "../../tmp/x"), "tmp/x"),
    "a name with SQL": (renamed("tags", 'tags"; DROP TABLE articles; --'), "DROP"),
    "an unknown column": (with_column("tags", "password", "text"), "password"),
    "a column of an unknown type": (with_column("tags", "slug", "blob"), "slug"),
    "a column of another type": (with_column("tags", "slug", "bytes"), "columns of tags"),
    "a row with too few columns": (with_short_row, "columns"),
    "articles of sections that are gone": (rows_gone("sections"), "refers|cannot be stored"),
    "two rows of the log": (two_logs, "2 rows"),
    "no table of articles": (without("articles"), "."),
    "no row of the log": (without("change_log"), "in their order"),
    "text that is a number": (with_value("articles", "slug", 5), "slug"),
    "text that is a list": (with_value("articles", "headline", ["x"]), "headline"),
    "text with U+0000": (with_value("articles", "headline", "a\0b"), "headline"),
    "half a character": (with_value("articles", "headline", "\ud800"), "."),
    "an id that is none": (with_value("articles", "id", "1"), "id"),
    "a moment that is none": (with_value("articles", "created_at", "yesterday"), "created_at"),
    "a moment of the 13th month": (with_value("articles", "created_at", "2026-13-01T00:00:00.000Z"), "."),
    "a number that is too large": (with_value("articles", "version", 2**63), "version"),
    "a number that is true": (with_value("articles", "version", True), "version"),
    "a boolean that is a number": (with_value("articles", "announced", 1), "announced"),
    "nothing where something must be": (with_value("articles", "headline", None), "cannot be stored"),
    "bytes that are no base64": (with_value("indexed", "packed", "é!"), "."),
}
# Lines that contradict the manifest.
DISHONEST: dict[str, tuple[Change, str]] = {
    "more rows than the header says": (row_twice("changes"), "more rows|cannot be stored"),
    "fewer rows than the manifest says": (row_gone, "manifest"),
    "another number in the manifest": (lied, "manifest"),
    "another word in a row": (with_value("articles", "headline", "خبر مزوّر"), "not those that were written"),
    "a table that the manifest has not": (without("tags"), "manifest"),
    "no manifest": (lambda lines: lines[:-1], "cut off"),
    "a line after the end": (lambda lines: [*lines, {"table": "x"}], "follows"),
    "rows before any table": (lambda lines: [lines[0], ["x"], *lines[1:]], "."),
    "an object that is no line": (lambda lines: [lines[0], {"x": 1}, *lines[1:]], "."),
}


async def refused(path: Path, words: str, tmp_path: Path) -> None:
    """A restore says these words, and leaves a database without a table."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(Damaged, match=words):
        await restored(path, url)
    async with migrations.locked(url) as connection:
        assert await schema_of(connection) == {}


@pytest.mark.parametrize("name", HONEST)
async def test_lines_that_are_no_backup_are_refused(good: Path, tmp_path: Path, name: str) -> None:
    change, words = HONEST[name]
    await refused(changed(good, tmp_path / "bad.gz", change), words, tmp_path)


@pytest.mark.parametrize("name", DISHONEST)
async def test_lines_that_contradict_each_other_are_refused(good: Path, tmp_path: Path, name: str) -> None:
    change, words = DISHONEST[name]
    path = changed(good, tmp_path / "bad.gz", change, is_honest=False)
    await refused(path, words, tmp_path)
    with pytest.raises(Damaged, match=words):
        await rehearse(settings_of(f"sqlite:///{tmp_path / 'other.db'}"), path, silent)


async def test_words_that_cannot_be_read_are_left_to_be_indexed_again(good: Path, tmp_path: Path) -> None:
    """A row of version 0 is one that the next idle task indexes."""
    broken = changed(good, tmp_path / "broken.gz", with_value("indexed", "packed", "AAAA"))
    await restored(broken, f"sqlite:///{tmp_path / 'new.db'}")
    with closing(sqlite3.connect(tmp_path / "new.db")) as database:
        rows = database.execute("SELECT version, packed IS NULL FROM indexed ORDER BY version").fetchall()
    assert rows == [(0, 1), (VERSION, 0)]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
async def test_a_file_that_was_cut_off_is_refused(good: Path, tmp_path: Path, part: float) -> None:
    data, path = good.read_bytes(), tmp_path / "cut.gz"
    path.write_bytes(data[: int(len(data) * part)])
    await refused(path, "cut off|no backup", tmp_path)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.2, 0.4, 0.6, 0.8, 0.95, 0.9999])
async def test_a_flipped_bit_is_refused(good: Path, tmp_path: Path, part: float) -> None:
    data, path = bytearray(good.read_bytes()), tmp_path / "flipped.gz"
    data[min(int(len(data) * part), len(data) - 1)] ^= 0x10
    path.write_bytes(data)
    await refused(path, ".", tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"\0" * 100,
        b"SQLite format 3\0" + b"\0" * 100,
        b"\x1f\x8b" + b"\0" * 100,
        b"{}\n",
        b"\xff" * 1000,
    ],
    ids=["zip", "sqlite", "gzip", "json", "bytes"],
)
async def test_a_foreign_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(data)
    await refused(path, "no backup of Nashra", tmp_path)


async def test_what_follows_the_end_of_the_compressed_data_is_refused(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.gz"
    path.write_bytes(good.read_bytes() + gzip.compress(b"[1]\n"))
    await refused(path, "follows", tmp_path)
    path.write_bytes(good.read_bytes() + b"more")
    await refused(path, "damaged|follows", tmp_path)


BOMBS = {
    "one endless line": (b'["', b"A" * 1_000_000),
    "nesting": (b"", b"[" * 1_000_000),
    "endless rows": (b'{"table":"tags","columns":{"id":"id"}}\n', b'["x"]\n' * 100_000),
    "endless tables": (b"", b'{"table":"tags","columns":{}}\n' * 30_000),
}


def run(path: Path, url: str, said: Path) -> None:
    """The target of a process: what a restore says, after the megabytes that it has taken."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        asyncio.run(restored(path, url))
    except Damaged as error:
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        said.write_text(f"{taken // 1024} {error}", "utf-8")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(good: Path, tmp_path: Path, name: str) -> None:
    path, (begin, piece) = tmp_path / "bomb.gz", BOMBS[name]
    with gzip.open(good) as file:
        header = file.readline()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header + begin)
        for _ in range(40):
            file.write(piece)
    said = tmp_path / "said"
    process = serving.FORKS.Process(target=run, args=(path, f"sqlite:///{tmp_path / 'new.db'}", said))
    process.start()
    process.join(60)
    megabytes, words = said.read_text("utf-8").split(" ", 1)
    assert int(megabytes) < 150
    assert words
    assert path.stat().st_size < 5_000_000
