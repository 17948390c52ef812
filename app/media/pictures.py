"""Makes renditions of an uploaded picture (resize, crop, WebP, JPEG, AVIF) and reads its metadata, in a child process.

No byte of a picture is decoded in the server: see `docs/decisions/0034-pictures-are-decoded-in-a-child.md`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.media.faults import ImageInvalid, ImageTooLarge, UnsupportedImage
from app.media.file_metadata import FileMetadata
from app.media.process import run
from app.media.signatures import LENGTH, Format, format_of, other_type_of
from app.media.slots import Slots
from app.settings.media import Crop, MediaSettings, crops_of

# Raised with each change of `decoding/` that makes other files of the same plan.
VERSION = 1
CENTRE = (0.5, 0.5)


@dataclass(frozen=True)
class Plan:
    """What to make of a picture. Widths in pixels; the focal point from 0 to 1, x from the left, y from the top."""

    widths: tuple[int, ...]
    crops: tuple[Crop, ...]
    is_avif: bool
    max_pixels: int
    focal_point: tuple[float, float] | None = None
    only_crops: bool = False

    @classmethod
    def of(
        cls, settings: MediaSettings, focal_point: tuple[float, float] | None = None, *, only_crops: bool = False
    ) -> Plan:
        """The plan of the settings; `only_crops` for a picture of which only the focal point has changed."""
        widths = sorted({int(width) for width in settings.media_widths})
        crops = crops_of(settings.media_crops)
        return cls(tuple(widths), crops, settings.media_avif, settings.media_max_pixels, focal_point, only_crops)

    @property
    def recipe(self) -> str:
        """A digest of what renditions are made by, without the focal point: another one means that they are old."""
        made_by = json.dumps([VERSION, self.widths, self.crops, self.is_avif])
        return hashlib.sha256(made_by.encode()).hexdigest()[:16]

    def words(self, source: Path, format: Format) -> dict[str, Any]:
        """The plan for one file, as the child process reads it."""
        words = asdict(self) | {"source": str(source.resolve()), "format": format.name}
        return words | {"focal_point": self.focal_point or CENTRE, "crops": [tuple(crop) for crop in self.crops]}


@dataclass(frozen=True)
class Rendition:
    """A file `{name}.{extension}` in the target folder."""

    name: str
    crop: str | None
    extension: str
    mime_type: str
    width: int
    height: int
    bytes: int
    animated: bool

    @property
    def filename(self) -> str:
        """The name of its file."""
        return f"{self.name}.{self.extension}"


@dataclass(frozen=True)
class Picture:
    """What a file holds. `width` and `height` are as shown, after EXIF orientation.

    `placeholder` is `{"color": "#rrggbb", "thumbhash": BASE64}`.
    """

    mime_type: str
    extension: str
    width: int
    height: int
    animated: bool
    placeholder: dict[str, str]
    metadata: FileMetadata
    renditions: tuple[Rendition, ...]

    @classmethod
    def of(cls, found: dict[str, Any], format: Format) -> Picture:
        """From what the child process tells."""
        return cls(
            mime_type=format.mime_type,
            extension=format.extension,
            width=found["width"],
            height=found["height"],
            animated=found["animated"],
            placeholder=found["placeholder"],
            metadata=FileMetadata.of(found["metadata"]),
            renditions=tuple(Rendition(**one) for one in found["renditions"]),
        )


async def make_renditions(source: Path, target: Path, plan: Plan, *, slots: Slots) -> Picture:
    """Writes the renditions of `source` into the folder `target`, which must exist; all of them, or none.

    Raises UnsupportedImage, ImageInvalid, ImageTooLarge, NoDecoderFree; DecoderFailed if no child process can run, and
    OSError for a disk that is full. The first two cost no slot where the first bytes tell.
    """
    format = _format(source)
    async with slots.one():
        working = Path(tempfile.mkdtemp(prefix=".decoding-", dir=target))
        try:
            found = _found(await run(plan.words(source, format), working), plan)
            picture = Picture.of(found, format)
            for rendition in picture.renditions:
                (working / rendition.filename).replace(target / rendition.filename)
        finally:
            await asyncio.to_thread(shutil.rmtree, working, ignore_errors=True)
    return picture


def _format(source: Path) -> Format:
    with source.open("rb") as file:
        start = file.read(LENGTH)
    if not start:
        raise ImageInvalid("empty")
    format = format_of(start)
    if format is None:
        raise UnsupportedImage(other_type_of(start))
    return format


def _found(outcome: dict[str, Any], plan: Plan) -> dict[str, Any]:
    fault = outcome.get("fault")
    if fault == "invalid":
        raise ImageInvalid(outcome["reason"])
    if fault == "too_large":
        raise ImageTooLarge(outcome["reason"], plan.max_pixels, outcome["pixels"])
    if fault == "system":
        raise OSError(outcome["errno"], os.strerror(outcome["errno"]))
    picture: dict[str, Any] = outcome["picture"]
    return picture
