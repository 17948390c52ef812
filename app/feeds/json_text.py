"""JSON texts of feeds: members without a value left out, characters that XML forbids removed as in the XML formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

Json = dict[str, Any]
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# How JSON writes a control; in a text that only looks like one the backslash is doubled.
_SIGN = re.compile(rb"\\(?:u00[01]|[bf])|\xef\xbf[\xbe\xbf]")


def present(members: Mapping[str, object]) -> Json:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def written(head: Json, name: str, items: Iterable[Json]) -> bytes:
    """The JSON text of `head` with the list `name` as its last member, in UTF-8.

    Item by item: one call for megabytes keeps the interpreter lock, and the event loop waits for it.
    """
    start = _written({**head, name: []}).removesuffix(b"]}")
    return b"".join((start, b",".join(map(_written, items)), b"]}"))


def _written(value: Json) -> bytes:
    try:
        content = to_json(value)
    except PydanticSerializationError:  # a lone surrogate
        return to_json(_cleaned(value))
    return to_json(_cleaned(value)) if _SIGN.search(content) else content


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _ILLEGAL.sub("", value)
    if isinstance(value, dict):
        return {name: _cleaned(one) for name, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list | tuple) else value
