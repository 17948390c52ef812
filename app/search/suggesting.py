"""Autocomplete: complete the last word of a query with words of visible headlines, in the spelling of the headline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from app.search.repository import Search
from app.text.analysis import is_stop_word
from app.text.questions import EmptyQuestion, QuestionTooLong, read_question
from app.text.words import Word, words

MAX_HEADLINES = 50  # headlines of the newest matches that are searched for completions
EXTRA_FOR_STOP_WORDS = 20  # more rows than the limit, since stop words are not suggested


def without_open_quote(text: str) -> str:
    """Drop a quotation mark that is not closed."""
    return text if text.count('"') % 2 == 0 else "".join(text.rpartition('"')[::2])


async def complete_word(search: Search, _before: str, typed: Word, limit: int) -> list[str]:
    """Complete a single word, the most frequent completion first, without stop words."""
    found = []
    for form, _ in await search.starting_with(typed.form, limit + EXTRA_FOR_STOP_WORDS):
        headline = await search.newest_headline_with(form)
        word = next((one for one in _headline_words(headline or "") if one[0].form == form), None)
        if word is not None and not is_stop_word(word[0]):
            found.append(word[1])
    return found[:limit]


async def complete_phrase(search: Search, before: str, typed: Word, limit: int) -> list[str]:
    """Complete the last word of several, from headlines of articles that match the words `before` it.

    Words that follow the one before come first, then the others, each by frequency. Every completion finds an article.
    """
    typed_before = [place.word.form for place in words(before)]
    try:
        question = read_question(f"{before} {typed.form}*")
    except (EmptyQuestion, QuestionTooLong):
        typed_before = []
    if not typed_before:
        return await complete_word(search, before, typed, limit)
    behind, others = Counter[str](), Counter[str]()
    spelt: dict[str, str] = {}
    for headline in await search.headlines(question, MAX_HEADLINES):
        previous = ""
        for word, written in _headline_words(headline):
            if word.form.startswith(typed.form) and not is_stop_word(word):
                spelt.setdefault(word.form, written)
                (behind if previous == typed_before[-1] else others)[word.form] += 1
            previous = word.form
    ordered = [form for counted in (behind, others) for form, _ in counted.most_common()]
    return [spelt[form] for form in dict.fromkeys(ordered)][:limit]


def _headline_words(headline: str) -> Iterator[tuple[Word, str]]:
    """The words of a headline, each with its spelling there, without harakat."""
    for start, end, word in words(headline):
        yield word, word.letters if word.letters.isascii() is False else headline[start:end]
