"""In which order are things shown that a question has found? The same on every database: it is reckoned here.

A word counts by where it stands and by how it was recognised; a thing counts more the younger it is, beside the newest
that was found (never beside the clock: an answer that nobody has touched stays the same).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from app.index.entries import unpacked
from app.index.matching import ways
from app.index.repository import PLACES
from app.text.questions import Question, Term

TITLE, LEAD, BODY = 10.0, 5.0, 3.0
COLUMNS = "nsxz"
BY_TIER = (1.0, 0.6, 0.4, 0.2)
FRESH = 2.0  # how many times its own weight the newest gains
HALF_LIFE = timedelta(days=30)
RANKED = 500  # at most so many of the newest matches are weighed


class Candidate(NamedTuple):
    """Something that was found: its title's keys, its lead's, and all of them packed."""

    place: int
    title: str
    lead: str
    packed: bytes


class Ranked(NamedTuple):
    """What weighs most comes first; of two that weigh the same, the newer."""

    score: float
    place: int


def rank(question: Question, candidates: Sequence[Candidate], newest: int) -> list[Ranked]:
    """The candidates in their order; `newest` is the place from which their ages are reckoned."""
    terms = [(len(term.words), _needles(term)) for term in question.wanted]
    found = []
    for candidate in candidates:
        fields = (candidate.title.encode().split(b"|"), TITLE), (candidate.lead.encode().split(b"|"), LEAD)
        best = [max(weight * _in_field(tiers, needles) for tiers, weight in fields) for _, needles in terms]
        if min(best) < BODY:  # else nothing in the body can weigh more
            whole = unpacked(candidate.packed)
            best = [max(had, BODY * _in_field(whole, needles)) for had, (_, needles) in zip(best, terms, strict=True)]
        words = sum(weight * length for weight, (length, _) in zip(best, terms, strict=True))
        found.append(Ranked(round(words * freshness(newest - candidate.place), 4), candidate.place))
    return sorted(found, reverse=True)


def _needles(term: Term) -> list[list[tuple[int, bytes]]]:
    """By tier, in which line of a field which keys are looked for."""
    return [
        [
            (COLUMNS.index(way.column), f" {' '.join(way.keys)}{'' if way.is_beginning else ' '}".encode())
            for way in found
        ]
        for found in ways(term)
    ]


def _in_field(tiers: Sequence[bytes], needles: Sequence[Sequence[tuple[int, bytes]]]) -> float:
    for number, found in enumerate(needles):
        for column, needle in found:
            if needle in tiers[column]:
                return BY_TIER[number]
    return 0.0


def freshness(places: int) -> float:
    """What the weight of a thing is multiplied with that lies so many places behind the newest."""
    age = places / PLACES / HALF_LIFE.total_seconds()
    return 1 + FRESH * float(0.5**age)
