"""Clients of open streams. A message is sent at once, or waits in a short queue while the client is slow."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from starlette.types import Message, Send

log = logging.getLogger("nashra")
MOST_PENDING, MOST_BYTES = 256, 4_000_000  # most events and bytes queued for a slow client
SLOW_CLIENT_TIMEOUT = timedelta(seconds=20)
RETRY_AFTER_GOAWAY_MS = (500, 5_000)


@dataclass
class Tally:
    """Counters of one process."""

    sent: int = 0
    """Events sent, one for each client."""
    dropped: int = 0
    """Clients dropped because they were too slow."""


class Client:
    """One open stream."""

    __slots__ = ("_drain_task", "_pending", "_pending_bytes", "_tally", "address", "is_dropped", "send", "seq", "task")

    def __init__(self, send: Send, address: str, task: asyncio.Task[object], tally: Tally) -> None:
        self.address = address
        self.seq = 0
        self.is_dropped = False
        self.send, self.task, self._tally = send, task, tally
        self._pending: deque[Message] | None = None
        self._pending_bytes = 0
        self._drain_task: asyncio.Task[None] | None = None

    def push(self, message: Message) -> None:
        """Send at once, or queue while the client is slow; drop a client whose queue is full."""
        self._tally.sent += 1
        if self._send_now(message) or self.is_dropped:
            return
        if self._pending is None:
            self._pending = deque()
            self._drain_task = asyncio.create_task(self._drain(self._pending))
        self._pending.append(message)
        self._pending_bytes += len(message["body"])
        if len(self._pending) > MOST_PENDING or self._pending_bytes > MOST_BYTES:
            self.drop()

    def send_goaway(self) -> None:
        """End the stream with a `goaway` that says when to come back; a client too slow for it is dropped."""
        retry = random.randint(*RETRY_AFTER_GOAWAY_MS)  # noqa: S311  # spreads load, keeps no secret
        retry_json = json.dumps({"retry_ms": retry})
        content = f"retry: {retry}\nevent: goaway\ndata: {retry_json}\n\n".encode()
        if not self._send_now({"type": "http.response.body", "body": content, "more_body": False}):
            self.drop()

    def drop(self) -> None:
        """End the stream of a client that does not read; it may reconnect with its last id."""
        if not self.is_dropped:
            self.is_dropped = True
            self._tally.dropped += 1
            self.cut()
            self.task.cancel()

    def cut(self) -> None:
        """Abort the connection with all that the client has not read.

        Uvicorn would keep both until the client reads; its `send` is a method of the object that holds the transport.
        """
        transport = getattr(getattr(self.send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()

    def _send_now(self, message: Message) -> bool:
        """Send without waiting; False where the client is slow or gone (a client that is gone is dropped).

        Uvicorn's `send` awaits only a full buffer, before it writes: so its coroutine can be tried with one step.
        """
        if self._pending is not None:
            return False
        attempt = self.send(message)
        try:
            attempt.send(None)  # type: ignore[attr-defined]  # a coroutine
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001  # a closed connection must not stop the broadcast
            self.drop()
            return False
        attempt.close()  # type: ignore[attr-defined]
        return False

    async def _drain(self, pending: deque[Message]) -> None:
        try:
            async with asyncio.timeout(SLOW_CLIENT_TIMEOUT.total_seconds()):
                while pending:
                    message = pending.popleft()
                    self._pending_bytes -= len(message["body"])
                    await self.send(message)
            self._pending = self._drain_task = None
        except Exception:  # noqa: BLE001  # too slow, or gone
            self.drop()
