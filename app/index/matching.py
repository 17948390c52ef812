"""Translate a parsed question to a full-text query: FTS5 `MATCH` or PostgreSQL `tsquery`.

Nothing is escaped: a key has letters and digits only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from app.text.analysis import lookup_keys
from app.text.questions import Question, Term


class KeyPhrase(NamedTuple):
    """Consecutive keys in the column of one tier: one way to match a term."""

    column: str  # n, s, x, z: exact, stem, others, nisba
    keys: tuple[str, ...]
    is_prefix: bool


def key_phrases(term: Term) -> list[list[KeyPhrase]]:
    """All ways to match `term`, by tier, the best first: exact form, stem, other readings, nisba adjective."""
    found = [lookup_keys(word) for word in term.words]
    exact = KeyPhrase("n", tuple(word.exact for word in found), term.is_prefix)
    key = (lookup_keys(term.joined).exact,) if term.joined else ()
    joined = [KeyPhrase(column, key, term.is_prefix) for column in "nx"] if key else []
    if term.is_prefix:
        exact = exact._replace(is_prefix=len(found[-1].exact) > 1)
        return [[exact], [exact._replace(column="s")], joined, []]
    most = max(len(word.stems) for word in found)
    stems = [tuple(word.stems[min(n, len(word.stems) - 1)] for word in found) for n in range(most)]
    stemmed = [KeyPhrase("s", keys, False) for keys in dict.fromkeys(stems)]
    if len(found) > 1:
        return [[exact], stemmed, joined, []]
    word = found[0]
    others = [KeyPhrase(column, (key,), False) for key in word.others for column in "sx"]
    return [[exact], stemmed, others, [KeyPhrase(column, (word.nisba,), False) for column in "zsx"]]


def expression(question: Question, dialect: str) -> str:
    """Full-text query for all wanted terms and none of the unwanted ones."""
    write = ExpressionWriter(dialect)
    wanted = write.all([write.any(_flattened(key_phrases(term))) for term in question.wanted])
    unwanted = [write.any(_flattened(key_phrases(term)[:2])) for term in question.unwanted]
    return write.without(wanted, unwanted)


def title_expression(stems: Collection[str], dialect: str) -> str:
    """Full-text query for any of these stems."""
    return ExpressionWriter(dialect).any([KeyPhrase("s", (stem,), False) for stem in sorted(stems)])


def _flattened(tiers: Sequence[Sequence[KeyPhrase]]) -> Iterator[KeyPhrase]:
    return (phrase for tier in tiers for phrase in tier)


class ExpressionWriter:
    """Writes full-text queries in the syntax of one database."""

    def __init__(self, dialect: str) -> None:
        self._is_sqlite = dialect == "sqlite"

    def any(self, found: Iterator[KeyPhrase] | Sequence[KeyPhrase]) -> str:
        return "(" + (" OR " if self._is_sqlite else " | ").join(dict.fromkeys(map(self._phrase, found))) + ")"

    def all(self, parts: Sequence[str]) -> str:
        return "(" + (" AND " if self._is_sqlite else " & ").join(parts) + ")"

    def without(self, wanted: str, unwanted: Sequence[str]) -> str:
        if self._is_sqlite:
            return f"{wanted} NOT ({' OR '.join(unwanted)})" if unwanted else wanted
        return " & ".join([wanted, *(f"!{part}" for part in unwanted)])

    def _phrase(self, phrase: KeyPhrase) -> str:
        if self._is_sqlite:
            return f'{phrase.column} : "{" ".join(phrase.keys)}"' + (" *" if phrase.is_prefix else "")
        keys = " <-> ".join(f"'{phrase.column}{key}'" for key in phrase.keys)
        return f"({keys}{':*' if phrase.is_prefix else ''})"
