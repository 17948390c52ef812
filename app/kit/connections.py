"""What the client connections of one process share: limits, unfinished requests, refusal counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from app.kit.addresses import Network, is_among, peer_address, person_of

SWEEPS = 8  # in the time limit of an unfinished request


class ClientConnection(Protocol):
    """A client connection with an unfinished request."""

    loop: asyncio.AbstractEventLoop
    person: str
    is_counted: bool

    def refuse_if_late(self) -> None: ...


@dataclass(frozen=True)
class Limits:
    """Limits of a connection, in seconds, bytes, and bytes a second."""

    head_max_bytes: int = 65_536
    head_max_fields: int = 200
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    body_min_rate: int = 500
    unfinished_per_address: int = 100
    trusted_proxies: tuple[Network, ...] = ()
    """Not counted: they carry the requests of many clients."""
    language: str = "en"
    """Language of refusals."""


@dataclass
class Connections:
    """Limits, unfinished requests and refusal counts of one process."""

    limits: Limits = field(default_factory=Limits)
    refusals: Counter[str] = field(default_factory=Counter)
    """Problem slug -> count."""
    unfinished: set[ClientConnection] = field(default_factory=set)
    _by_person: Counter[str] = field(default_factory=Counter)
    _timer: asyncio.TimerHandle | None = None

    def add(self, connection: ClientConnection) -> None:
        """Watch a connection that is new or whose request is unfinished."""
        self.unfinished.add(connection)
        if self._timer is None:
            self._wait(connection.loop)

    def remove(self, connection: ClientConnection) -> None:
        """Stop watching a connection: its request is complete or refused."""
        self.unfinished.discard(connection)
        if connection.is_counted:
            connection.is_counted = False
            self._by_person[connection.person] -= 1
            if not self._by_person[connection.person]:
                del self._by_person[connection.person]

    def may_wait(self, connection: ClientConnection) -> bool:
        """Count an unfinished request of its client; returns whether the client is within its limit."""
        if not connection.is_counted and connection.person:
            connection.is_counted = True
            self._by_person[connection.person] += 1
        return self._by_person[connection.person] <= self.limits.unfinished_per_address

    def person(self, client: Sequence[object] | None) -> str:
        """The key of a client: its IPv4 address or IPv6 /64; empty for a trusted proxy or an unknown address."""
        return _person(str(client[0]), self.limits.trusted_proxies) if client else ""

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        seconds = min(self.limits.head_seconds, self.limits.body_seconds) / SWEEPS
        self._timer = loop.call_later(seconds, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse late requests; one timer for all connections with an unfinished request."""
        self._timer = None
        for connection in tuple(self.unfinished):
            connection.refuse_if_late()
        if self.unfinished:
            self._wait(loop)


@lru_cache(maxsize=4096)
def _person(client: str, trusted: tuple[Network, ...]) -> str:
    address = peer_address(client)
    return "" if address is None or is_among(address, trusted) else person_of(address)
