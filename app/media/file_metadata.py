"""Metadata found in the file of a picture (XMP, IPTC, EXIF), cleaned by the rules of forms and bounded in length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.text.characters import clean_line, clean_prose, is_blank, reach

LINE, PROSE = 300, 5000  # characters as a person counts them
KEYWORDS = 50
_HIGHEST = 4  # code points for a character, on average; more is no writing


@dataclass(frozen=True)
class FileMetadata:
    """What a file says about its picture; None where it says nothing. `taken_at` is UTC, and None without a zone."""

    headline: str | None
    description: str | None
    alt: str | None
    credit: str | None
    photographer: str | None
    rights_holder: str | None
    rights_notice: str | None
    rights_usage: str | None
    keywords: tuple[str, ...]
    taken_at: datetime | None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> FileMetadata:
        """From what the child process read."""
        return cls(
            headline=_line(found["headline"]),
            description=_prose(found["description"]),
            alt=_line(found["alt"]),
            credit=_line(found["credit"]),
            photographer=_line(found["photographer"]),
            rights_holder=_line(found["holder"]),
            rights_notice=_line(found["notice"]),
            rights_usage=_prose(found["usage"]),
            keywords=_keywords(found["keywords"]),
            taken_at=_moment(found["taken_at"]),
        )

    @property
    def rights(self) -> dict[str, str] | None:
        """`rights` as the API has them, with the keys that the file says; None without any."""
        said = {"holder": self.rights_holder, "notice": self.rights_notice, "usage": self.rights_usage}
        return {key: text for key, text in said.items() if text} or None


def _line(text: str | None) -> str | None:
    return _cut(text, LINE, clean_line)


def _prose(text: str | None) -> str | None:
    return _cut(text, PROSE, lambda words: clean_prose(words).strip())


def _cut(text: str | None, most: int, clean: Callable[[str], str]) -> str | None:
    if not text:
        return None
    cleaned = clean(text)
    cut = cleaned[: min(reach(cleaned, most), most * _HIGHEST)].rstrip()
    return None if is_blank(cut) else cut


def _keywords(words: list[str]) -> tuple[str, ...]:
    """Each once, in the order of the file."""
    lines = (_line(word) for word in words)
    return tuple(dict.fromkeys(line for line in lines if line))[:KEYWORDS]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
