"""Renditions as readers get them: for ever, in parts, from memory or streamed, and gone when they are withdrawn."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import Message

from app.kit import clock
from app.media.names import new_key, rendition_file
from app.media.storage import CHUNK, StoreAway
from tests.media.library import WEBP, Library, bytes_of, path_of

pytestmark = pytest.mark.anyio
SMALL, LARGE = 3_000, 2 * CHUNK + 1_000
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["kept", "streamed"])
HEADERS = {
    "content-type": "image/webp",
    "cache-control": "public, max-age=31536000, immutable",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; sandbox",
    "content-disposition": "inline",
}


async def get(library: Library, path: str, expect: int = 200, **headers: str | bytes) -> httpx.Response:
    return await library.room.get(path, expect, headers={name.replace("_", "-"): v for name, v in headers.items()})


def like(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


@SIZES
async def test_a_rendition_is_served_for_ever(library: Library, size: int) -> None:
    content = bytes_of(size)
    picture = await library.picture({"w320": content})
    first, again = [await get(library, path_of(picture), accept_encoding="br, gzip") for _ in range(2)]
    assert first.content == again.content == content
    assert like(first) == like(again)
    assert first.headers.items() >= HEADERS.items()
    assert first.headers["content-length"] == str(size)
    assert first.headers["cache-tag"] == f"media:{picture.id}"
    assert first.headers["etag"] == f'"{picture.key}-w320.webp"'
    assert "content-encoding" not in first.headers
    assert "vary" not in first.headers
    assert "last-modified" not in first.headers


async def test_the_type_is_that_of_the_extension(library: Library) -> None:
    picture = await library.picture({})
    types = {"jpg": "image/jpeg", "png": "image/png", "avif": "image/avif", "gif": "image/gif", "webp": WEBP}
    for extension, mime_type in types.items():
        await library.store(rendition_file(picture.key, "social", mime_type), b"x", mime_type)
        answer = await get(library, f"/media/{picture.key}/social.{extension}")
        assert answer.headers["content-type"] == mime_type


@SIZES
async def test_head_has_the_headers_and_no_body(library: Library, size: int) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    for _ in range(2):
        answer = await library.room.client.head(path_of(picture), headers={"Range": "bytes=0-1"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert like(answer) == like(await get(library, path_of(picture)))


@SIZES
async def test_who_has_it_gets_304(library: Library, size: int) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    etag = f'"{picture.key}-w320.webp"'
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await get(library, path_of(picture), 304, if_none_match=known)
        assert answer.content == b""
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == HEADERS["cache-control"]
    assert (await get(library, path_of(picture), if_none_match='"other"')).status_code == 200
    await get(library, path_of(picture, "w9"), 404, if_none_match="*")


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-99", 0, 100),
    ("bytes=100-", 100, None),
    ("bytes=-1", -1, None),
    ("bytes=2999-9999999", 2_999, None),
    ("BYTES=1-2", 1, 3),
    ("bytes= 1-2 ", 1, 3),
    ("bytes=-99999999", 0, None),
]


@SIZES
async def test_one_range_of_bytes_is_206(library: Library, size: int) -> None:
    content = bytes_of(size)
    picture = await library.picture({"w320": content})
    for asked, start, end in RANGES + RANGES:
        answer = await get(library, path_of(picture), 206, range=asked)
        assert answer.content == content[start:end]
        first = start % size
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{size}"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers.items() >= HEADERS.items()
        assert answer.headers["etag"] == f'"{picture.key}-w320.webp"'
        assert (await get(library, path_of(picture))).content == content


@SIZES
async def test_a_range_behind_the_end_is_416(library: Library, size: int) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    for asked in (f"bytes={size}-", f"bytes={size}-{size}", "bytes=-0", "bytes=999999999999999999-"):
        answer = await get(library, path_of(picture), 416, range=asked)
        assert answer.headers["content-range"] == f"bytes */{size}"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["type"] == "/problems/range-not-satisfiable"


@SIZES
async def test_a_range_that_is_none_gets_the_whole(library: Library, size: int) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    bad = "bytes=5-4 bytes=0-1,5-6 bytes=a-b bytes=- pages=1-2 bytes bytes=--1".split()
    for asked in (*bad, f"bytes={'9' * 99}-", "bytes=٣-٤".encode().decode("latin-1")):
        answer = await get(library, path_of(picture), range=asked.encode("latin-1"))
        assert len(answer.content) == size


@SIZES
async def test_a_range_of_another_version_gets_the_whole(library: Library, size: int) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    etag = f'"{picture.key}-w320.webp"'
    assert len((await get(library, path_of(picture), 206, range="bytes=0-9", if_range=etag)).content) == 10
    for other in ('"other"', f"W/{etag}", "Sat, 28 Nov 2026 11:07:47 GMT"):
        assert len((await get(library, path_of(picture), range="bytes=0-9", if_range=other)).content) == size
    await get(library, path_of(picture), 304, range="bytes=0-9", if_none_match=etag)


async def test_small_files_stay_in_memory_and_large_ones_do_not(library: Library) -> None:
    store = library.room.app.state.cache.store
    picture = await library.picture({"w320": bytes_of(SMALL), "w640": bytes_of(LARGE)})
    for name in ("w320", "w640"):
        await get(library, path_of(picture, name))
    assert [answer.body for answer in store._bulky.values()] == [(await get(library, path_of(picture))).content]
    with library.room.counted() as statements:
        await get(library, path_of(picture, "w640"))
    assert len(statements) == 1


async def test_a_withdrawn_picture_is_gone_at_once_although_its_files_are_there(library: Library) -> None:
    picture = await library.picture({"w320": bytes_of(SMALL), "w640": bytes_of(LARGE)})
    former = new_key()
    await library.key(picture, former, {"w320": bytes_of(SMALL)}, retired_at=clock.now())
    paths = [path_of(picture), path_of(picture, "w640"), f"/media/{former}/w320.webp"]
    for path in paths:
        await get(library, path)
    await library.set(picture, withdrawn_at=clock.now())
    library.room.app.state.cache.invalidate([f"media:{picture.id}"])  # as its change does
    for path in [*paths, path_of(picture, "made-up")]:
        for headers in ({}, {"if_none_match": "*"}, {"range": "bytes=0-1"}):
            answer = await get(library, path, 410, **headers)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.json()["type"] == "/problems/gone"


async def test_a_withdrawn_file_is_gone_under_the_address_of_another_picture(library: Library) -> None:
    file = await library.file()
    picture = await library.picture(file=file)
    await library.set(file, withdrawn_at=clock.now())
    await get(library, path_of(picture), 410)


async def test_deleted_pictures_and_former_addresses_answer_while_their_files_are_there(library: Library) -> None:
    content = bytes_of(SMALL)
    picture = await library.picture({"w320": content}, deleted_at=clock.now())
    former = new_key()
    await library.key(picture, former, {"w320": content}, retired_at=clock.now() - timedelta(days=29))
    for path in (path_of(picture), f"/media/{former}/w320.webp"):
        assert (await get(library, path)).content == content


NO_RENDITIONS = (
    "/media/unknown/w320.webp",
    "/media/{other}/w320.webp",
    "/media/{key}/w321.webp",
    "/media/{key}/w320.svg",
    "/media/{key}/w320.html",
    "/media/{key}/W320.webp",
    "/media/{key}/w320",
    "/media/{key}/w320.webp.webp",
    "/media/{key}/w320.webp/",
    "/media/{key}//w320.webp",
    "/media/{key}/",
    "/media/{key}",
    "/media/",
    "/media",
    "/media/{key}/.webp",
    "/media/{key}/..webp",
    "/media/{key}/%00.webp",
    "/media/%00/w320.webp",
    "/media/{key}/w320%00.webp",
    "/media/{key}/w320.webp%00",
    "/media/{key}/w320.webp%0a",
    "/media/{key}/..%2f..%2foriginals%2f{name}",
    "/media/{key}/%2e%2e/originals/{name}",
    "/media/..%2foriginals/{name}",
    "/media/%2e%2e/{name}",
    "/media/{key}%2fw320.webp",
    "/media/{key}%2f..%2f{key}/w320.webp",
    "/media/{key}/..%5c..%5coriginals%5c{name}",
    "/media/{key}/%c0%ae%c0%ae.webp",
    "/media/{key}/%ff%fe.webp",
    "/media/{key}/صورة.webp",
    "/media/{key}/%D8%B5%D9%88%D8%B1%D8%A9.webp",
    "/media/{key}/w320.webp%231",
    "/media/{key}/w320.%E2%80%AEwebp",
    "/media/originals/{name}",
    "/media/{name}",
    "/originals/{name}",
    "/media/{key}/" + "w" * 3_000 + ".webp",
    "/media/" + "0" * 3_000 + "/w320.webp",
)


async def test_what_is_no_rendition_is_not_found(library: Library) -> None:
    file = await library.file()
    picture = await library.picture(file=file)
    for path in NO_RENDITIONS:
        answer = await get(library, path.format(key=picture.key, name=file.name, other=new_key()), 404)
        assert answer.headers["cache-control"] == "no-store"


async def test_a_percent_encoded_name_is_the_same_file(library: Library) -> None:
    picture = await library.picture()
    assert (await get(library, f"/media/{picture.key}/w3%320%2Ewebp")).content
    await get(library, f"/%6dedia/{picture.key}/w320.webp", 404)  # a proxy knows us by this word


async def test_a_parameter_makes_no_second_copy(library: Library) -> None:
    picture = await library.picture()
    await get(library, path_of(picture) + "?v=1", 400)


async def test_other_methods_are_refused(library: Library) -> None:
    picture = await library.picture()
    answer = await library.room.client.put(path_of(picture), content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@SIZES
async def test_a_missing_file_is_404_and_counted_where_a_row_lists_it(
    library: Library, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    picture = await library.picture({"w320": bytes_of(size)})
    await library.stores.renditions.remove([f"{picture.key}/w320.webp"])
    with caplog.at_level(logging.ERROR, "nashra"):
        await get(library, path_of(picture, "made-up"), 404)
        assert library.stores.missing == 0
        await get(library, path_of(picture), 404)
    assert library.stores.missing == 1
    assert f"{picture.key}/w320" in caplog.text
    metrics = (await library.room.get("/metrics")).text
    assert [line.rpartition(" ")[2] for line in metrics.splitlines() if "media_missing_files_total{" in line] == ["1"]


async def test_an_unknown_key_never_reaches_the_store(library: Library, tmp_path: Any) -> None:
    (tmp_path / "media").write_bytes(b"")  # which would be 503
    await get(library, f"/media/{new_key()}/w320.webp", 404)


@pytest.mark.parametrize("count", [1, 40])
async def test_readers_of_a_store_that_is_away_are_told_to_come_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """And no connection of the database waits for the store: there are four."""
    picture = await library.picture()
    waiting, go = asyncio.Semaphore(0), asyncio.Event()

    async def away(_name: str) -> None:
        waiting.release()
        await go.wait()
        raise StoreAway("no answer in time")

    monkeypatch.setattr(library.stores.renditions, "open", away)
    asked = [
        asyncio.create_task(library.room.client.get(path_of(picture), headers={"Range": "bytes=0-1"}))
        for _ in range(count)
    ]
    async with asyncio.timeout(20):
        for _ in asked:
            await waiting.acquire()
        await library.room.get("/v1/articles")
        go.set()
        answers = await asyncio.gather(*asked)
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(503, "10")}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    monkeypatch.undo()
    await get(library, path_of(picture))


async def test_a_slow_reader_of_a_large_picture_holds_up_nobody(library: Library) -> None:
    picture = await library.picture({"w640": bytes_of(LARGE)})
    path = path_of(picture, "w640")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.1", 1),
        "server": ("newsroom.test", 80),
        "scheme": "http",
    }
    started, go = asyncio.Event(), asyncio.Event()
    received = bytearray()

    requests: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not requests:
            await asyncio.Event().wait()
        return requests.pop()

    async def send(message: Message) -> None:
        received.extend(message.get("body", b""))
        started.set()
        await go.wait()

    slow = asyncio.create_task(library.room.app(scope, receive, send))
    async with asyncio.timeout(20):
        await started.wait()
        answer = await get(library, path)
        go.set()
        await slow
    assert answer.content == bytes(received)


async def test_pictures_do_not_push_articles_out_of_memory(library: Library) -> None:
    store = library.room.app.state.cache.store
    store.bound = 2_000_000
    await library.room.published()
    for _ in range(3):
        await library.room.get("/v1/articles")
    picture = await library.picture({f"w{number}": bytes_of(60_000) for number in range(40)})
    for _ in range(3):
        for number in range(40):
            await get(library, path_of(picture, f"w{number}"))
            assert store._bulky_size <= store.bound // 4
    hits = library.room.app.state.cache.hits
    await library.room.get("/v1/articles")
    assert library.room.app.state.cache.hits == hits + 1
    assert store.size == sum(answer.size for answer in store._answers.values())
