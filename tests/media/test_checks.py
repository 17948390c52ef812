"""`./nashra doctor` on pictures: stores, originals that can be read from outside, missing files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from app.commands.checks import Check
from app.commands.media_checks import media
from app.settings import SettingsError, read
from tests.media.library import Library, bytes_of

pytestmark = pytest.mark.anyio


async def found(library: Library, **changes: Any) -> dict[str, Check]:
    return {check.name: check for check in await media(library.room.settings.model_copy(update=changes))}


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@asynccontextmanager
async def web_server(root: Path) -> AsyncIterator[str]:
    """A web server that gives every file below `root`, and its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
        path = root / unquote(target).lstrip("/")
        body = path.read_bytes() if path.is_file() else b""
        status = "200 OK" if path.is_file() else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_stores_that_are_well(library: Library, tmp_path: Path) -> None:
    await library.picture({"w320": b"x", "w640": b"x"})
    before = files_below(tmp_path)
    checks = await found(library)
    assert {name: check.status for name, check in checks.items()} == dict.fromkeys(
        ("renditions", "originals", "private", "pictures"), "ok"
    )
    assert checks["pictures"].detail == "no file is missing"
    assert files_below(tmp_path) == before


async def test_stores_that_are_not_there_yet_are_not_made(library: Library, tmp_path: Path) -> None:
    checks = await found(library, media_url="https://pictures.example.com")
    assert {check.status for check in checks.values()} == {"ok"}
    assert not (tmp_path / "media").exists()
    assert not (tmp_path / "originals").exists()


async def test_a_store_that_cannot_be_written_is_an_error(library: Library, tmp_path: Path) -> None:
    (tmp_path / "media").write_bytes(b"")
    checks = await found(library)
    assert (checks["renditions"].status, checks["originals"].status) == ("error", "ok")
    assert str(tmp_path / "media") in checks["renditions"].detail


async def test_originals_that_others_can_read_are_told(library: Library, tmp_path: Path) -> None:
    await library.file()
    (tmp_path / "originals").chmod(0o755)
    originals = (await found(library))["originals"]
    assert (originals.status, originals.advice) == ("warning", f"chmod 700 {tmp_path / 'originals'}")


@pytest.mark.parametrize("served", ["", "/media"], ids=["the folder above", "the folder beside it"])
async def test_originals_that_a_web_server_gives_are_an_error(library: Library, tmp_path: Path, served: str) -> None:
    await library.picture()
    before = files_below(tmp_path)
    async with web_server(tmp_path) as address:
        private = (await found(library, media_url=address + served))["private"]
    assert private.status == "error"
    assert f"{address}/originals/" in private.detail
    assert files_below(tmp_path) == before


async def test_a_web_server_that_gives_renditions_alone_is_well(library: Library, tmp_path: Path) -> None:
    await library.picture()
    async with web_server(tmp_path / "media") as address:
        assert (await found(library, media_url=address))["private"].status == "ok"
    assert (await found(library, media_url=address))["private"].status == "warning"  # nobody answers


async def test_folders_that_a_link_leads_together_are_an_error(library: Library, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "originals").symlink_to(tmp_path / "media")
    assert (await found(library))["private"].status == "error"


@pytest.mark.parametrize(
    ("store", "originals"),
    [
        ("var/media", "var/media"),
        ("var/media", "var/media/originals"),
        ("var/media", "./var/../var/media/originals/"),
        ("var", "var/originals"),
        ("var/media/renditions", "var/media"),
        ("s3://news", "s3://news/originals"),
        ("s3://news/media", "s3://news/media/originals"),
        ("s3://news/all/media", "s3://news/all"),
    ],
)
def test_one_store_inside_the_other_is_refused_at_the_start(store: str, originals: str) -> None:
    with pytest.raises(SettingsError, match="NASHRA_MEDIA_ORIGINALS: must lie neither in NASHRA_MEDIA_STORE"):
        read({"NASHRA_MEDIA_STORE": store, "NASHRA_MEDIA_ORIGINALS": originals})


@pytest.mark.parametrize(
    ("store", "originals"),
    [("var/media", "var/media-originals"), ("s3://news/media", "s3://news/media2"), ("s3://news", "var/originals")],
)
def test_stores_beside_each_other_are_taken(store: str, originals: str) -> None:
    assert read({"NASHRA_MEDIA_STORE": store, "NASHRA_MEDIA_ORIGINALS": originals}).media_originals == originals


def test_a_folder_above_the_default_one_of_originals_is_refused() -> None:
    with pytest.raises(SettingsError, match="NASHRA_MEDIA_ORIGINALS"):
        read({"NASHRA_MEDIA_STORE": "var"})


async def test_missing_files_are_an_error(library: Library) -> None:
    picture = await library.picture({"w320": bytes_of(10), "w640": bytes_of(10)})
    await library.picture({}, withdrawn_at=picture.created_at)
    await library.stores.renditions.remove([f"{picture.key}/w640.webp"])
    pictures = (await found(library))["pictures"]
    assert pictures.status == "error"
    assert pictures.detail == f"1 are not shown, 0 lack their original: {picture.id}"
    await library.stores.originals.remove([name async for name, _ in library.stores.originals.names()])
    assert (await found(library))["pictures"].detail.startswith("1 are not shown, 0 lack")
