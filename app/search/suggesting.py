"""How may a question go on that somebody is typing? With words of visible headlines, as these write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from app.search.repository import Search
from app.text.analysis import is_stop_word
from app.text.questions import NothingSought, TooMuchSought, read_question
from app.text.words import Spelt, words

LOOKED_THROUGH = 50  # of the newest articles with what was typed
MOST_STOP_WORDS = 20  # that may begin so: more of them are asked for, since they are not suggested


def without_open_quote(text: str) -> str:
    """`text` without the quotation mark that nothing closes."""
    return text if text.count('"') % 2 == 0 else "".join(text.rpartition('"')[::2])


async def endings_alone(search: Search, _before: str, typed: Spelt, limit: int) -> list[str]:
    """Words that begin so, the most frequent first; none that any text has."""
    found = []
    for form, _ in await search.beginning(typed.form, limit + MOST_STOP_WORDS):
        headline = await search.newest_with(form)
        word = next((one for one in _written(headline or "") if one[0].form == form), None)
        if word is not None and not is_stop_word(word[0]):
            found.append(word[1])
    return found[:limit]


async def endings_beside(search: Search, before: str, typed: Spelt, limit: int) -> list[str]:
    """Words that begin so in headlines of articles that have what was typed before, too: first those that stand behind
    it, then the others, the most frequent first. Each finds something."""
    said = [place.word.form for place in words(before)]
    try:
        question = read_question(f"{before} {typed.form}*")
    except (NothingSought, TooMuchSought):
        said = []
    if not said:
        return await endings_alone(search, before, typed, limit)
    behind, others = Counter[str](), Counter[str]()
    spelt: dict[str, str] = {}
    for headline in await search.headlines(question, LOOKED_THROUGH):
        previous = ""
        for word, written in _written(headline):
            if word.form.startswith(typed.form) and not is_stop_word(word):
                spelt.setdefault(word.form, written)
                (behind if previous == said[-1] else others)[word.form] += 1
            previous = word.form
    ordered = [form for counted in (behind, others) for form, _ in counted.most_common()]
    return [spelt[form] for form in dict.fromkeys(ordered)][:limit]


def _written(headline: str) -> Iterator[tuple[Spelt, str]]:
    """The words of a headline, each as it is written there, without harakat."""
    for start, end, word in words(headline):
        yield word, word.letters if word.letters.isascii() is False else headline[start:end]
