"""Tokens: the position of a client in the change log."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.kit.errors import Gone

_SHAPE = re.compile(r"(\w{1,32})\.([0-9a-f]{1,16})\.([0-9a-f]{8})(?:\.([0-9a-f]{1,16}))?")


class MustRestart(Gone):
    """The token is unusable: malformed, of another log or filter, too old, or ahead of the log."""

    slug = "must-restart"


@dataclass(frozen=True)
class LogState:
    """The state of the log's single row."""

    epoch: str
    head: int
    floor: int
    moved: int


@dataclass(frozen=True)
class Token:
    """A position in a log, for one filter.

    `first` is set during a first read, from nothing up to the head at its start: that client has nothing to be deleted.
    """

    epoch: str
    seq: int
    filter: str
    first: int | None = None

    def __str__(self) -> str:
        text = f"{self.epoch}.{self.seq:x}.{self.filter}"
        return text if self.first is None else f"{text}.{self.first:x}"

    def at(self, seq: int) -> Token:
        """The token of the same client at a later position."""
        return replace(self, seq=seq, first=None if self.first is None or seq >= self.first else self.first)


def read_token(text: str | None, log_state: LogState, filter: str, *, follows_tree: bool) -> Token:
    """Parse `text`; None makes the token of a first read. Raises `MustRestart`.

    `follows_tree`: the filter names sections, so a token from before the last move in the tree of sections is void.
    """
    if text is None:
        return Token(log_state.epoch, 0, filter, first=log_state.head or None)
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise MustRestart()
    epoch, seq, bound, first = found.groups()
    token = Token(epoch, int(seq, 16), bound, int(first, 16) if first else None)
    held = token.seq if token.first is None else token.first
    too_old = held < log_state.floor or (follows_tree and held < log_state.moved)
    if token.epoch != log_state.epoch or bound != filter or too_old or max(held, token.seq) > log_state.head:
        raise MustRestart()
    return token
