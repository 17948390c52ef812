"""Time: the one place that asks for it, in UTC and whole milliseconds, as the API writes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """The present moment: aware, UTC, cut to milliseconds."""
    return _frozen or floor(datetime.now(UTC) + _shift)


def seconds() -> float:
    """The present moment in seconds since 1970: for comparisons that must cost next to nothing."""
    return time.time() if _frozen is None and not _shift else now().timestamp()


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
