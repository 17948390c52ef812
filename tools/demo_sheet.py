"""A sheet to draw on with Pillow: colours, shapes, lines, light, curves."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

SCALE = 2  # drawn larger, then reduced: smooth edges
LARGE, SMALL = (1280, 800), (960, 600)
NIGHT, DUSK, SEA, TEAL = "#131f3a", "#35406e", "#1d5a73", "#2f8f8b"
SAND, CREAM, GOLD, CLAY = "#e9d3a8", "#f8f0df", "#e6a93c", "#c2553a"
OLIVE, LEAF, INK, ROSE = "#5d6f34", "#93a358", "#2a2623", "#d98a7b"
Point = tuple[float, float]


class Sheet:
    """A picture while it is drawn. Coordinates are shares of the width and of the height, from 0 to 1."""

    def __init__(self, size: tuple[int, int], upper: str, lower: str = "") -> None:
        self.size = size
        self.width, self.height = size[0] * SCALE, size[1] * SCALE
        self.image = Image.new("RGB", (self.width, self.height), upper)
        if lower:
            below = Image.new("RGB", (self.width, self.height), lower)
            ramp = Image.linear_gradient("L").resize((self.width, self.height))
            self.image.paste(below, mask=ramp)
        self.draw = ImageDraw.Draw(self.image)

    def at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.width, y * self.height) for x, y in points]

    def shape(self, points: Sequence[Point], fill: str) -> None:
        self.draw.polygon(self.at(points), fill=fill)

    def line(self, points: Sequence[Point], fill: str, wide: float) -> None:
        """A line with round ends; `wide` is a share of the height, as `radius` is."""
        places, pixels = self.at(points), max(1, round(wide * self.height))
        self.draw.line(places, fill=fill, width=pixels, joint="curve")
        for x, y in (places[0], places[-1]):
            self._disc(x, y, pixels / 2, fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        self._disc(x * self.width, y * self.height, radius * self.height, fill)

    def _disc(self, x: float, y: float, radius: float, fill: str) -> None:
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def box(self, left: float, upper: float, right: float, lower: float, fill: str, round_by: float = 0) -> None:
        corners = self.at([(left, upper), (right, lower)])
        self.draw.rounded_rectangle([*corners[0], *corners[1]], round_by * self.height, fill=fill)

    def glow(self, x: float, y: float, radius: float, color: str, strength: int = 150) -> None:
        """Light around a point."""
        mask = Image.new("L", (self.width // 8, self.height // 8))
        wide, high, size = x * mask.width, y * mask.height, radius * mask.height
        ImageDraw.Draw(mask).ellipse((wide - size, high - size, wide + size, high + size), fill=strength)
        mask = mask.filter(ImageFilter.GaussianBlur(size / 2)).resize(self.image.size)
        self.image.paste(color, mask=mask)

    def hills(self, height: float, rise: float, waves: float, fill: str, shift: float = 0) -> None:
        """Ground up to a curved line around `height`."""
        edge = [(n / 120, height - rise * math.sin(waves * n / 120 * math.tau + shift)) for n in range(121)]
        self.shape([(0, 1), *edge, (1, 1)], fill)

    def stars(self, seed: int, count: int, lowest: float = 0.7) -> None:
        chance = chance_of(seed)
        for _ in range(count):
            bright = chance.random()
            color = CREAM if bright > 0.6 else "#8f9cc4"
            self.disc(chance.random(), chance.random() ** 1.4 * lowest, 0.0012 + 0.0026 * bright**4, color)

    def finished(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.LANCZOS)


def ring(x: float, y: float, radius: float, count: int, turn: float = 0, flat: float = 1) -> list[Point]:
    """Corners of a regular polygon; `flat` is the height of the sheet by its width."""
    angles = [turn + math.tau * n / count for n in range(count)]
    return [(x + radius * math.cos(angle) * flat, y + radius * math.sin(angle)) for angle in angles]


def curve(*points: Point) -> list[Point]:
    """A smooth line through points (Catmull-Rom)."""
    held = [points[0], *points, points[-1]]
    found = []
    for a, b, c, d in zip(held, held[1:], held[2:], held[3:], strict=False):
        for n in range(16):
            t = n / 16
            found.append(tuple(_between(a[k], b[k], c[k], d[k], t) for k in (0, 1)))
    return [*found, points[-1]]  # type: ignore[list-item]  # pairs


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def chance_of(seed: int) -> random.Random:
    """Numbers that look like chance and are the same in every run."""
    return random.Random(seed)  # noqa: S311  # places of stars and books, no secrets
