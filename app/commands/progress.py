"""How far a long command is: one line on standard error, at a terminal only, at most ten times a second."""

from __future__ import annotations

import sys

from app.kit import clock

EVERY = 0.1  # seconds
CLEAR = "\r\x1b[K"


class Progress:
    """Rewrites its line until `end`."""

    def __init__(self, verb: str = "") -> None:
        self._verb, self._next = verb, 0.0
        self._is_shown = sys.stderr.isatty()

    def at(self, done: int, what: str = "lines") -> None:
        if self._is_shown and (now := clock.seconds()) >= self._next:
            self._next = now + EVERY
            print(f"{CLEAR}{self._verb} {done:,} {what}", end="", file=sys.stderr, flush=True)

    def of(self, verb: str, done: int, total: int) -> None:
        """The same where the whole is known."""
        self._verb = verb
        self.at(done, f"of {total:,} rows")

    def say(self, text: str) -> None:
        """A line of its own, above."""
        print(f"{CLEAR if self._is_shown else ''}{text}", file=sys.stderr)

    def end(self) -> None:
        if self._is_shown:
            print(CLEAR, end="", file=sys.stderr, flush=True)
