"""IPTC metadata (IIM 4.2, as Photoshop keeps it in JPEG), with its encodings: UTF-8, Windows-1256, Windows-1252.

The record says UTF-8 by ESC % G in 1:90. Most programs say nothing: then it is UTF-8 if it decodes as such, and else
what Arabic or Western agencies used to write.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

_MARK = 0x1C
_UTF_8 = b"\x1b%G"
_CHARACTER_SET = (1, 90)
_KEYWORDS, _DATE, _TIME = (2, 25), (2, 55), (2, 60)
_FIELDS = {
    (2, 105): "headline",
    (2, 120): "description",
    (2, 110): "credit",
    (2, 80): "photographer",
    (2, 116): "notice",
}
_LONGEST_CUT = 3  # bytes: what is left of a UTF-8 character that a program cut in the middle
_HIGH_WORD = re.compile(rb"[\x80-\xff]+")

Fields = dict[tuple[int, int], list[bytes]]


def iptc_of(packet: object) -> dict[str, Any]:
    """The fields of a packet by the names of `metadata.NAMES`, and `keywords`. What follows broken bytes is ignored."""
    fields = _gathered(packet) if isinstance(packet, bytes) else {}
    encoding = _encoding(fields)
    found: dict[str, Any] = {
        name: _decoded(fields[key][0], encoding) for key, name in _FIELDS.items() if fields.get(key)
    }
    found["keywords"] = [_decoded(one, encoding) for one in fields.get(_KEYWORDS, [])]
    found["taken_at"] = _moment(fields)
    return found


def _gathered(packet: bytes) -> Fields:
    fields: Fields = {}
    for key, content in _datasets(packet):
        fields.setdefault(key, []).append(content)
    return fields


def _datasets(packet: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    place = 0
    while place + 5 <= len(packet) and packet[place] == _MARK:
        _, record, number, length = struct.unpack_from(">BBBH", packet, place)
        place += 5
        if length & 0x8000:  # an extended dataset: the length of the length
            size = length & 0x7FFF
            length = int.from_bytes(packet[place : place + min(size, 8)], "big")
            place += size
        if place + length > len(packet):
            return
        yield (record, number), packet[place : place + length]
        place += length


def _encoding(fields: Fields) -> str:
    texts = [text for key in (*_FIELDS, _KEYWORDS) for text in fields.get(key, [])]
    if _UTF_8 in fields.get(_CHARACTER_SET, []) or all(_is_utf_8(text) for text in texts):
        return "utf-8"
    return guessed(b" ".join(texts))


def guessed(text: bytes) -> str:
    """`cp1256` where most bytes above 127 stand beside others, as in Arabic words; else `cp1252` (of é, ü alone)."""
    words = _HIGH_WORD.findall(text)
    together = sum(len(word) for word in words if len(word) > 1)
    return "cp1256" if together * 2 > sum(map(len, words)) else "cp1252"


def decoded(text: bytes) -> str:
    """A text of unknown encoding by itself."""
    return _decoded(text, "utf-8" if _is_utf_8(text) else guessed(text))


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start >= len(text) - _LONGEST_CUT
    return True


def _decoded(text: bytes, encoding: str) -> str:
    return text.decode(encoding, "ignore")


def _moment(fields: Fields) -> str | None:
    """Date and time as ISO 8601; None without a zone."""
    date, time = (fields.get(key, [b""])[0].decode("ascii", "ignore") for key in (_DATE, _TIME))
    return f"{date}T{time}" if re.fullmatch(r"\d{8}", date) and re.fullmatch(r"\d{6}[+-]\d{4}", time) else None
