"""Draw the pictures of the demo newsroom into `app/demo/pictures/`: patterns, maps, charts, skies.

    PYTHONPATH=. .venv/bin/python tools/draw_demo_pictures.py [NAME…]

The same program gives the same pictures, byte for byte with the same Pillow. They show nobody, and hold no words, so they
fit a newsroom in any language.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parents[1] / "app/demo/pictures"
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
        chance = random.Random(seed)
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


# --- pictures ---------------------------------------------------------------------------------------------------------


def coast_storm() -> Image.Image:
    sheet = Sheet(LARGE, "#4a5878", "#a9b3bd")
    for x, y, size in ((0.1, 0.16, 0.2), (0.3, 0.1, 0.24), (0.52, 0.17, 0.2), (0.74, 0.09, 0.25), (0.94, 0.15, 0.2)):
        sheet.disc(x, y, size, "#39466a")
    chance = random.Random(7)
    for _ in range(90):
        x, y = chance.random() * 1.1, 0.2 + chance.random() * 0.5
        sheet.line([(x, y), (x - 0.018, y + 0.06)], "#c4ccd3", 0.0022)
    sheet.glow(0.79, 0.34, 0.2, GOLD)
    sheet.shape([(0.765, 0.72), (0.776, 0.38), (0.804, 0.38), (0.815, 0.72)], CREAM)
    sheet.shape([(0.769, 0.6), (0.7725, 0.5), (0.8075, 0.5), (0.811, 0.6)], CLAY)
    sheet.box(0.772, 0.31, 0.808, 0.38, GOLD)
    sheet.shape([(0.766, 0.31), (0.79, 0.255), (0.814, 0.31)], CLAY)
    for n, color in enumerate(("#5f8ea0", "#3f7690", SEA, "#174a63", NIGHT)):
        base = 0.66 + n * 0.075
        edge = []
        for k in range(241):
            x = k / 240
            wave = (x * (5 - n * 0.5) + n * 0.37) % 1
            edge.append((x, base - (0.07 + n * 0.006) * (1 - abs(2 * wave - 1)) ** 2.2))
        sheet.shape([(0, 1), *edge, (1, 1)], color)
        sheet.line([(x, y + 0.006) for x, y in edge], "#dfe9ea" if n < 4 else TEAL, 0.0045)
    return sheet.finished()


def tram_line() -> Image.Image:
    sheet = Sheet(SMALL, CREAM)
    for n in range(14):
        sheet.line([(n / 13 - 0.1, 0), (n / 13 + 0.1, 1)], "#ece0c6", 0.008)
        sheet.line([(0, n / 11), (1, n / 11 - 0.08)], "#ece0c6", 0.008)
    coast = curve((0.38, -0.1), (0.45, 0.12), (0.62, 0.18), (0.68, 0.34), (0.84, 0.4), (1.1, 0.36))
    sheet.shape([*coast, (1.1, -0.1)], "#a9d0d0")
    sheet.line(coast, "#7fb8b8", 0.012)
    sheet.box(0.1, 0.58, 0.2, 0.76, "#c9d3a0", 0.03)
    sheet.box(0.58, 0.72, 0.7, 0.88, "#c9d3a0", 0.03)
    sheet.line([(-0.1, 0.3), (0.3, 0.3), (0.4, 0.45), (0.4, 1.1)], "#b9b09f", 0.02)
    route = [(0.08, 0.86), (0.26, 0.86), (0.4, 0.66), (0.56, 0.66), (0.66, 0.5), (0.93, 0.5)]
    sheet.line(route, CLAY, 0.034)
    stops = [(0.08, 0.86), (0.26, 0.86), (0.33, 0.76), (0.4, 0.66), (0.48, 0.66), (0.56, 0.66), (0.66, 0.5)]
    for x, y in [*stops, (0.75, 0.5), (0.84, 0.5), (0.93, 0.5)]:
        sheet.disc(x, y, 0.03, CLAY)
        sheet.disc(x, y, 0.018, CREAM)
    sheet.disc(0.4, 0.66, 0.042, INK)
    sheet.disc(0.4, 0.66, 0.028, CREAM)
    return sheet.finished()


def _grid(sheet: Sheet) -> None:
    for n in range(5):
        sheet.line([(0.08, 0.18 + n * 0.16), (0.92, 0.18 + n * 0.16)], "#e2d5bb", 0.004)


def tram_riders() -> Image.Image:
    sheet = Sheet(SMALL, CREAM)
    _grid(sheet)
    for n, value in enumerate((0.22, 0.34, 0.31, 0.47, 0.55, 0.6, 0.42)):
        left = 0.11 + n * 0.115
        sheet.box(left, 0.82 - value, left + 0.075, 0.84, CLAY if n == 5 else TEAL, 0.015)
    sheet.line([(0.08, 0.83), (0.92, 0.83)], INK, 0.01)
    return sheet.finished()


def price_chart() -> Image.Image:
    sheet = Sheet(SMALL, CREAM)
    _grid(sheet)
    for color, values in (
        (OLIVE, (0.5, 0.46, 0.49, 0.41, 0.43, 0.4, 0.42)),
        (GOLD, (0.36, 0.4, 0.38, 0.44, 0.5, 0.52, 0.55)),
        (CLAY, (0.24, 0.22, 0.28, 0.34, 0.47, 0.6, 0.72)),
    ):
        points = [(0.1 + n * 0.13, value) for n, value in enumerate(values)]
        sheet.line(points, color, 0.016)
        for x, y in points:
            sheet.disc(x, y, 0.018, color)
            sheet.disc(x, y, 0.008, CREAM)
    sheet.line([(0.08, 0.83), (0.92, 0.83)], INK, 0.01)
    return sheet.finished()


def water_network() -> Image.Image:
    sheet = Sheet(SMALL, "#dfe7e4")
    chance = random.Random(3)
    for row in range(5):
        for column in range(7):
            left, upper = 0.02 + column * 0.142, 0.03 + row * 0.2
            sheet.box(left, upper, left + 0.11, upper + 0.15, chance.choice(["#cfd9d4", "#d6dfda", "#c6d2cc"]), 0.02)
    sheet.line([(-0.05, 0.6), (0.42, 0.6), (0.56, 0.4), (1.05, 0.4)], SEA, 0.05)
    for points in ([(0.145, 0.6), (0.145, 0)], [(0.29, 0.6), (0.29, 1)], [(0.713, 0.4), (0.713, 1)], [(0.855, 0.4), (0.855, 0)]):
        sheet.line(points, TEAL, 0.022)
    for radius, color in ((0.15, "#bfe0e2"), (0.105, "#8cc7cc"), (0.065, TEAL)):
        sheet.disc(0.49, 0.5, radius, color)
    sheet.disc(0.49, 0.5, 0.034, CLAY)
    return sheet.finished()


def salt_tower() -> Image.Image:
    sheet = Sheet(SMALL, "#f2b45c", "#fbe6bd")
    sheet.glow(0.72, 0.27, 0.3, "#fff6d8", 220)
    sheet.disc(0.72, 0.27, 0.09, "#fff3c9")
    sheet.hills(0.66, 0.03, 1.2, "#d9a368", 1)
    sheet.hills(0.74, 0.02, 0.8, "#c98b54", 3)
    for n in range(17):
        sheet.line([(0.36, 0.24), (n / 16, 0.8)], "#f9d995", 0.0025)
    sheet.shape([(0.33, 0.78), (0.345, 0.3), (0.375, 0.3), (0.39, 0.78)], "#5c4a48")
    sheet.box(0.335, 0.2, 0.385, 0.3, CREAM, 0.012)
    for row in range(4):
        count, size = 15 - row * 2, 0.03 + row * 0.011
        for n in range(count):
            x, y = (n + 0.5) / count, 0.79 + row * 0.062
            tilt = size * 0.55 * (1 if x < 0.36 else -1)
            blade = [(x - size * 0.8, y - tilt * 0.5), (x + size * 0.8, y + tilt * 0.5)]
            sheet.shape([*blade, (blade[1][0], blade[1][1] + size * 0.8), (blade[0][0], blade[0][1] + size * 0.8)], SEA)
            sheet.line(blade, "#bfe3ea", 0.005)
    return sheet.finished()


def atlas_dome() -> Image.Image:
    sheet = Sheet(LARGE, NIGHT, "#4d5488")
    sheet.glow(0.36, 0.25, 0.5, "#5a63a0", 120)
    sheet.stars(11, 420, 0.78)
    sheet.hills(0.72, 0.08, 1.1, "#2a3258", 2.2)
    sheet.hills(0.82, 0.06, 0.7, "#1c2344", 0.4)
    sheet.glow(0.655, 0.62, 0.14, GOLD, 70)
    sheet.disc(0.655, 0.6, 0.14, CREAM)
    sheet.box(0.55, 0.6, 0.76, 0.82, "#d9cfbf")
    sheet.shape([(0.61, 0.47), (0.632, 0.455), (0.668, 0.6), (0.642, 0.6)], NIGHT)
    sheet.line([(0.64, 0.57), (0.585, 0.42)], "#8a93b8", 0.026)
    sheet.box(0.645, 0.7, 0.68, 0.82, GOLD, 0.01)
    sheet.hills(0.9, 0.03, 0.9, "#10162e", 3.5)
    return sheet.finished()


def asteroid_frames() -> list[Image.Image]:
    frames = []
    for n in range(12):
        sheet = Sheet((640, 400), "#0d1530", "#1d2750")
        sheet.stars(23, 120, 1)
        x, y = 0.2 + n * 0.05, 0.72 - n * 0.035
        sheet.glow(x, y, 0.07, GOLD, 170)
        sheet.disc(x, y, 0.016, "#ffe7ad")
        for size in (0.052, 0.056):
            corner = sheet.at([(x, y)])[0]
            sheet.draw.arc((corner[0] - size * sheet.height * 1.6, corner[1] - size * sheet.height * 1.6,
                            corner[0] + size * sheet.height * 1.6, corner[1] + size * sheet.height * 1.6), 0, 360, CLAY, 3)  # fmt: skip
        frames.append(sheet.finished())
    return frames


def orbits() -> Image.Image:
    sheet = Sheet(SMALL, "#0d1530", "#1d2750")
    sheet.stars(5, 160, 1)
    for radius, color in ((0.14, ROSE), (0.22, GOLD), (0.31, TEAL), (0.43, CLAY)):
        path = [*ring(0.5, 0.52, radius, 90, 0, 1), ring(0.5, 0.52, radius, 90)[0]]
        sheet.line(path, "#49558c", 0.004)
        x, y = ring(0.5, 0.52, radius, 7, radius * 11)[2]
        sheet.disc(x, y, 0.02, color)
    tilted = [(0.5 + 0.36 * math.cos(a) - 0.1, 0.5 + 0.2 * math.sin(a) - 0.14 * math.cos(a)) for a in [n / 100 * math.tau for n in range(101)]]
    sheet.line(tilted, "#ffe7ad", 0.006)
    sheet.disc(*tilted[12], 0.022, "#ffe7ad")
    sheet.glow(0.5, 0.52, 0.09, GOLD, 200)
    sheet.disc(0.5, 0.52, 0.045, "#ffd873")
    return sheet.finished()


def night_meteors() -> Image.Image:
    sheet = Sheet(SMALL, NIGHT, "#40477c")
    sheet.stars(31, 260, 0.85)
    for x, y, length in ((0.2, 0.14, 0.2), (0.42, 0.08, 0.28), (0.62, 0.2, 0.18), (0.8, 0.1, 0.24), (0.35, 0.4, 0.15)):
        for n in range(20):
            share = n / 20
            sheet.line([(x - length * share, y + length * 0.7 * share), (x - length * (share + 0.05), y + length * 0.7 * (share + 0.05))],
                       CREAM if n < 4 else "#8f9cc4" if n < 11 else "#5a6499", 0.006 * (1 - share))  # fmt: skip
        sheet.disc(x, y, 0.007, "#ffffff")
    sheet.hills(0.86, 0.05, 0.8, "#171d3a", 2)
    return sheet.finished()


def olive_branches() -> Image.Image:
    sheet = Sheet(SMALL, "#f1ead2")
    for row in range(3):
        for column in range(4):
            _branch(sheet, column * 0.33 - row % 2 * 0.16, 0.17 + row * 0.33, -1 if row % 2 else 1)
    return sheet.finished()


def _branch(sheet: Sheet, x: float, y: float, way: int) -> None:
    stem = curve((x - 0.12 * way, y + 0.08), (x, y), (x + 0.13 * way, y - 0.05))
    sheet.line(stem, "#7a6a45", 0.008)
    for n in range(3, len(stem), 4):
        for side in (-1, 1):
            _leaf(sheet, *stem[n], -0.5 + 0.85 * side, way, LEAF if side < 0 else OLIVE)
    _leaf(sheet, *stem[-1], -0.3, way, LEAF)
    for n in (9, 20):
        px, py = stem[n]
        sheet.disc(px, py + 0.04, 0.026, "#3f4a2a")
        sheet.disc(px - 0.005, py + 0.032, 0.006, LEAF)


def _leaf(sheet: Sheet, x: float, y: float, angle: float, way: int, color: str) -> None:
    """A pointed leaf from its foot; `angle` from the direction of the branch."""
    along, flat = (math.cos(angle), math.sin(angle)), SMALL[1] / SMALL[0]
    edge = []
    for n in range(21):
        share = n / 10 if n <= 10 else 2 - n / 10
        out = 0.014 * math.sin(share * math.pi) * (1 if n <= 10 else -1)
        edge.append((x + way * flat * (along[0] * share * 0.1 - along[1] * out), y + along[1] * share * 0.1 + along[0] * out))
    sheet.shape(edge, color)


def fes_tiles() -> Image.Image:
    sheet = Sheet(SMALL, "#f4ecd9")
    flat = SMALL[1] / SMALL[0]
    colors = (SEA, OLIVE, CLAY, TEAL)
    for row in range(5):
        for column in range(8):
            x, y = column * 0.25 * flat + 0.035, row * 0.25
            color = colors[(row + column * 3) % 4]
            for turn in (0, math.pi / 4):
                sheet.shape(ring(x, y, 0.118, 4, turn, flat), color)
            sheet.shape(ring(x, y, 0.07, 8, math.pi / 8, flat), "#f4ecd9")
            sheet.shape(ring(x, y, 0.048, 8, 0, flat), GOLD if (row + column) % 2 else NIGHT)
            cx, cy = x + 0.125 * flat, y + 0.125
            sheet.shape(ring(cx, cy, 0.064, 4, 0, flat), NIGHT)
            sheet.shape(ring(cx, cy, 0.036, 4, math.pi / 4, flat), SAND)
    return sheet.finished()


def lanterns() -> Image.Image:
    sheet = Sheet(SMALL, "#1b1d42", "#743f5b")
    for left, width, height, color in ((0, 0.2, 0.42, "#3a2850"), (0.17, 0.16, 0.54, "#452d55"), (0.7, 0.15, 0.5, "#452d55"), (0.82, 0.2, 0.4, "#3a2850")):
        sheet.box(left, height, left + width, 0.92, color)
        sheet.shape(ring(left + width / 2, 0.72, 0.075, 40, 0, 0.6), "#f0b95a")
        sheet.box(left + width / 2 - 0.045, 0.72, left + width / 2 + 0.045, 0.92, "#f0b95a")
    sheet.box(0, 0.86, 1, 1, "#2a1c38")
    for row, (height, sag) in enumerate(((0.05, 0.2), (0.16, 0.22), (0.02, 0.42))):
        rope = [(n / 60, height + sag * 4 * (n / 60) * (1 - n / 60)) for n in range(61)]
        sheet.line(rope, "#0f1128", 0.004)
        for n in range(4 + row * 2, 60, 8):
            x, y = rope[n]
            sheet.glow(x, y + 0.04, 0.05, GOLD, 120)
            sheet.box(x - 0.015, y + 0.01, x + 0.015, y + 0.07, (GOLD, "#f3c877", ROSE)[(n + row) % 3], 0.02)
    sheet.shape([(0.36, 0.92), (0.39, 0.8), (0.61, 0.8), (0.64, 0.92)], CLAY)
    return sheet.finished()


def _coast(sheet: Sheet) -> list[Point]:
    shore = curve((-0.1, 0.5), (0.1, 0.46), (0.3, 0.56), (0.52, 0.5), (0.74, 0.36), (0.9, 0.4), (1.1, 0.28))
    sheet.shape([*shore, (1.1, -0.1), (-0.1, -0.1)], "#9ecbd0")
    sheet.line(shore, SAND, 0.03)
    return shore


def race_route() -> Image.Image:
    sheet = Sheet(SMALL, "#efe6d0")
    shore = _coast(sheet)
    for n in range(10):
        sheet.line([(n / 9, 0.66 - n * 0.015), (n / 9 + 0.06, 1)], "#e0d3b5", 0.012)
    route = [(x, y + 0.075) for x, y in shore if 0.08 < x < 0.92]
    sheet.line(route, CLAY, 0.022)
    for place, color in ((0, OLIVE), (len(route) // 3, GOLD), (2 * len(route) // 3, GOLD), (-1, INK)):
        sheet.disc(*route[place], 0.032, color)
        sheet.disc(*route[place], 0.014, CREAM)
    return sheet.finished()


def race_pace() -> Image.Image:
    sheet = Sheet(SMALL, "#efe6d0")
    _grid(sheet)
    for n in range(28):
        value = 0.5 * math.exp(-(((n - 12) / 6) ** 2)) + 0.06 + 0.02 * math.sin(n * 2.1)
        left = 0.09 + n * 0.0295
        sheet.box(left, 0.82 - value, left + 0.022, 0.83, CLAY if n == 12 else ROSE, 0.008)
    sheet.line([(0.08, 0.83), (0.92, 0.83)], INK, 0.01)
    return sheet.finished()


def race_flags() -> Image.Image:
    sheet = Sheet((600, 800), "#f3c98a", "#f8ecd2")
    sheet.disc(0.5, 0.46, 0.13, "#f6a84f")
    sheet.box(0, 0.56, 1, 1, SEA)
    chance = random.Random(4)
    for n in range(11):
        wide, y = 0.3 - n * 0.018, 0.585 + n * 0.036
        left = 0.5 - wide / 2 + (chance.random() - 0.5) * 0.12
        sheet.line([(left, y), (left + wide * (0.5 + chance.random() / 2), y)], "#f2b866", 0.009)
    for row in range(3):
        rope = [(n / 40, 0.05 + row * 0.1 + 0.16 * (n / 40) * (1 - n / 40) * 4) for n in range(41)]
        sheet.line(rope, INK, 0.003)
        for n in range(1, 40, 4):
            (x, y), color = rope[n], (CLAY, TEAL, GOLD, OLIVE)[(n // 4 + row) % 4]
            sheet.shape([(x - 0.035, y), (x + 0.035, y), (x, y + 0.065)], color)
    return sheet.finished()


def book_bus() -> Image.Image:
    sheet = Sheet(SMALL, "#bfe0e4", "#f7ecd0")
    sheet.disc(0.82, 0.22, 0.08, "#fbe2a0")
    sheet.hills(0.58, 0.06, 1, "#b3b778", 0.5)
    sheet.hills(0.7, 0.04, 0.8, LEAF, 2.5)
    for x, y, size in ((0.08, 0.56, 0.1), (0.2, 0.6, 0.075), (0.9, 0.58, 0.1)):
        sheet.box(x - 0.006, y, x + 0.006, y + 0.2, "#6b5138")
        for dx, dy in ((-0.04, 0), (0.04, 0), (0, -0.07)):
            sheet.disc(x + dx, y + dy, size * 0.75, OLIVE)
    sheet.box(0, 0.84, 1, 1, "#cdb58a")
    sheet.box(0.27, 0.42, 0.77, 0.82, SEA, 0.05)
    sheet.box(0.27, 0.7, 0.77, 0.74, GOLD)
    chance = random.Random(9)
    for window in range(4):
        left = 0.3 + window * 0.108
        sheet.box(left, 0.48, left + 0.092, 0.66, CREAM, 0.015)
        for n in range(6):
            top = 0.5 + chance.random() * 0.05
            sheet.box(left + 0.007 + n * 0.0135, top, left + 0.018 + n * 0.0135, 0.65, chance.choice([CLAY, TEAL, GOLD, OLIVE, DUSK]))
    sheet.box(0.735, 0.48, 0.77, 0.7, "#d7eef0", 0.01)
    for x in (0.38, 0.66):
        sheet.disc(x, 0.83, 0.07, INK)
        sheet.disc(x, 0.83, 0.032, SAND)
    return sheet.finished()


def storks() -> Image.Image:
    sheet = Sheet(SMALL, "#f4c9a0", "#fbeed8")
    sheet.glow(0.3, 0.42, 0.25, "#fff2d0", 200)
    sheet.disc(0.3, 0.42, 0.1, "#f7a35f")
    sheet.hills(0.8, 0.02, 0.9, "#8fb0a2", 1)
    sheet.hills(0.88, 0.02, 1.3, TEAL, 2)
    for n, (x, y, size) in enumerate(((0.62, 0.24, 1.5), (0.7, 0.34, 1.2), (0.53, 0.31, 1.2), (0.79, 0.43, 1), (0.45, 0.4, 1), (0.87, 0.52, 0.8))):
        lift = 0.05 * size * (1 if n % 2 else -0.4)
        for side in (-1, 1):
            tip = (x + 0.055 * size * side, y - 0.05 * size - lift * 0.3)
            sheet.shape([(x, y - 0.008), (x + 0.03 * size * side, y - 0.05 * size), tip, (x + 0.024 * size * side, y - 0.01), (x, y + 0.016 * size)], CREAM)
            sheet.shape([(x + 0.034 * size * side, y - 0.046 * size), tip, (x + 0.03 * size * side, y - 0.02 * size)], INK)
        sheet.line([(x - 0.02 * size, y + 0.012), (x + 0.028 * size, y + 0.002)], CREAM, 0.016 * size)
        sheet.line([(x + 0.03 * size, y + 0.001), (x + 0.048 * size, y + 0.006)], CLAY, 0.006 * size)
    return sheet.finished()


def pitch() -> Image.Image:
    sheet = Sheet(SMALL, "#5f8a4c")
    for n in range(0, 10, 2):
        sheet.box(n / 10, 0, (n + 1) / 10, 1, "#6a9655")
    white = "#eef3e4"
    for points in ([(0.06, 0.08), (0.94, 0.08), (0.94, 0.92), (0.06, 0.92), (0.06, 0.08)], [(0.5, 0.08), (0.5, 0.92)],
                   [(0.06, 0.28), (0.2, 0.28), (0.2, 0.72), (0.06, 0.72)], [(0.94, 0.28), (0.8, 0.28), (0.8, 0.72), (0.94, 0.72)],
                   [*ring(0.5, 0.5, 0.15, 60, 0, 0.625), ring(0.5, 0.5, 0.15, 60, 0, 0.625)[0]]):  # fmt: skip
        sheet.line(points, white, 0.007)
    moves = curve((0.24, 0.7), (0.4, 0.62), (0.55, 0.3), (0.72, 0.36), (0.9, 0.5))
    for n in range(0, len(moves) - 2, 4):
        sheet.line(moves[n : n + 3], GOLD, 0.01)
    for x, y in ((0.24, 0.7), (0.42, 0.6), (0.55, 0.3), (0.73, 0.37), (0.3, 0.3), (0.62, 0.72)):
        sheet.disc(x, y, 0.034, DUSK)
    for x, y in ((0.8, 0.5), (0.68, 0.52), (0.6, 0.42), (0.46, 0.42), (0.74, 0.66)):
        sheet.disc(x, y, 0.034, CLAY)
    return sheet.finished()


def school_clock() -> Image.Image:
    sheet = Sheet(SMALL, "#f7d9a4", "#fdf3df")
    for n in range(24):
        edge = ring(0.5, 0.52, 1.2, 48, -0.03)
        sheet.shape([(0.5, 0.52), edge[n * 2], edge[n * 2 + 1]], "#f9e3b9")
    sheet.disc(0.5, 0.52, 0.36, SEA)
    sheet.disc(0.5, 0.52, 0.32, CREAM)
    for n in range(12):
        inner, outer = (ring(0.5, 0.52, radius, 12, 0, 0.625)[n] for radius in (0.25 if n % 3 else 0.23, 0.285))
        sheet.line([inner, outer], INK, 0.014 if n % 3 == 0 else 0.008)
    sheet.line([(0.5, 0.52), (0.385, 0.52)], INK, 0.024)
    sheet.line([(0.5, 0.52), (0.5, 0.27)], INK, 0.016)
    sheet.disc(0.5, 0.52, 0.026, CLAY)
    return sheet.finished()


def boat_ribs() -> Image.Image:
    sheet = Sheet(SMALL, "#dce9e6", "#f5efe0")
    sheet.box(0, 0.8, 1, 1, "#8fc0c2")
    hull = curve((0.08, 0.3), (0.2, 0.62), (0.5, 0.74), (0.8, 0.62), (0.93, 0.24))
    sheet.shape([*hull, (0.86, 0.34), (0.5, 0.42), (0.16, 0.37)], "#c89a62")
    for n in range(13):
        x = 0.16 + n * 0.058
        bottom = 0.735 - 1.6 * (x - 0.5) ** 2
        top = 0.42 - 0.05 * abs(x - 0.5) ** 1.2 * 2
        sheet.line(curve((x - 0.01, top), (x - 0.02, (top + bottom) / 2), (x + 0.01, bottom)), "#7d5632", 0.017)
    sheet.line(hull, "#5f3f25", 0.026)
    sheet.line(curve((0.16, 0.37), (0.5, 0.43), (0.86, 0.34)), "#5f3f25", 0.014)
    for n in range(6):
        sheet.line(curve((n / 5 - 0.1, 0.88), (n / 5, 0.865), (n / 5 + 0.1, 0.88)), CREAM, 0.006)
    return sheet.finished()


def book_spines() -> Image.Image:
    sheet = Sheet(SMALL, "#4b3326")
    chance = random.Random(12)
    for row in range(3):
        x = 0.02
        while x < 0.96:
            wide, high = 0.022 + chance.random() * 0.035, 0.19 + chance.random() * 0.08
            lower, color = 0.31 + row * 0.325, chance.choice([CLAY, TEAL, GOLD, OLIVE, DUSK, SAND, SEA, ROSE])
            sheet.box(x, lower - high, x + wide, lower, color, 0.008)
            for share in (0.15, 0.22, 0.8):
                sheet.box(x, lower - high * (1 - share), x + wide, lower - high * (1 - share) + 0.008, CREAM)
            x += wide + 0.004
        sheet.box(0, 0.31 + row * 0.325, 1, 0.335 + row * 0.325, "#8a6244")
    return sheet.finished()


STILLS: tuple[Callable[[], Image.Image], ...] = (
    coast_storm, tram_line, tram_riders, price_chart, water_network, salt_tower, atlas_dome, orbits, night_meteors,
    olive_branches, fes_tiles, lanterns, race_route, race_pace, race_flags, book_bus, storks, pitch, school_clock,
    boat_ribs, book_spines,
)  # fmt: skip


def main() -> None:
    """Draw those that are named, else all."""
    FOLDER.mkdir(exist_ok=True)
    chosen = set(sys.argv[1:])
    for draw in STILLS:
        name = draw.__name__.replace("_", "-")
        if not chosen or name in chosen:
            draw().save(FOLDER / f"{name}.webp", quality=76, method=6)
    if not chosen or "asteroid-path" in chosen:
        first, *others = asteroid_frames()
        first.save(FOLDER / "asteroid-path.webp", save_all=True, append_images=others, duration=220, loop=0, quality=70)


if __name__ == "__main__":
    main()
