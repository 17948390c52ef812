"""A question in the words of a database: FTS5's or PostgreSQL's `tsquery`. Keys hold letters and digits only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from app.text.analysis import sought
from app.text.questions import Question, Term


class Way(NamedTuple):
    """One way in which a term may be there: these keys one after the other, in a tier's column."""

    column: str  # n, s, x, z: exact, stem, others, nisba
    keys: tuple[str, ...]
    is_beginning: bool


def ways(term: Term) -> list[list[Way]]:
    """How `term` may be there, tier by tier: as it is written, by its stem, by what else it may be, as an adjective."""
    found = [sought(word) for word in term.words]
    exact = Way("n", tuple(word.exact for word in found), term.is_beginning)
    joined = [Way(column, (sought(term.joined).exact,), term.is_beginning) for column in "nx"] if term.joined else []
    if term.is_beginning:
        exact = exact._replace(is_beginning=len(found[-1].exact) > 1)
        return [[exact], [exact._replace(column="s")], joined, []]
    most = max(len(word.stems) for word in found)
    stems = [tuple(word.stems[min(n, len(word.stems) - 1)] for word in found) for n in range(most)]
    stemmed = [Way("s", keys, False) for keys in dict.fromkeys(stems)]
    if len(found) > 1:
        return [[exact], stemmed, joined, []]
    word = found[0]
    others = [Way(column, (key,), False) for key in word.others for column in "sx"]
    return [[exact], stemmed, others, [Way(column, (word.nisba,), False) for column in "zsx"]]


def expression(question: Question, dialect: str) -> str:
    """All that is wanted, and nothing of what is not."""
    write = Writer(dialect)
    wanted = write.all([write.any(_flat(ways(term))) for term in question.wanted])
    unwanted = [write.any(_flat(ways(term)[:2])) for term in question.unwanted]
    return write.without(wanted, unwanted)


def title_expression(stems: Collection[str], dialect: str) -> str:
    """Any of these stems."""
    return Writer(dialect).any([Way("s", (stem,), False) for stem in sorted(stems)])


def _flat(tiers: Sequence[Sequence[Way]]) -> Iterator[Way]:
    return (way for tier in tiers for way in tier)


class Writer:
    """Writes expressions of one database."""

    def __init__(self, dialect: str) -> None:
        self._is_sqlite = dialect == "sqlite"

    def any(self, found: Iterator[Way] | Sequence[Way]) -> str:
        return "(" + (" OR " if self._is_sqlite else " | ").join(dict.fromkeys(map(self._way, found))) + ")"

    def all(self, parts: Sequence[str]) -> str:
        return "(" + (" AND " if self._is_sqlite else " & ").join(parts) + ")"

    def without(self, wanted: str, unwanted: Sequence[str]) -> str:
        if self._is_sqlite:
            return f"{wanted} NOT ({' OR '.join(unwanted)})" if unwanted else wanted
        return " & ".join([wanted, *(f"!{part}" for part in unwanted)])

    def _way(self, way: Way) -> str:
        if self._is_sqlite:
            return f'{way.column} : "{" ".join(way.keys)}"' + (" *" if way.is_beginning else "")
        keys = " <-> ".join(f"'{way.column}{key}'" for key in way.keys)
        return f"({keys}{':*' if way.is_beginning else ''})"
