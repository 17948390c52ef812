"""What a store does, whatever it is: these tests run on a folder, and in tests/interop on an S3 server."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from app.kit import clock
from app.media.storage import CHUNK, FileMissing, Store
from tests.media.library import WEBP, bytes_of

pytestmark = pytest.mark.anyio
FILE = "0f9ad1c27b6e48530f9ad1c27b6e4853/w320.webp"
OTHER = "0f9ad1c27b6e48530f9ad1c27b6e4853/w640.webp"
BAD_NAMES = (
    *("", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/.hidden", "A", "صورة.jpg", "a b", "a\\b"),
    *("a\0b", "a%2fb", "a#1", "a\n", "a/b/c/d/e", "a" * 201, "%2e%2e/a", "a?b", "~", "a:b"),
)


async def put(store: Store, folder: Path, content: bytes, name: str = FILE) -> None:
    source = folder / "source"
    source.write_bytes(content)
    await store.put(name, source, WEBP, immutable=True)


async def names_in(store: Store, prefix: str = "") -> list[str]:
    return sorted([name async for name, _ in store.names(prefix)])


@pytest.mark.parametrize("size", [1, 3_000, CHUNK, CHUNK + 1, 6_000_000], ids=str)
async def test_a_file_comes_back_as_it_was_stored(store: Store, tmp_path: Path, size: int) -> None:
    content = bytes_of(size)
    await put(store, tmp_path, content)
    opened = await store.open(FILE)
    assert opened.size == size
    assert opened.is_whole == (size <= CHUNK)
    read = [chunk async for chunk in opened.chunks()]
    assert max(map(len, read)) <= CHUNK
    assert hashlib.sha256(b"".join(read)).digest() == hashlib.sha256(content).digest()


async def test_a_part_of_a_file_is_read_alone(store: Store, tmp_path: Path) -> None:
    content = bytes_of(3 * CHUNK)
    await put(store, tmp_path, content)
    opened = await store.open(FILE)
    for start, end in ((0, 1), (5, CHUNK), (CHUNK - 1, CHUNK + 1), (CHUNK, 3 * CHUNK), (3 * CHUNK - 1, 3 * CHUNK)):
        assert b"".join([chunk async for chunk in opened.chunks(start, end)]) == content[start:end]
    assert b"".join([chunk async for chunk in opened.chunks(7)]) == content[7:]


async def test_a_file_replaces_the_one_of_its_name(store: Store, tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        await put(store, tmp_path, content)
        assert await store.read(FILE) == content


async def test_a_file_that_is_not_there_is_missing(store: Store, tmp_path: Path) -> None:
    await put(store, tmp_path, b"x", OTHER)
    for name in (FILE, "unknown/w320.webp", f"{OTHER}.webp"):
        with pytest.raises(FileMissing):
            await store.open(name)
        with pytest.raises(FileMissing):
            await store.part(name, 0, 1)
        assert not await store.is_there(name)
    assert await store.is_there(OTHER)


async def test_removed_files_are_gone_and_missing_ones_are_passed_over(store: Store, tmp_path: Path) -> None:
    await put(store, tmp_path, b"x", FILE)
    await put(store, tmp_path, b"x", OTHER)
    await put(store, tmp_path, b"x", "another/w320.webp")
    await store.remove(["gone/w320.webp", FILE, "gone/w640.webp", OTHER])
    assert await names_in(store) == ["another/w320.webp"]
    await store.remove([])


async def test_names_are_listed_with_the_moment_of_storing(store: Store, tmp_path: Path) -> None:
    assert await names_in(store) == []
    before = clock.now() - timedelta(seconds=2)  # services tell whole seconds
    for name in (FILE, OTHER, "another/w320.webp", "original.jpg"):
        await put(store, tmp_path, b"x", name)
    assert await names_in(store) == sorted([FILE, OTHER, "another/w320.webp", "original.jpg"])
    assert await names_in(store, FILE.partition("/")[0]) == [FILE, OTHER]
    assert await names_in(store, FILE[:5]) == []  # a folder, not the beginning of a name
    moments = [moment async for _, moment in store.names()]
    assert all(before <= moment <= clock.now() + timedelta(seconds=1) for moment in moments)


async def test_many_files_are_listed(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    wanted = {f"many/n{number}.webp" for number in range(520)}  # more than one step of a listing
    for name in wanted:
        await store.put(name, source, WEBP, immutable=True)
    assert {name async for name, _ in store.names()} == wanted
    await store.remove(wanted)
    assert await names_in(store) == []


@pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
async def test_a_name_that_leads_elsewhere_is_refused_before_the_store_is_asked(
    store: Store, tmp_path: Path, name: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for attempt in (
        lambda: store.put(name, source, WEBP, immutable=True),
        lambda: store.open(name),
        lambda: store.part(name, 0, 1),
        lambda: store.read(name),
        lambda: store.is_there(name),
        lambda: store.remove([name]),
    ):
        with pytest.raises(ValueError, match="is no name of a file"):
            await attempt()
    assert await names_in(store) == []


async def test_an_empty_file_is_not_stored(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is empty"):
        await put(store, tmp_path, b"")
    assert await names_in(store) == []


async def test_a_reader_gets_the_old_file_or_the_new_one_but_never_a_part(store: Store, tmp_path: Path) -> None:
    size, seen = 6_000_000, set()  # stored in two parts
    done = asyncio.Event()

    async def replace() -> None:
        for letter in (b"b", b"c", b"d"):
            await put(store, tmp_path, letter * size)
        done.set()

    await put(store, tmp_path, b"a" * size)
    writing = asyncio.create_task(replace())
    while not done.is_set():
        opened = await store.open(FILE)
        assert opened.size == size
        assert len(set(opened.first)) == 1
        seen.add(opened.first[:1])
        await asyncio.sleep(0)  # a file in memory is read without a pause
    await writing
    assert seen
