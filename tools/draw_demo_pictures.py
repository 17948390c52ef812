"""Draw the pictures of the demo newsroom into `app/demo/pictures/`: patterns, maps, charts, skies.

    PYTHONPATH=. .venv/bin/python tools/draw_demo_pictures.py [NAME…]

The same program gives the same pictures, byte for byte with the same Pillow. They show nobody, and hold no words, so
they fit a newsroom in any language. What is said of them stands in `app/demo/pictures/index.json`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from demo_charts import (
    fes_tiles,
    olive_branches,
    orbits,
    pitch,
    price_chart,
    race_pace,
    race_route,
    school_clock,
    tram_line,
    tram_riders,
    water_network,
)
from demo_sheet import (
    CLAY,
    CREAM,
    DUSK,
    GOLD,
    INK,
    LARGE,
    LEAF,
    NIGHT,
    OLIVE,
    ROSE,
    SAND,
    SEA,
    SMALL,
    TEAL,
    Sheet,
    chance_of,
    curve,
    ring,
)
from PIL import Image

FOLDER = Path(__file__).parents[1] / "app/demo/pictures"


def coast_storm() -> Image.Image:
    sheet = Sheet(LARGE, "#4a5878", "#a9b3bd")
    for x, y, size in ((0.1, 0.16, 0.2), (0.3, 0.1, 0.24), (0.52, 0.17, 0.2), (0.74, 0.09, 0.25), (0.94, 0.15, 0.2)):
        sheet.disc(x, y, size, "#39466a")
    chance = chance_of(7)
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
        across, down = x * sheet.width, y * sheet.height
        for size in (56, 60):
            sheet.draw.arc((across - size, down - size, across + size, down + size), 0, 360, CLAY, 3)
        frames.append(sheet.finished())
    return frames


def night_meteors() -> Image.Image:
    sheet = Sheet(SMALL, NIGHT, "#40477c")
    sheet.stars(31, 260, 0.85)
    for x, y, length in ((0.2, 0.14, 0.2), (0.42, 0.08, 0.28), (0.62, 0.2, 0.18), (0.8, 0.1, 0.24), (0.35, 0.4, 0.15)):
        trail = [(x - length * n / 20, y + length * 0.7 * n / 20) for n in range(21)]
        for n in range(20):
            color = CREAM if n < 4 else "#8f9cc4" if n < 11 else "#5a6499"
            sheet.line(trail[n : n + 2], color, 0.006 * (1 - n / 20))
        sheet.disc(x, y, 0.007, "#ffffff")
    sheet.hills(0.86, 0.05, 0.8, "#171d3a", 2)
    return sheet.finished()


def lanterns() -> Image.Image:
    sheet = Sheet(SMALL, "#1b1d42", "#743f5b")
    for left, width, height, color in (
        (0, 0.2, 0.42, "#3a2850"),
        (0.17, 0.16, 0.54, "#452d55"),
        (0.7, 0.15, 0.5, "#452d55"),
        (0.82, 0.2, 0.4, "#3a2850"),
    ):
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


def race_flags() -> Image.Image:
    sheet = Sheet((600, 800), "#f3c98a", "#f8ecd2")
    sheet.disc(0.5, 0.46, 0.13, "#f6a84f")
    sheet.box(0, 0.56, 1, 1, SEA)
    chance = chance_of(4)
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
    chance = chance_of(9)
    for window in range(4):
        left = 0.3 + window * 0.108
        sheet.box(left, 0.48, left + 0.092, 0.66, CREAM, 0.015)
        for n in range(6):
            top = 0.5 + chance.random() * 0.05
            sheet.box(
                left + 0.007 + n * 0.0135,
                top,
                left + 0.018 + n * 0.0135,
                0.65,
                chance.choice([CLAY, TEAL, GOLD, OLIVE, DUSK]),
            )
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
    for n, (x, y, size) in enumerate(
        ((0.62, 0.24, 1.5), (0.7, 0.34, 1.2), (0.53, 0.31, 1.2), (0.79, 0.43, 1), (0.45, 0.4, 1), (0.87, 0.52, 0.8))
    ):
        lift = 0.05 * size * (1 if n % 2 else -0.4)
        for side in (-1, 1):
            tip = (x + 0.055 * size * side, y - 0.05 * size - lift * 0.3)
            sheet.shape(
                [
                    (x, y - 0.008),
                    (x + 0.03 * size * side, y - 0.05 * size),
                    tip,
                    (x + 0.024 * size * side, y - 0.01),
                    (x, y + 0.016 * size),
                ],
                CREAM,
            )
            sheet.shape(
                [(x + 0.034 * size * side, y - 0.046 * size), tip, (x + 0.03 * size * side, y - 0.02 * size)], INK
            )
        sheet.line([(x - 0.02 * size, y + 0.012), (x + 0.028 * size, y + 0.002)], CREAM, 0.016 * size)
        sheet.line([(x + 0.03 * size, y + 0.001), (x + 0.048 * size, y + 0.006)], CLAY, 0.006 * size)
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
    chance = chance_of(12)
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
