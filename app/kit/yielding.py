"""Long work on the event loop in steps: other requests are answered between two of them.

An answer of long texts takes hundreds of milliseconds: its rows are fetched, shaped and written one by one, each of
them in a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")
LONGEST = 0.005  # seconds without a yield, beside the step that is being done


async def yielding(items: Iterable[Item]) -> AsyncIterator[Item]:
    """The items; yields to the event loop wherever work on them, or making them, has taken `LONGEST`.

    Short work is not interrupted: it costs a look at the clock for each item.
    """
    began = perf_counter()
    for item in items:
        if perf_counter() - began > LONGEST:
            await asyncio.sleep(0)
            began = perf_counter()
        yield item
