"""What does somebody look for who writes this?

| | |
| --- | --- |
| `words` | all of them, in any order; words that a question does without are left out, unless there is nothing else |
| `"a phrase"` | in this order |
| `begin*` | words that begin so; at least two letters |
| `-without` | texts without it; also `-"a phrase"` |

Nothing else is syntax: `AND`, `(`, `:`, «» are text. What is written without a space (19.5, covid-19) is a phrase.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from app.text.analysis import is_stop_word
from app.text.characters import clean_prose
from app.text.patterns import pattern
from app.text.words import Spelt, words

MOST_TERMS, MOST_WORDS = 16, 64
SHORTEST_BEGINNING = 2  # letters
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<chunk>[^\s"]+))')
_ELIDED = pattern(r"[\p{Latin}\p{M}]+(?:['’ʼ][\p{Latin}\p{M}]+)+\*?")


class Term(NamedTuple):
    """A word, a phrase, or the beginning of either."""

    words: tuple[Spelt, ...]
    is_beginning: bool = False


class Question(NamedTuple):
    """What must be there, and what must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


class NothingSought(ValueError):
    """There is no word in the question, or only words that must not be there."""


class TooMuchSought(ValueError):
    """There are more than `MOST_TERMS`, or more than `MOST_WORDS` in them all."""


@lru_cache(maxsize=512)
def read_question(text: str) -> Question:
    """Return what `text` asks for. Raises `NothingSought`, `TooMuchSought`."""
    wanted: dict[Term, bool] = {}  # whether it may be left out
    unwanted: dict[Term, None] = {}
    for part in _PART.finditer(clean_prose(text)):
        term = _phrase(part["phrase"]) if part["chunk"] is None else _chunk(part["chunk"])
        if term is None:
            continue
        if part["minus"]:
            unwanted[term] = None
        else:
            spare = part["chunk"] is not None and all(map(is_stop_word, term.words)) and not term.is_beginning
            wanted[term] = wanted.get(term, True) and spare
    if len(wanted) + len(unwanted) > MOST_TERMS:
        raise TooMuchSought(MOST_TERMS)
    if sum(len(term.words) for term in (*wanted, *unwanted)) > MOST_WORDS:
        raise TooMuchSought(MOST_WORDS)
    if not wanted:
        raise NothingSought
    needed = tuple(term for term, spare in wanted.items() if not spare)
    return Question(needed or tuple(wanted), tuple(unwanted))


def _phrase(text: str) -> Term | None:
    found = tuple(place.word for place in words(text))
    return Term(found) if found else None


def _chunk(text: str) -> Term | None:
    if _ELIDED.fullmatch(text):  # l'été, İstanbul'da, minister's: the longest is what is meant
        text = max(re.split("['’ʼ]", text), key=len)
    term = _phrase(text)
    if term is None or not text.endswith("*") or len(term.words[-1].form) < SHORTEST_BEGINNING:
        return term
    return term._replace(is_beginning=True)
