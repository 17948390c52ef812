"""Makes all renditions of a picture: each is scaled from the next larger, which is faster than from the original."""

from __future__ import annotations

from typing import Any

from PIL import Image

from app.media.decoding.animation import save_animation
from app.media.decoding.colours import in_srgb, scalable, without_needless_alpha
from app.media.decoding.opening import Opened
from app.media.decoding.outputs import Output, Plan, outputs_of
from app.media.decoding.placeholder import placeholder_of
from app.media.decoding.saving import encodings_for, saved
from app.media.decoding.thumbhash import SIDE
from app.media.decoding.turning import turned

Told = list[dict[str, Any]]


def made(picture: Opened, plan: Plan) -> tuple[dict[str, str], Told]:
    """Writes the files into the working folder. Returns the placeholder, and what is told of each rendition.

    Whole pictures come first, then the crops in the order of the plan, each from narrow to wide.
    """
    outputs = outputs_of(plan, picture.width, picture.height)
    largest = _largest(picture, max((output.scale for output in outputs), default=0))
    told: Told = []
    if picture.animation and not plan.only_crops:
        told += save_animation(picture)
    picture.image.close()  # its pixels are the most that is in memory
    placeholder = placeholder_of(largest)
    taken = {(one["name"], one["extension"]) for one in told}
    told += _stills(largest, picture, plan, outputs, taken)
    places = {name: place for place, name in enumerate([None, *(crop.name for crop in plan.crops)])}
    return placeholder, sorted(told, key=lambda one: (places[one["crop"]], one["width"]))


def _largest(picture: Opened, scale: float) -> Image.Image:
    """The whole picture as shown, in sRGB, no larger than the largest output needs, with an empty `info`."""
    source = picture.image
    width, height = source.size
    scale = max(scale, min(1, SIDE / max(width, height)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    source.draft(None, size)  # a JPEG is decoded at a half, a quarter or an eighth where that is enough
    source.load()
    image = scalable(source).resize(size, Image.Resampling.LANCZOS)
    image = turned(in_srgb(image, source.info.get("icc_profile")), picture.orientation)
    image = without_needless_alpha(image)
    image.info = {}
    return image


def _stills(
    largest: Image.Image, picture: Opened, plan: Plan, outputs: list[Output], taken: set[tuple[object, object]]
) -> Told:
    stills: Told = []
    for output in outputs:
        image = _scaled(largest, output, picture)
        for encoding in encodings_for(output, image.mode == "RGBA", plan.is_avif):
            if (output.name, encoding.extension) not in taken:
                stills.append(saved(image, output, encoding))
        if output.crop is None:
            largest = image
    return stills


def _scaled(image: Image.Image, output: Output, picture: Opened) -> Image.Image:
    """The part of the picture that the output shows, out of the picture as it is scaled now."""
    across, down = image.width / picture.width, image.height / picture.height
    left, upper, right, lower = output.box
    box = left * across, upper * down, min(right * across, image.width), min(lower * down, image.height)
    return image.resize((output.width, output.height), Image.Resampling.LANCZOS, box)
