"""In which order are things shown that a question has found? The same on every database: it is reckoned here.

A word counts by where it stands and by how it was recognised; a thing counts more the younger it is, beside the newest
that was found (never beside the clock: an answer that nobody has touched stays the same).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from app.index.entries import Line
from app.index.matching import Way, ways
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
    terms = [(number, term, ways(term)) for number, term in enumerate(question.wanted)]
    found = []
    for candidate in candidates:
        lines = (Line(candidate.title), TITLE), (Line(candidate.lead), LEAD)
        words = sum(_weight(lines, term, tiers, number, candidate.place, standing) for number, term, tiers in terms)
        found.append(Ranked(round(words * freshness(newest - candidate.place), 4), candidate.place))
    return sorted(found, reverse=True)


def _weight(
    lines: Sequence[tuple[Line, float]],
    term: Term,
    tiers: Sequence[Sequence[Way]],
    number: int,
    place: int,
    standing: Mapping[tuple[int, int], Collection[int]],
) -> float:
    weights = [field * _tier(line, tiers) for line, field in lines]
    anywhere = next((BY_TIER[tier] for tier in range(len(tiers)) if place in standing.get((number, tier), ())), 0.0)
    return max(*weights, BODY * anywhere) * len(term.words)


def _tier(line: Line, tiers: Sequence[Sequence[Way]]) -> float:
    for number, found in enumerate(tiers):
        if any(line.holds(COLUMNS.index(way.column), " ".join(way.keys), way.is_beginning) for way in found):
            return BY_TIER[number]
    return 0.0


def freshness(places: int) -> float:
    """What the weight of a thing is multiplied with that lies so many places behind the newest."""
    age = places / PLACES / 1000 / HALF_LIFE.total_seconds()
    return 1 + FRESH * float(0.5**age)
