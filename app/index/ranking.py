"""In which order are things shown that a question has found? The same on every database: it is reckoned here.

A word counts by where it stands and by how it was recognised; a thing counts more the younger it is, beside the newest
that was found (never beside the clock: an answer that nobody has touched stays the same).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal, NamedTuple

from app.index.matching import Way, ways
from app.index.packing import keys_of, opened, short
from app.index.repository import PLACES
from app.text.analysis import Keys
from app.text.questions import Question

Field = Literal["title", "lead", "body"]
BY_FIELD: dict[Field, float] = {"title": 10.0, "lead": 5.0, "body": 3.0}
BY_TIER = (1.0, 0.6, 0.4, 0.2)
FRESH = 2.0  # how many times its own weight the newest gains
HALF_LIFE = timedelta(days=30)
RANKED = 500  # at most so many of the newest matches are weighed


class Ranked(NamedTuple):
    """What weighs most comes first; of two that weigh the same, the newer."""

    score: float
    place: int


class Ranking(NamedTuple):
    """Things in their order, and by place in which fields of each something of the question stands."""

    order: list[Ranked]
    fields: dict[int, set[Field]]


class Weighed(NamedTuple):
    """How much of a thing answers a question, and in which fields."""

    words: float
    fields: set[Field]


class Start(NamedTuple):
    """How a word may begin one of the ways in which a term is there, and what that counts."""

    term: int
    way: Way
    weight: float


class Scales:
    """Weighs things by one question. What it has read once it knows in the next thing."""

    def __init__(self, question: Question) -> None:
        self._lengths = [len(term.words) for term in question.wanted]
        self._starts = [
            Start(number, way, weight)
            for number, term in enumerate(question.wanted)
            for weight, found in zip(BY_TIER, ways(term), strict=True)
            for way in found
        ]
        keys = sorted({start.way.keys[0] for start in self._starts}, key=len)
        # Whoever holds a key holds every part of it: the parts are enough to look for.
        self._needles = [short(key) for at, key in enumerate(keys) if not any(part in key for part in keys[:at])]
        self._known: dict[bytes, list[Start]] = {}

    def weigh(self, packed: bytes | None) -> Weighed:
        """How much the words of a thing weigh."""
        text = opened(packed)
        title, body = text.find(b"\n"), text.rfind(b"\n")
        best = [0.0] * len(self._lengths)
        fields = set[Field]()
        for begin, end in self._words(text):
            for start in self._begun(text[begin:end]):
                if len(start.way.keys) > 1 and not _goes_on(text, end, start.way):
                    continue
                field: Field = "title" if end <= title else "lead" if end <= body else "body"
                best[start.term] = max(best[start.term], start.weight * BY_FIELD[field])
                fields.add(field)
        return Weighed(sum(weight * length for weight, length in zip(best, self._lengths, strict=True)), fields)

    def _words(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where the words stand that may be what is looked for."""
        for needle in self._needles:
            at = text.find(needle)
            while at >= 0:
                end = text.find(b" ", at)
                yield text.rfind(b" ", 0, at) + 1, end
                at = text.find(needle, end)

    def _begun(self, code: bytes) -> list[Start]:
        if (found := self._known.get(code)) is None:
            keys = keys_of(code)
            found = [start for start in self._starts if _meets(keys, start.way, 0)]
            self._known[code] = found
        return found


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


def rank(question: Question, candidates: Iterable[tuple[int, bytes | None]], newest: int) -> Ranking:
    """The order of things by their places and words; `newest` is the place from which their ages are reckoned."""
    scales = Scales(question)
    weighed = [(place, scales.weigh(packed)) for place, packed in candidates]
    found = [Ranked(round(weight.words * freshness(newest - place), 4), place) for place, weight in weighed]
    return Ranking(sorted(found, reverse=True), {place: weight.fields for place, weight in weighed})


def freshness(places: int) -> float:
    """What the weight of a thing is multiplied with that lies so many places behind the newest."""
    age = places / PLACES / HALF_LIFE.total_seconds()
    return 1 + FRESH * float(0.5**age)
