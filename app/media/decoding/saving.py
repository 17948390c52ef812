"""Encodes renditions. No metadata, comment or profile goes along: the images that come here have an empty `info`."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from PIL import Image

from app.media.decoding.colours import on_white
from app.media.decoding.outputs import Output


class Encoding(NamedTuple):
    """A format of renditions, with Pillow's options. `longest` is the longest side that it can hold, in pixels."""

    name: str
    extension: str
    mime_type: str
    longest: int
    options: dict[str, Any]


WEBP = Encoding("WEBP", "webp", "image/webp", 16_383, {"quality": 80, "method": 4})
JPEG = Encoding("JPEG", "jpg", "image/jpeg", 65_500, {"quality": 82, "progressive": True, "optimize": True})
PNG = Encoding("PNG", "png", "image/png", 2**31 - 1, {"compress_level": 6})
# One thread: each of them takes address space, which is limited.
AVIF = Encoding("AVIF", "avif", "image/avif", 16_383, {"quality": 60, "speed": 10, "max_threads": 1})


def encodings_for(output: Output, is_transparent: bool, is_avif: bool) -> list[Encoding]:
    """The formats of an output. One whose longest side is too short for it is left out."""
    if output.is_jpeg_only:
        return [JPEG]
    chosen = [WEBP, PNG if is_transparent else JPEG, *([AVIF] if is_avif else [])]
    return [one for one in chosen if max(output.width, output.height) <= one.longest]


def saved(image: Image.Image, output: Output, encoding: Encoding) -> dict[str, Any]:
    """Writes a rendition into the working folder; returns what is told of it."""
    path = f"{output.name}.{encoding.extension}"
    plain = on_white(image) if encoding is JPEG else image
    plain.save(path, encoding.name, **encoding.options)
    return told(output.name, output.crop, encoding, image.size, path, is_animated=False)


def told(
    name: str, crop: str | None, encoding: Encoding, size: tuple[int, int], path: str, *, is_animated: bool
) -> dict[str, Any]:
    """A rendition as the parent gets it."""
    return {
        "name": name,
        "crop": crop,
        "extension": encoding.extension,
        "mime_type": encoding.mime_type,
        "width": size[0],
        "height": size[1],
        "bytes": os.stat(path).st_size,
        "animated": is_animated,
    }
