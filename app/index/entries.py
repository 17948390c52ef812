"""What is stored of a thing's texts: keys by tier, as one line for each.

The same keys on both databases: SQLite's full-text table has a column for each tier, PostgreSQL's vector a letter
before each key. Neither takes part in deciding what a word is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple
from zlib import compress, decompress

from app.text.analysis import MOST_WORDS, Keys, analyse, is_stop_key

GAP = "\ue001"  # between two fields of one thing, so that no phrase reaches over it
PACKING = 6  # of zlib
LARGEST = 950_000  # bytes of one thing's keys: PostgreSQL takes no vector above 1 MB, positions among it
BESIDE = 4  # bytes of each key: its tier, and how many positions follow


@dataclass(frozen=True)
class Texts:
    """What is searched of a thing, the weightier first."""

    language: str
    title: str
    lead: Sequence[str] = ()
    """Summary, and names."""
    body: str = ""

    @property
    def digest(self) -> str:
        """Of all texts."""
        parts = "\0".join((self.language, self.title, *self.lead, "\0", self.body))
        return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Tiers(NamedTuple):
    """Keys in the order of the words, and the others once each."""

    exact: list[str]
    stem: list[str]
    others: list[str]
    nisba: list[str]

    @property
    def line(self) -> str:
        """Tier by tier, with a space before and behind each key."""
        return "|".join(f" {' '.join(tier)} " for tier in self)


class Entry(NamedTuple):
    """A thing's keys: its title's and its lead's alone, and all together."""

    title: Tiers
    lead: Tiers
    whole: Tiers


def entry_of(texts: Texts) -> Entry:
    """The keys of a thing's texts."""
    fields = _fitting([_keys(text, texts.language) for text in (texts.title, *texts.lead, texts.body)])
    return Entry(_tiers(fields[:1]), _tiers(fields[1:-1]), _tiers(fields))


def _fitting(fields: Sequence[Sequence[Keys]]) -> list[list[Keys]]:
    """The first words, as many as an entry holds; the same on both databases."""
    left, room, known = MOST_WORDS, LARGEST, set[str]()
    found: list[list[Keys]] = []
    for field in fields:
        kept: list[Keys] = []
        for keys in field[:left]:
            new = {f"n{keys.exact}", f"s{keys.stem}", f"z{keys.nisba}", *(f"x{key}" for key in keys.others)} - known
            room -= sum(len(key.encode()) + BESIDE for key in new)
            if room < 0:
                break
            known |= new
            kept.append(keys)
        left -= len(kept)
        found.append(kept)
    return found


def _keys(text: str, language: str) -> list[Keys]:
    return [token.keys for token in analyse(text, language)]


def _tiers(fields: Iterable[Sequence[Keys]]) -> Tiers:
    fields = [keys for keys in fields if keys]
    flat = [key for keys in fields for key in keys]
    return Tiers(
        _in_order([[key.exact for key in keys] for keys in fields]),
        _in_order([[key.stem for key in keys] for keys in fields]),
        list(dict.fromkeys(other for key in flat for other in key.others)),
        list(dict.fromkeys(key.nisba for key in flat if key.nisba != key.stem)),
    )


def _in_order(fields: Sequence[Sequence[str]]) -> list[str]:
    found: list[str] = []
    for number, keys in enumerate(fields):
        found += [GAP] if number else []
        found += keys
    return found


def stem_keys(text: str, language: str) -> set[str]:
    """The stems of a text's telling words: longer than two letters, and not of those that any text has."""
    return {key.stem for key in _keys(text, language) if len(key.stem) > 2 and not is_stop_key(key)}


def packed(tiers: Tiers) -> bytes:
    """All keys in little room: about two fifths of it."""
    return compress(tiers.line.encode(), PACKING)


def unpacked(stored: bytes) -> list[bytes]:
    """The tiers of the line again, in UTF-8."""
    return decompress(stored).split(b"|") if stored else [b"", b"", b"", b""]


def vector_of(tiers: Tiers) -> str:
    """PostgreSQL's `tsvector` of the keys, with positions where order matters. No key holds a quote or a backslash."""
    places: dict[str, list[str]] = {}
    for letter, keys in (("n", tiers.exact), ("s", tiers.stem)):
        for place, key in enumerate(keys, start=1):
            if key != GAP:
                places.setdefault(letter + key, []).append(str(place))
    for letter, keys in (("x", tiers.others), ("z", tiers.nisba)):
        places |= {letter + key: [] for key in keys}
    return " ".join(f"'{key}':{','.join(at)}" if at else f"'{key}'" for key, at in places.items())
