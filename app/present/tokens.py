"""Tokens: the position of a client in the change log."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.kit.errors import Gone

_SHAPE = re.compile(r"(\w{1,32})\.([0-9a-f]{1,16})\.([0-9a-f]{8})(?:\.([0-9a-f]{1,16})(?:\.([0-9a-f]{1,12}))?)?")
_FIRST_YEAR, _MILLISECOND = datetime(1, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)  # bounds before 1970 are positive


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
    head_at: datetime | None
    """When the last change was recorded."""


@dataclass(frozen=True)
class Token:
    """A position in a log, for one filter.

    `first` is set during a first read, from nothing up to the head at its start: that client has nothing to be deleted.
    `updated_after` bounds that read: of what has last changed before, only tombstones are told.
    """

    epoch: str
    seq: int
    filter: str
    first: int | None = None
    updated_after: datetime | None = None

    def __str__(self) -> str:
        text = f"{self.epoch}.{self.seq:x}.{self.filter}"
        text = text if self.first is None else f"{text}.{self.first:x}"
        if self.updated_after is None:
            return text
        return f"{text}.{(self.updated_after - _FIRST_YEAR) // _MILLISECOND:x}"

    def at(self, seq: int) -> Token:
        """The token of the same client at a later position."""
        if self.first is None or seq >= self.first:
            return replace(self, seq=seq, first=None, updated_after=None)
        return replace(self, seq=seq)

    def is_outside(self, seq: int, at: datetime) -> bool:
        """Whether a change is older than the bound of the first read."""
        return (
            self.updated_after is not None and self.first is not None and seq <= self.first and at < self.updated_after
        )

    def tells_tombstone(self, seq: int) -> bool:
        """Whether the client may have what this change has removed. One that bounds its first read has a copy."""
        return self.first is None or seq > self.first or self.updated_after is not None


def read_token(
    text: str | None,
    log_state: LogState,
    filter: str,
    *,
    follows_tree: bool,
    updated_after: datetime | None = None,
) -> Token:
    """Parse `text`; None makes the token of a first read. Raises `MustRestart`.

    `follows_tree`: the filter names sections, so a token from before the last move in the tree of sections is void.
    `updated_after`: the bound of the first read. It may be repeated with its tokens; another one does not go on there.
    """
    if text is None:
        bounded = updated_after if log_state.head else None
        return Token(log_state.epoch, 0, filter, first=log_state.head or None, updated_after=bounded)
    token = _parsed(text)
    held = token.seq if token.first is None else token.first
    too_old = held < log_state.floor or (follows_tree and held < log_state.moved)
    is_ahead = max(held, token.seq) > log_state.head
    if token.epoch != log_state.epoch or token.filter != filter or too_old or is_ahead:
        raise MustRestart()
    if token.first is not None and updated_after is not None and token.updated_after != updated_after:
        raise MustRestart()
    return token


def _parsed(text: str) -> Token:
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise MustRestart()
    epoch, seq, filter, first, after = found.groups()
    updated_after = _FIRST_YEAR + int(after, 16) * _MILLISECOND if after else None  # twelve digits: up to the year 8920
    return Token(epoch, int(seq, 16), filter, int(first, 16) if first else None, updated_after)
