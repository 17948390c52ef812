"""Whether work takes time in proportion to its input: asked of two sizes, so that a slow machine is no failure."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

AT_ONCE = 0.3
"""Seconds of CPU within which no second measurement is needed: work that grows faster takes longer at these sizes."""
PARTS = 8
MORE = 4
TOLERANCE = 2.5
"""How much more than `PARTS` times as long `PARTS` times the input may take: caches, and a machine that others use."""


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """`work(size)` takes no more than in proportion longer than `work(size // 8)`, or `work(4 * size)` than it.

    Where a length changes the way once, the first is more, and the second is not: that is no growth. The collector is
    off meanwhile: it would look through what all other tests have left.
    Raises AssertionError with the measurements.
    """
    if _seconds(work, size) < AT_ONCE:
        return
    part = min(_seconds(work, size // PARTS) for _ in range(3))
    whole = min(_seconds(work, size) for _ in range(3))
    if whole < TOLERANCE * PARTS * part:
        return
    more = min(_seconds(work, MORE * size) for _ in range(2))
    seconds = f"{size // PARTS}: {part:.3f} s, {size}: {whole:.3f} s, {MORE * size}: {more:.3f} s"
    assert more < TOLERANCE * MORE * whole, seconds


def _seconds(work: Callable[[int], object], size: int) -> float:
    was_on = gc.isenabled()
    gc.disable()
    try:
        started = time.process_time()
        work(size)
        return time.process_time() - started
    finally:
        if was_on:
            gc.enable()
