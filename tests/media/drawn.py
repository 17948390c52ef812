"""Pictures that tests draw, and files that are made by hand where Pillow writes none such."""

from __future__ import annotations

import contextlib
import json
import struct
import warnings
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from app.media.decoding.main import plan_of
from app.media.decoding.work import picture_of
from app.media.pictures import Picture, Plan, make_renditions
from app.media.signatures import LENGTH, format_of
from app.media.slots import Slots
from app.settings.media import Crop

CROPS = (Crop("wide", 16, 9, False), Crop("square", 1, 1, False), Crop("social", 40, 21, True))
PLAN = Plan(widths=(16, 32, 64), crops=CROPS, is_avif=False, max_pixels=1_000_000)
RED, GREEN, BLUE, YELLOW = (220, 20, 20), (20, 180, 20), (20, 20, 220), (220, 200, 20)


class Decoded(NamedTuple):
    """What came of a file, and the folder of its renditions."""

    picture: Picture
    folder: Path

    @property
    def names(self) -> list[str]:
        return [rendition.filename for rendition in self.picture.renditions]

    def read(self, filename: str) -> Image.Image:
        image = Image.open(BytesIO((self.folder / filename).read_bytes()))
        image.load()
        return image

    def colour(self, filename: str, x: float = 0.5, y: float = 0.5) -> tuple[int, ...]:
        """The colour at a place, from 0 to 1, as RGBA."""
        image = self.read(filename).convert("RGBA")
        pixel = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
        assert isinstance(pixel, tuple)
        return tuple(int(value) for value in pixel)


async def decoded(folder: Path, content: bytes, plan: Plan = PLAN) -> Decoded:
    """Renditions of a file with this content."""
    source, target = folder / "original", folder / "renditions"
    source.write_bytes(content)
    target.mkdir(exist_ok=True)
    picture = await make_renditions(source, target, plan, slots=Slots(1, folder / "slots"))
    return Decoded(picture, target)


def decoded_here(folder: Path, content: bytes, plan: Plan = PLAN) -> Decoded:
    """The same without a child process, which takes most of the time: for tests of what is made, not of where."""
    source, target = folder / "original", folder / "renditions"
    source.write_bytes(content)
    target.mkdir(exist_ok=True)
    format = format_of(content[:LENGTH])
    assert format is not None
    allowed = Image.MAX_IMAGE_PIXELS
    with contextlib.chdir(target), warnings.catch_warnings(action="ignore"):
        try:
            found = picture_of(plan_of(plan.words(source, format)))
        finally:
            Image.MAX_IMAGE_PIXELS = allowed
    return Decoded(Picture.of(json.loads(json.dumps(found)), format), target)


def near(one: Iterable[int], other: Iterable[int], distance: int = 24) -> bool:
    """Whether two colours look alike."""
    return all(abs(a - b) <= distance for a, b in zip(one, other, strict=False))


def quarters(width: int = 80, height: int = 60) -> Image.Image:
    """Red, green / blue, yellow."""
    image = Image.new("RGB", (width, height))
    for place, colour in enumerate((RED, GREEN, BLUE, YELLOW)):
        left, upper = place % 2 * (width // 2), place // 2 * (height // 2)
        image.paste(colour, (left, upper, width if left else width // 2, height if upper else height // 2))
    return image


def written(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, format, **({"quality": 95} if format == "JPEG" else {}) | options)
    return file.getvalue()


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these application segments right after its start."""
    added = b"".join(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in segments)
    return jpeg[:2] + added + jpeg[2:]


def iptc(*datasets: tuple[int, int, bytes]) -> tuple[int, bytes]:
    """A segment of a JPEG with IPTC datasets: record, number, content."""
    packet = b"".join(struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for record, number, text in datasets)
    return 0xED, b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(packet)) + packet


def xmp(properties: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        ' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
        f' xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" {properties}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def png(width: int, height: int, rows: bytes, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    """A PNG out of its rows, each with its filter byte in front; `chunks` come before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_bomb(side: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of a few kilobytes with `side` × `side` pixels of one bit."""
    return png(side, side, bytes(side * (side // 8 + 1)), *chunks, depth=1)


def gif(width: int, height: int, frames: int) -> bytes:
    """A GIF whose frames are a pixel each, in about 20 bytes."""
    head = b"GIF89a" + struct.pack("<2H", width, height) + b"\x80\0\0" + bytes(3) + b"\xff\xff\xff"
    frame = b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b";"


def profile(space: bytes, **tags: bytes) -> bytes:
    """An ICC profile (version 2) of its tags."""
    tags = {"desc": _text(b"desc", b"TEST"), "cprt": _text(b"text", b"none"), "wtpt": xyz(0.9642, 1, 0.8249)} | tags
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += name.encode() + struct.pack(">II", place + len(body), len(content))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    pcs = b"Lab " if space == b"CMYK" else b"XYZ "
    head = struct.pack(">I4sI4s4s4s", place + len(body), bytes(4), 0x02400000, kind, space, pcs)
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _text(kind: bytes, text: bytes) -> bytes:
    if kind == b"text":
        return b"text" + bytes(4) + text + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78)


def xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def rgb_profile(power: float, description: bytes = b"TEST") -> bytes:
    """The primaries of Display P3 (adapted to D50), with a gamma."""
    curve = gamma(power)
    return profile(
        b"RGB ",
        desc=_text(b"desc", description),
        rXYZ=xyz(0.51512, 0.24120, -0.00105),
        gXYZ=xyz(0.29198, 0.69225, 0.04189),
        bXYZ=xyz(0.15710, 0.06657, 0.78407),
        rTRC=curve,
        gTRC=curve,
        bTRC=curve,
    )


def cmyk_profile() -> bytes:
    """A profile by which every ink is grey: lightness falls by a quarter with each."""
    lightness = [255 - 255 * sum(bits) // 4 for bits in _corners()]
    table = b"".join(bytes((value, 128, 128)) for value in lightness)
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + table + ramp * 3
    return profile(b"CMYK", A2B0=lut, A2B1=lut)


def _corners() -> list[tuple[int, ...]]:
    return [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
