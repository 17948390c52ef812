"""Locales: language, country and digits of a BCP 47 tag, and plural forms.

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

# Digits by their BCP 47 name.
_DIGITS: dict[str, dict[int, int]] = {
    "latn": {},
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
# Tags that use the words of another tag: a spoken variety of Arabic has the month names of its country.
_SPOKEN_AS = {
    "arb": "ar", "acm": "ar-iq", "aeb": "ar-tn", "ajp": "ar-ps", "apc": "ar-sy", "arq": "ar-dz", "ary": "ar-ma",
    "arz": "ar-eg", "mey": "ar-mr", "kmr": "ku", "pes": "fa", "prs": "fa-af",
}  # fmt: skip
_UNICODE = re.compile(r"-u((?:-[a-z0-9]{2,8})+)", re.ASCII)
_NUMBERING = re.compile(r"-nu-([a-z]{3,8})", re.ASCII)


@dataclass(frozen=True)
class Locale:
    """A supported language, a country (lower case, or empty) and the name of the digits."""

    tag: str
    language: str
    country: str
    digits: str = "latn"

    @property
    def direction(self) -> Direction:
        return direction(self.language)

    def of(self, table: Mapping[str, Entry]) -> Entry:
        """Look up a table by language: the entry of language and country, else of the language."""
        own = table.get(f"{self.language}-{self.country}")
        return table[self.language] if own is None else own

    def localise_digits(self, text: str) -> str:
        """Replace ASCII digits by the digits of the locale."""
        return text.translate(_DIGITS[self.digits])


ENGLISH = Locale("en", "en", "")


@lru_cache(maxsize=1024)
def locale_of(tag: str) -> Locale:
    """Return the locale of a BCP 47 tag; English if its language or script is not supported.

    Digits are ASCII, but for `-u-nu-arab` and `-u-nu-arabext`. Never raises.
    """
    language, _, country = parts_of(tag)
    if language == "ku" and direction(tag) == "rtl":  # Kurdish in Arabic script is mostly Sorani
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
    """Return the plural category of `count` (at least 1): `one`, `two`, `few` or `other` (CLDR).

    Arabic's `many` (11 to 99) counts as `other`: the nouns differ in case only, which is not written.
    """
    if locale.language == "ar" and count > 1:
        return "two" if count == 2 else "few" if 3 <= count % 100 <= 10 else "other"
    return "one" if count == 1 else "other"
