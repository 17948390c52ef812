"""Tokens: how far somebody has read the change log."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.kit.errors import Gone

_SHAPE = re.compile(r"(\w{1,32})\.([0-9a-f]{1,16})\.([0-9a-f]{8})(?:\.([0-9a-f]{1,16}))?")


class MustRestart(Gone):
    """The token does not lead on: unknown, of another log or filter, too old, or ahead of the log."""

    slug = "must-restart"


@dataclass(frozen=True)
class Standing:
    """Where the log stands."""

    epoch: str
    head: int
    floor: int
    moved: int


@dataclass(frozen=True)
class Token:
    """A place in a log, for one filter. `first` is set while its holder reads for the first time: then whoever
    started from nothing is still on the way to where the log stood at the start, and has nothing that could be gone."""

    epoch: str
    seq: int
    filter: str
    first: int | None = None

    def __str__(self) -> str:
        text = f"{self.epoch}.{self.seq:x}.{self.filter}"
        return text if self.first is None else f"{text}.{self.first:x}"

    def at(self, seq: int) -> Token:
        """The same holder, further on."""
        return replace(self, seq=seq, first=None if self.first is None or seq >= self.first else self.first)


def read_token(text: str | None, standing: Standing, filter: str, *, follows_tree: bool) -> Token:
    """The token in `text`, or that of somebody who starts from nothing. Raises `MustRestart`.

    `follows_tree`: the filter names sections, so that it is void when the tree of sections has changed.
    """
    if text is None:
        return Token(standing.epoch, 0, filter, first=standing.head or None)
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise MustRestart()
    epoch, seq, bound, first = found.groups()
    token = Token(epoch, int(seq, 16), bound, int(first, 16) if first else None)
    held = token.seq if token.first is None else token.first
    too_old = held < standing.floor or (follows_tree and held < standing.moved)
    if token.epoch != standing.epoch or bound != filter or too_old or max(held, token.seq) > standing.head:
        raise MustRestart()
    return token
