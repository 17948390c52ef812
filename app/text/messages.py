"""What does the API say to a person, and in which language?

A language is one file, `messages/<tag>.json`: a flat object from key to template, where `{name}` stands for a value.
What a file lacks is said in English. Sources: RFC 4647 section 3.4 (lookup) and RFC 9110 section 12.5.4
(`Accept-Language`), UAX 9 section 2.4 (isolates around what is inserted).
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from app.text.characters import clean_line
from app.text.languages import MAX_TAG_LENGTH

FALLBACK = "en"
MAX_VALUE_LENGTH = 200

_CATALOGUES: dict[str, dict[str, str]] = {
    file.stem: cast("dict[str, str]", json.loads(file.read_text(encoding="utf-8")))
    for file in sorted(Path(__file__).with_name("messages").glob("*.json"))
}
LANGUAGES: tuple[str, ...] = tuple(_CATALOGUES)

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(
    r"\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?", re.ASCII
)
_MAX_RANGES = 50


def message(key: str, language: str, params: Mapping[str, object] = {}) -> str:
    """Return the message `key` in `language`, with `params` in their places.

    An inserted value is put on one line, cut to 200 characters and isolated (U+2068…U+2069), so that its direction does
    not disturb the sentence. Falls back to a wider language tag, to English, then to the key itself; a value that is
    not given shows as "…". Never raises.
    """
    return _PLACEHOLDER.sub(lambda place: _isolated(params.get(place[1], "…")), _template(key, language))


def _template(key: str, language: str) -> str:
    for tag in [*_widening(language.lower()), FALLBACK]:
        catalogue = _CATALOGUES.get(_BY_LOWER_CASE.get(tag, ""), {})
        if key in catalogue:
            return catalogue[key]
    return key


def _isolated(value: object) -> str:
    # Cut before cleaning as well, so that a huge value costs nothing.
    return f"\u2068{clean_line(str(value)[: 2 * MAX_VALUE_LENGTH])[:MAX_VALUE_LENGTH]}\u2069"


def negotiate(accept_language: str | None, default: str) -> str:
    """Return the language of LANGUAGES that suits an `Accept-Language` header best.

    When none does it is `default`, or English if there are no messages in that.

    Qualities count, equal ones in order of appearance; `q=0` excludes; `ar-SY` is served by `ar`; `*` is any language
    that the header does not name. Malformed parts, and all after the fiftieth, are skipped. Never raises.
    """
    ranges = dict(_ranges(accept_language or ""))
    for wanted in sorted((name for name in ranges if ranges[name]), key=lambda name: -ranges[name]):
        found = _any_other(ranges, default) if wanted == "*" else _lookup(wanted, ranges)
        if found:
            return found
    return _any_left(ranges, default)


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Yield each language range in lower case with its quality; the first of equal ranges wins."""
    seen: set[str] = set()
    for part in header.lower().split(",", _MAX_RANGES)[:_MAX_RANGES]:
        found = _RANGE.fullmatch(part)
        if found and len(found[1]) <= MAX_TAG_LENGTH and found[1] not in seen:
            seen.add(found[1])
            yield found[1], float(found[2] or 1)


def _widening(tag: str) -> Iterator[str]:
    """Yield `zh-hant-tw`, `zh-hant`, `zh` (RFC 4647 section 3.4; what ends in a singleton is nobody's language)."""
    subtags = tag.split("-")
    while subtags:
        yield "-".join(subtags)
        subtags.pop()


_BY_LOWER_CASE = {language.lower(): language for language in LANGUAGES}


def _lookup(wanted: str, ranges: Mapping[str, float]) -> str | None:
    for tag in _widening(wanted):
        language = _BY_LOWER_CASE.get(tag)
        if language and not _is_excluded(language, ranges):
            return language
    return None


def _any_other(ranges: Mapping[str, float], default: str) -> str | None:
    return next((tag for tag in _by_preference(default) if not set(_widening(tag.lower())) & set(ranges)), None)


def _any_left(ranges: Mapping[str, float], default: str) -> str:
    return next((tag for tag in _by_preference(default) if not _is_excluded(tag, ranges)), default)


def _is_excluded(language: str, ranges: Mapping[str, float]) -> bool:
    """Whether the most specific range that matches `language` has quality 0."""
    named = (ranges[tag] for tag in [*_widening(language.lower()), "*"] if tag in ranges)
    return next(named, 1.0) == 0


def _by_preference(default: str) -> list[str]:
    return list(dict.fromkeys([*([default] if default in LANGUAGES else []), FALLBACK, *LANGUAGES]))
