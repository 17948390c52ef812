"""In which order are things shown that a question has found? The same on every database: it is reckoned here.

A word counts by where it stands and by how it was recognised; a thing counts more the younger it is, beside the newest
that was found (never beside the clock: an answer that nobody has touched stays the same).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from heapq import heapify, heappop, heapreplace
from typing import Literal, NamedTuple

from app.index.matching import Way, ways
from app.index.packing import BODY, keys_of, opened, opened_before_body, short
from app.index.repository import PLACES
from app.text.analysis import Keys
from app.text.questions import Question

Field = Literal["title", "lead", "body"]
BY_FIELD: dict[Field, float] = {"title": 10.0, "lead": 5.0, "body": 3.0}
BY_TIER = (1.0, 0.6, 0.4, 0.2)
FRESH = 2.0  # how many times its own weight the newest gains
HALF_LIFE = timedelta(days=30)
SPARE = 0.1  # what a word counts that need not be there
RANKED = 500  # at most so many of the newest matches are weighed


class Hit(NamedTuple):
    """A thing that was found. What weighs most comes first; of two that weigh the same, the newer."""

    score: float
    place: int
    fields: set[Field]
    """In which something of the question stands."""


class Weighed(NamedTuple):
    """How much each term of a question weighs in a thing, and in which fields something of it stands."""

    terms: list[float]
    fields: set[Field]


class Start(NamedTuple):
    """How a word may begin one of the ways in which a term is there, and what that counts."""

    term: int
    way: Way
    weight: float


class Scales:
    """Weighs things by one question. What it has read once it knows in the next thing."""

    def __init__(self, question: Question) -> None:
        terms = [*question.wanted, *question.spare]
        self._needed = len(question.wanted)
        self._lengths = [len(term.words) * (1.0 if n < self._needed else SPARE) for n, term in enumerate(terms)]
        self._starts = [
            Start(number, way, weight)
            for number, term in enumerate(terms)
            for weight, found in zip(BY_TIER, ways(term), strict=True)
            for way in found
        ]
        keys = sorted({start.way.keys[0] for start in self._starts}, key=len)
        # Whoever holds a key holds every part of it: the parts are enough to look for.
        self._needles = [short(key) for at, key in enumerate(keys) if not any(part in key for part in keys[:at])]
        self._known: dict[bytes, list[Start]] = {}
        self.most = self._sum([BY_FIELD["title"]] * len(self._lengths))
        """What a thing can weigh."""

    def weigh(self, packed: bytes | None) -> tuple[float, set[Field]]:
        """How much the words of a thing weigh, and in which fields they stand."""
        weighed = self._weighed(opened(packed))
        return self._sum(weighed.terms), weighed.fields

    def bound(self, packed: bytes | None) -> float:
        """How much they weigh at most, whatever stands in the body."""
        weighed = self._weighed(opened_before_body(packed))
        return self._sum([max(weight, BY_FIELD["body"]) for weight in weighed.terms])

    def _sum(self, terms: Sequence[float]) -> float:
        return sum(weight * length for weight, length in zip(terms, self._lengths, strict=True))

    def _weighed(self, text: bytes) -> Weighed:
        weighed = Weighed([0.0] * len(self._lengths), set())
        full: set[tuple[int, Field]] = set()
        for needle in self._needles:
            at = text.find(needle)
            while at >= 0:
                end = text.find(b" ", at)
                code = text[text.rfind(b" ", 0, at) + 1 : end]
                starts = self._known.get(code)
                for start in self._begun(code) if starts is None else starts:
                    self._count(start, text, end, weighed, full)
                at = text.find(needle, end)
        return weighed

    def _count(self, start: Start, text: bytes, end: int, weighed: Weighed, full: set[tuple[int, Field]]) -> None:
        """What a way counts that may begin with the word up to `end`; `full`: where nothing can count more."""
        field = _field(text, end)
        if (start.term, field) in full or (len(start.way.keys) > 1 and not _goes_on(text, end, start.way)):
            return
        if start.weight == BY_TIER[0]:
            full.add((start.term, field))
        weighed.terms[start.term] = max(weighed.terms[start.term], start.weight * BY_FIELD[field])
        if start.term < self._needed:
            weighed.fields.add(field)

    def _begun(self, code: bytes) -> list[Start]:
        keys = keys_of(code)
        found = self._known[code] = [start for start in self._starts if _meets(keys, start.way, 0)]
        return found


def _field(text: bytes, end: int) -> Field:
    """In which a word ends there."""
    if text.find(b"\n", 0, end) < 0:
        return "title"
    return "lead" if text.find(BODY, 0, end) < 0 else "body"


def _goes_on(text: bytes, end: int, way: Way) -> bool:
    """Whether behind a word the others of the way follow, in the same field."""
    for number in range(1, len(way.keys)):
        begin, end = end + 1, text.find(b" ", end + 1)
        if not _meets(keys_of(text[begin:end]), way, number):
            return False
    return True


def _meets(keys: Keys, way: Way, number: int) -> bool:
    found = {"n": (keys.exact,), "s": (keys.stem,), "x": keys.others, "z": (keys.nisba,)}[way.column]
    if way.is_beginning and number == len(way.keys) - 1:
        return any(key.startswith(way.keys[number]) for key in found)
    return way.keys[number] in found


def rank(question: Question, candidates: Iterable[tuple[int, bytes | None]], newest: int) -> Iterator[Hit]:
    """Things in their order, by their places and words; `newest` is the place from which their ages are reckoned.

    None is read before it may be the next, and its body not before the rest of it says so: who shows the first twenty
    does not read all.
    """
    scales = Scales(question)
    waiting: list[tuple[float, int, bytes | None, float, int, set[Field]]]  # a thing has been read: not, a part, whole
    fresh = [(place, packed, freshness(newest - place)) for place, packed in candidates]
    waiting = [(-round(scales.most * factor, 4), -place, packed, factor, 0, set()) for place, packed, factor in fresh]
    heapify(waiting)
    while waiting:
        negative, place, packed, factor, read, fields = waiting[0]
        if read == 2:
            heappop(waiting)
            yield Hit(-negative, -place, fields)
            continue
        words, fields = scales.weigh(packed) if read else (scales.bound(packed), fields)
        heapreplace(waiting, (-round(words * factor, 4), place, packed, factor, read + 1, fields))


def freshness(places: int) -> float:
    """What the weight of a thing is multiplied with that lies so many places behind the newest."""
    age = places / PLACES / HALF_LIFE.total_seconds()
    return 1 + FRESH * float(0.5**age)
