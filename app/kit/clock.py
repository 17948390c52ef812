"""Time: the one place that asks for it, in UTC and whole milliseconds, as the API writes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

# Clocks of several hosts may differ by this much before anything is taken back.
SKEW = timedelta(seconds=5)

_shift = _machine_shift = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """The present moment: aware, UTC, cut to milliseconds."""
    return (_frozen or floor(datetime.now(UTC) + _shift)) + _machine_shift


def seconds() -> float:
    """The present moment in seconds since 1970: for comparisons that must cost next to nothing."""
    return time.time() if _frozen is None and not (_shift or _machine_shift) else now().timestamp()


def of_database(moment: datetime | None) -> datetime:
    """The database's own clock, as a statement has read it (`database_clock` in `app/kit/sql.py`).

    None is that of an embedded database, which is this machine's. What tests do to the time, they do to both.
    """
    return now() if moment is None else _frozen or floor(moment + _shift)


def floor(moment: datetime) -> datetime:
    """`moment` in UTC, cut to milliseconds: what is stored is what is shown."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def written(moment: datetime) -> str:
    """RFC 3339 in UTC with exactly three decimals and `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """For tests: time stands still at `moment`."""
    global _frozen
    before, _frozen = _frozen, floor(moment)
    try:
        yield
    finally:
        _frozen = before


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """For tests: time runs on, `by` away from the machine's."""
    global _shift
    before, _shift = _shift, _shift + by
    try:
        yield
    finally:
        _shift = before


@contextmanager
def machine_shifted(by: timedelta) -> Iterator[None]:
    """For tests: this machine's clock is wrong by `by`, the database's is not."""
    global _machine_shift
    before, _machine_shift = _machine_shift, by
    try:
        yield
    finally:
        _machine_shift = before
