"""The picture: cost against size, as SVG that reads in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 48, 56
SIZES = {1_000: "1k", 10_000: "10k", 100_000: "100k", 1_000_000: "1M"}
COLORS = 6  # in STYLE
GAP = 16  # between two legends
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .tick { fill: #57606a; font-size: 12px }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
  .s0 { stroke: #0969da } .s1 { stroke: #1a7f37 } .s2 { stroke: #8250df }
  .s3 { stroke: #bc4c00 } .s4 { stroke: #bf3989 } .s5 { stroke: #9a6700 }
  .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .tick { fill: #9198a1 } .grid { stroke: #30363d } .back { fill: #0d1117 }
    .s0 { stroke: #4493f8 } .s1 { stroke: #3fb950 } .s2 { stroke: #ab7df8 }
    .s3 { stroke: #f0883e } .s4 { stroke: #f778ba } .s5 { stroke: #d29922 }
  }
"""


@dataclass(frozen=True)
class Series:
    """One line: (articles, milliseconds), by articles."""

    title: str
    points: tuple[tuple[int, float], ...]


def drawn(series: Sequence[Series]) -> str:
    """The picture of `series`; both axes are logarithmic, so that a factor is the same length everywhere."""
    low, high = bounds(series)
    scale = _Scale(low, high)
    title = "Milliseconds of the server for one request, against the number of articles"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        _text("title", LEFT, 26, "ms for one request"),
        *_axes(scale),
        *_lines(series, scale),
        _text("tick", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "articles", "middle"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def bounds(series: Sequence[Series]) -> tuple[float, float]:
    """From one tick to another, with every point between."""
    costs = [cost for one in series for _, cost in one.points] or [1.0]
    ticks = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 5)]
    low = max((tick for tick in ticks if tick <= min(costs)), default=ticks[0])
    high = min((tick for tick in ticks if tick >= max(costs)), default=ticks[-1])
    return (low, high) if high > low else (low, low * 10)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def x(self, size: float) -> float:
        smallest, largest = math.log10(min(SIZES)), math.log10(max(SIZES))
        return LEFT + (math.log10(size) - smallest) / (largest - smallest) * (WIDTH - LEFT - RIGHT)

    def y(self, cost: float) -> float:
        share = math.log10(cost / self.low) / math.log10(self.high / self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[float]:
        every = [digit * 10.0**power for power in range(-4, 6) for digit in (1, 2, 5)]
        return [tick for tick in every if self.low * 0.999 <= tick <= self.high * 1.001]


def _axes(scale: _Scale) -> Iterator[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in scale.ticks():
        y = scale.y(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text("tick", LEFT - 8, y + 4, f"{tick:g}", "end")
    for size, name in SIZES.items():
        x = scale.x(size)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 5}"/>'
        yield _text("tick", x, floor + 20, name, "middle")


def _lines(series: Sequence[Series], scale: _Scale) -> Iterator[str]:
    """Each with its dots, and its name beside its end."""
    places = spread([scale.y(one.points[-1][1]) for one in series])
    for number, (one, place) in enumerate(zip(series, places, strict=True)):
        color = f"s{number % COLORS}"
        points = [(scale.x(size), scale.y(cost)) for size, cost in one.points]
        yield f'<polyline class="line {color}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        yield from (f'<circle class="line {color}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points)
        x, y = points[-1]
        beside = WIDTH - RIGHT + 14
        yield f'<line class="{color}" x1="{x + 5:.1f}" y1="{y:.1f}" x2="{beside}" y2="{place:.1f}" opacity="0.5"/>'
        yield _text("name", beside + 4, place + 4, one.title)


def spread(heights: Sequence[float]) -> list[float]:
    """The heights, moved apart so that no two names overlap, in the same order."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    places = list(heights)
    for above, below in pairwise(order):
        places[below] = max(places[below], places[above] + GAP)
    excess = max([0.0, *(place - (HEIGHT - BOTTOM) for place in places)])
    return [place - excess for place in places]
