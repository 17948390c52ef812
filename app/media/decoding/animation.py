"""Animated WebP out of animated GIF and WebP, a frame in memory at a time."""

from __future__ import annotations

from typing import Any

from PIL import Image

from app.media.decoding.colours import in_srgb, scalable
from app.media.decoding.faults import Invalid
from app.media.decoding.opening import Opened
from app.media.decoding.outputs import ANIMATION, height_at
from app.media.decoding.saving import WEBP, told
from app.media.decoding.turning import turned


def save_animation(picture: Opened) -> list[dict[str, Any]]:
    """Writes the animated rendition `w640`, or by the own width of a smaller picture; none if too high for WebP."""
    size = _size(picture)
    if picture.animation is None or max(size) > WEBP.longest:
        return []
    name = f"w{size[0]}"
    path = f"{name}.{WEBP.extension}"
    _Film(picture, size, len(picture.animation.durations)).save(
        path,
        WEBP.name,
        save_all=True,
        duration=list(picture.animation.durations),
        loop=picture.animation.loop,
        background=(0, 0, 0, 0),
        **WEBP.options,
    )
    return [told(name, None, WEBP, size, path, is_animated=True)]


def _size(picture: Opened) -> tuple[int, int]:
    width = min(ANIMATION, picture.width)
    return width, height_at(width, picture.width, picture.height)


class _Film(Image.Image):
    """An image whose `seek` scales a frame of another: `save` asks for one after the other, so no list is needed."""

    def __init__(self, picture: Opened, size: tuple[int, int], count: int) -> None:
        super().__init__()
        self.n_frames = count
        self._picture, self._own_size, self._shown_size, self._frame = picture, picture.image.size, size, -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        if frame != self._frame:
            image = self._scaled(frame)
            self.im, self._mode, self._size, self._frame = image.im, image.mode, image.size, frame

    def tell(self) -> int:
        return 0  # where `save` returns to, which would decode everything again

    def _scaled(self, frame: int) -> Image.Image:
        source, own = self._picture.image, self._own_size
        try:
            source.seek(frame)
            source.load()
        except EOFError:
            raise Invalid("cut_off") from None
        image = scalable(source)
        if image.size != own:  # Pillow lets a GIF grow with a later frame that is larger than its canvas
            image = image.crop((0, 0, *own))
        size = self._shown_size[::-1] if self._picture.is_turned else self._shown_size
        image = in_srgb(image.resize(size, Image.Resampling.LANCZOS), source.info.get("icc_profile"))
        return turned(image, self._picture.orientation).convert("RGBA")
