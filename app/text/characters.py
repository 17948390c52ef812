"""Unicode: normalisation, cleaning of input, grapheme clusters, checks of names, and folding for comparison.

Sources: Unicode Standard Annexes 15 (normalisation), 29 (grapheme clusters) and 9 (bidirectional text), Technical
Standard 39 (mixed scripts), XML 1.0 section 2.2 (legal characters), RFC 5892 appendix A (the joiners).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Literal

from app.text.patterns import pattern

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

ZWNJ = "\u200c"
TATWEEL = "\u0640"

# --- normalisation ------------------------------------------------------------------------------------------------

# The last five decompose into a mark although they count as letters.
_LONG_RUN_OF_MARKS = pattern(r"[[^\p{ccc=0}]\u0F73\u0F75\u0F81\uFF9E\uFF9F]{31,}")


def normalise(text: str, form: Form = "NFC") -> str:
    """Return `text` in a normalisation form of UAX 15, in linear time.

    `unicodedata` sorts combining marks by insertion, in quadratic time: minutes for a megabyte of alternating marks.
    So runs longer than the 30 of the Stream-Safe Text Format are sorted first.
    """
    if text.isascii():
        return text
    decomposition: Form = "NFKD" if "K" in form else "NFD"
    ordered = _LONG_RUN_OF_MARKS.sub(lambda run: _in_canonical_order(run[0], decomposition), text)
    return unicodedata.normalize(form, ordered)


def _in_canonical_order(run: str, form: Form) -> str:
    decomposed = "".join(unicodedata.normalize(form, character) for character in run)
    groups = groupby(decomposed, key=lambda character: unicodedata.combining(character) > 0)
    return "".join("".join(sorted(group, key=unicodedata.combining) if marks else group) for marks, group in groups)


# --- cleaning -----------------------------------------------------------------------------------------------------

_NONCHARACTERS = "\ufdd0-\ufdef\ufffe\uffff" + "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17)
)
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BIDI_EMBEDDINGS = "\u202a-\u202e\u2066-\u2069"
_REFUSED = re.compile(
    f"[{_CONTROLS}{_BIDI_EMBEDDINGS}{_NONCHARACTERS}\ud800-\udfff\ufeff\u00ad\U000e0001\U000e0020-\U000e007f]"
)
# A flag of a nation within a state (UTS 51, ED-14a): black flag, region letters and digits as tags, cancel tag.
_FLAG_OR_REFUSED = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|" + _REFUSED.pattern
)
_LINE_ENDINGS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LINE_BREAKS_AND_TABS = re.compile("[\t\n]+")


def clean_prose(text: str) -> str:
    """Return `text` as it is stored: NFC, LF line ends, without characters that are not allowed.

    Removed: bidi embeddings, overrides and isolates, what XML 1.0 forbids, other C0 and C1 controls, noncharacters,
    lone surrogates, U+FEFF, U+00AD, tag characters outside flags. CR, VT, FF, NEL, U+2028 and U+2029 are line
    ends. Spaces, LRM, RLM, ALM, ZWNJ, ZWJ, tatweel and harakat stay. Cleaning a clean text changes nothing.
    """
    unified = _LINE_ENDINGS.sub("\n", text)
    return normalise(_FLAG_OR_REFUSED.sub(r"\1", unified) if _REFUSED.search(unified) else unified)


def clean_line(text: str) -> str:
    """Return `text` cleaned as prose, on one line: runs of line breaks and tabs become one space; ends are stripped."""
    return _LINE_BREAKS_AND_TABS.sub(" ", clean_prose(text)).strip()


def count_refused(text: str) -> int:
    """Return the number of characters that `clean_prose` removes from `text`."""
    if not _REFUSED.search(text):
        return 0
    return sum(1 for found in _FLAG_OR_REFUSED.finditer(text) if found[1] is None)


# --- measuring ----------------------------------------------------------------------------------------------------

_VISIBLE = pattern(rf"[^\p{{White_Space}}\p{{C}}\p{{M}}\p{{Default_Ignorable_Code_Point}}{TATWEEL}\u2800]")
_CLUSTER = pattern(r"\X")
_REGIONAL_PAIR = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


def is_blank(text: str) -> bool:
    """Return whether nothing is visible: only spaces, controls, invisible and filler characters, marks, tatweel."""
    return _VISIBLE.search(text) is None


def graphemes(text: str) -> int:
    """Return the number of extended grapheme clusters (UAX 29): the characters that a person counts."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 for _ in _CLUSTER.finditer(_without_flags(text)))


def clusters(text: str) -> Iterator[str]:
    """Yield the extended grapheme clusters of `text` (UAX 29) one by one."""
    return (text[found.start() : found.end()] for found in _CLUSTER.finditer(_without_flags(text)))


def reach(text: str, number: int) -> int:
    """Return the number of code points in the first `number` clusters of `text`."""
    if len(text) <= number:
        return len(text)
    found = _first(number).match(_without_flags(text))
    return found.end() if found else 0


@lru_cache
def _first(number: int) -> re.Pattern[str]:
    return pattern(rf"\X{{0,{number}}}+")


def _without_flags(text: str) -> str:
    # For each regional indicator the regex engine counts from the start of their run: minutes for 100 kB. A letter with
    # a mark has the same length and the same cluster boundaries as a pair of them.
    return _REGIONAL_PAIR.sub("x\u0300", text)


