"""Maps, charts and patterns of the demo newsroom."""

from __future__ import annotations

import math

from demo_sheet import (
    CLAY,
    CREAM,
    DUSK,
    GOLD,
    INK,
    LEAF,
    NIGHT,
    OLIVE,
    ROSE,
    SAND,
    SEA,
    SMALL,
    TEAL,
    Point,
    Sheet,
    chance_of,
    curve,
    ring,
)
from PIL import Image


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
    chance = chance_of(3)
    for row in range(5):
        for column in range(7):
            left, upper = 0.02 + column * 0.142, 0.03 + row * 0.2
            sheet.box(left, upper, left + 0.11, upper + 0.15, chance.choice(["#cfd9d4", "#d6dfda", "#c6d2cc"]), 0.02)
    sheet.line([(-0.05, 0.6), (0.42, 0.6), (0.56, 0.4), (1.05, 0.4)], SEA, 0.05)
    for points in (
        [(0.145, 0.6), (0.145, 0)],
        [(0.29, 0.6), (0.29, 1)],
        [(0.713, 0.4), (0.713, 1)],
        [(0.855, 0.4), (0.855, 0)],
    ):
        sheet.line(points, TEAL, 0.022)
    for radius, color in ((0.15, "#bfe0e2"), (0.105, "#8cc7cc"), (0.065, TEAL)):
        sheet.disc(0.49, 0.5, radius, color)
    sheet.disc(0.49, 0.5, 0.034, CLAY)
    return sheet.finished()


def orbits() -> Image.Image:
    sheet = Sheet(SMALL, "#0d1530", "#1d2750")
    sheet.stars(5, 160, 1)
    for radius, color in ((0.14, ROSE), (0.22, GOLD), (0.31, TEAL), (0.43, CLAY)):
        path = [*ring(0.5, 0.52, radius, 90, 0, 1), ring(0.5, 0.52, radius, 90)[0]]
        sheet.line(path, "#49558c", 0.004)
        x, y = ring(0.5, 0.52, radius, 7, radius * 11)[2]
        sheet.disc(x, y, 0.02, color)
    tilted = [
        (0.5 + 0.36 * math.cos(a) - 0.1, 0.5 + 0.2 * math.sin(a) - 0.14 * math.cos(a))
        for a in [n / 100 * math.tau for n in range(101)]
    ]
    sheet.line(tilted, "#ffe7ad", 0.006)
    sheet.disc(*tilted[12], 0.022, "#ffe7ad")
    sheet.glow(0.5, 0.52, 0.09, GOLD, 200)
    sheet.disc(0.5, 0.52, 0.045, "#ffd873")
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
        edge.append(
            (x + way * flat * (along[0] * share * 0.1 - along[1] * out), y + along[1] * share * 0.1 + along[0] * out)
        )
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


def pitch() -> Image.Image:
    sheet = Sheet(SMALL, "#5f8a4c")
    for n in range(0, 10, 2):
        sheet.box(n / 10, 0, (n + 1) / 10, 1, "#6a9655")
    white = "#eef3e4"
    middle = ring(0.5, 0.5, 0.15, 60, 0, 0.625)
    for points in (
        [(0.06, 0.08), (0.94, 0.08), (0.94, 0.92), (0.06, 0.92), (0.06, 0.08)],
        [(0.5, 0.08), (0.5, 0.92)],
        [(0.06, 0.28), (0.2, 0.28), (0.2, 0.72), (0.06, 0.72)],
        [(0.94, 0.28), (0.8, 0.28), (0.8, 0.72), (0.94, 0.72)],
        [*middle, middle[0]],
    ):
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
