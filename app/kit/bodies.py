"""Checks of a JSON body before validation: UTF-8, number of values, NUL and lone surrogates."""

from __future__ import annotations

import re

from starlette.requests import Request

from app.kit.errors import Fault, InvalidBody

MOST_VALUES = 4_000  # objects' members and lists' items together; the largest form has some 1,500
FEWEST_BYTES = 2 * MOST_VALUES  # a shorter body cannot hold more values
# NUL and lone surrogates, written as escapes. No text of XML or UTF-8 can hold them.
SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


async def check_body(request: Request) -> None:
    """Raises `InvalidBody` for a body that is not UTF-8 or has too many values; removes NUL and lone surrogates.

    Reporting 100,000 unknown fields takes a second, so the values are counted first. Invalid JSON passes: the caller's
    parser reports it.
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
    require_few_values(body, "")
    if is_suspect:
        request._json = storable(body)  # Starlette's cache of the parsed body


def require_few_values(value: object, pointer: str) -> None:
    """Raises `InvalidBody` for JSON with too many values; `pointer`: where it stands in the body."""
    if not _counts_down(value, MOST_VALUES):
        raise InvalidBody(errors=[Fault("too_many", pointer=pointer, params={"max": MOST_VALUES})])


def _is_utf8(sent: bytes) -> bool:
    """Whether the body is in the encoding of RFC 8259, section 8.1: Python's parser also reads UTF-16 and UTF-32.

    Raw surrogates are not UTF-8; a raw NUL is in every UTF-16 and UTF-32 body, and in no JSON text.
    """
    try:
        sent.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in sent


def _counts_down(value: object, left: int) -> bool:
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


def storable(value: object) -> object:
    """Remove `UNSTORABLE` from texts; in names it is replaced, so that no unknown name becomes a known one."""
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {UNSTORABLE.sub("\ufffd", name): storable(item) for name, item in value.items()}
    return value
