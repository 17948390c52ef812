"""A thing's words in little room, each with its keys, in their order.

A word stands as its exact key. Behind it stands its stem, where that is another, and what else the word may be: one
sign for each tells how much is cut off in front and behind, and only what is no part of the exact key is written out.
Arabic letters become capitals of ASCII, which no key holds, and so take one byte. Spaces part the words, a line
between two of them the fields, and two lines the body from the others. Only the body is compressed: what stands before
it is looked at far more often, and is short.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import compress, decompress

from app.index.fields import Field
from app.text.analysis import Keys

LEVEL = 9  # of zlib
FIELD_END, BODY = " \n ", b"\n\n"
_CAPITALS = str.maketrans("ءابتثجحخدذرزسشصضطظعغفقكلمنهوي", "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]")
_LETTERS = {capital: letter for letter, capital in _CAPITALS.items()}
_WRITTEN, _NISBA = "=", "~"
_MOST_BEHIND = 10
_SIGNS = "".join(chr(code) for code in (*range(1, 10), *range(11, 32), *range(33, 48), *range(58, 61), 63, 64, 94, 95))
_CODE = re.compile(rf"({_NISBA}?)(?:{_WRITTEN}([^{re.escape(_SIGNS)}{_WRITTEN}{_NISBA}]*)|(.))", re.DOTALL)
_EXACT = re.compile(rf"[^{re.escape(_SIGNS)}{_WRITTEN}{_NISBA}]*")


def packed(fields: Sequence[Sequence[Keys]], stored: bytes | None = None) -> bytes:
    """The words of all fields; the last is the body. A field without words is there too.

    `stored`: what was packed before, where the body is the same.
    """
    *lines, body = fields
    before = f" {FIELD_END.join(map(_coded, lines))} ".encode() + BODY
    return before + (stored.partition(BODY)[2] if stored else compress(f" {_coded(body)} ".encode(), LEVEL))


def _coded(field: Sequence[Keys]) -> str:
    return " ".join(map(_code, field))


def opened(stored: bytes | None) -> bytes:
    """What was packed, as one text: to be searched for `short` keys."""
    if not stored:
        return b""
    before, end, body = stored.partition(BODY)
    return before + end + decompress(body)


def opened_before_body(stored: bytes | None) -> bytes:
    """The part of it before the body."""
    return stored.partition(BODY)[0] if stored else b""


def unpacked(stored: bytes | None) -> list[Field]:
    """The words of all fields again."""
    if not stored:
        return [Field()]
    before, _, body = stored.partition(BODY)
    return [*(Field(_line(line)) for line in before.split(b"\n")), _body(body)]


@lru_cache(maxsize=1_000)
def _body(stored: bytes) -> Field:
    """Remembered: who has saved a text saves it again."""
    return Field(_line(decompress(stored)))


def titled(stored: bytes | None) -> list[Keys]:
    """The words of the first field."""
    return _line(opened_before_body(stored).partition(b"\n")[0])


def _line(line: bytes) -> list[Keys]:
    return [keys_of(code) for code in line.split(b" ") if code]


def short(key: str) -> bytes:
    """A key as it stands there; those of a word are each a part of what stands for the word."""
    return key.translate(_CAPITALS).encode()


@lru_cache(maxsize=50_000)
def _code(keys: Keys) -> str:
    exact = keys.exact
    code = exact
    if keys != Keys(exact, exact, (), exact):
        code += _cut(exact, keys.stem)
    if keys.nisba != keys.stem:
        code += _NISBA + _cut(exact, keys.nisba)
    return "".join([code, *(_cut(exact, other) for other in keys.others)]).translate(_CAPITALS)


def _cut(exact: str, key: str) -> str:
    before = exact.find(key)
    behind = len(exact) - before - len(key)
    sign = before * _MOST_BEHIND + behind
    return _SIGNS[sign] if before >= 0 and behind < _MOST_BEHIND and sign < len(_SIGNS) else _WRITTEN + key


@lru_cache(maxsize=50_000)
def keys_of(code: bytes) -> Keys:
    """The keys of the word that `code` stands for."""
    text = code.decode()
    found = _EXACT.match(text)
    exact = found[0].translate(_LETTERS) if found else ""
    stem, nisba, others = exact, None, list[str]()
    for number, (mark, written, sign) in enumerate(_CODE.findall(text, len(found[0]) if found else 0)):
        key = _uncut(exact, sign) if sign else written.translate(_LETTERS)
        if number == 0:
            stem = key
        elif mark:
            nisba = key
        else:
            others.append(key)
    return Keys(exact, stem, tuple(others), stem if nisba is None else nisba)


def _uncut(exact: str, sign: str) -> str:
    before, behind = divmod(_SIGNS.index(sign), _MOST_BEHIND)
    return exact[before : len(exact) - behind]
