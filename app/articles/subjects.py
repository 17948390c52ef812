"""What an article is about: concepts of a controlled vocabulary, such as the Media Topics of the IPTC.

A concept is named by a scheme and a code. The scheme is the URI of its vocabulary, or a short name: `medtop`, or one of
the newsroom's own. Codes are checked by their shape, not against a list. Sources: NewsML-G2 "QCodes": scheme and code
put together are the URI of the concept; https://iptc.org/standards/media-topics: eight digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from app.text.characters import normalise, plain_digits

MEDIA_TOPICS = "medtop"
MEDIA_TOPICS_URI = "http://cv.iptc.org/newscodes/mediatopic/"
URI_SCHEMES = ("http", "https", "urn")
LONGEST = 1000  # bytes of a scheme, and of a code: both are part of an indexed key
MEMBERS = ("scheme", "code", "name")
_MEDIA_TOPICS_URI = re.compile(r"https?://cv\.iptc\.org/newscodes/mediatopic/?", re.IGNORECASE)
_MEDIA_TOPIC = re.compile(rf"^(?:{_MEDIA_TOPICS_URI.pattern}|{MEDIA_TOPICS}:)", re.IGNORECASE)
_SHORT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CODE_OF_MEDIA_TOPIC = re.compile(r"[0-9]{8}")
# A comma separates the values of a filter. The others are those that no URI may have (RFC 3986).
_REFUSED = re.compile(r'[",<>\\^`{|}\s]')


def canonical_scheme(text: str) -> str | None:
    """The scheme as it is stored: Media Topics by their short name; None where it is neither a name nor a URI."""
    if _MEDIA_TOPICS_URI.fullmatch(text):
        return MEDIA_TOPICS
    if _SHORT_NAME.fullmatch(text.lower()) and text.lower() not in URI_SCHEMES:
        return text.lower()
    start, _, rest = text.partition(":")
    if start.lower() not in URI_SCHEMES or not rest.strip("/") or _REFUSED.search(text):
        return None
    return f"{start.lower()}:{rest}"


def canonical_code(scheme: str | None, text: str) -> str | None:
    """The code as it is stored; None where it does not have the shape of a code of `scheme`."""
    if scheme == MEDIA_TOPICS:
        text = plain_digits(text)
        return text if _CODE_OF_MEDIA_TOPIC.fullmatch(text) else None
    return None if _REFUSED.search(text) else text


def subject_key(scheme: str, code: str) -> str:
    """The name of a concept, by which filters find it: `medtop:04000000`, or its URI, percent-encoded or not.

    It is what a filter asks for, wherever scheme and code of a URI were divided.
    """
    return asked_key(f"{scheme}{code}" if ":" in scheme else f"{scheme}:{code}")


def asked_key(text: str) -> str:
    """The key that a filter asks for: a URI of a Media Topic or its eight digits alone mean the same as its name."""
    start, colon, rest = text.replace("\0", "").partition(":")
    key = f"{start.lower()}{colon}{rest}"
    key = normalise(unquote(key).replace("\0", "") if start.lower() in URI_SCHEMES else key)
    digits = plain_digits(_MEDIA_TOPIC.sub("", key, count=1))
    return f"{MEDIA_TOPICS}:{digits}" if _CODE_OF_MEDIA_TOPIC.fullmatch(digits) else key


def subject_keys(subjects: Iterable[Mapping[str, str]] | None) -> tuple[str, ...]:
    """The keys of the subjects of an article, each once."""
    return tuple(dict.fromkeys(subject_key(one["scheme"], one["code"]) for one in subjects or ()))


def shown_subjects(subjects: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """The schema `Subject` of each: PostgreSQL's JSONB does not keep the order of members."""
    return [{name: one[name] for name in MEMBERS} for one in subjects or ()]


def scheme_uri(scheme: str) -> str | None:
    """The URI of a vocabulary; None of one that has only a short name."""
    if scheme == MEDIA_TOPICS:
        return MEDIA_TOPICS_URI
    return _encoded(scheme) if ":" in scheme else None


def concept_uri(scheme: str, code: str) -> str | None:
    """The URI of a concept, percent-encoded; None where its vocabulary has only a short name."""
    known = scheme_uri(scheme)
    return known + _encoded(code) if known else None


def _encoded(text: str) -> str:
    return quote(text, safe="%/:?#[]@!$&'()*+,;=~")
