"""The work of the child process: opens, checks, reads the metadata, makes the renditions."""

from __future__ import annotations

# By name: Pillow imports all its plugins, of forty formats, as soon as it misses one.
from PIL import AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from app.media.decoding.metadata import metadata_of
from app.media.decoding.opening import opened
from app.media.decoding.outputs import Plan
from app.media.decoding.renditions import made

PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
# Threads take address space, which is limited, a machine of many cores all of it.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def picture_of(plan: Plan) -> dict[str, object]:
    """What the parent is told of the picture. Raises Invalid, TooLarge, and whatever Pillow raises."""
    with open(plan.source, "rb") as file:
        picture = opened(plan, file)
        metadata = metadata_of(picture.image)
        placeholder, renditions = made(picture, plan)
    return {
        "width": picture.width,
        "height": picture.height,
        "animated": picture.animation is not None,
        "placeholder": placeholder,
        "metadata": metadata,
        "renditions": renditions,
    }
