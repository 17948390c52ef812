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

from app.text.analysis import is_stop_word, joined_word
from app.text.characters import clean_prose
from app.text.patterns import pattern
from app.text.words import APOSTROPHES, Word, words

MOST_TERMS, MOST_WORDS = 16, 64
SHORTEST_PREFIX = 2  # letters
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<chunk>[^\s"]+))')
_LETTERS = rf"[[\p{{Latin}}\p{{M}}]--[{APOSTROPHES}]]+"
_ELIDED = pattern(rf"{_LETTERS}(?:[{APOSTROPHES}]{_LETTERS})+\*?")


class Term(NamedTuple):
    """A word, a phrase, or the beginning of either."""

    words: tuple[Word, ...]
    is_prefix: bool = False
    joined: Word | None = None
    """Several words that others write as this one: COVID-19 is covid19, too."""


class Question(NamedTuple):
    """What must be there, and what must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()
    optional: tuple[Term, ...] = ()
    """Words that need not be there, but count a little where they are."""


class EmptyQuestion(ValueError):
    """There is no word in the question, or only words that must not be there."""


class QuestionTooLong(ValueError):
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
            optional = part["chunk"] is not None and all(map(is_stop_word, term.words)) and not term.is_prefix
            wanted[term] = wanted.get(term, True) and optional
    if len(wanted) + len(unwanted) > MOST_TERMS:
        raise QuestionTooLong(MOST_TERMS)
    if sum(len(term.words) for term in (*wanted, *unwanted)) > MOST_WORDS:
        raise QuestionTooLong(MOST_WORDS)
    if not wanted:
        raise EmptyQuestion
    needed = tuple(term for term, optional in wanted.items() if not optional)
    optional_terms = tuple(term for term, optional in wanted.items() if optional) if needed else ()
    return Question(needed or tuple(wanted), tuple(unwanted), optional_terms)


def _phrase(text: str) -> Term | None:
    found = tuple(place.word for place in words(text))
    return Term(found) if found else None


def _chunk(text: str) -> Term | None:
    if _ELIDED.fullmatch(text):  # l'été, İstanbul'da, minister's: the longest is what is meant
        text = max(re.split(f"[{APOSTROPHES}]", text), key=len)
    term = _phrase(text)
    if term is None:
        return None
    term = term._replace(joined=joined_word(text.removesuffix("*")))
    last = term.joined or term.words[-1]
    return term._replace(is_prefix=text.endswith("*") and len(last.form) >= SHORTEST_PREFIX)
