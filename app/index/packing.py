r"""Compact encoding of the keys of a resource: bytes that ranking can search for a key without decoding them.

A word is its exact key, then its stem if that differs, then its other keys. Each of these is one character when it is
a substring of the exact key: the character's number in `_SIGNS` is 10 x letters cut in front + letters cut behind.
Else it is `=` and the key; `~` marks the nisba key. The 29 Arabic letters are ASCII capitals, which no key holds: one
byte instead of two. Words end with a space, fields with a line feed, and the fields before the body with two.
Only the body is compressed (zlib): the other fields are short and read much more often.

Example: title "القمر" (stem "قمر": 2 letters cut in front, none behind: number 20, `\x16`), one lead "running"
(stem "run": 0 and 4 cut: number 4, `\x05`), body "moon" (its stem is the same). `decompressed(pack(fields))` is

    b" BXVYK\x16 \n running\x05 \n\n moon "

`pack(fields)` is the same with `compress(b" moon ", 9)` after the two line feeds, and `unpack` returns the fields.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import compress, decompress

from app.index.fields import FieldKeys
from app.text.analysis import Keys

ZLIB_LEVEL = 9
FIELD_END, BODY_MARK = " \n ", b"\n\n"
_CAPITALS = str.maketrans("ءابتثجحخدذرزسشصضطظعغفقكلمنهوي", "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]")
_LETTERS = {capital: letter for letter, capital in _CAPITALS.items()}
_WRITTEN, _NISBA = "=", "~"
_MOST_BEHIND = 10
_SIGNS = "".join(chr(code) for code in (*range(1, 10), *range(11, 32), *range(33, 48), *range(58, 61), 63, 64, 94, 95))
_CODE = re.compile(rf"({_NISBA}?)(?:{_WRITTEN}([^{re.escape(_SIGNS)}{_WRITTEN}{_NISBA}]*)|(.))", re.DOTALL)
_EXACT = re.compile(rf"[^{re.escape(_SIGNS)}{_WRITTEN}{_NISBA}]*")


def pack(fields: Sequence[Sequence[Keys]], stored: bytes | None = None) -> bytes:
    """Encode the keys of all fields, also empty ones; the last field is the body.

    `stored`: a former result with the same body; its compressed body is copied.
    """
    *lines, body = fields
    before = f" {FIELD_END.join(map(_encoded_field, lines))} ".encode() + BODY_MARK
    if stored:
        return before + stored.partition(BODY_MARK)[2]
    return before + compress(f" {_encoded_field(body)} ".encode(), ZLIB_LEVEL)


def _encoded_field(field: Sequence[Keys]) -> str:
    return " ".join(map(_encoded_word, field))


def decompressed(stored: bytes | None) -> bytes:
    """The encoded fields with the body decompressed, to be searched for `encoded_key`s."""
    if not stored:
        return b""
    before, end, body = stored.partition(BODY_MARK)
    return before + end + decompress(body)


def before_body(stored: bytes | None) -> bytes:
    """The encoded fields before the body; nothing is decompressed."""
    return stored.partition(BODY_MARK)[0] if stored else b""


def unpack(stored: bytes | None) -> list[FieldKeys]:
    """Decode the result of `pack` to the keys of all fields."""
    if not stored:
        return [FieldKeys()]
    before, _, body = stored.partition(BODY_MARK)
    return [*(FieldKeys(_decoded_line(line)) for line in before.split(b"\n")), _decoded_body(body)]


@lru_cache(maxsize=1_000)
def _decoded_body(stored: bytes) -> FieldKeys:
    """Cached: an editor mostly saves the same text several times."""
    return FieldKeys(_decoded_line(decompress(stored)))


def title_keys(stored: bytes | None) -> list[Keys]:
    """Decode the first field, the title."""
    return _decoded_line(before_body(stored).partition(b"\n")[0])


def _decoded_line(line: bytes) -> list[Keys]:
    return [decoded_keys(code) for code in line.split(b" ") if code]


def encoded_key(key: str) -> bytes:
    """Encode a key. Each key of a word is a substring of the word's exact key or of its encoded word."""
    return key.translate(_CAPITALS).encode()


@lru_cache(maxsize=50_000)
def _encoded_word(keys: Keys) -> str:
    exact = keys.exact
    code = exact
    if keys != Keys(exact, exact, (), exact):
        code += _difference(exact, keys.stem)
    if keys.nisba != keys.stem:
        code += _NISBA + _difference(exact, keys.nisba)
    return "".join([code, *(_difference(exact, other) for other in keys.others)]).translate(_CAPITALS)


def _difference(exact: str, key: str) -> str:
    before = exact.find(key)
    behind = len(exact) - before - len(key)
    sign = before * _MOST_BEHIND + behind
    return _SIGNS[sign] if before >= 0 and behind < _MOST_BEHIND and sign < len(_SIGNS) else _WRITTEN + key


@lru_cache(maxsize=50_000)
def decoded_keys(code: bytes) -> Keys:
    """Decode one encoded word to its keys."""
    text = code.decode()
    found = _EXACT.match(text)
    exact = found[0].translate(_LETTERS) if found else ""
    stem, nisba, others = exact, None, list[str]()
    for number, (mark, written, sign) in enumerate(_CODE.findall(text, len(found[0]) if found else 0)):
        key = _restored(exact, sign) if sign else written.translate(_LETTERS)
        if number == 0:
            stem = key
        elif mark:
            nisba = key
        else:
            others.append(key)
    return Keys(exact, stem, tuple(others), stem if nisba is None else nisba)


def _restored(exact: str, sign: str) -> str:
    before, behind = divmod(_SIGNS.index(sign), _MOST_BEHIND)
    return exact[before : len(exact) - behind]
