"""Spelling correction of words that no visible article has.

First the word without a prefix letter (و ف ب ل ك), then words at edit distance one (a letter changed, added, removed,
or two swapped) that a visible headline has. Stop words are no correction; a word with a digit is never corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.search.repository import Search
from app.text.analysis import is_stop_form, is_stop_word, without_prefix
from app.text.arabic import is_arabic
from app.text.questions import Question, Term
from app.text.words import Word, words

ARABIC = "ءابتثجحخدذرزسشصضطظعغفقكلمنهوي"
LATIN = "abcdefghijklmnopqrstuvwxyz"
SHORTEST, LONGEST = 4, 20  # letters of a word that may be corrected


class Correction(NamedTuple):
    """A word without a match, and its correction."""

    wrong: str
    right: str


async def correct_question(search: Search, question: Question) -> tuple[Question, list[Correction]] | None:
    """Correct each wanted term that has no match; None if nothing is corrected or a term has no correction."""
    wanted, corrections = [], []
    for term in question.wanted:
        replacement = term if await _is_somewhere(search, term) else await _replacement(search, term)
        if replacement is None:
            return None
        if replacement != term:
            corrections.append(Correction(term.words[0].letters, replacement.words[0].letters))
        wanted.append(replacement)
    return (question._replace(wanted=tuple(wanted)), corrections) if corrections else None


async def _is_somewhere(search: Search, term: Term) -> bool:
    return bool(await search.newest(Question((term,)), 1))


async def _replacement(search: Search, term: Term) -> Term | None:
    if len(term.words) > 1 or term.is_prefix or is_stop_word(term.words[0]):
        return None
    for shorter in without_prefix(term.words[0]):
        if await _is_somewhere(search, Term((shorter,))):
            return Term((shorter,))
    form = term.words[0].form
    if not SHORTEST <= len(form) <= LONGEST or any(map(str.isdigit, form)):  # 2031 is no misspelt 2013
        return None
    near = sorted(other for other in set(_edits(form)) - {form} if not is_stop_form(other))
    for word, _ in await search.in_titles(near, 5):
        headline = await search.newest_headline_with(word)
        if headline is not None:
            return Term((as_written(headline, word),))
    return None


def as_written(headline: str, form: str) -> Word:
    """The word with the folded `form`, in the spelling of the headline."""
    return next((place.word for place in words(headline) if place.word.form == form), Word(form, form))


def _edits(form: str) -> Iterator[str]:
    letters = ARABIC if is_arabic(form) else LATIN
    for place in range(len(form) + 1):
        before, rest = form[:place], form[place:]
        yield from (before + letter + rest for letter in letters)
        if rest:
            yield before + rest[1:]
            yield from (before + letter + rest[1:] for letter in letters)
        if len(rest) > 1:
            yield before + rest[1] + rest[0] + rest[2:]
