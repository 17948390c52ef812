"""Translated messages, and negotiation of their language.

A language is one file, `messages/<tag>.json`: an object from key to template, where `{name}` stands for a value. If the
text depends on a number, the template is an object of plural forms, and `by` names the value that selects one:
`{"by": "max", "one": "One word.", "other": "{max} words."}`. The key `plurals` has the language's plural rules in
CLDR's syntax. A message that a file lacks is in English.

Sources: RFC 4647 section 3.4 (lookup) and RFC 9110 section 12.5.4 (`Accept-Language`), UAX 9 section 2.4 (isolates
around what is inserted), UTS 35 part 3 section 5 (plurals).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.text.characters import clean_line
from app.text.languages import MAX_TAG_LENGTH
from app.text.plurals import CATEGORIES, Rules, category, rules

FALLBACK = "en"
MAX_VALUE_LENGTH = 200


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language."""

    rules: Rules
    messages: Mapping[str, str | Mapping[str, str]]

    @classmethod
    def of(cls, file: Mapping[str, str | Mapping[str, str]]) -> Self:
        """The catalogue of a file. Raises ValueError if a plural rule or a plural message is malformed."""
        written = file.get("plurals", {})
        messages = {key: template for key, template in file.items() if key != "plurals"}
        for key, template in messages.items():
            if not isinstance(template, str) and not {"by", "other"} <= set(template) <= {"by", *CATEGORIES}:
                raise ValueError(f"{key}: a plural message has `by`, `other` and other categories of CLDR")
        return cls({} if isinstance(written, str) else rules(written), messages)

    def template(self, key: str, params: Mapping[str, object]) -> str:
        """The template of `key`, in the plural form of its number; without a number in the form `other`."""
        template = self.messages[key]
        if isinstance(template, str):
            return template
        number = params.get(template["by"])
        return template.get(category(number, self.rules) if isinstance(number, int) else "other", template["other"])


_CATALOGUES: dict[str, Catalogue] = {
    file.stem: Catalogue.of(json.loads(file.read_text(encoding="utf-8")))
    for file in sorted(Path(__file__).with_name("messages").glob("*.json"))
}
LANGUAGES: tuple[str, ...] = tuple(_CATALOGUES)

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(
    r"\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?", re.ASCII
)
_MAX_RANGES = 50


def message(key: str, language: str, params: Mapping[str, object] = {}) -> str:
    """Return the message `key` in `language`, formatted with `params`.

    A value is put on one line, cut to 200 characters and isolated (U+2068…U+2069), so that its direction does not
    change the sentence. Falls back to a wider language tag, to English, then to the key itself; a missing value is
    "…". Never raises.
    """
    template = _template(key, language, params)
    if "{" not in template:
        return template
    return _PLACEHOLDER.sub(lambda place: _isolated(params.get(place[1], "…")), template)


def plural_forms(key: str, language: str) -> dict[str, str]:
    """The templates of a plural message by category of CLDR, for a client that counts by itself."""
    for tag in [*_widening(language.lower()), FALLBACK]:
        catalogue = _CATALOGUES.get(_BY_LOWER_CASE.get(tag, ""))
        if catalogue and isinstance(forms := catalogue.messages.get(key), Mapping):
            return {category: text for category, text in forms.items() if category != "by"}
    return {"other": key}


def language_with(keys: Iterable[str], language: str) -> str:
    """Return `language`, one of LANGUAGES, if it has all of these messages, else English: a response with
    `Content-Language` must not mix languages."""
    return language if all(key in _CATALOGUES[language].messages for key in keys) else FALLBACK


def _template(key: str, language: str, params: Mapping[str, object]) -> str:
    for tag in [*_widening(language.lower()), FALLBACK]:
        catalogue = _CATALOGUES.get(_BY_LOWER_CASE.get(tag, ""))
        if catalogue and key in catalogue.messages:
            return catalogue.template(key, params)
    return key


def _isolated(value: object) -> str:
    # Cut before cleaning, too: a huge value must not take time.
    return f"\u2068{clean_line(str(value)[: 2 * MAX_VALUE_LENGTH])[:MAX_VALUE_LENGTH]}\u2069"


def negotiate(accept_language: str | None, default: str) -> str:
    """Return the language of LANGUAGES that matches an `Accept-Language` header best.

    Without a match it is `default`, or English if that has no messages.

    Ordered by quality, then by appearance; `q=0` excludes; `ar-SY` matches `ar`; `*` is any language that the header
    does not name. Malformed parts, and all after the fiftieth, are skipped. Never raises.
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
    """Yield `zh-hant-tw`, `zh-hant`, `zh` (RFC 4647 section 3.4; a tag that ends in a singleton matches nothing)."""
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
    known = _by_preference(default)
    return next((tag for tag in known if not _is_excluded(tag, ranges)), known[0])


def _is_excluded(language: str, ranges: Mapping[str, float]) -> bool:
    """Whether the most specific range that matches `language` has quality 0."""
    named = (ranges[tag] for tag in [*_widening(language.lower()), "*"] if tag in ranges)
    return next(named, 1.0) == 0


def _by_preference(default: str) -> list[str]:
    return list(dict.fromkeys([*([default] if default in LANGUAGES else []), FALLBACK, *LANGUAGES]))
