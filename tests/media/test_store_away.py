"""An S3 service that is away, silent or refuses: nobody waits for long, and only the settings say where we ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.media.storage import PATIENCE, PUT_BYTES_A_SECOND, PUT_PATIENCE, FileMissing, Store, StoreAway, _bucket
from app.settings import Settings
from tests.media.test_storage import FILE, names_in, put
from tests.serving import free_port

pytestmark = pytest.mark.anyio
SHORT = 0.5  # seconds


def settings_of(port: int) -> Settings:
    return Settings(
        media_s3_endpoint=f"http://127.0.0.1:{port}",
        media_s3_access_key="key-of-tests",
        media_s3_secret_key="secret-of-tests",
    )


def store_at(port: int, patience: float = PATIENCE) -> Store:
    return Store(_bucket("s3://pictures/news", settings_of(port)), patience)


async def assert_away(store: Store, folder: Path) -> None:
    for attempt in (
        lambda: store.open(FILE),
        lambda: store.part(FILE, 0, 1),
        lambda: store.is_there(FILE),
        lambda: store.remove([FILE]),
        lambda: names_in(store),
        lambda: put(store, folder, b"x"),
    ):
        began = time.monotonic()
        with pytest.raises(StoreAway):
            await attempt()
        assert time.monotonic() - began < 10


class Service:
    """Answers every request alike, or not at all; keeps what was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.asked = answer, list[str]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
                if not self.answer:
                    await asyncio.sleep(60)
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def service(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Service, int]]:
    kept = Service(request.param)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    yield kept, server.sockets[0].getsockname()[1]
    server.close()


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n"


async def test_a_service_that_is_down_is_told_soon(tmp_path: Path) -> None:
    await assert_away(store_at(free_port()), tmp_path)


@pytest.mark.parametrize("service", [b""], indirect=True)
async def test_a_service_that_says_nothing_is_not_waited_for(service: tuple[Service, int], tmp_path: Path) -> None:
    store = store_at(service[1], SHORT)
    began = time.monotonic()
    for attempt in (lambda: store.open(FILE), lambda: store.remove([FILE]), lambda: names_in(store)):
        with pytest.raises(StoreAway, match="no answer in time"):
            await attempt()
    assert time.monotonic() - began < 3 * SHORT + 5
    largest = Settings().media_max_bytes
    assert max(PATIENCE, PUT_PATIENCE + largest / PUT_BYTES_A_SECOND) < 60  # no request hangs for a minute


@pytest.mark.parametrize("service", [REFUSED, BUSY], indirect=True, ids=["refused", "busy"])
async def test_a_service_that_refuses_us_is_away(service: tuple[Service, int], tmp_path: Path) -> None:
    await assert_away(store_at(service[1]), tmp_path)
    assert len(service[0].asked) <= 6 * 3  # each is tried three times at most


@pytest.mark.parametrize("service", [NOT_FOUND], indirect=True)
async def test_a_bucket_that_is_not_there_takes_no_file(service: tuple[Service, int], tmp_path: Path) -> None:
    store = store_at(service[1])
    with pytest.raises(FileMissing):
        await store.open(FILE)
    with pytest.raises(StoreAway):
        await put(store, tmp_path, b"x")


@pytest.mark.parametrize("service", [NOT_FOUND], indirect=True)
async def test_the_environment_is_not_asked(service: tuple[Service, int], monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        monkeypatch.setenv(name, nowhere)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.setenv(name, "of-the-environment")
    for name in ("AWS_SKIP_SIGNATURE", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST"):
        monkeypatch.setenv(name, "true")
    with pytest.raises(FileMissing):
        await store_at(service[1]).open(FILE)
    (asked,) = service[0].asked
    assert asked.startswith(f"GET /pictures/news/{FILE} HTTP/1.1\r\n")
    assert "Credential=key-of-tests/" in asked
    assert "/us-east-1/s3/" in asked
    assert "of-the-environment" not in asked
