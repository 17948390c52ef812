"""What is stored of a thing's texts: their words, and from these the keys by tier.

The same keys on both databases: SQLite's full-text table has a column for each tier, PostgreSQL's vector a letter
before each key. Neither takes part in deciding what a word is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from app.index.fields import BESIDE, Field, Tiers, lettered, once
from app.text.analysis import MOST_WORDS, Keys, analyse, is_stop_form

GAP = "\ue001"  # between two fields of one thing, so that no phrase reaches over it
LARGEST = 950_000  # bytes of one thing's keys: PostgreSQL takes no vector above 1 MB, positions among it
DIGEST = 8  # bytes: enough to tell two texts of one thing apart
SHORT = 200  # characters of a text whose words are remembered


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
        """Of all texts: one of what stands before the body, then one of the body."""
        return _digest(self.language, self.title, *self.lead) + _digest(self.language, self.body)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=DIGEST).hexdigest()


def is_of_same_body(digest: str, other: str) -> bool:
    """Whether two digests of texts tell of the same body in the same language."""
    return digest[2 * DIGEST :] == other[2 * DIGEST :] != ""


Words = Sequence[Field]
"""Those of each field: of the title, of each part of the lead, of the body."""


def words_of(texts: Texts, body: Field | None = None) -> Words:
    """The words of a thing's texts: the first, as many as an entry holds; the same on both databases.

    `body`: those of the body, where they are known already.
    """
    found = [_field(text, texts.language) for text in (texts.title, *texts.lead)]
    found.append(_field(texts.body, texts.language) if body is None else body)
    return found if _count(found) <= MOST_WORDS and _weight(found) <= LARGEST else _cut_off(found)


def is_whole(words: Words) -> bool:
    """Whether nothing was cut off of an entry with these words, for certain: one word more would not fill it."""
    return _count(words) < MOST_WORDS and _weight(words) < LARGEST / 2


def _count(words: Words) -> int:
    return sum(map(len, words))


def _weight(words: Words) -> int:
    return sum(field.weight for field in words)


def _cut_off(words: Words) -> Words:
    """As many of them as an entry holds, each key counted once."""
    left, room, known = MOST_WORDS, LARGEST, set[str]()
    found: list[Field] = []
    for field in words:
        kept: list[Keys] = []
        for keys in field[:left]:
            new = lettered(keys) - known
            room -= sum(len(key.encode()) + BESIDE for key in new)
            if room < 0:
                break
            known |= new
            kept.append(keys)
        left -= len(kept)
        found.append(Field(kept))
    return found


def _field(text: str, language: str) -> Field:
    return _remembered(text, language) if len(text) <= SHORT else _read(text, language)


def _read(text: str, language: str) -> Field:
    return Field(token.keys for token in analyse(text, language))


# Of a save that changes one text the others are as they were; and names stand with many things.
_remembered = lru_cache(maxsize=1_000)(_read)


def tiers_of(words: Words) -> Tiers:
    """The keys of all fields."""
    fields = [field.tiers for field in words if field]
    return Tiers(
        _in_order(tiers.exact for tiers in fields),
        _in_order(tiers.stem for tiers in fields),
        once(chain.from_iterable(tiers.others for tiers in fields)),
        once(chain.from_iterable(tiers.nisba for tiers in fields)),
    )


def _in_order(fields: Iterable[Sequence[str]]) -> list[str]:
    found: list[str] = []
    for number, keys in enumerate(fields):
        found += [GAP] if number else []
        found += keys
    return found


def stem_keys(text: str, language: str) -> set[str]:
    """The stems of a text's telling words: longer than two letters, and not of those that any text has."""
    return {key.stem for key in _field(text, language) if len(key.stem) > 2 and not is_stop_form(key.exact)}


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
