"""From a file to a picture: decode it in the child process, make its renditions, put all files into their stores."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.kit.errors import Fault, Unavailable
from app.media.faults import DecoderFailed, ImageInvalid, ImageTooLarge, UnsupportedImage
from app.media.models import Media, MediaFile
from app.media.names import UNKNOWN_TYPE, new_key, rendition_file
from app.media.pictures import Picture, Plan, make_renditions
from app.media.schemas import MediaUpdate
from app.media.slots import NoDecoderFree, Slots
from app.media.storage import FileMissing, StoreAway, Stores
from app.media.uploads import require_taken, upload_folder
from app.settings import Settings

log = logging.getLogger("nashra")
BUSY_SECONDS = 10  # `Retry-After` while other pictures are decoded
REFUSED = (ImageInvalid, ImageTooLarge, UnsupportedImage)


class OriginalUnusable(Exception):
    """Nothing can be made of an original: it is lost, or over a limit that was lowered since. It is logged."""


@dataclass(frozen=True)
class Made:
    """A picture whose files are stored: what its rows will hold."""

    sha256: str
    size: int
    original: str
    """Name of the file in the store of originals."""
    key: str
    """128 random bits: of the public address. It says nothing about the bytes."""
    recipe: str
    picture: Picture
    focal_point: dict[str, float] | None

    @property
    def extension(self) -> str:
        return self.picture.extension

    @property
    def placeholder(self) -> dict[str, Any]:
        return dict(self.picture.placeholder)

    @property
    def renditions(self) -> list[Any]:
        return [
            [one.name, one.crop, one.extension, one.width, one.height, one.bytes, one.animated]
            for one in self.picture.renditions
        ]

    @property
    def file_columns(self) -> dict[str, Any]:
        picture = self.picture
        return {
            "sha256": self.sha256,
            "name": self.original,
            "mime_type": picture.mime_type,
            "bytes": self.size,
            "width": picture.width,
            "height": picture.height,
            "animated": picture.animated,
        }

    def fields(self, sent: MediaUpdate) -> dict[str, Any]:
        """The fields that were sent, and for the others what the file says."""
        given = sent.model_dump(mode="json", exclude_unset=True)
        found = self.picture.metadata
        own: dict[str, Any] = {
            "alt": found.alt,
            "description": found.description,
            "credit": found.credit,
            "photographer": found.photographer,
            "keywords": list(found.keywords),
            "rights": found.rights,
        }
        return own | {"taken_at": found.taken_at} | given | ({"taken_at": sent.taken_at} if "taken_at" in given else {})


class PictureMaker:
    """Decodes and stores pictures; at most `NASHRA_MEDIA_PROCESSES` are decoded at once on a machine."""

    def __init__(self, settings: Callable[[], Settings], stores: Stores, slots: Slots) -> None:
        self._settings, self.stores, self._slots = settings, stores, slots

    @property
    def largest(self) -> int:
        """The largest file that is taken, in bytes."""
        return self._settings().media_max_bytes

    async def make(
        self,
        source: Path,
        sha256: str,
        size: int,
        focal_point: dict[str, float] | None,
        original: str | None = None,
        mime_type: str | None = None,
    ) -> Made:
        """Make the renditions of a file and store them; the file too, unless it is there, stored as `original`.

        `mime_type` is what the client calls it. Raises `ImageInvalid` (also where it is something else),
        `ImageTooLarge`, `UnsupportedImage`, and `Unavailable` (503).
        """
        plan = Plan.of(self._settings(), (focal_point["x"], focal_point["y"]) if focal_point else None)
        target = source.parent / "renditions"
        target.mkdir()
        try:
            picture = await make_renditions(source, target, plan, slots=self._slots)
        except (NoDecoderFree, DecoderFailed):
            raise Unavailable(BUSY_SECONDS) from None
        if mime_type and mime_type not in {picture.mime_type, UNKNOWN_TYPE}:
            raise ImageInvalid("broken")
        name = original or f"{new_key()}.{picture.extension}"
        made = Made(sha256, size, name, new_key(), plan.recipe, picture, focal_point)
        await self._store(made, source, target, is_stored=original is not None)
        return made

    async def _store(self, made: Made, source: Path, target: Path, *, is_stored: bool) -> None:
        try:
            # An original that was lost comes back with its bytes.
            if not (is_stored and await self.stores.originals.is_there(made.original)):
                await self.stores.originals.put(made.original, source, made.picture.mime_type, immutable=False)
            for one in made.picture.renditions:
                name = rendition_file(made.key, one.name, one.mime_type)
                await self.stores.renditions.put(name, target / one.filename, one.mime_type, immutable=True)
        except StoreAway as error:
            log.warning("a picture cannot be stored: %s", error)
            raise Unavailable(BUSY_SECONDS) from error

    async def remake(self, media: Media, file: MediaFile, focal_point: dict[str, float] | None) -> Made:
        """The renditions of a stored file anew: for another focal point, or by other settings.

        Raises `OriginalUnusable`, and `Unavailable` (503).
        """
        with upload_folder() as folder:
            try:
                await self._fetch(file, folder / "sent")
                return await self.make(folder / "sent", file.sha256, file.bytes, focal_point, file.name)
            except (FileMissing, *REFUSED) as error:
                log.error("nothing can be made of the original of picture %s: %r", media.id, error)
                raise OriginalUnusable() from error

    async def _fetch(self, file: MediaFile, path: Path) -> None:
        """Copy an original to a local file. Raises `FileMissing`, `Unavailable`."""
        try:
            opened = await self.stores.originals.open(file.name)
            with path.open("wb") as target:
                async for chunk in opened.chunks():
                    target.write(chunk)
        except StoreAway as error:
            raise Unavailable(BUSY_SECONDS) from error


def slots_of(settings: Settings) -> Slots:
    """The places for decoding on this machine, shared by its processes."""
    user = os.getuid() if hasattr(os, "getuid") else "all"
    return Slots(settings.media_processes, Path(tempfile.gettempdir()) / f"nashra-decoders-{user}")


def faults_of(error: Exception, pointer: str) -> list[Fault]:
    """The fault of a file that cannot be taken. Raises `UnsupportedMediaType` for a type that nobody takes."""
    if isinstance(error, UnsupportedImage):
        require_taken("")
    if isinstance(error, ImageTooLarge):
        return [Fault("image_too_large", pointer=pointer, params={"max": error.limit} if error.pixels else {})]
    return [Fault("image_invalid", pointer=pointer)]