# --- names --------------------------------------------------------------------------------------------------------

# Invisible characters that change how the text looks: ZWNJ between Arabic letters (Persian),
# ZWJ and ZWNJ after a virama (RFC 5892 A.1 and A.2: Sinhala, Malayalam…), emoji sequences, keycaps.
_NEEDED_INVISIBLE = pattern(
    r"(?<=[\p{Arabic}&&\p{L}]\p{M}*)\u200C(?=[\p{Arabic}&&\p{L}])"
    r"|(?<=\p{ccc=9})[\u200C\u200D](?=\p{L})"
    r"|\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?"
    r"(?:\u200D\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?)*"
    r"|[0-9#*]\uFE0F\u20E3"
)
_INVISIBLE = pattern(
    r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800"
    r"[\p{Cf}--\p{Prepended_Concatenation_Mark}]]"
)
_TOO_MANY_MARKS = pattern(r"[\p{Mn}\p{Me}](?:\p{Mc}*[\p{Mn}\p{Me}]){4}")
_LETTER_OR_DIGIT = pattern(rf"[[\p{{L}}\p{{N}}]--[\p{{Default_Ignorable_Code_Point}}{TATWEEL}]]")


def name_faults(text: str) -> list[str]:
    """Validate the name of a person or thing. Returns fault codes; none for a good name.

    In this order: `invisible_characters`, `mixed_scripts` (two scripts in one word, UTS 39), `mixed_digits` (two
    decimal systems in one word, UTS 39), `too_many_marks` (more than four on a letter), `no_letters` (neither letter
    nor digit).
    """
    faults = {
        "invisible_characters": has_invisible(_NEEDED_INVISIBLE.sub("", text)),
        "mixed_scripts": any(mixes_scripts(word[0]) for word in _WORD.finditer(text)),
        "mixed_digits": any(_mixes_digits(token) for token in text.split()),
        "too_many_marks": _TOO_MANY_MARKS.search(normalise(text, "NFD")) is not None,
        "no_letters": _LETTER_OR_DIGIT.search(text) is None,
    }
    return [code for code, found in faults.items() if found]


def has_invisible(text: str) -> bool:
    """Return whether `text` has an invisible character that is no space (bidi marks, ZWSP, ZWNJ, fillers…)."""
    return _INVISIBLE.search(text) is not None


# The scripts in daily use (UAX 31, tables 5 and 7); the others count as one.
_SCRIPTS = """
    Common Inherited Latin Adlam Arabic Armenian Bengali Canadian_Aboriginal Cherokee Cyrillic Devanagari Ethiopic
    Georgian Greek Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Mongolian Myanmar Nko Oriya Sinhala Syriac
    Tamil Telugu Thaana Thai Tibetan Tifinagh
"""
# Allowed together in one word (UTS 39, "highly restrictive").
_EAST_ASIAN = r"(?P<EastAsian>[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}])"
_SCRIPT = pattern("|".join([*(rf"(?P<{name}>\p{{{name}}})" for name in _SCRIPTS.split()), _EAST_ASIAN]))
_WORD = pattern(r"[\p{L}\p{M}\u200C\u200D]+")


def mixes_scripts(word: str) -> bool:
    """Return whether `word` mixes scripts that UTS 39 does not allow in one word ("highly restrictive")."""
    scripts = {_script(character) for character in word} - {"Common", "Inherited"}
    return len(scripts) > 1 and scripts != {"Latin", "EastAsian"}


def _mixes_digits(token: str) -> bool:
    # The digits of a decimal system are consecutive: the code point of its zero identifies it.
    return len({ord(digit) - unicodedata.decimal(digit) for digit in token if digit.isdecimal()}) > 1


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    found = _SCRIPT.match(character)
    return (found.lastgroup or "") if found else ""


# --- identity -----------------------------------------------------------------------------------------------------

_FORMAT = pattern(r"[[\p{Cf}\p{Default_Ignorable_Code_Point}]--\p{Prepended_Concatenation_Mark}]")
_MARKED = pattern(r"([\p{Arabic}\p{Latin}\p{Greek}\p{Cyrillic}\p{Hebrew}&&\p{L}])[\p{Mn}\p{Me}]+")
_FOREIGN_DIGIT = pattern(r"[\p{Nd}--[0-9]]")


def identity_fold(text: str) -> str:
    """Return the folded form of a name: two names with the same folded form are the same name.

    Compatibility forms, letter case, tatweel, harakat and other loose marks, invisible characters, the script of digits
    and the width of spaces make no difference; ZWNJ is a space. Letters stay apart (أ and ا, ة and ه, é and e).
    """
    folded = normalise(clean_prose(text), "NFKC").replace(ZWNJ, " ")
    folded = normalise(plain_digits(without_format(folded)).casefold(), "NFKC")
    return " ".join(normalise(without_loose_marks(folded), "NFKC").split())


def without_format(text: str) -> str:
    """Return `text` without tatweel and invisible characters (default ignorable or format), number signs kept."""
    return _FORMAT.sub("", text).replace(TATWEEL, "")


def without_loose_marks(text: str) -> str:
    """Return `text` without the marks on Arabic, Latin, Greek, Cyrillic and Hebrew letters; Indic vowel signs stay."""
    return _MARKED.sub(r"\1", text)


def plain_digits(text: str) -> str:
    """Return `text` with the decimal digits of every script as ASCII ones."""
    return _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0], digit[0])), text)
