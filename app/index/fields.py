"""The words of one text of a thing, and what is made of them: once, as most texts stay when a thing is saved."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from app.text.analysis import Keys

BESIDE = 4  # bytes of each key: its tier, and how many positions follow


class Tiers(NamedTuple):
    """Keys in the order of the words, and the others once each."""

    exact: list[str]
    stem: list[str]
    others: list[str]
    nisba: list[str]


class Field(tuple[Keys, ...]):
    """The keys of its words, in their order."""

    @cached_property
    def weight(self) -> int:
        """Bytes that the keys take at most: each once for every word that has it."""
        return sum(map(_weight_of, self))

    @cached_property
    def tiers(self) -> Tiers:
        return Tiers(
            [key.exact for key in self],
            [key.stem for key in self],
            once(other for key in self for other in key.others),
            once(key.nisba for key in self if key.nisba != key.stem),
        )


def once(keys: Iterable[str]) -> list[str]:
    """Each of them once, in the order in which they come."""
    return list(dict.fromkeys(keys))


@lru_cache(maxsize=50_000)
def _weight_of(keys: Keys) -> int:
    return sum(len(key.encode()) + BESIDE for key in lettered(keys))


def lettered(keys: Keys) -> set[str]:
    """The keys of a word, each behind the letter of its tier."""
    return {f"n{keys.exact}", f"s{keys.stem}", f"z{keys.nisba}", *(f"x{key}" for key in keys.others)}
