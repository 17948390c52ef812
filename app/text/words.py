"""Which words does a text hold, where do they stand, and when are two of them written the same way?

Folding goes in this order: compatibility forms are composed (NFKC, one cluster after the other, so that offsets stay
those of the original), invisible characters, tatweel and loose marks fall away, then letters that writers interchange
become one. The other way round أ would fall apart before it is known. Sources: UAX 15 and 29; which letters are
interchanged, in Arabic, Persian, Urdu, Kurdish and Turkish, is our own study of texts and questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from app.text.characters import ZWNJ, normalise, plain_digits, without_format, without_loose_marks
from app.text.patterns import pattern

# Scripts without spaces between words: each character is one.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Written for one another: none is a part of a word, though Unicode has two of them among the letters.
APOSTROPHES = "'\u2018\u2019\u02bb\u02bc"
# Letters, digits and what hangs on them; ZWNJ ends a word, as it does for who reads it.
RUN = pattern(rf"(?:[[\p{{L}}\p{{N}}]--[{APOSTROPHES}]][[\p{{M}}\p{{Cf}}\u0640]--[{ZWNJ}\u0600-\u0605\u06DD\u08E2]]*)+")
_CLUSTER = pattern(r"[\p{L}\p{N}][\p{M}\p{Cf}\u0640]*+")
_PLAIN_ARABIC = pattern("[ء-غف-ي]+")
_PIECE = pattern(
    rf"[{UNSPACED}]\p{{M}}*|[[\p{{Arabic}}&&\p{{L}}]]+|(?:[[\p{{L}}\p{{N}}]--[\p{{Arabic}}{UNSPACED}]]\p{{M}}*)+"
)
LONGEST_CACHED = 60  # code points: nobody may fill the memory with words that are none
_LATIN_OR_GREEK = pattern(r"[\p{Latin}\p{Greek}]")
_LETTERS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا", "ؤ": "ء", "ئ": "ء", "ٶ": "ء", "ٸ": "ء",
        "ى": "ي", "ی": "ي", "ې": "ي", "ێ": "ي", "ے": "ي", "ۓ": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ہ": "ه",
        "ھ": "ه", "ە": "ه", "ۀ": "ه", "ۂ": "ه", "ۃ": "ه", "ڤ": "ف", "ۆ": "و", "ۇ": "و", "ڕ": "ر", "ڵ": "ل", "ں": "ن",
        "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ё": "е",
    }
)  # fmt: skip


class Word(NamedTuple):
    """One word as it is written, without what makes no difference to any reader."""

    letters: str
    """Lower case, no harakat, no tatweel; hamza, accents and ta marbuta as written."""
    form: str
    """With interchangeable letters as one: equal where the words are the same."""


class WordSpan(NamedTuple):
    """A word in a text: code points from `start` to before `end`, whole clusters."""

    start: int
    end: int
    word: Word


def words(text: str) -> Iterator[WordSpan]:
    """Yield the words of `text` in order. Numbers are words; ﷺ is several at one place."""
    for run in RUN.finditer(text):
        begin = run.start()
        for start, end, word in _spans(run[0]):
            yield WordSpan(begin + start, begin + end, word)


def _spans(run: str) -> tuple[WordSpan, ...]:
    return _cached_split(run) if len(run) <= LONGEST_CACHED else _split(run)


def _split(run: str) -> tuple[WordSpan, ...]:
    if _PLAIN_ARABIC.fullmatch(run):
        return (WordSpan(0, len(run), Word(run, run.translate(_LETTERS))),)
    if run.isascii():
        lower = run.lower()
        return (WordSpan(0, len(run), Word(lower, lower)),)
    return tuple(_pieces(run))


_cached_split = lru_cache(maxsize=20_000)(_split)


def _pieces(run: str) -> Iterator[WordSpan]:
    """Cluster by cluster, so that each letter knows which part of the original it comes from."""
    letters, spans = [], []
    for cluster in _CLUSTER.finditer(run):
        plain = plain_digits(normalise(without_format(cluster[0]), "NFKC")).casefold()
        plain = without_format(normalise(plain, "NFC") if _LATIN_OR_GREEK.match(plain) else without_loose_marks(plain))
        letters.append(plain)
        spans += [cluster.span()] * len(plain)
    whole = "".join(letters)
    for piece in _PIECE.finditer(whole):
        start, end = spans[piece.start()][0], spans[piece.end() - 1][1]
        yield WordSpan(start, end, Word(piece[0], _folded(piece[0])))


def _folded(letters: str) -> str:
    if _LATIN_OR_GREEK.search(letters):
        letters = without_loose_marks(normalise(letters, "NFD"))
    return normalise(letters.translate(_LETTERS))
