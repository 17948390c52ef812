"""Split a text into words with their positions, and fold their spelling.

Order of folding: NFKC (cluster by cluster, so that offsets refer to the original), removal of invisible characters,
tatweel and diacritics, then interchangeable letters become one. In another order أ would be decomposed before it is
folded. Sources: UAX 15 and 29; which letters writers interchange, in Arabic, Persian, Urdu, Kurdish and Turkish, is our
own study of texts and queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from app.text.characters import ZWNJ, normalise, plain_digits, without_format, without_loose_marks
from app.text.patterns import pattern

# Scripts without spaces between words: each character is one.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Interchangeable apostrophes. None is part of a word, although two of them are letters in Unicode.
APOSTROPHES = "'\u2018\u2019\u02bb\u02bc"
# Letters and digits with their marks; ZWNJ ends a word, because it looks like a gap.
RUN = pattern(rf"(?:[[\p{{L}}\p{{N}}]--[{APOSTROPHES}]][[\p{{M}}\p{{Cf}}\u0640]--[{ZWNJ}\u0600-\u0605\u06DD\u08E2]]*)+")
_CLUSTER = pattern(r"[\p{L}\p{N}][\p{M}\p{Cf}\u0640]*+")
_PLAIN_ARABIC = pattern("[ء-غف-ي]+")
_PIECE = pattern(
    rf"[{UNSPACED}]\p{{M}}*|[[\p{{Arabic}}&&\p{{L}}]]+|(?:[[\p{{L}}\p{{N}}]--[\p{{Arabic}}{UNSPACED}]]\p{{M}}*)+"
)
LONGEST_CACHED = 60  # code points: longer runs are not cached, so that no client can fill the memory with them
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
    """A word in two spellings: cleaned and folded."""

    letters: str
    """Lower case, no harakat, no tatweel; hamza, accents and ta marbuta as written."""
    form: str
    """Folded: interchangeable letters are one, so that equal words have equal forms."""


class WordSpan(NamedTuple):
    """A word in a text, from code point `start` to before `end`; whole clusters."""

    start: int
    end: int
    word: Word


def words(text: str) -> Iterator[WordSpan]:
    """Yield the words of `text` in order. Numbers are words; ﷺ gives several words with one position."""
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
    """Split a run of letters cluster by cluster, to keep the position of each letter in the original."""
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
