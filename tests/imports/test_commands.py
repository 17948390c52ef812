"""`./nashra export` and `./nashra import`: files, exit codes, and what is said."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest

from app.exports.file import writing
from app.exports.tables import Tables
from app.kit.new_file import FileError
from tests import serving
from tests.imports.portable import OPEN, exported, file_of, lines_of, some_of_everything, things_in
from tests.imports.test_hostile import WHOLE
from tests.newsroom import Newsroom


async def test_a_newsroom_goes_through_a_pair_of_commands(
    newsroom: Newsroom, database_url: str, target: Newsroom, other_url: str, tmp_path: Path
) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    path = tmp_path / "newsroom.jsonl.gz"
    written = serving.command("export", str(path), url=database_url)
    assert (written.returncode, written.stdout) == (0, ""), written.stderr
    assert "unpublished drafts" in written.stderr
    assert "addresses" not in written.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert things_in(gzip.decompress(path.read_bytes())) == things_in(await exported(newsroom))
    read = serving.command("import", "nashra", str(path), url=other_url)
    assert read.returncode == 0, read.stderr
    assert read.stdout.split()[:6] == ["imported", "there", "already", "left", "alone", "refused"]
    assert "admin is a member here already: the same" in read.stderr
    shown = (await target.get("/v1/articles")).json()["data"]  # another process has heard of it
    assert shown == (await newsroom.get("/v1/articles")).json()["data"]
    assert path.name in {found.name for found in tmp_path.iterdir()}
    assert not [found for found in tmp_path.iterdir() if found.suffix == ".part"]


def test_the_exit_code_says_whether_all_is_here(migrated_file: Path, tmp_path: Path) -> None:
    shutil.copyfile(migrated_file, tmp_path / "nashra.db")
    database_url = f"sqlite:///{tmp_path / 'nashra.db'}"
    path = tmp_path / "newsroom.jsonl"
    path.write_bytes(file_of([*WHOLE, b"nonsense"]))
    assert serving.command("import", "nashra", str(path), "--dry-run", url=database_url).returncode == 1
    answer = serving.command("import", "nashra", str(path), url=database_url)
    assert answer.returncode == 1
    assert "line 6, ?: refused: is not JSON" in answer.stderr
    assert "article         1" in answer.stdout
    assert serving.command("import", "nashra", str(tmp_path / "none"), url=database_url).returncode == 1
    assert "this is no export" in serving.command("import", "nashra", __file__, url=database_url).stderr
    shown = serving.command("export", "-", "--personal", url=database_url)
    assert [line["kind"] for line in lines_of(shown.stdout.encode())] == [
        *("header", "member", "section", "article", "comment", "end")
    ]
    assert "e-mail addresses of readers" in shown.stderr
    there = serving.command("export", str(path), url=database_url)
    assert (there.returncode, "is there already" in there.stderr) == (1, True)
    assert "nothing to export" in serving.command("export", "-", url=f"sqlite:///{tmp_path / 'none.db'}").stderr


async def test_an_export_shows_one_moment_while_the_newsroom_is_written_to(newsroom: Newsroom) -> None:
    """What is published after its first page is not in it."""
    await newsroom.published("قبل")
    async with newsroom.app.state.database.connection() as connection:
        tables = Tables(connection, personal=False)
        assert [line["name"] for line in await anext(tables.members())] == ["admin"]
        await newsroom.published("بعد")
        await newsroom.author("بعد")
        lines = [line for pages in tables.every() async for page in pages() for line in page]
    counted = Counter(line["kind"] for line in lines)
    assert counted == {"member": 1, "section": 1, "article": 1, "revision": 2}
    assert len((await newsroom.get("/v1/articles")).json()["data"]) == 2


async def test_an_export_goes_page_by_page(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order over the pages is the same as in one."""
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    whole = things_in(await exported(newsroom))
    monkeypatch.setattr(Tables._pages, "__kwdefaults__", {"size": 1})
    monkeypatch.setattr("app.exports.tables.PAGE_OF_TEXTS", 1)
    assert things_in(await exported(newsroom)) == whole


# --- the file ---------------------------------------------------------------------------------------------------------


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    """A process that is killed leaves what stands here inside the block."""
    with writing(tmp_path / "a.jsonl") as output:
        output.write("member", b"{}")
        (part,) = names_in(tmp_path)
        assert part.startswith(".a.jsonl.")
        assert part.endswith(".part")
    assert names_in(tmp_path) == ["a.jsonl"]
    assert (tmp_path / "a.jsonl").read_bytes() == b"{}\n"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ConnectionRefusedError(errno.ECONNREFUSED, "of the database")])
def test_what_was_not_finished_leaves_nothing(tmp_path: Path, error: BaseException, name: str) -> None:
    def write() -> None:
        with writing(tmp_path / name) as output:
            output.write("member", b"{}")
            raise error

    with pytest.raises(type(error)):
        write()
    assert names_in(tmp_path) == []


def test_no_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(FileError, match="somebody else"), writing(path):
        path.write_text("theirs")
    with pytest.raises(FileError, match="is there already"), writing(path):
        pass
    dangling = tmp_path / "b.jsonl"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileError, match="is there already"), writing(dangling):
        pass
    assert path.read_text() == "theirs"
    assert names_in(tmp_path) == ["a.jsonl", "b.jsonl"]


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with writing(tmp_path / "a.jsonl") as output:
        output.write("member", b"{}")
    assert names_in(tmp_path) == ["a.jsonl"]
