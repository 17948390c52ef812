"""In which order are things shown that a question has found? The same on every database: it is reckoned here.

A word counts by where it stands and by how it was recognised; a thing counts more the younger it is, beside the newest
that was found (never beside the clock: an answer that nobody has touched stays the same).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from app.index.matching import TIERS, ways
from app.index.repository import PLACES
from app.text.questions import Question, Term

TITLE, LEAD, BODY = 10.0, 5.0, 3.0
COLUMNS = "nsxz"
BY_TIER = (1.0, 0.6, 0.4, 0.2)
FRESH = 2.0  # how many times its own weight the newest gains
HALF_LIFE = timedelta(days=30)
RANKED = 500  # at most so many of the newest matches are weighed


class Candidate(NamedTuple):
    """Something that was found."""

    place: int
    title: str
    lead: str


class Ranked(NamedTuple):
    """What weighs most comes first; of two that weigh the same, the newer."""

    score: float
    place: int


def rank(
    question: Question,
    candidates: Sequence[Candidate],
    standing: Mapping[tuple[int, int], Collection[int]],
    newest: int,
) -> list[Ranked]:
    """The candidates in their order. `standing` holds, by term and tier, the places where it stands anywhere."""
    terms = [(number, len(term.words), _needles(term)) for number, term in enumerate(question.wanted)]
    found = []
    for place, title, lead in candidates:
        fields = (_tiers(title), TITLE), (_tiers(lead), LEAD)
        words = 0.0
        for number, length, needles in terms:
            best = BODY * _anywhere(standing, number, place)
            for tiers, weight in fields:
                best = max(best, weight * _in_field(tiers, needles))
            words += best * length
        found.append(Ranked(round(words * freshness(newest - place), 4), place))
    return sorted(found, reverse=True)


def _needles(term: Term) -> list[list[tuple[int, str]]]:
    """By tier, in which line of a field which keys are looked for."""
    return [
        [(COLUMNS.index(way.column), f" {' '.join(way.keys)}{'' if way.is_beginning else ' '}") for way in found]
        for found in ways(term)
    ]


def _tiers(line: str) -> list[str]:
    return [f" {tier} " for tier in line.split("|")]


def _in_field(tiers: Sequence[str], needles: Sequence[Sequence[tuple[int, str]]]) -> float:
    for number, found in enumerate(needles):
        for column, needle in found:
            if needle in tiers[column]:
                return BY_TIER[number]
    return 0.0


def _anywhere(standing: Mapping[tuple[int, int], Collection[int]], number: int, place: int) -> float:
    return next((BY_TIER[tier] for tier in range(TIERS) if place in standing.get((number, tier), ())), 0.0)


def freshness(places: int) -> float:
    """What the weight of a thing is multiplied with that lies so many places behind the newest."""
    age = places / PLACES / HALF_LIFE.total_seconds()
    return 1 + FRESH * float(0.5**age)
