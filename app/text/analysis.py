"""Under which keys is a word found? One answer for texts and questions, so that they cannot disagree.

| tier | key | وللائتلاف | بدمشق | السورية |
| --- | --- | --- | --- | --- |
| `exact` | the folded word | وللاءتلاف | بدمشق | السوريه |
| `stem` | without article and endings | اءتلاف | بدمشق | سوري |
| `others` | as what else it may be read (texts only) | | دمشق | |
| `nisba` | the stem without the ي of an adjective | اءتلاف | بدمشق | سور |

A word of a question is also looked for as its plural and in its other spellings. Latin words have the stem of their
language (Snowball). All other scripts are found by the exact form.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

from app.text import arabic
from app.text.patterns import pattern
from app.text.words import LONGEST_REMEMBERED, Spelt, words

VERSION = 3
"""Of everything below and of what it stands on: an index made by another version is made anew."""

CHUNK = re.compile(r"\S+")  # no word goes over a space
_LATIN = pattern(r"\p{Latin}+")
_DIGIT = pattern(r"\p{N}")
# What is written as several words or as one: می‌خواهم and میخواهم, COVID-19 and covid19, 10,000 and 10000.
_JOINED = pattern(
    r"[\p{L}\p{M}]+(?:\u200C[\p{L}\p{M}]+)+"
    r"|(?<![\p{L}\p{N}])[\p{Latin}]+[-\u2010\u2011]\p{N}+(?![\p{L}\p{N}])"
    r"|(?<![\p{L}\p{N}])\p{N}+[-\u2010\u2011][\p{Latin}]+(?![\p{L}\p{N}])"
    r"|(?<![\p{L}\p{N}.,\u066B])\p{Nd}{1,3}(?:([,\u066C\u2019'])\p{Nd}{3})(?:\1\p{Nd}{3})*(?![\p{L}\p{N}]|[.,\u066C\u2019']\p{Nd}{3})"
)
_JOINT = pattern(r"[\u200C\-\u2010\u2011,\u066C\u2019']")
STEMMERS = {
    "ar": "", "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "nl": "dutch",
    "pt": "portuguese", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
LONGEST = 60  # letters: of a longer word the rest does not count, and costs nothing
MOST_WORDS = 12_000  # of one text: PostgreSQL takes no position above 16,383
GROUP = "\ue000"  # begins the key of a name of two words, which no word does


class Keys(NamedTuple):
    """Under which keys one word of a text stands."""

    exact: str
    stem: str
    others: tuple[str, ...]
    nisba: str


class Token(NamedTuple):
    """A word of a text, from code point `start` to before `end`."""

    start: int
    end: int
    keys: Keys


class Sought(NamedTuple):
    """Under which keys one word of a question is looked for, tier by tier."""

    exact: str
    stems: tuple[str, ...]
    """One, or of a Latin word one for each language of `STEMMERS`, in their order."""
    others: tuple[str, ...]
    """Stems for which it also stands, and for which another reading may stand."""
    nisba: str


def analyse(text: str, language: str) -> list[Token]:
    """Return the words of `text`, which is in `language` (BCP 47), in order; the first `MOST_WORDS`."""
    primary = primary_of(language)
    found: list[Token] = []
    for chunk in CHUNK.finditer(text):
        begin = chunk.start()
        found += [Token(begin + start, begin + end, keys) for start, end, keys in read_chunk(chunk[0], primary)]
        if len(found) >= MOST_WORDS:
            del found[MOST_WORDS:]
            break
    for place in range(len(found) - 1):
        pair = _PAIRS.get((found[place].keys.stem, found[place + 1].keys.stem))
        if pair is not None:
            start, end, keys = found[place]
            found[place] = Token(start, end, _named(keys, pair))
    return found


def in_a_name(words: dict[int, Keys]) -> dict[int, Keys]:
    """Some words of a text by their numbers, as they are beside each other: two of them may be a name."""
    pairs = {
        place: _PAIRS.get((keys.stem, words[place + 1].stem)) for place, keys in words.items() if place + 1 in words
    }
    return words | {place: _named(words[place], pair) for place, pair in pairs.items() if pair is not None}


def _named(keys: Keys, pair: tuple[str, ...]) -> Keys:
    return keys._replace(others=(*keys.others, *pair))


def primary_of(language: str) -> str:
    """Return the language that decides about stems: of a tag of BCP 47 the first part."""
    return language.partition("-")[0].lower()


def read_chunk(chunk: str, primary: str) -> tuple[Token, ...]:
    """Return the words of what stands between two spaces, whatever stands around it."""
    return _remembered(chunk, primary) if len(chunk) <= LONGEST_REMEMBERED else _read(chunk, primary)


def _read(chunk: str, language: str) -> tuple[Token, ...]:
    found = islice(words(chunk), MOST_WORDS)
    tokens = [Token(start, end, _keys(_cut(word), language)) for start, end, word in found]
    return tuple(_with_joined(chunk, tokens, language) if len(tokens) > 1 else tokens)


def _with_joined(chunk: str, tokens: list[Token], language: str) -> list[Token]:
    """The first of several words that others write as one stands for all of them, too."""
    for match in _JOINED.finditer(chunk):
        word = joined_word(match[0])
        number = next((number for number, token in enumerate(tokens) if token.start == match.start()), None)
        if word is not None and number is not None:
            keys = _keys(_cut(word), language)
            own = tokens[number].keys
            others = dict.fromkeys([*own.others, keys.exact, keys.stem])
            tokens[number] = Token(match.start(), match.end(), own._replace(others=tuple(others)))
    return tokens


def joined_word(text: str) -> Spelt | None:
    """Return the one word that others write for all of `text`, if they do."""
    if not _JOINED.fullmatch(text):
        return None
    found = [place.word for place in islice(words(_JOINT.sub("", text)), 2)]
    return found[0] if len(found) == 1 else None


# Once for each different chunk: most of a text are words that were there before.
_remembered = lru_cache(maxsize=200_000)(_read)


@lru_cache(maxsize=20_000)
def _keys(word: Spelt, language: str) -> Keys:
    letters, form = word
    if not arabic.is_arabic(form):
        stem = _stem(letters, language) if _LATIN.fullmatch(letters) else form
        return Keys(form, stem, (), stem)
    stem = arabic.stem(letters, form)
    read = dict.fromkeys(arabic.stem(*reading) for reading in arabic.readings(letters, form, _WHOLE))
    return Keys(form, stem, tuple(key for key in read if key != stem), arabic.nisba_stem(stem))


def sought(word: Spelt) -> Sought:
    """Return how a word of a question is looked for, whatever the language of the texts."""
    return _sought(_cut(word))


def _cut(word: Spelt) -> Spelt:
    if len(word.letters) <= LONGEST >= len(word.form):
        return word
    return Spelt(word.letters[:LONGEST], word.form[:LONGEST])


@lru_cache(maxsize=20_000)
def _sought(word: Spelt) -> Sought:
    letters, form = word
    if arabic.is_arabic(form):
        stem = arabic.stem(letters, form)
        return Sought(form, (stem,), _ALIKE.get(stem, (stem,)), arabic.nisba_stem(stem))
    if not _LATIN.fullmatch(letters):  # also as a word that the text writes as several
        return Sought(form, (form,), (form,), form)
    stems = tuple(_stem(letters, language) for language in STEMMERS)
    return Sought(form, stems, (), form)


def is_stop_word(word: Spelt) -> bool:
    """Return whether a question does without this word, unless it asks for nothing else.

    As it is written: على is such a word, the name علي is not.
    """
    return word.letters in _STOP


def is_stop_form(form: str) -> bool:
    """Return whether a folded word may be one that any text has."""
    return form in _STOP_FORMS


def peeled(word: Spelt) -> Iterator[Spelt]:
    """Yield what a word of a question may have meant that nothing was found for: without its first letter."""
    form = word.form
    if not arabic.is_arabic(form) or form[0] not in "وفبلك" or len(form) <= 4:
        return
    if not (is_stop_word(word) or arabic.begins_by_itself(form, _WHOLE)):
        yield Spelt(word.letters[1:], form[1:])


def _stem(letters: str, language: str) -> str:
    name = STEMMERS.get(language)
    if not name:
        return _only(letters).form
    return _only(_stemmer(name).stemWord(letters)).form


@lru_cache
def _stemmer(name: str) -> Any:
    return snowballstemmer.stemmer(name)


def _only(text: str) -> Spelt:
    return next(words(text)).word if text else Spelt("", "")


# ── The word lists ───────────────────────────────────────────────────────────────────────────────────────────────────

_LISTS = json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))
_STOP = frozenset(_only(name).letters for name in _LISTS["stop"].split())
_STOP_FORMS = frozenset(_only(name).form for name in _LISTS["stop"].split())


def _stem_of(name: str) -> str:
    word = _only(name)
    return arabic.stem(word.letters, word.form) if arabic.is_arabic(word.form) else word.form


_WHOLE = frozenset(_stem_of(name) for name in _LISTS["whole"].split())


def _grouped() -> tuple[dict[str, tuple[str, ...]], dict[tuple[str, str], tuple[str, ...]]]:
    """For each stem of a group itself and the others, and the key of the group where two stems are a name in it; and
    these keys by the two stems."""
    alike: dict[str, dict[str, None]] = defaultdict(dict)
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, line in enumerate([*_LISTS["plurals"], *_LISTS["variants"]]):
        names = [tuple(map(_stem_of, name.split("_"))) for name in line.split()]
        singles = [stems[0] for stems in names if len(stems) == 1]
        key = [f"{GROUP}{number}"] if len(singles) < len(names) else []
        for stem in singles:
            alike[stem] |= dict.fromkeys([stem, *singles, *key])
        for stems in names:
            if len(stems) == 2:
                pairs[stems[0], stems[1]] += key
    return {stem: tuple(keys) for stem, keys in alike.items()}, {stems: tuple(keys) for stems, keys in pairs.items()}


_ALIKE, _PAIRS = _grouped()
NAMES = frozenset(stem for pair in _PAIRS for stem in pair)
"""Stems that are a name beside another."""
