"""Hearing that the process is about to stop, before the server waits for its connections to end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def on_stop_signal(call: Callable[[], None]) -> Iterator[None]:
    """Inside the block a signal to stop also makes the loop `call`: an open stream would hold the server up.

    The server's own handler runs as before. Outside the main thread, where signals cannot be heard, nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {int(number): signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(call)
        if callable(before[number]):
            before[number](number, frame)

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])
