"""Slugs: readable URL segments. An Arabic headline gives an Arabic slug; Latin letters become lower-case ASCII."""

import re
import unicodedata
import uuid
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from app.text.characters import (
    ZWNJ,
    clean_prose,
    clusters,
    has_invisible,
    normalise,
    plain_digits,
    without_format,
    without_loose_marks,
)
from app.text.patterns import pattern

MAX_CHARACTERS = 80
MAX_BYTES = 240

_WORD = pattern(r"(?:[\p{L}\p{N}]\p{M}*)+")
_LATIN = pattern(r"\p{Latin}+")
# The modifier letter apostrophe separates words as an apostrophe does; other modifier letters (ʿ, ʾ, ʻ) are dropped.
_APOSTROPHE_LETTER = "\u02bc"
_MODIFIER_LETTERS = re.compile("[\u02b9-\u02bb\u02bd-\u02df\u02ec\u02ee]")
# Latin letters without a canonical decomposition.
_LATIN_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ß": "ss", "ı": "i", "ȷ": "j",
        "ħ": "h", "ŧ": "t", "ŋ": "ng", "ĸ": "k", "ə": "e", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ƒ": "f", "ɓ": "b",
        "ɖ": "d", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɣ": "g", "ɩ": "i", "ʋ": "v", "ʒ": "z",
    }
)  # fmt: skip
_PERCENT_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
_UUID_SHAPED = re.compile("[^-]{8}(?:-[^-]{4}){3}-[^-]{12}|[^-]{32}", re.DOTALL)


def slugify(text: str) -> str:
    """Return the slug of a headline or name: at most 80 code points and 240 UTF-8 bytes, cut between words.

    A longer single word is cut between grapheme clusters. Empty if no letter or digit is left. A slug that looks like
    a UUID gets a number, because a URL takes a slug or an id. Idempotent.
    """
    slug = _fitted(_words(text))
    return numbered(slug, 2) if looks_like_uuid(slug) else slug


def canonical_slug(raw: str) -> str:
    """Return the canonical form of a requested slug, for lookups: as `slugify`, but never cut.

    Accepts raw or percent-encoded UTF-8 (decoded once), any normalisation, case and script of digits, harakat, tatweel,
    controls. `canonical_slug(slugify(text)) == slugify(text)`.
    """
    return "-".join(_words(_percent_decoded(raw)))


def numbered(slug: str, number: int) -> str:
    """Append `-number` to a slug; shorten the slug to stay within the limits."""
    ending = f"-{number}"
    return (_fitted(slug.split("-"), len(ending)) + ending).lstrip("-")


def looks_like_uuid(text: str) -> bool:
    """Return whether `text` is 32 hexadecimal digits, or 8-4-4-4-12 of them, that `uuid.UUID` takes."""
    if not _UUID_SHAPED.fullmatch(text):
        return False
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def slug_faults(raw: str) -> list[str]:
    """Validate a slug set by an editor. Returns fault codes; none for a good slug.

    In this order: `invisible_characters` (LRM, RLM, ALM, ZWNJ, ZWSP, controls…), `uuid_shaped`, `blank`, `too_long`.
    """
    slug = canonical_slug(raw)
    faults = {
        "invisible_characters": has_invisible(_percent_decoded(raw)),
        "uuid_shaped": looks_like_uuid(slug),
        "blank": not slug,
        "too_long": not _fits(slug),
    }
    return [code for code, found in faults.items() if found]


def _percent_decoded(raw: str) -> str:
    if not _PERCENT_ENCODED.search(raw):
        return raw
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeError:
        return raw


def _words(text: str) -> list[str]:
    folded = normalise(clean_prose(text), "NFKC").replace(ZWNJ, " ").replace(_APOSTROPHE_LETTER, " ")
    folded = normalise(_MODIFIER_LETTERS.sub("", without_format(folded)), "NFKC").lower()
    plain = without_loose_marks(plain_digits(_LATIN.sub(lambda run: _ascii(run[0]), folded)))
    return _WORD.findall(normalise(plain))


def _ascii(latin: str) -> str:
    letters = normalise(latin, "NFD").translate(_LATIN_LETTERS)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _fits(slug: str, reserved: int = 0) -> bool:
    return len(slug) <= MAX_CHARACTERS - reserved and len(slug.encode()) <= MAX_BYTES - reserved


def _fitted(words: list[str], reserved: int = 0) -> str:
    return _longest(words, "-", reserved) or _longest(clusters(words[0]) if words else (), "", reserved)


def _longest(parts: Iterable[str], separator: str, reserved: int) -> str:
    fitting = ""
    for part in parts:
        longer = f"{fitting}{separator}{part}" if fitting else part
        if not _fits(longer, reserved):
            break
        fitting = longer
    return fitting
