"""The index keys of one field (title, part of the lead, body) of a resource, computed once and reused between saves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from app.text.analysis import Keys

KEY_OVERHEAD = 4  # bytes of each key: its tier letter and the number of positions that follow


class Tiers(NamedTuple):
    """Keys by tier (see `app/text/analysis.py`): `exact` and `stem` in word order, the others without duplicates."""

    exact: list[str]
    stem: list[str]
    others: list[str]
    nisba: list[str]


class FieldKeys(tuple[Keys, ...]):
    """The keys of a field, one `Keys` for each word, in word order."""

    @cached_property
    def byte_size(self) -> int:
        """Upper bound of the bytes that the keys take in an index: duplicates count each time."""
        return sum(map(_byte_size, self))

    @cached_property
    def tiers(self) -> Tiers:
        """The keys by tier."""
        return Tiers(
            [key.exact for key in self],
            [key.stem for key in self],
            unique(other for key in self for other in key.others),
            unique(key.nisba for key in self if key.nisba != key.stem),
        )


def unique(keys: Iterable[str]) -> list[str]:
    """Drop duplicate keys; keep the order."""
    return list(dict.fromkeys(keys))


@lru_cache(maxsize=50_000)
def _byte_size(keys: Keys) -> int:
    return sum(len(key.encode()) + KEY_OVERHEAD for key in prefixed_keys(keys))


def prefixed_keys(keys: Keys) -> set[str]:
    """The keys of a word, each prefixed with the letter of its tier (n, s, x, z)."""
    return {f"n{keys.exact}", f"s{keys.stem}", f"z{keys.nisba}", *(f"x{key}" for key in keys.others)}
