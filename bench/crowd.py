"""Twenty uploads at once, most of them hostile, to one server: `python -m bench.crowd PORT TOKEN`.

It prepares its files, prints `ready`, waits for a line, sends all of them together, and prints what was answered. It is
a process of its own, so that what it costs is not measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from io import BytesIO

import httpx
from PIL import Image

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
PHOTO = (6_000, 4_000)  # 24 megapixels
SIDE, FRAMES = 20_000, 1_000_000
ZEROS = 100_000_000
PATIENCE = 300  # seconds
BUSY = 503


@dataclass(frozen=True)
class Answered:
    """What one upload was answered; `status` is 0 where the connection broke off without an answer."""

    kind: str
    status: int
    retry_after: str | None
    seconds: float
    is_clear: bool


@dataclass(frozen=True)
class Kind:
    """How many of it come together, and what they may be answered: always also 503 with `Retry-After`."""

    count: int
    mime_type: str
    content: Callable[[], bytes]
    expected: int
    is_chunked: bool = False

    def is_clear(self, status: int, retry_after: str | None) -> bool:
        return status == self.expected or (status == BUSY and (retry_after or "").isdigit())


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def photo(size: tuple[int, int] = PHOTO) -> bytes:
    """A JPEG that is like no other: grain, which takes as long as a photograph."""
    grain = [Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size) for _ in "RGB"]
    file = BytesIO()
    Image.merge("RGB", grain).save(file, "JPEG", quality=88)
    return file.getvalue()


def polyglot() -> bytes:
    return photo((1_200, 800)) + b"<script>alert(1)</script>" + os.urandom(1_000)


def cut() -> bytes:
    whole = photo((1_200, 800))
    return whole[: len(whole) // 2]


def png_bomb() -> bytes:
    """A PNG of `SIDE` times `SIDE` pixels of one bit, in some 50 kB."""
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(SIDE * (SIDE // 8 + 1)), 9)
    parts = [(b"IHDR", head), (b"tEXt", b"a\0" + os.urandom(8).hex().encode()), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def endless() -> bytes:
    """A GIF of `FRAMES` frames of a pixel, and no end."""
    head = b"GIF89a" + struct.pack("<2H", 100, 100) + b"\x80\0\0" + os.urandom(3) + b"\xff\xff\xff"
    return head + (b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00") * FRAMES


KINDS = {
    "24 MP JPEG": Kind(6, JPEG, photo, 201),
    "polyglot": Kind(2, JPEG, polyglot, 201),
    "PNG of 20,000²": Kind(2, PNG, png_bomb, 422),
    "GIF without end": Kind(2, GIF, endless, 422),
    "cut JPEG": Kind(2, JPEG, cut, 422),
    "nothing": Kind(1, PNG, lambda: b"", 422),
    "HTML as JPEG": Kind(1, JPEG, lambda: b"<!doctype html><script>alert(1)</script>", 415),
    "EPS as JPEG": Kind(1, JPEG, lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415),
    "SVG": Kind(1, "image/svg+xml", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415),
    "100 MB of zeros": Kind(1, JPEG, lambda: bytes(ZEROS), 413),
    "100 MB of zeros, chunked": Kind(1, JPEG, lambda: bytes(ZEROS), 413, is_chunked=True),
}


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


async def _send(client: httpx.AsyncClient, name: str, content: bytes) -> Answered:
    kind, began = KINDS[name], time.perf_counter()
    status, retry_after = 0, None
    try:
        sent = _pieces(content) if kind.is_chunked else content
        answer = await client.post("/v1/desk/media", content=sent, headers={"Content-Type": kind.mime_type})
        status, retry_after = answer.status_code, answer.headers.get("retry-after")
    except httpx.TransportError as error:
        retry_after = type(error).__name__
    return Answered(name, status, retry_after, time.perf_counter() - began, kind.is_clear(status, retry_after))


async def _main(port: int, token: str) -> None:
    files = [(name, kind.content()) for name, kind in KINDS.items() for _ in range(kind.count)]
    print("ready", flush=True)
    sys.stdin.readline()
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=len(files))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE, limits=limits
    ) as client:
        answers = await asyncio.gather(*(_send(client, *file) for file in files))
    print(json.dumps([asdict(answer) for answer in answers]), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
