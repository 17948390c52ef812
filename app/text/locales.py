"""Whose words and digits does a locale ask for?

Sources: BCP 47 (RFC 5646) for tags, RFC 6067 and UTS 35 for `-u-nu-…` (digits), CLDR for plural forms.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from app.text.calendars import WEEKDAYS
from app.text.languages import Direction, direction, parts_of

Entry = TypeVar("Entry")

# Digits by their name in BCP 47.
_DIGITS: dict[str, dict[int, int]] = {
    "latn": {},
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
# Tags whose words are another's: spoken Arabic has the months of its country.
_SPOKEN_AS = {
    "arb": "ar", "acm": "ar-iq", "aeb": "ar-tn", "ajp": "ar-ps", "apc": "ar-sy", "arq": "ar-dz", "ary": "ar-ma",
    "arz": "ar-eg", "mey": "ar-mr", "kmr": "ku", "pes": "fa", "prs": "fa-af",
}  # fmt: skip
_UNICODE = re.compile(r"-u((?:-[a-z0-9]{2,8})+)", re.ASCII)
_NUMBERING = re.compile(r"-nu-([a-z]{3,8})", re.ASCII)


@dataclass(frozen=True)
class Locale:
    """A language that has words here, a country (in lower case, or empty) and the name of the digits."""

    tag: str
    language: str
    country: str
    digits: str = "latn"

    @property
    def direction(self) -> Direction:
        return direction(self.language)

    def of(self, table: Mapping[str, Entry]) -> Entry:
        """The entry of the country in a table by language, else that of the language."""
        own = table.get(f"{self.language}-{self.country}")
        return table[self.language] if own is None else own

    def localise_digits(self, text: str) -> str:
        """`text` with its ASCII digits in those of the locale."""
        return text.translate(_DIGITS[self.digits])


ENGLISH = Locale("en", "en", "")


@lru_cache(maxsize=1024)
def locale_of(tag: str) -> Locale:
    """Return the locale that a BCP 47 tag asks for, English where there are no words in its language or script.

    Digits are ASCII, but for `-u-nu-arab` and `-u-nu-arabext`. Never raises.
    """
    language, _, country = parts_of(tag)
    if language == "ku" and direction(tag) == "rtl":  # in Arabic letters it is mostly Sorani
        language = "ckb"
    language, _, usual = _SPOKEN_AS.get(language, language).partition("-")
    if language not in WEEKDAYS or direction(tag) != direction(language):
        return ENGLISH
    return Locale(tag, language, country or usual, _digits(tag))


def _digits(tag: str) -> str:
    extension = _UNICODE.search(tag.lower().partition("-x-")[0])
    named = _NUMBERING.search(extension[1]) if extension else None
    return named[1] if named and named[1] in _DIGITS else "latn"


def plural_form(count: int, locale: Locale) -> str:
    """Return `one`, `two`, `few` or `other`: which form of a noun goes with `count`, at least 1 (CLDR).

    Arabic's `many` (11 to 99) and `other` (100 to 102) are one here: they differ in case, which is not written.
    """
    if locale.language == "ar" and count > 1:
        return "two" if count == 2 else "few" if 3 <= count % 100 <= 10 else "other"
    return "one" if count == 1 else "other"
