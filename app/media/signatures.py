"""The format of a picture by its first bytes (magic numbers), whatever its name or `Content-Type` says.

Sources: the PNG, GIF89a and WebP specifications; ISO/IEC 14496-12 (`ftyp`), AV1 Image File Format.
"""

from __future__ import annotations

from typing import NamedTuple

LENGTH = 512  # bytes that are looked at


class Format(NamedTuple):
    """A format that is taken: Pillow's name, the media type, the file extension."""

    name: str
    mime_type: str
    extension: str


JPEG = Format("JPEG", "image/jpeg", "jpg")
PNG = Format("PNG", "image/png", "png")
GIF = Format("GIF", "image/gif", "gif")
WEBP = Format("WEBP", "image/webp", "webp")
AVIF = Format("AVIF", "image/avif", "avif")
FORMATS = (JPEG, PNG, WEBP, AVIF, GIF)

_MAGIC = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
# What people send most often in place of a picture that is taken: the answer can say so.
_OTHERS = {
    b"%PDF-": "application/pdf",
    b"%!PS": "application/postscript",
    b"\xc5\xd0\xd3\xc6": "application/postscript",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"BM": "image/bmp",
    b"8BPS": "image/vnd.adobe.photoshop",
    b"\xff\x0a": "image/jxl",
    b"\x00\x00\x00\x0cJXL ": "image/jxl",
    b"PK\x03\x04": "application/zip",
}


def format_of(start: bytes) -> Format | None:
    """The format that a file begins like; None for one that is not taken."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return WEBP
    if _brands(start) & _AVIF_BRANDS:
        return AVIF
    return next((found for magic, found in _MAGIC.items() if start.startswith(magic)), None)


def other_type_of(start: bytes) -> str | None:
    """The media type of a well-known file that is not taken, for the answer."""
    if _brands(start) & _HEIC_BRANDS:
        return "image/heic"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if b"<svg" in text:
        return "image/svg+xml"
    return next((found for magic, found in _OTHERS.items() if start.startswith(magic)), None)


def _brands(start: bytes) -> set[bytes]:
    if start[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(start[:4], "big"), len(start))
    return {start[8:12]} | {start[place : place + 4] for place in range(16, end - 3, 4)}
