"""The placeholder of a picture: its mean colour and its ThumbHash, a blurred picture in 28 characters."""

from __future__ import annotations

from base64 import b64encode

from PIL import Image

from app.media.decoding.thumbhash import SIDE, thumbhash


def placeholder_of(image: Image.Image) -> dict[str, str]:
    """`color` as `#rrggbb` (of what is visible; white where nothing is) and `thumbhash` in base64."""
    small = image.convert("RGBA")
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return {"color": _mean(small), "thumbhash": _thumbhash(small)}


def _mean(image: Image.Image) -> str:
    red, green, blue, alpha = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}" if alpha else "#ffffff"


def _thumbhash(image: Image.Image) -> str:
    return b64encode(thumbhash(*image.size, image.tobytes())).decode()
