"""Rank search hits by relevance; computed here, so that both databases give the same scores and the same order.

A match scores by field and by tier. The total is multiplied by freshness: the age relative to the newest hit, never
to the clock, so that a cached response stays correct until an article changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from heapq import heapify, heappop, heapreplace
from typing import Literal, NamedTuple

from app.index.matching import KeyPhrase, key_phrases
from app.index.packing import BODY_MARK, before_body, decoded_keys, decompressed, encoded_key
from app.index.repository import PLACES_PER_SECOND
from app.text.analysis import Keys
from app.text.questions import Question

FieldName = Literal["title", "lead", "body"]
FIELD_WEIGHTS: dict[FieldName, float] = {"title": 10.0, "lead": 5.0, "body": 3.0}
TIER_WEIGHTS = (1.0, 0.6, 0.4, 0.2)
FRESHNESS_BOOST = 2.0  # the newest hit gains this many times its own score
HALF_LIFE = timedelta(days=30)
OPTIONAL_WEIGHT = 0.1  # factor of a term that need not match (stop words)
RANKED = 500  # only so many of the newest matches are ranked


class RankedHit(NamedTuple):
    """A resource that matches. The highest score comes first; at equal scores the higher place, which is newer."""

    score: float
    place: int
    fields: set[FieldName]
    """The fields with a match."""


class TermScores(NamedTuple):
    """The score of each term of a question in one resource, and the fields with a match."""

    terms: list[float]
    fields: set[FieldName]


class PhraseStart(NamedTuple):
    """A key phrase of the term number `term`, found by its first key, and the weight of its tier."""

    term: int
    phrase: KeyPhrase
    weight: float


class Scorer:
    """Scores resources for one question. Decoded words are cached for the next resource."""

    def __init__(self, question: Question) -> None:
        terms = [*question.wanted, *question.optional]
        self._needed = len(question.wanted)
        factors = [1.0] * self._needed + [OPTIONAL_WEIGHT] * len(question.optional)
        self._lengths = [len(term.words) * factor for term, factor in zip(terms, factors, strict=True)]
        self._starts = [
            PhraseStart(number, phrase, weight)
            for number, term in enumerate(terms)
            for weight, found in zip(TIER_WEIGHTS, key_phrases(term), strict=True)
            for phrase in found
        ]
        keys = sorted({start.phrase.keys[0] for start in self._starts}, key=len)
        # A text with a key also has every substring of it: searching for the shortest keys finds all.
        self._needles = [encoded_key(key) for at, key in enumerate(keys) if not any(part in key for part in keys[:at])]
        self._starts_by_code: dict[bytes, list[PhraseStart]] = {}
        self.max_score = self._sum([FIELD_WEIGHTS["title"]] * len(self._lengths))
        """The highest score that a resource can have."""

    def score(self, packed: bytes | None) -> tuple[float, set[FieldName]]:
        """The score of a resource (`packing.pack`), and the fields with a match."""
        scores = self._term_scores(decompressed(packed))
        return self._sum(scores.terms), scores.fields

    def upper_bound(self, packed: bytes | None) -> float:
        """The highest score that the resource can have, read from the fields before the body alone."""
        scores = self._term_scores(before_body(packed))
        return self._sum([max(weight, FIELD_WEIGHTS["body"]) for weight in scores.terms])

    def _sum(self, terms: Sequence[float]) -> float:
        return sum(weight * length for weight, length in zip(terms, self._lengths, strict=True))

    def _term_scores(self, text: bytes) -> TermScores:
        scores = TermScores([0.0] * len(self._lengths), set())
        full: set[tuple[int, FieldName]] = set()
        for needle in self._needles:
            at = text.find(needle)
            while at >= 0:
                end = text.find(b" ", at)
                code = text[text.rfind(b" ", 0, at) + 1 : end]
                starts = self._starts_by_code.get(code)
                for start in self._phrase_starts(code) if starts is None else starts:
                    self._count(start, text, end, scores, full)
                at = text.find(needle, end)
        return scores

    def _count(
        self, start: PhraseStart, text: bytes, end: int, scores: TermScores, full: set[tuple[int, FieldName]]
    ) -> None:
        """Add a phrase whose first word ends at `end`; `full`: terms and fields that have the highest tier already."""
        field = _field_at(text, end)
        if (start.term, field) in full or (len(start.phrase.keys) > 1 and not _continues(text, end, start.phrase)):
            return
        if start.weight == TIER_WEIGHTS[0]:
            full.add((start.term, field))
        scores.terms[start.term] = max(scores.terms[start.term], start.weight * FIELD_WEIGHTS[field])
        if start.term < self._needed:
            scores.fields.add(field)

    def _phrase_starts(self, code: bytes) -> list[PhraseStart]:
        keys = decoded_keys(code)
        found = self._starts_by_code[code] = [start for start in self._starts if _matches(keys, start.phrase, 0)]
        return found


def _field_at(text: bytes, end: int) -> FieldName:
    """The field of the word that ends at `end`."""
    if text.find(b"\n", 0, end) < 0:
        return "title"
    return "lead" if text.find(BODY_MARK, 0, end) < 0 else "body"


def _continues(text: bytes, end: int, phrase: KeyPhrase) -> bool:
    """Whether the other keys of the phrase follow the word that ends at `end`, in the same field."""
    for number in range(1, len(phrase.keys)):
        begin, end = end + 1, text.find(b" ", end + 1)
        if not _matches(decoded_keys(text[begin:end]), phrase, number):
            return False
    return True


def _matches(keys: Keys, phrase: KeyPhrase, number: int) -> bool:
    found = {"n": (keys.exact,), "s": (keys.stem,), "x": keys.others, "z": (keys.nisba,)}[phrase.column]
    if phrase.is_prefix and number == len(phrase.keys) - 1:
        return any(key.startswith(phrase.keys[number]) for key in found)
    return phrase.keys[number] in found


def rank(question: Question, candidates: Iterable[tuple[int, bytes | None]], newest: int) -> Iterator[RankedHit]:
    """Yield the candidates (place, packed keys) in rank order; `newest` is the place that freshness is relative to.

    Lazy best-first search: a heap holds upper bounds, and a candidate is scored only when it reaches the top, first
    without its body, then with it. A page of twenty does not decompress all candidates.
    """
    scorer = Scorer(question)
    heap: list[tuple[float, int, bytes | None, float, int, set[FieldName]]]  # the stage: unread, bounded, scored
    fresh = [(place, packed, freshness(newest - place)) for place, packed in candidates]
    heap = [(-round(scorer.max_score * factor, 4), -place, packed, factor, 0, set()) for place, packed, factor in fresh]
    heapify(heap)
    while heap:
        negative, place, packed, factor, stage, fields = heap[0]
        if stage == 2:
            heappop(heap)
            yield RankedHit(-negative, -place, fields)
            continue
        words, fields = scorer.score(packed) if stage else (scorer.upper_bound(packed), fields)
        heapreplace(heap, (-round(words * factor, 4), place, packed, factor, stage + 1, fields))


def freshness(places: int) -> float:
    """Factor for the score of a resource that lies `places` below the newest: 3 down to 1, half-life 30 days."""
    age = places / PLACES_PER_SECOND / HALF_LIFE.total_seconds()
    return 1 + FRESHNESS_BOOST * float(0.5**age)
