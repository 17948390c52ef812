"""What is stored of a thing's texts: their words, and from these the keys by tier.

The same keys on both databases: SQLite's full-text table has a column for each tier, PostgreSQL's vector a letter
before each key. Neither takes part in deciding what a word is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from app.text.analysis import MOST_WORDS, Keys, analyse, is_stop_key

GAP = "\ue001"  # between two fields of one thing, so that no phrase reaches over it
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


Words = Sequence[Sequence[Keys]]
"""Those of each field: of the title, of each part of the lead, of the body."""


def words_of(texts: Texts) -> list[list[Keys]]:
    """The words of a thing's texts: the first, as many as an entry holds; the same on both databases."""
    left, room, known = MOST_WORDS, LARGEST, set[str]()
    found: list[list[Keys]] = []
    for text in (texts.title, *texts.lead, texts.body):
        kept: list[Keys] = []
        for keys in _keys(text, texts.language)[:left]:
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


def tiers_of(words: Words) -> Tiers:
    """The keys of all fields."""
    fields = [keys for keys in words if keys]
    flat = [key for keys in fields for key in keys]
    return Tiers(
        _in_order([[key.exact for key in keys] for keys in fields]),
        _in_order([[key.stem for key in keys] for keys in fields]),
        list(dict.fromkeys(other for key in flat for other in key.others)),
        list(dict.fromkeys(key.nisba for key in flat if key.nisba != key.stem)),
    )


def _in_order(fields: Iterable[Sequence[str]]) -> list[str]:
    found: list[str] = []
    for number, keys in enumerate(fields):
        found += [GAP] if number else []
        found += keys
    return found


def stem_keys(text: str, language: str) -> set[str]:
    """The stems of a text's telling words: longer than two letters, and not of those that any text has."""
    return {key.stem for key in _keys(text, language) if len(key.stem) > 2 and not is_stop_key(key)}


def vector_of(tiers: Tiers, day: str) -> str:
    """PostgreSQL's `tsvector` of the keys, with positions where order matters, and of the day. No key holds a quote or
    a backslash."""
    places: dict[str, list[str]] = {}
    for letter, keys in (("n", tiers.exact), ("s", tiers.stem)):
        for place, key in enumerate(keys, start=1):
            if key != GAP:
                places.setdefault(letter + key, []).append(str(place))
    for letter, keys in (("x", tiers.others), ("z", tiers.nisba)):
        places |= {letter + key: [] for key in keys}
    places[day] = []
    return " ".join(f"'{key}':{','.join(at)}" if at else f"'{key}'" for key, at in places.items())
