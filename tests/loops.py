"""The event loop of the tests, for which a pause of the machine is no time.

A test that sends something every 50 ms to a server of this process, which gives up after 200 ms, would fail wherever
the process gets no processor for so long, as on a busy runner.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import Any

SLACK = 0.002  # seconds by which a wait may be longer than asked: selectors count milliseconds
TURN = 0.02  # seconds that count, at most, of what runs between two waits


class SteadyEventLoop(asyncio.SelectorEventLoop):
    """Its clock counts no more of a wait than was asked for, and little of what runs between two waits.

    So a sleep is never shorter than it says, and what is due first runs first, however long the machine has paused.
    """

    def __init__(self) -> None:
        self._paused = 0.0  # seconds that did not count
        self._until = time.monotonic() + TURN
        selector = selectors.DefaultSelector()
        super().__init__(selector)
        self._wait = selector.select
        selector.select = self._select  # type: ignore[method-assign]  # the loop asks nobody else to wait

    def time(self) -> float:
        return min(time.monotonic(), self._until) - self._paused

    def _select(self, timeout: float | None = None) -> list[Any]:
        self._end(self._until)
        began = time.monotonic()
        events = self._wait(timeout)
        if timeout is not None:
            self._end(began + max(timeout, 0) + SLACK)
        self._until = time.monotonic() + TURN
        return events

    def _end(self, latest: float) -> None:
        self._paused += max(0.0, time.monotonic() - latest)
