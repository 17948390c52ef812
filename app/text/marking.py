"""Where in a text stand the words that were looked for, and which part of it shows that best?

Marks are made on the original, by the keys of its words: a mark never cuts a letter from its signs. Ranges are given in
code points and in UTF-16 units, since browsers count those.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from app.text.analysis import Keys, Sought, Token, analyse, sought
from app.text.characters import clusters
from app.text.questions import Question, Term

LONGEST = 240  # graphemes
BEFORE = 8  # words before the first mark, where the text is cut


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


def marked(text: str, language: str, question: Question) -> Marked | None:
    """Return the part of `text` that shows most of what was looked for; None where nothing of it is there."""
    tokens = analyse(text, language)
    hits = _hits(tokens, question)
    if not hits:
        return None
    start, end = _window(text, tokens, hits)
    cut = text[start:end]
    lead = len(cut) - len(cut.lstrip())
    shown = cut.strip()
    spans = [
        (tokens[place].start - start - lead, tokens[place].end - start - lead)
        for place in sorted(hits)
        if tokens[place].start >= start and tokens[place].end <= end
    ]
    return _shown(shown, _joined(shown, spans))


def _hits(tokens: Sequence[Token], question: Question) -> dict[int, int]:
    """Places of the words that were looked for, each with the number of its term."""
    places: dict[Keys, list[int]] = defaultdict(
        list
    )  # a word is held against the question once, however often it stands
    for place, token in enumerate(tokens):
        places[token.keys].append(place)
    found: dict[int, int] = {}
    for number, term in enumerate(question.wanted):
        wanted = [sought(word) for word in term.words]
        begun = [place for keys, at in places.items() if _meets(keys, wanted[0], term, 0) for place in at]
        for place in begun:
            if _goes_on(tokens, place, wanted, term):
                found.update(dict.fromkeys(range(place, place + len(wanted)), number))
    return found


def _goes_on(tokens: Sequence[Token], place: int, wanted: Sequence[Sought], term: Term) -> bool:
    if place + len(wanted) > len(tokens):
        return False
    return all(_meets(tokens[place + at].keys, wanted[at], term, at) for at in range(1, len(wanted)))


def _meets(keys: Keys, wanted: Sought, term: Term, place: int) -> bool:
    if term.is_beginning and place == len(term.words) - 1:
        return keys.exact.startswith(wanted.exact) or keys.stem.startswith(wanted.exact)
    if keys.exact == wanted.exact or keys.stem in wanted.stems:
        return True
    if len(term.words) > 1:
        return False
    return not set(keys.others).isdisjoint(wanted.others) or wanted.nisba in (keys.nisba, keys.stem, *keys.others)


def _window(text: str, tokens: Sequence[Token], hits: dict[int, int]) -> tuple[int, int]:
    """The part of at most `LONGEST` graphemes with the most different terms, the earliest of several."""
    if _fits(text):
        return 0, len(text)
    best = _densest(tokens, hits)
    start, end = _start(text, tokens, best), tokens[best].end
    for token in tokens[best:]:
        if not _fits(text[start : token.end]):
            break
        end = token.end
    if end == tokens[-1].end and _fits(text[start:]):
        end = len(text)
    return start, max(end, tokens[best].end)


def _densest(tokens: Sequence[Token], hits: dict[int, int]) -> int:
    """The earliest word from which on most different terms stand close together. Each word is looked at twice only."""
    places = sorted(hits)
    best, most, end = places[0], 0, 0
    near: Counter[int] = Counter()
    for number, place in enumerate(places):
        last = tokens[place].start + LONGEST * 2 // 3
        while end < len(places) and (end <= number or tokens[places[end]].end <= last):
            near[hits[places[end]]] += 1
            end += 1
        if len(near) > most:
            best, most = place, len(near)
        near[hits[place]] -= 1
        if not near[hits[place]]:
            del near[hits[place]]
    return best


def _start(text: str, tokens: Sequence[Token], best: int) -> int:
    """Some words before the best one, as long as that leaves room for it."""
    first = max(0, best - BEFORE)
    starts = [token.start for token in tokens[first : best + 1]]
    fitting = (start for start in (starts if first else [0, *starts]) if _fits(text[start : tokens[best].end]))
    return next(fitting, starts[-1])


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
