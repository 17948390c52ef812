"""Who holds a stream open, and how they are told: at once where they read, from a short queue where they are slow."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.types import Message, Send

log = logging.getLogger("nashra")
MOST_PENDING, MOST_BYTES = 256, 4_000_000  # events that wait for a slow client, and what they may weigh
PATIENCE = timedelta(seconds=20)  # for a slow client
RETRY_AFTER_GOAWAY_MS = (500, 5_000)


@dataclass
class Tally:
    """What one process has counted."""

    sent: int = 0
    """Events, one for each client."""
    dropped: int = 0
    """Clients that were too slow."""


class Client:
    """One open stream."""

    __slots__ = ("_pending", "_tally", "_telling", "_waiting", "address", "is_dropped", "send", "seq", "task")

    def __init__(self, send: Send, address: str, task: asyncio.Task[Any], tally: Tally) -> None:
        self.address = address
        self.seq = 0
        self.is_dropped = False
        self.send, self.task, self._tally = send, task, tally
        self._pending: deque[Message] | None = None
        self._waiting = 0  # bytes
        self._telling: asyncio.Task[None] | None = None

    def tell(self, message: Message) -> None:
        """Sends at once, or when the client has read what came before; drops a client that stays behind."""
        self._tally.sent += 1
        if self._give(message) or self.is_dropped:
            return
        if self._pending is None:
            self._pending = deque()
            self._telling = asyncio.create_task(self._tell_slowly(self._pending))
        self._pending.append(message)
        self._waiting += len(message["body"])
        if len(self._pending) > MOST_PENDING or self._waiting > MOST_BYTES:
            self.drop()

    def send_away(self) -> None:
        """Ends the stream with a time to come back at. Whoever is too slow for a farewell goes without."""
        retry = random.randint(*RETRY_AFTER_GOAWAY_MS)  # noqa: S311  # spreads load, keeps no secret
        told = json.dumps({"retry_ms": retry})
        content = f"retry: {retry}\nevent: goaway\ndata: {told}\n\n".encode()
        if not self._give({"type": "http.response.body", "body": content, "more_body": False}):
            self.drop()

    def drop(self) -> None:
        """Ends the stream of a client that does not read; it may come back with its last id."""
        if not self.is_dropped:
            self.is_dropped = True
            self._tally.dropped += 1
            self.cut()
            self.task.cancel()

    def cut(self) -> None:
        """Ends the connection with all that the client has not read.

        Uvicorn would keep both until it reads; its `send` is a method of what holds the transport.
        """
        transport = getattr(getattr(self.send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()

    def _give(self, message: Message) -> bool:
        """Sends at once; False where the client is too slow for that, or gone: then it is dropped.

        Uvicorn's `send` waits for nothing but a full buffer, before it writes: so it can be tried without waiting.
        """
        if self._pending is not None:
            return False
        attempt = self.send(message)
        try:
            attempt.send(None)  # type: ignore[attr-defined]  # a coroutine
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001  # a connection that is no more must not keep news from others
            self.drop()
            return False
        attempt.close()  # type: ignore[attr-defined]
        return False

    async def _tell_slowly(self, pending: deque[Message]) -> None:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while pending:
                    message = pending.popleft()
                    self._waiting -= len(message["body"])
                    await self.send(message)
            self._pending = self._telling = None
        except Exception:  # noqa: BLE001  # too slow, or gone
            self.drop()
