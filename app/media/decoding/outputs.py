"""Which renditions a picture gets: names, sizes, and the part of the picture that each shows. Arithmetic only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

LARGEST_CROP = 1280  # pixels: widths of crops by ratio
ANIMATION = 640  # pixels: greatest width of an animated rendition

Box = tuple[float, float, float, float]  # left, upper, right, lower


class Crop(NamedTuple):
    """As `app.settings.media.Crop`."""

    name: str
    width: int
    height: int
    is_size: bool


@dataclass(frozen=True)
class Plan:
    """What is asked of the child process. `format` is Pillow's name; widths and sizes are in pixels."""

    source: str
    format: str
    widths: tuple[int, ...]
    crops: tuple[Crop, ...]
    is_avif: bool
    max_pixels: int
    focal_point: tuple[float, float]
    only_crops: bool


class Output(NamedTuple):
    """A picture to make: `box` of the original, as shown, is scaled to `width` × `height`."""

    name: str
    crop: str | None
    box: Box
    width: int
    height: int
    is_jpeg_only: bool = False

    @property
    def scale(self) -> float:
        """Pixels of the output for one of the original, at most 1."""
        return self.width / (self.box[2] - self.box[0])


def outputs_of(plan: Plan, width: int, height: int) -> list[Output]:
    """All outputs for a picture of this size, as shown; the least reduced first."""
    wholes = () if plan.only_crops else _wholes(plan.widths, width, height)
    crops = (one for crop in plan.crops for one in _cropped(crop, plan, width, height))
    return sorted((*wholes, *crops), key=lambda output: output.scale, reverse=True)


def height_at(width: int, own_width: int, own_height: int) -> int:
    """The height of the whole picture at `width`, at least a pixel."""
    return max(1, round(own_height * width / own_width))


def _wholes(widths: tuple[int, ...], width: int, height: int) -> Iterator[Output]:
    chosen = {one for one in widths if one <= width}
    if width < max(widths):
        chosen.add(width)
    for one in sorted(chosen):
        yield Output(f"w{one}", None, (0, 0, width, height), one, height_at(one, width, height))


def _cropped(crop: Crop, plan: Plan, width: int, height: int) -> Iterator[Output]:
    box = _box(crop.width / crop.height, plan.focal_point, width, height)
    most = box[2] - box[0]
    if crop.is_size:
        if crop.width <= most + 1e-6 and crop.height <= box[3] - box[1] + 1e-6:
            yield Output(crop.name, crop.name, box, crop.width, crop.height, is_jpeg_only=True)
        return
    for one in plan.widths:
        if one <= min(LARGEST_CROP, most + 1e-6):
            yield Output(f"{crop.name}-{one}", crop.name, box, one, max(1, round(one * crop.height / crop.width)))


def _box(ratio: float, focal_point: tuple[float, float], width: int, height: int) -> Box:
    """The largest part of this ratio whose middle is as near to the focal point as the edges allow."""
    wide, high = min(width, height * ratio), min(height, width / ratio)
    left = min(max(focal_point[0] * width - wide / 2, 0), width - wide)
    upper = min(max(focal_point[1] * height - high / 2, 0), height - high)
    return left, upper, left + wide, upper + high
