"""A store that is a folder: modes, what a crash or a full disk leaves, and a disk that is not mounted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from app.kit import clock
from app.media.folder import Folder
from app.media.storage import Store, StoreAway, Stores
from app.settings import Settings
from tests.media.test_storage import FILE, names_in, put
from tests.serving import ROOT

pytestmark = pytest.mark.anyio


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
async def test_originals_are_ours_alone_and_renditions_can_be_served_by_others(
    tmp_path: Path, stores: Stores, umask: int
) -> None:
    before = os.umask(umask)
    try:
        await put(stores.renditions, tmp_path, b"x", FILE)
        await put(stores.originals, tmp_path, b"x", "original.jpg")
    finally:
        os.umask(before)
    media, originals = tmp_path / "media", tmp_path / "originals"
    assert [mode(media), mode((media / FILE).parent), mode(media / FILE)] == [0o755, 0o755, 0o644]
    assert [mode(originals), mode(originals / "original.jpg")] == [0o700, 0o600]


async def test_a_relative_path_begins_where_that_of_the_database_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.at("var/media", Settings(), private=False)
    await put(store, tmp_path, b"x")
    assert (tmp_path / "var" / "media" / FILE).read_bytes() == b"x"


async def test_nothing_is_made_before_something_is_stored(tmp_path: Path, stores: Stores) -> None:
    assert await names_in(stores.renditions) == []
    assert list(tmp_path.iterdir()) == []


async def test_the_folder_of_a_key_goes_with_its_last_file(tmp_path: Path, store: Store) -> None:
    await put(store, tmp_path, b"x")
    await store.remove([FILE])
    assert list((tmp_path / "media").iterdir()) == []
    await put(store, tmp_path, b"y")
    assert await store.read(FILE) == b"y"


async def test_a_link_to_another_folder_is_a_store_too(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    store = Store.at(str(tmp_path / "link"), Settings(), private=False)
    await put(store, tmp_path, b"x")
    assert (tmp_path / "disk" / FILE).read_bytes() == b"x"
    assert await names_in(store) == [FILE]


async def test_a_folder_that_is_away_is_not_an_empty_one(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreAway, match="is not there"):  # nor is one that was never there
        await store.open(FILE)
    await put(store, tmp_path, b"x")
    (tmp_path / "media").rename(tmp_path / "away")
    for attempt in (lambda: store.open(FILE), lambda: store.is_there(FILE), lambda: store.part(FILE, 0, 1)):
        with pytest.raises(StoreAway, match="is not there"):
            await attempt()
    (tmp_path / "away").rename(tmp_path / "media")
    assert await store.read(FILE) == b"x"


async def test_a_file_in_place_of_the_folder_is_a_store_that_is_away(tmp_path: Path, store: Store) -> None:
    (tmp_path / "media").write_bytes(b"")
    for attempt in (
        lambda: store.open(FILE),
        lambda: put(store, tmp_path, b"x"),
        lambda: store.remove([FILE]),
        lambda: names_in(store),
    ):
        with pytest.raises(StoreAway):
            await attempt()


async def test_a_folder_that_cannot_be_written_is_a_store_that_is_away(tmp_path: Path) -> None:
    store = Store(Folder(Path("/proc/nowhere/media"), private=False))
    with pytest.raises(StoreAway):
        await put(store, tmp_path, b"x")


def child(script: str, *arguments: str) -> subprocess.Popen[str]:
    begun = "import asyncio, resource, sys\nfrom pathlib import Path\nfrom app.media.storage import *\n"
    return subprocess.Popen(
        [sys.executable, "-c", begun + textwrap.dedent(script), *arguments],
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("size", [200_000, 12_000_000], ids=["in one piece", "in parts"])
async def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    """A limit on the size of files refuses the write as a full disk does."""
    source = tmp_path / "source"
    source.write_bytes(os.urandom(size))
    script = """
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        store = Store.at(sys.argv[1], Settings(), private=False)
        try:
            asyncio.run(store.put(sys.argv[2], Path(sys.argv[3]), "image/webp", immutable=True))
        except StoreAway as error:
            print(error)
        """
    said, _ = child(script, str(tmp_path / "media"), FILE, str(source)).communicate(timeout=300)
    assert "File too large" in said
    left = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert left == []


async def test_a_process_that_is_killed_leaves_no_part_under_a_name(tmp_path: Path, store: Store) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(30_000_000))
    script = """
        async def main():
            store = Store.at(sys.argv[1], Settings(), private=False)
            print("begun", flush=True)
            for number in range(1000):
                await store.put(f"key{number}/w320.webp", Path(sys.argv[2]), "image/webp", immutable=True)
                print(f"key{number}/w320.webp", flush=True)
        asyncio.run(main())
        """
    process = child(script, str(tmp_path / "media"), str(source))
    assert process.stdout
    acknowledged = [process.stdout.readline().strip() for _ in range(3)][1:]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.communicate()[0].split()
    content = source.read_bytes()
    names = await names_in(store)
    assert set(acknowledged) <= set(names)
    for name in names:
        assert await store.read(name) == content
    unfinished = list((tmp_path / "media").rglob("*#*"))
    assert store.folder
    assert store.folder.remove_unfinished(clock.now() - timedelta(days=1)) == 0
    assert store.folder.remove_unfinished(clock.now() + timedelta(seconds=1)) == len(unfinished)
    assert not list((tmp_path / "media").rglob("*#*"))


async def test_leftovers_of_a_crash_are_swept_when_they_are_old(tmp_path: Path, store: Store) -> None:
    await put(store, tmp_path, b"x")
    left = tmp_path / "media" / f"{FILE}#1"
    left.write_bytes(b"part")
    assert await names_in(store) == [FILE]
    assert store.folder
    assert store.folder.remove_unfinished(clock.now() - timedelta(days=1)) == 0
    os.utime(left, times=(0, 0))
    assert store.folder.remove_unfinished(clock.now() - timedelta(days=1)) == 1
    assert not left.exists()
    assert await store.read(FILE) == b"x"


async def test_what_is_not_in_memory_is_read_from_the_disk(tmp_path: Path, store: Store) -> None:
    """The system is told to forget the file; where it does, reading must not stop the event loop."""
    content = os.urandom(50_000)
    await put(store, tmp_path, content)
    descriptor = os.open(tmp_path / "media" / FILE, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    assert store.folder
    assert store.folder.in_memory(FILE, 100) in {None, (len(content), content[:100])}
    assert await store.read(FILE) == content
    assert store.folder.in_memory("unknown.webp", 100) is None


async def test_what_was_stored_is_on_the_disk(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, its folder and the folder above: else a loss of power leaves a row without its file."""
    synced = []
    original = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    await put(store, tmp_path, b"x")
    media = tmp_path / "media"
    assert synced == [media / FILE, (media / FILE).parent, media]
