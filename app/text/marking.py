"""Where in a text stand the words that were looked for, and which part of it shows that best?

Marks are made on the original, by the keys of its words: a mark never cuts a letter from its signs. Ranges are given in
code points and in UTF-16 units, since browsers count those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from itertools import islice
from typing import NamedTuple

from app.text.analysis import Keys, Sought, Token, analyse, sought
from app.text.characters import clusters
from app.text.questions import Question, Term

LONGEST = 240  # graphemes
BEFORE = 8  # words before the first mark, where the text is cut
MOST_SEEN = 40  # marks that are looked at for one window
MOST_UNITS = 4 * LONGEST  # code points: nobody reads a text with more marks than letters


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
    found: dict[int, int] = {}
    for number, term in enumerate(question.wanted):
        meets = [_meeting(term, at) for at in range(len(term.words))]
        first = meets[0]
        for place in range(len(tokens) - len(meets) + 1):
            if first(tokens[place].keys) and all(meets[at](tokens[place + at].keys) for at in range(1, len(meets))):
                found |= dict.fromkeys(range(place, place + len(meets)), number)
    return found


@lru_cache(maxsize=256)
def _meeting(term: Term, at: int) -> Callable[[Keys], bool]:
    """Whether a word of a text is the term's word `at`; asked once for the same word."""
    wanted = sought(term.words[at])
    if term.is_beginning and at == len(term.words) - 1:
        return lru_cache(maxsize=2048)(
            lambda keys: keys.exact.startswith(wanted.exact) or keys.stem.startswith(wanted.exact)
        )
    alone = len(term.words) == 1
    return lru_cache(maxsize=2048)(lambda keys: _meets(keys, wanted, alone=alone))


def _meets(keys: Keys, wanted: Sought, *, alone: bool) -> bool:
    if keys.exact == wanted.exact or keys.stem in wanted.stems:
        return True
    if not alone:
        return False
    return not set(keys.others).isdisjoint(wanted.others) or wanted.nisba in (keys.nisba, keys.stem, *keys.others)


def _window(text: str, tokens: Sequence[Token], hits: dict[int, int]) -> tuple[int, int]:
    """The part of at most `LONGEST` graphemes with the most different terms, the earliest of several."""
    if len(text) <= LONGEST:
        return 0, len(text)
    best, most = min(hits), 0
    places = sorted(hits)
    for number, place in enumerate(places):
        last = tokens[place].start + LONGEST * 2 // 3
        terms = {hits[other] for other in places[number : number + MOST_SEEN] if tokens[other].end <= last}
        if len(terms) > most:
            best, most = place, len(terms)
    first = max(0, best - BEFORE)
    start = tokens[first].start if first else 0
    end = start + sum(map(len, islice(clusters(text[start : start + MOST_UNITS]), LONGEST)))
    if end >= len(text):
        return start, len(text)
    inside = [token.end for token in tokens[best:] if token.end <= end]
    return start, max(inside, default=tokens[best].end)


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
