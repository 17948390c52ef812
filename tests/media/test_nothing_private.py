"""No rendition holds anything that came along with a picture: places, comments, numbers, profiles, what follows it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.media.drawn import PLAN, Decoded, decoded, iptc, quarters, rgb_profile, with_segments, written, xmp

CANARY = "CANARY33N36E"
_XMP = xmp(f'exif:GPSLatitude="{CANARY}"><dc:format>{CANARY}</dc:format>')


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = tags[0x0110] = CANARY  # the camera
    tags[0x8769] = {0xA431: CANARY, 0xA435: CANARY, 0x927C: CANARY.encode()}  # numbers of body and lens, maker's note
    tags[0x8825] = {1: "N", 2: (33.0, 30.0, 0.0), 29: CANARY}  # GPS
    return tags


def jpeg() -> bytes:
    content = written(quarters(), exif=exif(), xmp=_XMP, comment=CANARY, icc_profile=rgb_profile(2.2, CANARY.encode()))
    place = iptc((2, 90, CANARY.encode()), (2, 92, CANARY.encode()), (2, 103, CANARY.encode()))
    return with_segments(content, place, (0xEB, CANARY.encode())) + CANARY.encode()


def png() -> bytes:
    texts = PngInfo()
    texts.add_text("Comment", CANARY)
    texts.add_text("Software", CANARY, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    profile = rgb_profile(2.2, CANARY.encode())
    content = written(quarters(), "PNG", pnginfo=texts, exif=exif(), icc_profile=profile, dpi=(300, 300))
    return content + CANARY.encode()


def transparent_png() -> bytes:
    texts = PngInfo()
    texts.add_text("Comment", CANARY)
    image = quarters().convert("RGBA")
    image.putalpha(100)
    return written(image, "PNG", pnginfo=texts, exif=exif(), icc_profile=rgb_profile(2.2, CANARY.encode()))


def gif() -> bytes:
    frames = [quarters(), quarters().rotate(180)]
    return written(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=CANARY) + CANARY.encode()


def webp() -> bytes:
    return written(quarters(), "WEBP", exif=exif(), xmp=_XMP, icc_profile=rgb_profile(2.2, CANARY.encode()))


def avif() -> bytes:
    return written(quarters(), "AVIF", exif=exif(), xmp=_XMP, icc_profile=rgb_profile(2.2, CANARY.encode()))


@pytest.mark.parametrize("file", [jpeg, png, transparent_png, gif, webp, avif])
async def test_no_rendition_holds_what_came_along(tmp_path: Path, file: object) -> None:
    assert callable(file)
    content = file()
    assert CANARY.encode() in content
    made = await decoded(tmp_path, content, PLAN.__class__(**{**PLAN.__dict__, "is_avif": True}))
    assert len(made.names) > 10
    for path in made.folder.iterdir():
        rendition = path.read_bytes()
        for written_as in (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be")):
            assert written_as not in rendition, path.name
    assert CANARY not in repr(made.picture)
    assert set(parts_of(made)) <= {
        "jpg:E0", "jpg:DB", "jpg:C2", "jpg:C4", "jpg:DA", "png:IHDR", "png:IDAT", "png:IEND",
        "webp:VP8 ", "webp:VP8L", "webp:VP8X", "webp:ALPH", "webp:ANIM", "webp:ANMF",
    }  # fmt: skip


def parts_of(made: Decoded) -> list[str]:
    """Segments of each JPEG, chunks of each PNG and WebP; boxes of AVIF that could hold metadata or a profile."""
    return [f"{path.suffix[1:]}:{part}" for path in made.folder.iterdir() for part in _parts(path)]


def _parts(path: Path) -> list[str]:
    content = path.read_bytes()
    if path.suffix == ".png":
        return [content[place + 4 : place + 8].decode() for place in _steps(content, 8, ">I", 0, 12)]
    if path.suffix == ".webp":
        return [content[place : place + 4].decode() for place in _steps(content, 12, "<I", 4, 8)]
    if path.suffix == ".avif":
        return [word.decode() for word in re.findall(rb"Exif|mime|prof|rICC", content[:600])]
    head = content[2 : content.index(b"\xff\xda") + 2]
    return [f"{head[place + 1]:02X}" for place in _steps(head, 0, ">H", 2, 2) if head[place] == 0xFF]


def _steps(content: bytes, place: int, length: str, at: int, more: int) -> list[int]:
    places = []
    while place + at + struct.calcsize(length) <= len(content):
        places.append(place)
        (size,) = struct.unpack_from(length, content, place + at)
        place += size + more
        if length == "<I":
            place += size % 2
    if length == ">H":
        places.append(len(content) - 2)
    return places
