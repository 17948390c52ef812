"""A semaphore over all processes of a machine: at most so many pictures are decoded at once.

A slot is a locked file. The system unlocks it when its process ends, whatever ends it: `kill -9` gives it back too.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

PATIENCE = 30.0  # seconds
PAUSE = 0.05  # seconds between two looks
_TAKEN = (BlockingIOError, PermissionError)  # of flock; of Windows. A file system without locks is another error

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class NoDecoderFree(Exception):
    """Every slot stayed taken for as long as one waits: try again later."""

    def __init__(self, waited: float) -> None:
        super().__init__(f"no decoder was free for {waited:.0f} seconds")
        self.waited = waited


class Slots:
    """A semaphore of `count` over all processes that use `folder`. First come, first served.

    In a process one coroutine waits for the others' processes; the rest queue behind it. Processes queue by tickets:
    files that are named by the time (of the machine's monotonic clock) and locked while their owner lives.
    """

    def __init__(self, count: int, folder: Path, patience: float = PATIENCE) -> None:
        self._count, self._folder, self._patience = count, folder, patience
        self._head = asyncio.Lock()
        self._numbers = itertools.count()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Takes a slot for the block. Raises NoDecoderFree when none became free in time."""
        slot = await self._taken()
        try:
            yield
        finally:
            os.close(slot)

    async def _taken(self) -> int:
        try:
            async with asyncio.timeout(self._patience), self._head:
                self._folder.mkdir(parents=True, exist_ok=True)
                with self._ticket() as ticket:
                    while (slot := self._free(ticket)) is None:
                        await asyncio.sleep(PAUSE)
                return slot
        except TimeoutError:
            raise NoDecoderFree(self._patience) from None

    @contextmanager
    def _ticket(self) -> Iterator[Path]:
        name = f"{time.monotonic_ns():020}-{os.getpid()}-{next(self._numbers)}"
        new, ticket = self._folder / f"{name}.new", self._folder / f"{name}.ticket"
        descriptor = _opened(new)
        try:
            _lock(descriptor)
            if sys.platform == "win32":  # where an open file has its name for good
                ticket = new
            else:
                new.rename(ticket)  # it is seen when it is locked, not before
            yield ticket
        finally:
            os.close(descriptor)
            ticket.unlink(missing_ok=True)

    def _free(self, ticket: Path) -> int | None:
        if any(_is_held(other) for other in sorted(self._folder.glob("*.ticket")) if other.name < ticket.name):
            return None
        slots = (_locked(self._folder / f"slot-{number}") for number in range(self._count))
        return next((slot for slot in slots if slot is not None), None)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(path: Path) -> int | None:
    descriptor = _opened(path)
    try:
        _lock(descriptor)
    except _TAKEN:
        os.close(descriptor)
        return None
    return descriptor


def _is_held(ticket: Path) -> bool:
    """Whether its owner lives. The ticket of a process that was killed is removed."""
    try:
        descriptor = os.open(ticket, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _lock(descriptor)
    except _TAKEN:
        return True
    else:
        with suppress(FileNotFoundError):
            ticket.unlink()
        return False
    finally:
        os.close(descriptor)
