"""Search snippets: highlight the words of a query in the original text, and cut the part with the best matches.

Words are matched by their keys, and a mark covers whole words: it never separates a letter from its diacritics.
Ranges are given in code points and in UTF-16 units, which browsers count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate
from typing import NamedTuple

from app.text.analysis import (
    CHUNK,
    MOST_WORDS,
    NAME_STEMS,
    Keys,
    LookupKeys,
    Token,
    lookup_keys,
    primary_of,
    read_chunk,
    with_name_keys,
)
from app.text.characters import reach
from app.text.questions import Question, Term

LONGEST = 240  # graphemes
BEFORE = 8  # words before the first mark, where the text is cut


class Marked(NamedTuple):
    """A snippet: a part of a text with the ranges of its matches."""

    text: str
    code_points: list[tuple[int, int]]
    utf16: list[tuple[int, int]]
    html: str
    """Escaped, with `<mark>`."""

    @classmethod
    def plain(cls, text: str) -> Marked:
        """A text without marks."""
        return cls(text, [], [], escape(text))


class Chunk(NamedTuple):
    """The text between two spaces: its words, and the numbers of those that may match the query."""

    words: Sequence[Token]
    candidates: Sequence[int]


class Occurrence(NamedTuple):
    """A matched word from code point `start` to before `end`, and the number of its term."""

    start: int
    end: int
    term: int
    chunk: int
    """The number of its chunk."""


class Marker:
    """Makes snippets of any number of texts for one question. Tokenized chunks are cached for the next text."""

    def __init__(self, question: Question, language: str) -> None:
        self._terms = [(term, [lookup_keys(word) for word in term.words]) for term in question.wanted]
        self._primary = primary_of(language)
        words = [word for _, words in self._terms for word in words]
        self._keys = {key for word in words for key in (word.exact, *word.stems, *word.others, word.nisba)}
        # A name of two words has a key of its own, which the first word has only when the second follows.
        if any(len(word.others) > 1 for word in words):
            self._keys |= NAME_STEMS
        self._prefixes = tuple(words[-1].exact for term, words in self._terms if term.is_prefix)
        self._chunks: dict[str, Chunk] = {}
        self._irrelevant: set[str] = set()

    def marked(self, text: str) -> Marked | None:
        """Return the snippet of `text` with the most terms; None without a match."""
        parts = text.split()[:MOST_WORDS]
        for part in set(parts) - self._irrelevant:
            self._read(part)
        if self._irrelevant.issuperset(parts):
            return None
        chunks = [match.span() for match in CHUNK.finditer(text)]
        hits = self._hits(parts, chunks)
        if not hits:
            return None
        start, end = self._window(text, chunks, hits)
        cut = text[start:end]
        shift = start + len(cut) - len(cut.lstrip())
        shown = cut.strip()
        spans = [(hit.start - shift, min(hit.end, end) - shift) for hit in hits if start <= hit.start < end]
        return _rendered(shown, _joined(shown, spans))

    def _read(self, chunk: str) -> Chunk:
        if (read := self._chunks.get(chunk)) is None:
            words = read_chunk(chunk, self._primary)
            read = Chunk(words, [number for number, word in enumerate(words) if self._is_candidate(word.keys)])
            self._chunks[chunk] = read
            if not read.candidates:
                self._irrelevant.add(chunk)
        return read

    def _is_candidate(self, keys: Keys) -> bool:
        if not self._keys.isdisjoint((keys.exact, keys.stem, keys.nisba, *keys.others)):
            return True
        return keys.exact.startswith(self._prefixes) or keys.stem.startswith(self._prefixes)

    def _hits(self, parts: Sequence[str], chunks: Sequence[tuple[int, int]]) -> list[Occurrence]:
        """Matched words in text order."""
        keys: dict[int, Keys] = {}  # by the number of the word
        at: dict[int, tuple[int, int, int]] = {}
        firsts = accumulate((len(self._chunks[part].words) for part in parts), initial=0)
        for number, (first, part) in enumerate(zip(firsts, parts, strict=False)):
            if part in self._irrelevant:
                continue
            start, read = chunks[number][0], self._chunks[part]
            for inner in read.candidates if first < MOST_WORDS else ():
                word = read.words[inner]
                keys[first + inner] = word.keys
                at[first + inner] = (start + word.start, start + word.end, number)
        found = self._found(with_name_keys(keys))
        return [Occurrence(at[place][0], at[place][1], found[place], at[place][2]) for place in sorted(found)]

    def _found(self, keys: dict[int, Keys]) -> dict[int, int]:
        """Numbers of the matched words, each with the number of its term."""
        found: dict[int, int] = {}
        for number, (term, wanted) in enumerate(self._terms):
            for place in keys:
                words = range(place, place + len(wanted))
                if all(
                    other in keys and _matches(keys[other], word, term, at)
                    for at, (other, word) in enumerate(zip(words, wanted, strict=True))
                ):
                    found.update(dict.fromkeys(words, number))
        return found

    def _window(self, text: str, chunks: Sequence[tuple[int, int]], hits: Sequence[Occurrence]) -> tuple[int, int]:
        """Start and end of the part of at most `LONGEST` graphemes with the most terms; the earliest of equal ones."""
        if _fits(text):
            return 0, len(text)
        best = _densest_part(hits)
        start = self._start(text, chunks, best)
        furthest = start + reach(text[start:], LONGEST)
        end = min(best.end, furthest)
        for _, last in self._words(text, chunks[best.chunk :]):
            if last > furthest:
                return start, end
            end = max(end, last)
        return start, len(text) if furthest == len(text) else end

    def _start(self, text: str, chunks: Sequence[tuple[int, int]], best: Occurrence) -> int:
        """The start of the snippet: up to `BEFORE` words before the best match, if the match still fits."""
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
            for word in self._read(text[start:end]).words:
                yield start + word.start, start + word.end


def marked(text: str, language: str, question: Question) -> Marked | None:
    """Return the snippet of `text` with the most terms; None without a match."""
    return Marker(question, language).marked(text)


def _matches(keys: Keys, wanted: LookupKeys, term: Term, place: int) -> bool:
    if term.is_prefix and place == len(term.words) - 1:
        return keys.exact.startswith(wanted.exact) or keys.stem.startswith(wanted.exact)
    if keys.exact == wanted.exact or keys.stem in wanted.stems:
        return True
    if len(term.words) > 1:
        return False
    other = not {keys.stem, *keys.others}.isdisjoint(wanted.others)
    return other or wanted.nisba in (keys.nisba, keys.stem, *keys.others)


def _densest_part(hits: Sequence[Occurrence]) -> Occurrence:
    """The first match of the densest part: most terms within two thirds of a snippet. Sliding window, linear time."""
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
    return reach(text, LONGEST) == len(text)


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges with nothing but space between them."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and (start <= found[-1][1] or text[found[-1][1] : start].isspace()):
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _rendered(text: str, spans: list[tuple[int, int]]) -> Marked:
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [escape(text[end:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        end = stop
    units = [(_utf16(text[:start]), _utf16(text[:stop])) for start, stop in spans]
    return Marked(text, spans, units, "".join([*pieces, escape(text[end:])]))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
