"""Identifiers: UUID version 7 (RFC 9562 §5.7), which sort by creation time."""

from __future__ import annotations

import re
import secrets
import threading
import time

_SHAPE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new UUIDv7 string. Within one process every id is greater than the one before."""
    global _last
    with _lock:
        stamp = (time.time_ns() // 1_000_000) << 12 | secrets.randbits(11)
        _last = stamp = max(stamp, _last + 1)
    milliseconds, order = stamp >> 12, stamp & 0xFFF
    value = milliseconds << 80 | 0x7 << 76 | order << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def dashed(id: str) -> str:
    """Add the dashes to an id, which SQLite stores without."""
    return id if len(id) == 36 else f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"


def as_id(text: str) -> str | None:
    """`text` as an id in canonical form, or None when it is not one."""
    text = text.lower()
    return text if _SHAPE.fullmatch(text) else None
