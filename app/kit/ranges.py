"""Byte ranges (RFC 9110 §14): `Range` and `If-Range` of a request for a part of an answer. One range, or the whole."""

from __future__ import annotations

import re

from app.kit.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=\s*(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18}))\s*", re.IGNORECASE)


def range_of(header: str | None, if_range: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """Start and end (not included) of what is asked for, of `size` bytes; None for the whole.

    A range that we do not understand, several ranges, and one of another version (`If-Range`) get the whole. Raises
    `RangeNotSatisfiable` (416) for one that begins behind the end.
    """
    found = _RANGE.fullmatch(header) if header else None
    if found is None or (if_range is not None and if_range != etag):
        return None
    if found["suffix"] is not None:
        start, end = max(0, size - int(found["suffix"])), size
    else:
        start, end = int(found["first"]), int(found["last"] or size) + 1
        if found["last"] and end <= start:
            return None  # no valid range
    if start >= size:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, min(end, size)
