"""The clock: current time in UTC and whole milliseconds. No other module reads the system clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

# Tolerated difference between the clocks of several hosts.
SKEW = timedelta(seconds=5)

_shift = _machine_shift = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """The current time: aware, UTC, truncated to milliseconds."""
    return (_frozen or floor(datetime.now(UTC) + _shift)) + _machine_shift


def seconds() -> float:
    """The current time in seconds since 1970: cheap, for comparisons on hot paths."""
    return time.time() if _frozen is None and not (_shift or _machine_shift) else now().timestamp()


def of_database(moment: datetime | None) -> datetime:
    """The database's clock, from the result of `database_clock` (`app/kit/sql.py`).

    None stands for SQLite, whose clock is this machine's. `frozen` and `shifted` apply to both clocks.
    """
    return now() if moment is None else _frozen or floor(moment + _shift)


def floor(moment: datetime) -> datetime:
    """`moment` in UTC, truncated to milliseconds, as it is stored and shown."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def written(moment: datetime) -> str:
    """RFC 3339 in UTC with exactly three decimals and `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """For tests: freeze the time at `moment`."""
    global _frozen
    before, _frozen = _frozen, floor(moment)
    try:
        yield
    finally:
        _frozen = before


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """For tests: shift the time by `by`."""
    global _shift
    before, _shift = _shift, _shift + by
    try:
        yield
    finally:
        _shift = before


@contextmanager
def machine_shifted(by: timedelta) -> Iterator[None]:
    """For tests: shift this machine's clock by `by`, but not the database's."""
    global _machine_shift
    before, _machine_shift = _machine_shift, by
    try:
        yield
    finally:
        _machine_shift = before
