"""Colours: any mode becomes one that scales well, then sRGB by the embedded ICC profile."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageCms

LARGEST_PROFILE = 4 * 2**20  # bytes. Profiles of printers reach two megabytes
_SRGB = ImageCms.createProfile("sRGB")


def scalable(image: Image.Image) -> Image.Image:
    """The image as L, RGB, RGBA or CMYK: a palette or two levels cannot be scaled smoothly."""
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    # A plain `convert` would cut off all above 255.
    scaled: Image.Image = image.point(lambda value: value * (1 / 256))
    return scaled.convert("L")


def in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The image as RGB or RGBA in sRGB. A profile that is broken, huge or made for other modes is ignored."""
    if isinstance(profile, bytes) and 0 < len(profile) <= LARGEST_PROFILE:
        image = _converted(image, profile)
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        made = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGBA" if image.mode == "RGBA" else "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return made or image


def without_needless_alpha(image: Image.Image) -> Image.Image:
    """RGB where no pixel of an RGBA image lets anything through."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        return image.convert("RGB")
    return image


def on_white(image: Image.Image) -> Image.Image:
    """The image on a white ground, for formats without transparency."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("RGB")
