"""Files that are no picture, not the one that they claim, or more than a machine can bear."""

from __future__ import annotations

import logging
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.media.decoding.faults import TooLarge
from app.media.faults import ImageInvalid, ImageTooLarge, UnsupportedImage
from tests.media.drawn import (
    PLAN,
    RED,
    decoded,
    decoded_here,
    gif,
    near,
    png,
    png_bomb,
    quarters,
    with_segments,
    written,
)

HEIC = struct.pack(">I", 24) + b"ftypmif1\0\0\0\0mif1heic" + bytes(100)


def left_over(folder: Path) -> set[str]:
    """What is in the folders beside the file and the lock."""
    return {path.name for path in folder.rglob("*")} - {"original", "renditions", "slots", "slot-0"}


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>", "image/svg+xml"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "application/postscript"),
        (b"%PDF-1.7\n", "application/pdf"),
        (HEIC, "image/heic"),
        (b"II*\0" + bytes(100), "image/tiff"),
        (b"BM" + bytes(100), "image/bmp"),
        (bytes(1_000_000), None),
        (b"x", None),
    ],
    ids=["html", "svg", "eps", "pdf", "heic", "tiff", "bmp", "zeros", "letter"],
)
async def test_what_is_no_picture_that_is_taken_is_unsupported(
    tmp_path: Path, content: bytes, mime_type: str | None
) -> None:
    with pytest.raises(UnsupportedImage) as refused:
        await decoded(tmp_path, content)
    assert refused.value.mime_type == mime_type
    assert not left_over(tmp_path)


JPEG, PNG, GIF, WEBP, AVIF = (written(quarters(), format) for format in ("JPEG", "PNG", "GIF", "WEBP", "AVIF"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (JPEG[: len(JPEG) * 2 // 3], "cut_off"),
        (JPEG[:20], "broken"),
        (b"\xff\xd8\xff" + b"<html>" * 50, "broken"),
        (PNG[: len(PNG) - 40], "cut_off"),
        (png(0, 10, b""), "broken"),
        (png(10, 0, b""), "broken"),
        (GIF[: len(GIF) // 2], "cut_off"),
        (GIF[:12], "broken"),
        (WEBP[: len(WEBP) // 2], "broken"),
        (AVIF[: len(AVIF) // 2], "broken"),
    ],
    ids=[
        "nothing",
        "jpeg-cut",
        "jpeg-start",
        "html-as-jpeg",
        "png-cut",
        "png-without-width",
        "png-without-height",
        "gif-cut",
        "gif-start",
        "webp-cut",
        "avif-cut",
    ],
)
async def test_a_file_that_is_cut_off_or_not_what_it_begins_like_is_invalid(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(ImageInvalid) as refused:
        await decoded(tmp_path, content)
    assert refused.value.reason == reason
    assert not left_over(tmp_path)


async def test_a_small_file_of_400_million_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = png_bomb(20_000)
    assert len(bomb) < 300_000
    with pytest.raises(ImageTooLarge) as refused:
        await decoded(tmp_path, bomb, replace(PLAN, max_pixels=60_000_000))
    assert (refused.value.reason, refused.value.pixels, refused.value.limit) == ("pixels", 400_000_000, 60_000_000)
    assert not left_over(tmp_path)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_the_limit_is_exact(tmp_path: Path, format: str) -> None:
    content = written(quarters(), format)
    plan = replace(PLAN, widths=(16,), crops=(), max_pixels=80 * 60)
    assert decoded_here(tmp_path, content, plan).picture.width == 80
    with pytest.raises(TooLarge) as refused:
        decoded_here(tmp_path, content, replace(plan, max_pixels=80 * 60 - 1))
    assert refused.value.pixels == 4800


async def test_a_bomb_within_the_pixels_ends_at_the_childs_memory(tmp_path: Path) -> None:
    """Decoded with its transparency this picture has 1.6 GB; the server does not notice."""
    with pytest.raises(ImageTooLarge) as refused:
        await decoded(tmp_path, png_bomb(20_000, (b"tRNS", b"\0\0")), replace(PLAN, max_pixels=1_000_000_000))
    assert refused.value.reason == "memory"
    assert not left_over(tmp_path)


async def test_frames_without_end_are_counted_up_to_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLarge) as refused:
        await decoded(tmp_path, gif(1000, 1000, 300_000), replace(PLAN, max_pixels=60_000_000))
    assert refused.value.pixels == 61_000_000
    with pytest.raises(ImageTooLarge):
        await decoded(tmp_path, gif(1, 1, 300_000), replace(PLAN, max_pixels=60_000_000))
    frame = b"ANMF" + struct.pack("<I", 16) + bytes(16)
    webp = b"RIFF" + struct.pack("<I", 24 * 100_000) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9)
    with pytest.raises(ImageTooLarge):
        await decoded(tmp_path, webp + frame * 100_000, replace(PLAN, max_pixels=60_000_000))
    assert not left_over(tmp_path)


async def test_a_polyglot_leaves_nothing_but_its_picture(tmp_path: Path) -> None:
    page = b"<script>alert(document.domain)</script>"
    content = with_segments(JPEG, (0xFE, page), (0xE0, page)) + b"PK\x03\x04" + page
    made = await decoded(tmp_path, content)
    assert near(made.colour("w64.jpg", 0.1, 0.1), RED)
    assert not [path for path in made.folder.iterdir() if b"script" in path.read_bytes()]


def _bomb_of_text(name: bytes) -> tuple[bytes, bytes]:
    packed = zlib.compress(bytes(50_000_000), 9)
    return name, b"k\0\0" + packed if name == b"zTXt" else b"k\0\1\0\0\0" + packed


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
async def test_a_bomb_in_a_text_of_a_png_is_not_unpacked(tmp_path: Path, name: bytes) -> None:
    rows = (b"\0" + bytes(64)) * 64
    with pytest.raises(ImageInvalid):
        await decoded(tmp_path, png(64, 64, rows, _bomb_of_text(name)))
    assert not left_over(tmp_path)


async def test_a_thousand_texts_in_a_png_cost_no_more_than_their_bytes(tmp_path: Path) -> None:
    rows = (b"\0" + bytes(64)) * 64
    texts = [(b"tEXt", b"k%d\0" % number + b"x" * 500) for number in range(2_000)]
    assert (await decoded(tmp_path, png(64, 64, rows, *texts))).picture.width == 64


async def test_a_picture_with_a_side_that_no_jpeg_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLarge) as refused:
        await decoded(tmp_path, written(Image.new("1", (4, 70_000)), "PNG"))
    assert refused.value.reason == "side"


async def test_what_a_decoder_says_is_one_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "nashra"), pytest.raises(ImageInvalid):
        await decoded(tmp_path, JPEG[: len(JPEG) * 2 // 3])
    (record,) = caplog.records
    assert "truncated" in record.getMessage()
    assert "\n" not in record.getMessage()
