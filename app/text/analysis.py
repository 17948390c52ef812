"""The search analyser: index keys of the words of texts, and lookup keys of the words of queries.

| tier | key | وللائتلاف | بدمشق | السورية |
| --- | --- | --- | --- | --- |
| `exact` | the folded word | وللاءتلاف | بدمشق | السوريه |
| `stem` | without article and endings | اءتلاف | بدمشق | سوري |
| `others` | stems of other readings (texts only) | | دمشق | |
| `nisba` | the stem without the ي of an adjective | اءتلاف | بدمشق | سور |

A word of a query is also looked up by its plural and its spelling variants (`lexicon.json`). Latin words have the
Snowball stem of the text's language. All other scripts match by the exact form.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

from app.text import arabic
from app.text.patterns import pattern
from app.text.words import LONGEST_CACHED, Word, words

VERSION = 3
"""Version of the analyser and of the modules that it uses: rows indexed by another version are stale."""

CHUNK = re.compile(r"\S+")  # a word never contains a space
_LATIN = pattern(r"\p{Latin}+")
_DIGIT = pattern(r"\p{N}")
# Written as several words or as one: می‌خواهم and میخواهم, COVID-19 and covid19, 10,000 and 10000.
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
LONGEST = 60  # letters: a longer word is truncated, so that it costs no more
MOST_WORDS = 12_000  # of one text: PostgreSQL takes no position above 16,383
GROUP = "\ue000"  # first character of the key of a two-word name; private use, so no word begins with it


class Keys(NamedTuple):
    """The index keys of one word of a text, by tier."""

    exact: str
    stem: str
    others: tuple[str, ...]
    nisba: str


class Token(NamedTuple):
    """A word of a text, from code point `start` to before `end`."""

    start: int
    end: int
    keys: Keys


class LookupKeys(NamedTuple):
    """The keys by which one word of a query is looked up, by tier."""

    exact: str
    stems: tuple[str, ...]
    """One stem; of a Latin word one for each language of `STEMMERS`, in that order."""
    others: tuple[str, ...]
    """The stem with its plurals and spelling variants, to be found also in `Keys.others`."""
    nisba: str


def analyse(text: str, language: str) -> list[Token]:
    """Tokenize `text`, which is in `language` (a BCP 47 tag), to at most `MOST_WORDS` words."""
    primary = primary_of(language)
    found: list[Token] = []
    for chunk in CHUNK.finditer(text):
        begin = chunk.start()
        found += [Token(begin + start, begin + end, keys) for start, end, keys in read_chunk(chunk[0], primary)]
        if len(found) >= MOST_WORDS:
            del found[MOST_WORDS:]
            break
    for place in range(len(found) - 1):
        pair = _NAME_KEYS.get((found[place].keys.stem, found[place + 1].keys.stem))
        if pair is not None:
            start, end, keys = found[place]
            found[place] = Token(start, end, _with_keys(keys, pair))
    return found


def with_name_keys(words: dict[int, Keys]) -> dict[int, Keys]:
    """Add the keys of two-word names to words of a text, which are given by number: neighbours may be a name."""
    pairs = {
        place: _NAME_KEYS.get((keys.stem, words[place + 1].stem)) for place, keys in words.items() if place + 1 in words
    }
    return words | {place: _with_keys(words[place], pair) for place, pair in pairs.items() if pair is not None}


def _with_keys(keys: Keys, pair: tuple[str, ...]) -> Keys:
    return keys._replace(others=(*keys.others, *pair))


def primary_of(language: str) -> str:
    """Return the primary language subtag of a BCP 47 tag, which selects the stemmer."""
    return language.partition("-")[0].lower()


def read_chunk(chunk: str, primary: str) -> tuple[Token, ...]:
    """Tokenize the text between two spaces; the result does not depend on the text around it."""
    return _cached_tokens(chunk, primary) if len(chunk) <= LONGEST_CACHED else _tokens_of(chunk, primary)


def _tokens_of(chunk: str, language: str) -> tuple[Token, ...]:
    found = islice(words(chunk), MOST_WORDS)
    tokens = [Token(start, end, _keys(_shortened(word), language)) for start, end, word in found]
    return tuple(_with_joined(chunk, tokens, language) if len(tokens) > 1 else tokens)


def _with_joined(chunk: str, tokens: list[Token], language: str) -> list[Token]:
    """Add the joined form of several words ("covid19" for COVID-19) to the keys of the first word."""
    for match in _JOINED.finditer(chunk):
        word = joined_word(match[0])
        number = next((number for number, token in enumerate(tokens) if token.start == match.start()), None)
        if word is not None and number is not None:
            keys = _keys(_shortened(word), language)
            own = tokens[number].keys
            others = dict.fromkeys([*own.others, keys.exact, keys.stem])
            tokens[number] = Token(match.start(), match.end(), own._replace(others=tuple(others)))
    return tokens


def joined_word(text: str) -> Word | None:
    """Return the joined form of `text` as one word; None if it is not usual to join it."""
    if not _JOINED.fullmatch(text):
        return None
    found = [place.word for place in islice(words(_JOINT.sub("", text)), 2)]
    return found[0] if len(found) == 1 else None


# Most chunks of a text have occurred before.
_cached_tokens = lru_cache(maxsize=200_000)(_tokens_of)


@lru_cache(maxsize=20_000)
def _keys(word: Word, language: str) -> Keys:
    letters, form = word
    if not arabic.is_arabic(form):
        stem = _stem(letters, language) if _LATIN.fullmatch(letters) else form
        return Keys(form, stem, (), stem)
    stem = arabic.stem(letters, form)
    read = dict.fromkeys(arabic.stem(*reading) for reading in arabic.readings(letters, form, _WHOLE))
    return Keys(form, stem, tuple(key for key in read if key != stem), arabic.nisba_stem(stem))


def lookup_keys(word: Word) -> LookupKeys:
    """Return the lookup keys of a word of a query, for texts in any language."""
    return _lookup_keys(_shortened(word))


def _shortened(word: Word) -> Word:
    if len(word.letters) <= LONGEST >= len(word.form):
        return word
    return Word(word.letters[:LONGEST], word.form[:LONGEST])


@lru_cache(maxsize=20_000)
def _lookup_keys(word: Word) -> LookupKeys:
    letters, form = word
    if arabic.is_arabic(form):
        stem = arabic.stem(letters, form)
        return LookupKeys(form, (stem,), _EQUIVALENTS.get(stem, (stem,)), arabic.nisba_stem(stem))
    if not _LATIN.fullmatch(letters):  # `others` finds words that the text joins
        return LookupKeys(form, (form,), (form,), form)
    stems = tuple(_stem(letters, language) for language in STEMMERS)
    return LookupKeys(form, stems, (), form)


def is_stop_word(word: Word) -> bool:
    """Return whether a word is a stop word: optional in a query that has other words.

    The unfolded spelling decides: على is a stop word, the name علي is not.
    """
    return word.letters in _STOP


def is_stop_form(form: str) -> bool:
    """Return whether a folded word may be a stop word."""
    return form in _STOP_FORMS


def without_prefix(word: Word) -> Iterator[Word]:
    """Yield a word of a query without its first letter, if that may be a prefix: for words without a match."""
    form = word.form
    if not arabic.is_arabic(form) or form[0] not in "وفبلك" or len(form) <= 4:
        return
    if not (is_stop_word(word) or arabic.begins_by_itself(form, _WHOLE)):
        yield Word(word.letters[1:], form[1:])


def _stem(letters: str, language: str) -> str:
    name = STEMMERS.get(language)
    if not name:
        return _single_word(letters).form
    return _single_word(_stemmer(name)(letters)).form


@lru_cache
def _stemmer(name: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = snowballstemmer.stemmer(name).stemWord
    return stem


def _single_word(text: str) -> Word:
    return next(words(text)).word if text else Word("", "")


# ── The word lists ───────────────────────────────────────────────────────────────────────────────────────────────────

_LISTS = json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))
_STOP = frozenset(_single_word(name).letters for name in _LISTS["stop"].split())
_STOP_FORMS = frozenset(_single_word(name).form for name in _LISTS["stop"].split())


def _stem_of(name: str) -> str:
    word = _single_word(name)
    return arabic.stem(word.letters, word.form) if arabic.is_arabic(word.form) else word.form


_WHOLE = frozenset(_stem_of(name) for name in _LISTS["whole"].split())


def _load_groups() -> tuple[dict[str, tuple[str, ...]], dict[tuple[str, str], tuple[str, ...]]]:
    """Load the groups of plurals and variants.

    Returns the equivalent keys of each stem (with the key of the group if it has a two-word name), and the group keys
    of each two-word name by its two stems.
    """
    equivalents: dict[str, dict[str, None]] = defaultdict(dict)
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, line in enumerate([*_LISTS["plurals"], *_LISTS["variants"]]):
        names = [tuple(map(_stem_of, name.split("_"))) for name in line.split()]
        singles = [stems[0] for stems in names if len(stems) == 1]
        key = [f"{GROUP}{number}"] if len(singles) < len(names) else []
        for stem in singles:
            equivalents[stem] |= dict.fromkeys([stem, *singles, *key])
        for stems in names:
            if len(stems) == 2:
                pairs[stems[0], stems[1]] += key
    return {stem: tuple(keys) for stem, keys in equivalents.items()}, {
        stems: tuple(keys) for stems, keys in pairs.items()
    }


_EQUIVALENTS, _NAME_KEYS = _load_groups()
NAME_STEMS = frozenset(stem for pair in _NAME_KEYS for stem in pair)
"""Stems that are part of a two-word name."""
