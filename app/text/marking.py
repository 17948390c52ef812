"""Where in a text stand the words that were looked for, and which part of it shows that best?

Marks are made on the original, by the keys of its words: a mark never cuts a letter from its signs. Ranges are given in
code points and in UTF-16 units, since browsers count those.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from app.text.analysis import MOST_WORDS, NAMES, Keys, Sought, Token, analyse, in_a_name, sought
from app.text.characters import clusters
from app.text.questions import Question, Term

LONGEST = 240  # graphemes
BEFORE = 8  # words before the first mark, where the text is cut
_CHUNK = re.compile(r"\S+")  # no word goes over a space


class Marked(NamedTuple):
    """A part of a text with what was found in it."""

    text: str
    code_points: list[tuple[int, int]]
    utf16: list[tuple[int, int]]
    html: str
    """Escaped, with `<mark>`."""

    @classmethod
    def plain(cls, text: str) -> Marked:
        """A text in which nothing is marked."""
        return cls(text, [], [], escape(text))


class Chunk(NamedTuple):
    """What stands between two spaces: how many words, and those that may have been looked for, by their number."""

    length: int
    words: list[tuple[int, Token]]


class Hit(NamedTuple):
    """A word that was looked for, and the number of its term."""

    start: int
    end: int
    term: int
    chunk: int
    """The number of the chunk that it stands in."""


class Marker:
    """Marks in any number of texts what one question looks for. What it has read once it knows in the next text."""

    def __init__(self, question: Question, language: str) -> None:
        self._terms = [(term, [sought(word) for word in term.words]) for term in question.wanted]
        self._language = language
        # A name of two words is found under a key of its own, which the first of them has beside the second only.
        is_named = any(len(word.others) > 1 for _, words in self._terms for word in words)
        self._names = NAMES if is_named else frozenset[str]()
        self._chunks: dict[str, Chunk] = {}
        self._idle: set[str] = set()

    def marked(self, text: str) -> Marked | None:
        """Return the part of `text` that shows most of what was looked for; None where nothing of it is there."""
        if all(self._is_idle(chunk) for chunk in set(text.split()) - self._idle):
            return None
        chunks = [match.span() for match in _CHUNK.finditer(text)]
        hits = self._hits(text, chunks)
        if not hits:
            return None
        start, end = self._window(text, chunks, hits)
        cut = text[start:end]
        lead = len(cut) - len(cut.lstrip())
        shown = cut.strip()
        shift = start + lead
        spans = [(hit.start - shift, hit.end - shift) for hit in hits if hit.start >= start and hit.end <= end]
        return _shown(shown, _joined(shown, spans))

    def _is_idle(self, chunk: str) -> bool:
        if self._read(chunk).words:
            return False
        self._idle.add(chunk)
        return True

    def _read(self, chunk: str) -> Chunk:
        if (read := self._chunks.get(chunk)) is None:
            tokens = analyse(chunk, self._language)
            read = Chunk(len(tokens), [(n, token) for n, token in enumerate(tokens) if self._is_sought(token.keys)])
            self._chunks[chunk] = read
        return read

    def _is_sought(self, keys: Keys) -> bool:
        return keys.stem in self._names or any(
            _meets(keys, word, term, at) for term, words in self._terms for at, word in enumerate(words)
        )

    def _hits(self, text: str, chunks: Sequence[tuple[int, int]]) -> list[Hit]:
        """What was looked for, in the order of the text."""
        keys: dict[int, Keys] = {}  # by the number of the word
        at: dict[int, tuple[int, int, int]] = {}
        place = 0
        for number, (start, end) in enumerate(chunks):
            read = self._read(text[start:end])
            for inner, token in read.words:
                keys[place + inner] = token.keys
                at[place + inner] = (start + token.start, start + token.end, number)
            place += read.length
            if place >= MOST_WORDS:
                break
        found = self._found(in_a_name(keys))
        return [Hit(at[place][0], at[place][1], found[place], at[place][2]) for place in sorted(found)]

    def _found(self, keys: dict[int, Keys]) -> dict[int, int]:
        """Numbers of the words that were looked for, each with the number of its term."""
        found: dict[int, int] = {}
        for number, (term, wanted) in enumerate(self._terms):
            for place in keys:
                words = range(place, place + len(wanted))
                if all(
                    other in keys and _meets(keys[other], word, term, at)
                    for at, (other, word) in enumerate(zip(words, wanted, strict=True))
                ):
                    found.update(dict.fromkeys(words, number))
        return found

    def _window(self, text: str, chunks: Sequence[tuple[int, int]], hits: Sequence[Hit]) -> tuple[int, int]:
        """The part of at most `LONGEST` graphemes with the most different terms, the earliest of several."""
        if _fits(text):
            return 0, len(text)
        best = _densest(hits)
        start, end = self._start(text, chunks, best), best.end
        for _, last in self._words(text, chunks[best.chunk :]):
            if last <= end:
                continue
            if not _fits(text[start:last]):
                return start, end
            end = last
        return start, len(text) if _fits(text[start:]) else end

    def _start(self, text: str, chunks: Sequence[tuple[int, int]], best: Hit) -> int:
        """Some words before the best one, as long as that leaves room for it."""
        first, words = best.chunk, list[int]()
        while first >= 0 and len(words) <= BEFORE + 1:
            words = [start for start, _ in self._words(text, chunks[first : best.chunk + 1]) if start <= best.start]
            first -= 1
        starts = words[-BEFORE - 1 :]
        if len(words) <= BEFORE + 1:
            starts = [0, *starts]
        return next((start for start in starts if _fits(text[start : best.end])), best.start)

    def _words(self, text: str, chunks: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for start, end in chunks:
            for token in analyse(text[start:end], self._language):
                yield start + token.start, start + token.end


def marked(text: str, language: str, question: Question) -> Marked | None:
    """Return the part of `text` that shows most of what was looked for; None where nothing of it is there."""
    return Marker(question, language).marked(text)


def _meets(keys: Keys, wanted: Sought, term: Term, place: int) -> bool:
    if term.is_beginning and place == len(term.words) - 1:
        return keys.exact.startswith(wanted.exact) or keys.stem.startswith(wanted.exact)
    if keys.exact == wanted.exact or keys.stem in wanted.stems:
        return True
    if len(term.words) > 1:
        return False
    other = not {keys.stem, *keys.others}.isdisjoint(wanted.others)
    return other or wanted.nisba in (keys.nisba, keys.stem, *keys.others)


def _densest(hits: Sequence[Hit]) -> Hit:
    """The earliest word from which on most different terms stand close together. Each word is looked at twice only."""
    best, most, end = hits[0], 0, 0
    near: Counter[int] = Counter()
    for number, hit in enumerate(hits):
        last = hit.start + LONGEST * 2 // 3
        while end < len(hits) and (end <= number or hits[end].end <= last):
            near[hits[end].term] += 1
            end += 1
        if len(near) > most:
            best, most = hit, len(near)
        near[hit.term] -= 1
        if not near[hit.term]:
            del near[hit.term]
    return best


def _fits(text: str) -> bool:
    return len(text) <= LONGEST or next(islice(clusters(text), LONGEST, None), None) is None


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Marks with nothing but a space between them are one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and (start <= found[-1][1] or text[found[-1][1] : start].isspace()):
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _shown(text: str, spans: list[tuple[int, int]]) -> Marked:
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        end = stop
    units = [(_utf16(text[:start]), _utf16(text[:stop])) for start, stop in spans]
    return Marked(text, spans, units, "".join([*pieces, escape(text[end:])]))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
