"""Frames of animated GIF and WebP, counted in the headers: no pixel is decoded, and counting stops at the limit.

Sources: GIF89a specification (CompuServe, 1990); RFC 9649 (WebP).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from app.media.decoding.faults import Invalid, TooLarge

# A frame costs at least as much as this many pixels: else a million frames of one pixel would be within any limit.
LEAST_PIXELS = 10_000
_FASTEST, _ORDINARY = 10, 100  # milliseconds: browsers show a frame of 10 or less for 100


class Bytes(Protocol):
    """A file in memory: `bytes` or `mmap`."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> bytes: ...


class Frame(NamedTuple):
    """Right and lower edge in pixels, duration in milliseconds."""

    right: int
    bottom: int
    duration: int


class Animation(NamedTuple):
    """Durations of the frames in milliseconds, and how often it is played (0: for ever)."""

    durations: tuple[int, ...]
    loop: int


def counted(name: str, file: Bytes, max_pixels: int) -> Animation | None:
    """The frames of a GIF or WebP; None for a still. Raises TooLarge as soon as frames × canvas exceed the limit."""
    try:
        if name == "GIF":
            return _counted(_gif_frames(file), *_gif_canvas(file), _gif_loop(file), max_pixels)
        if name == "WEBP" and file[12:16] == b"VP8X" and file[20:21] and file[20:21][0] & 0x02:
            return _counted(_webp_frames(file), *_webp_canvas(file), _webp_loop(file), max_pixels)
    except (struct.error, IndexError):
        raise Invalid("cut_off") from None
    return None


def _counted(frames: Iterator[Frame], width: int, height: int, loop: int, max_pixels: int) -> Animation | None:
    durations: list[int] = []
    for frame in frames:
        durations.append(frame.duration if frame.duration > _FASTEST else _ORDINARY)
        width, height = max(width, frame.right), max(height, frame.bottom)
        one = max(width * height, LEAST_PIXELS) if len(durations) > 1 else width * height
        if one * len(durations) > max_pixels:
            raise TooLarge("pixels", one * len(durations))
    return Animation(tuple(durations), loop) if len(durations) > 1 else None


def _gif_canvas(file: Bytes) -> tuple[int, int]:
    width, height = struct.unpack("<2H", file[6:10])
    return width, height


def _gif_loop(file: Bytes) -> int:
    place = file[:1024].find(b"NETSCAPE2.0\x03\x01")
    if place < 0:
        return 1
    (more,) = struct.unpack("<H", file[place + 13 : place + 15])
    return more + 1 if more else 0


def _gif_frames(file: Bytes) -> Iterator[Frame]:
    place, duration = 13 + _palette(file[10:11][0]), 0
    while (kind := file[place : place + 1]) not in (b"", b";"):
        if kind == b"!":
            if file[place + 1 : place + 2] == b"\xf9":
                (hundredths,) = struct.unpack("<H", file[place + 4 : place + 6])
                duration = hundredths * 10
            place = _after_blocks(file, place + 2)
        elif kind == b",":
            x, y, width, height, flags = struct.unpack("<4HB", file[place + 1 : place + 10])
            place = _after_blocks(file, place + 11 + _palette(flags))
            yield Frame(x + width, y + height, duration)
        else:
            place += 1


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(file: Bytes, place: int) -> int:
    while length := file[place : place + 1][0]:
        place += length + 1
    return place + 1


def _webp_canvas(file: Bytes) -> tuple[int, int]:
    return _three(file[24:27]) + 1, _three(file[27:30]) + 1


def _webp_loop(file: Bytes) -> int:
    place = file[:1024].find(b"ANIM\x06\x00\x00\x00")
    return struct.unpack("<H", file[place + 12 : place + 14])[0] if place > 0 else 0


def _webp_frames(file: Bytes) -> Iterator[Frame]:
    place = 12
    while len(head := file[place : place + 8]) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"ANMF":
            # Its edges need no look: libwebp refuses a frame that is not within the canvas.
            yield Frame(0, 0, _three(file[place + 20 : place + 23]))
        place += 8 + length + length % 2


def _three(part: bytes) -> int:
    if len(part) < 3:
        raise Invalid("cut_off")
    return int.from_bytes(part, "little")
