"""Reading time and excerpt of a text.

Sources: Brysbaert 2019 (silent reading of English, 238 words a minute), Trauzettel-Klosinski and Dietz 2012 (other
languages, read aloud; Arabic scaled to silent reading). Chinese and Japanese are counted in characters.
"""

import re
from itertools import islice
from math import ceil

from app.text.characters import clusters, graphemes
from app.text.locales import Locale, plural_form
from app.text.patterns import pattern

# Words a minute by language.
_RATES = {
    "ar": 150, "de": 179, "en": 238, "es": 218, "fi": 161, "fr": 195, "he": 187, "it": 188, "ja": 357, "nl": 202,
    "pl": 166, "pt": 181, "ru": 184, "sl": 180, "sv": 199, "tr": 166, "zh": 255,
}  # fmt: skip
_DEFAULT_RATE = 200

# Scripts without spaces between words: each character counts.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[[\p{{L}}\p{{N}}\p{{M}}\p{{Cf}}]--[{_UNSPACED}]]"
# An apostrophe, or what separates the parts of a number.
_JOINT = r"(?:['’]|(?<=\p{N})[.,٫٬](?=\p{N}))"
_WORD = pattern(
    rf"[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]]|[[\p{{L}}\p{{N}}]--[{_UNSPACED}\u0640]]{_LETTER}*+(?:{_JOINT}{_LETTER}++)*+"
)


def words(text: str) -> int:
    """Count words; in scripts without spaces (Chinese, Japanese, Thai…) each character counts."""
    return sum(1 for _ in _WORD.finditer(text))


def reading_minutes(text: str, language: str) -> int:
    """Return the silent reading time of `text` in minutes, rounded up; 0 without words."""
    rate = _RATES.get(language.lower().partition("-")[0], _DEFAULT_RATE)
    return ceil(words(text) / rate)


# By language and plural category; `other` is the fallback.
_PHRASES = {
    "ar": {
        "one": "قراءة دقيقة واحدة",
        "two": "قراءة دقيقتين",
        "few": "قراءة {count} دقائق",
        "other": "قراءة {count} دقيقة",
    },
    "fa": {"other": "{count} دقیقه مطالعه"},
    "ur": {"other": "{count} منٹ کا مطالعہ"},
    "ckb": {"other": "{count} خولەک خوێندنەوە"},
    "ku": {"one": "xwendina deqîqeyekê", "other": "xwendina {count} deqîqeyan"},
    "tr": {"other": "{count} dakikalık okuma"},
    "fr": {"one": "{count} minute de lecture", "other": "{count} minutes de lecture"},
    "en": {"other": "{count}-minute read"},
}


def reading_time(minutes: int, locale: Locale) -> str | None:
    """Format a reading time as a phrase: "قراءة دقيقتين". None for 0 minutes."""
    if minutes < 1:
        return None
    forms = locale.of(_PHRASES)
    phrase = forms.get(plural_form(minutes, locale), forms["other"])
    return phrase.format(count=locale.localise_digits(str(minutes)))


_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
# "بيروت (رويترز) - ", "LONDON (Reuters) — ": the place and the agency.
_DATELINE = re.compile(r"[^.!?؟()]{2,40}\([^()]{2,40}\)\s*[-–—]\s*")
_SENTENCE_END = re.compile(r"[.!?؟…]+[»”’\")\]]*(?= )|[。！？]+[」』”）]*")
_DANGLING = " ،؛:,;«“(-–—"
# An excerpt that ends earlier leaves too much of the limit unused.
_SHORTEST_SENTENCE = 0.6


def excerpt(text: str, limit: int) -> str:
    """Return an excerpt of at most `limit` graphemes from the first paragraph of a plain text, without its dateline.

    Cut at the end of a sentence if that is beyond 60 % of the limit, else between words, with "…" (which counts).
    Guillemets are closed, and no letter loses its diacritics.
    """
    paragraph = " ".join(_PARAGRAPH_END.split(text.strip(), maxsplit=1)[0].split())
    dateline = _DATELINE.match(paragraph)
    beginning = (paragraph[dateline.end() :] if dateline else "") or paragraph
    letters = list(islice(clusters(beginning), max(limit, 0) + 1))
    if len(letters) <= limit:
        return beginning
    return _whole_sentences(letters, limit) or _whole_words(letters, limit)


def _whole_sentences(letters: list[str], limit: int) -> str:
    ends = [found.end() for found in _SENTENCE_END.finditer("".join(letters))]
    sentences = "".join(letters)[: ends[-1]] if ends else ""
    is_good = _SHORTEST_SENTENCE * limit < graphemes(sentences) <= limit and not _is_open(sentences)
    return sentences if is_good else ""


def _whole_words(letters: list[str], limit: int) -> str:
    for room in range(limit - 1, -1, -1):
        kept = _until_border(letters, room)
        ending = "…»" if _is_open(kept) else "…"
        if graphemes(kept) + len(ending) <= limit:
            return kept + ending
    return ""


def _until_border(letters: list[str], room: int) -> str:
    kept = "".join(letters[:room])
    inside_a_word = letters[room] != " "
    if inside_a_word and " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip(_DANGLING)


def _is_open(text: str) -> bool:
    return text.count("«") > text.count("»")
