"""Whether work takes time in proportion to its input: asked of two sizes, so that a slow machine is no failure."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

AT_ONCE = 0.3
"""Seconds of CPU within which no second measurement is needed: work that grows faster takes longer at these sizes."""
PARTS = 8
TOLERANCE = 2.5
"""How much more than `PARTS` times as long `PARTS` times the input may take: caches, and a machine that others use."""


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """`work(size)` takes no more than in proportion longer than `work(size // 8)`.

    The collector is off meanwhile: it would look through what all other tests have left.
    Raises AssertionError with both measurements.
    """
    if _seconds(work, size) < AT_ONCE:
        return
    part = min(_seconds(work, size // PARTS) for _ in range(3))
    whole = min(_seconds(work, size) for _ in range(3))
    assert whole < TOLERANCE * PARTS * part, f"{size}: {whole:.3f} s, {size // PARTS}: {part:.3f} s"


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
