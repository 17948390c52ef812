"""Parse the query of a search to a `Question`.

| | |
| --- | --- |
| `words` | all of them, in any order; stop words are optional, unless there are no other words |
| `"a phrase"` | in this order |
| `begin*` | words with this prefix of at least two letters |
| `-without` | texts without it; also `-"a phrase"` |

Nothing else is syntax: `AND`, `(`, `:`, «» are text. Words without a space between them (19.5, covid-19) are a phrase.
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
    """A word or a phrase; with `is_prefix` the last word is a prefix."""

    words: tuple[Word, ...]
    is_prefix: bool = False
    joined: Word | None = None
    """The joined form of several words: covid19 for COVID-19."""


class Question(NamedTuple):
    """A parsed query: terms that must match, and terms that must not."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()
    optional: tuple[Term, ...] = ()
    """Stop words: they need not match, but raise the score a little."""


class EmptyQuestion(ValueError):
    """The query has no word, or only unwanted ones."""


class QuestionTooLong(ValueError):
    """The query has more than `MOST_TERMS` terms or `MOST_WORDS` words; `args` holds the limit."""


@lru_cache(maxsize=512)
def read_question(text: str) -> Question:
    """Parse a query. Raises `EmptyQuestion`, `QuestionTooLong`."""
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
    if _ELIDED.fullmatch(text):  # l'été, İstanbul'da, minister's: only the longest part is searched
        text = max(re.split(f"[{APOSTROPHES}]", text), key=len)
    term = _phrase(text)
    if term is None:
        return None
    term = term._replace(joined=joined_word(text.removesuffix("*")))
    last = term.joined or term.words[-1]
    return term._replace(is_prefix=text.endswith("*") and len(last.form) >= SHORTEST_PREFIX)
