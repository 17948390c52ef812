"""JSON bodies as they arrive: bounded before anything is made of them, and without what no text may hold."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request

from app.kit.errors import Fault, InvalidBody

MOST_VALUES = 4_000  # objects' members and lists' items together; the largest form has some 1,500
FEWEST_BYTES = 2 * MOST_VALUES  # of a body that can hold more
# NUL and lone surrogates, written as escapes. No text of XML or UTF-8 can hold them.
SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


async def check_body(request: Request) -> None:
    """Raises `InvalidBody` for a body that is not UTF-8 or has too many values; removes what cannot be stored.

    A list of what is wrong with each of 100,000 unknown fields takes a second to make: a body is counted first, which
    ends where it holds too many. What is no JSON is left to whoever reads it.
    """
    sent = await request.body()
    if not _is_utf8(sent):
        raise InvalidBody(errors=[Fault("json_invalid", pointer="")])
    is_suspect = SUSPECT.search(sent) is not None
    if len(sent) <= FEWEST_BYTES and not is_suspect:
        return
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return
    if not _counts_down(body, MOST_VALUES):
        raise InvalidBody(errors=[Fault("too_many", pointer="", params={"max": MOST_VALUES})])
    if is_suspect:
        request._json = _storable(body)  # where Starlette keeps what it has read


def _is_utf8(sent: bytes) -> bool:
    """Whether the body is in the encoding of RFC 8259, section 8.1: Python's parser also reads UTF-16 and UTF-32.

    Raw surrogates are not UTF-8; a raw NUL, which stands in every UTF-16 and UTF-32 body, is in no JSON text.
    """
    try:
        sent.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in sent


def _counts_down(value: Any, left: int) -> bool:
    """Whether `value` holds no more than `left` values."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            left -= len(one)
            if left < 0:
                return False
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return True


def _storable(value: Any) -> Any:
    """Texts without what cannot be stored; a name that holds some must not become a known one."""
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {UNSTORABLE.sub("\ufffd", name): _storable(item) for name, item in value.items()}
    return value
