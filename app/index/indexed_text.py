"""The indexed text of a resource: its words as index keys, and from these the full-text documents of both databases.

SQLite's FTS5 table has a column for each tier of keys; PostgreSQL's `tsvector` has a letter before each key. Neither
database tokenizes: both get the same keys, from `app/text/analysis.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from app.index.fields import KEY_OVERHEAD, FieldKeys, Tiers, prefixed_keys, unique
from app.text.analysis import MOST_WORDS, Keys, analyse, is_stop_form

FIELD_GAP = "\ue001"  # key between two fields, so that no phrase matches across them
MAX_KEY_BYTES = 950_000  # of one resource: PostgreSQL refuses a tsvector above 1 MB, positions included
DIGEST_BYTES = 8  # enough to tell two texts of one resource apart
CACHED_LENGTH = 200  # characters: the keys of texts up to this length are cached


@dataclass(frozen=True)
class Texts:
    """The searchable texts of a resource, the field with the highest weight first."""

    language: str
    title: str
    lead: Sequence[str] = ()
    """Summary, and names."""
    body: str = ""

    @property
    def digest(self) -> str:
        """Digest of all texts in hexadecimal: 16 digits of the fields before the body, then 16 of the body."""
        return _digest(self.language, self.title, *self.lead) + _digest(self.language, self.body)


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()


def has_same_body(digest: str, other: str) -> bool:
    """Whether two digests of `Texts` have the same body in the same language."""
    return digest[2 * DIGEST_BYTES :] == other[2 * DIGEST_BYTES :] != ""


Fields = Sequence[FieldKeys]
"""The keys of the title, of each part of the lead, and of the body."""


def fields_of(texts: Texts, body: FieldKeys | None = None) -> Fields:
    """Analyse texts to keys, truncated to what both databases can index.

    `body`: the keys of the body, if they are known already.
    """
    found = [_field(text, texts.language) for text in (texts.title, *texts.lead)]
    found.append(_field(texts.body, texts.language) if body is None else body)
    return found if _count(found) <= MOST_WORDS and _total_bytes(found) <= MAX_KEY_BYTES else _truncated(found)


def is_complete(fields: Fields) -> bool:
    """Whether these keys were certainly not truncated: they are clearly below both limits."""
    return _count(fields) < MOST_WORDS and _total_bytes(fields) < MAX_KEY_BYTES / 2


def _count(fields: Fields) -> int:
    return sum(map(len, fields))


def _total_bytes(fields: Fields) -> int:
    return sum(field.byte_size for field in fields)


def _truncated(fields: Fields) -> Fields:
    """The first keys, up to `MOST_WORDS` words and `MAX_KEY_BYTES`; a duplicate key counts once."""
    left, room, known = MOST_WORDS, MAX_KEY_BYTES, set[str]()
    found: list[FieldKeys] = []
    for field in fields:
        kept: list[Keys] = []
        for keys in field[:left]:
            new = prefixed_keys(keys) - known
            room -= sum(len(key.encode()) + KEY_OVERHEAD for key in new)
            if room < 0:
                break
            known |= new
            kept.append(keys)
        left -= len(kept)
        found.append(FieldKeys(kept))
    return found


def _field(text: str, language: str) -> FieldKeys:
    return _analyse_cached(text, language) if len(text) <= CACHED_LENGTH else _analyse_field(text, language)


def _analyse_field(text: str, language: str) -> FieldKeys:
    return FieldKeys(token.keys for token in analyse(text, language))


# A save mostly changes one text and leaves the others; and many resources share a name.
_analyse_cached = lru_cache(maxsize=1_000)(_analyse_field)


def tiers_of(fields: Fields) -> Tiers:
    """Merge the keys of all fields, tier by tier."""
    found = [field.tiers for field in fields if field]
    return Tiers(
        _with_gaps(tiers.exact for tiers in found),
        _with_gaps(tiers.stem for tiers in found),
        unique(chain.from_iterable(tiers.others for tiers in found)),
        unique(chain.from_iterable(tiers.nisba for tiers in found)),
    )


def _with_gaps(fields: Iterable[Sequence[str]]) -> list[str]:
    found: list[str] = []
    for number, keys in enumerate(fields):
        found += [FIELD_GAP] if number else []
        found += keys
    return found


def stem_keys(text: str, language: str) -> set[str]:
    """The stems of the significant words of a text: three letters or more, without stop words."""
    return {key.stem for key in _field(text, language) if len(key.stem) > 2 and not is_stop_form(key.exact)}


def tsvector_of(tiers: Tiers, day: str) -> str:
    """Write keys as the text of a PostgreSQL `tsvector`, with positions for `exact` and `stem`; add the key `day`.

    No escapes: a key never has a quote or a backslash.
    """
    places: dict[str, list[str]] = {}
    for letter, keys in (("n", tiers.exact), ("s", tiers.stem)):
        for place, key in enumerate(keys, start=1):
            if key != FIELD_GAP:
                places.setdefault(letter + key, []).append(str(place))
    for letter, keys in (("x", tiers.others), ("z", tiers.nisba)):
        places |= {letter + key: [] for key in keys}
    places[day] = []
    return " ".join(f"'{key}':{','.join(at)}" if at else f"'{key}'" for key, at in places.items())
