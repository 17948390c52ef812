"""What may somebody have meant for whose words nothing is there?

First a letter less (و ف ب ل ك, where it was written for a prefix), then one letter another, more, or less, as long as
that gives a word of a visible title, and not one that any text has. A word with a digit is what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.search.repository import Search
from app.text.analysis import is_stop_form, is_stop_word, peeled
from app.text.arabic import is_arabic
from app.text.questions import Question, Term
from app.text.words import Spelt, words

ARABIC = "ءابتثجحخدذرزسشصضطظعغفقكلمنهوي"
LATIN = "abcdefghijklmnopqrstuvwxyz"
SHORTEST = 4  # letters of a word that is put right
LONGEST = 20


class Correction(NamedTuple):
    """A word that was not found, and the one that was looked for instead."""

    wrong: str
    right: str


async def corrected(search: Search, question: Question) -> tuple[Question, list[Correction]] | None:
    """The question with other words for those that are nowhere; None where there are none."""
    wanted, corrections = [], []
    for term in question.wanted:
        better = term if await _is_somewhere(search, term) else await _instead(search, term)
        if better is None:
            return None
        if better != term:
            corrections.append(Correction(term.words[0].letters, better.words[0].letters))
        wanted.append(better)
    return (question._replace(wanted=tuple(wanted)), corrections) if corrections else None


async def _is_somewhere(search: Search, term: Term) -> bool:
    return bool(await search.newest(Question((term,)), 1))


async def _instead(search: Search, term: Term) -> Term | None:
    if len(term.words) > 1 or term.is_beginning or is_stop_word(term.words[0]):
        return None
    for shorter in peeled(term.words[0]):
        if await _is_somewhere(search, Term((shorter,))):
            return Term((shorter,))
    form = term.words[0].form
    if not SHORTEST <= len(form) <= LONGEST or any(map(str.isdigit, form)):  # 2031 is no misspelt 2013
        return None
    near = sorted(other for other in set(_one_letter_off(form)) - {form} if not is_stop_form(other))
    for word, _ in await search.titled(near, 5):
        headline = await search.newest_with(word)
        if headline is not None:
            return Term((as_written(headline, word),))
    return None


def as_written(headline: str, form: str) -> Spelt:
    """How the headline writes the word."""
    return next((place.word for place in words(headline) if place.word.form == form), Spelt(form, form))


def _one_letter_off(form: str) -> Iterator[str]:
    letters = ARABIC if is_arabic(form) else LATIN
    for place in range(len(form) + 1):
        before, rest = form[:place], form[place:]
        yield from (before + letter + rest for letter in letters)
        if rest:
            yield before + rest[1:]
            yield from (before + letter + rest[1:] for letter in letters)
        if len(rest) > 1:
            yield before + rest[1] + rest[0] + rest[2:]
