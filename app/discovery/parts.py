"""The parts of the sitemap and their names: months of first publication, and each kind of term.

A part holds a place for everything that ever came out in its month, of which it shows what readers see: so a
withdrawal leaves a gap in one part, and moves nothing into another.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from app.settings import Settings
from app.site.addresses import SITEMAP_PART

MOST = 5_000  # addresses in a part
TERMS = ("sections", "tags", "authors")
FRONTS = "fronts"
_NAME = re.compile(r"(?:(\d{4})-(\d\d)|(sections|tags|authors|fronts))(?:-([1-9]\d{0,4}))?", re.ASCII)


class Month(NamedTuple):
    """A month, in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The start of the next one; of the last there is, the end of time."""
        if self.month < 12:
            return datetime(self.year, self.month + 1, 1, tzinfo=UTC)
        return datetime(self.year + 1, 1, 1, tzinfo=UTC) if self.year < 9999 else datetime.max.replace(tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


class Part(NamedTuple):
    """A part: of a month, or of terms or fronts; `number` from 1."""

    of: Month | str
    number: int = 1

    @property
    def offset(self) -> int:
        """Places before it."""
        return (self.number - 1) * MOST

    def url(self, settings: Settings) -> str:
        name = f"{self.of}-{self.number}" if self.number > 1 else f"{self.of}"
        return settings.api_url + SITEMAP_PART.replace("{part}", name)


def part_named(name: str) -> Part | None:
    """The part with this name in its address, of which it has only one."""
    found = _NAME.fullmatch(name)
    if found is None or found[4] == "1":
        return None
    number = int(found[4] or 1)
    if found[3]:
        return Part(found[3], number) if found[3] != FRONTS or number == 1 else None
    year, month = int(found[1]), int(found[2])
    return Part(Month(year, month), number) if year >= 1 and 1 <= month <= 12 else None
