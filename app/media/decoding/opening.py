"""Opens a picture by its one format; its pixels are counted before any is decoded."""

from __future__ import annotations

import mmap
import re
from typing import BinaryIO, NamedTuple

from PIL import Image, UnidentifiedImageError

from app.media.decoding.faults import Invalid, TooLarge
from app.media.decoding.frames import Animation, counted
from app.media.decoding.outputs import Plan

LONGEST_SIDE = 65_500  # pixels: what libjpeg writes
_ORIENTATION = 0x0112  # EXIF
_PIXELS = re.compile(r"\((\d+) pixels\)")


class Opened(NamedTuple):
    """A picture that is not decoded yet. `width` and `height` are as shown, after EXIF orientation (1 to 8)."""

    image: Image.Image
    animation: Animation | None
    orientation: int
    width: int
    height: int

    @property
    def is_turned(self) -> bool:
        """Whether width and height change places when it is shown."""
        return self.orientation >= 5


def opened(plan: Plan, file: BinaryIO) -> Opened:
    """The picture in `file`, which stays open while its pixels are read. Raises Invalid and TooLarge."""
    animation = _animation(plan, file)
    image = _image(plan, file)
    width, height = image.size
    _check(width, height, plan.max_pixels)
    orientation = orientation_of(image)
    if orientation >= 5:
        width, height = height, width
    return Opened(image, animation, orientation, width, height)


def _animation(plan: Plan, file: BinaryIO) -> Animation | None:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return counted(plan.format, content, plan.max_pixels)


def _image(plan: Plan, file: BinaryIO) -> Image.Image:
    # Pillow raises at twice its limit, the WebP decoder before it allocates the canvas; `_check` is exact.
    Image.MAX_IMAGE_PIXELS = plan.max_pixels // 2 + 1
    try:
        # By a file, not by its name: an extension makes Pillow import the plugin of that format.
        return Image.open(file, formats=(plan.format,))
    except Image.DecompressionBombError as error:
        found = _PIXELS.search(str(error))
        raise TooLarge("pixels", int(found[1]) if found else None) from None
    except UnidentifiedImageError:
        raise Invalid("broken") from None


def _check(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise Invalid("broken")
    if width * height > max_pixels:
        raise TooLarge("pixels", width * height)
    if max(width, height) > LONGEST_SIDE:
        raise TooLarge("side", width * height)


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none that can be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF raises nearly anything; the picture is fine without
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
