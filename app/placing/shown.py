"""What was last published of things that show articles: a digest, the articles, the next deadline."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from pydantic_core import to_json

from app.changes.last_published import PublishedRow

SHOWING = " shows "  # between the digest of a thing and the ids of its articles


def digest_of(language: str, public_view: object) -> str:
    """The language of a thing, and a digest of its public view."""
    return f"{language} {blake2b(to_json(public_view), digest_size=16).hexdigest()}"


class LastShown(NamedTuple):
    """The last published digest of a thing, with its articles and its next deadline."""

    digest: str
    articles: frozenset[str] | None
    """Ids of the articles that it shows; None where unknown."""
    next_at: datetime | None

    @classmethod
    def of(cls, row: PublishedRow) -> LastShown:
        digest, shows, articles = (row.digest or "").partition(SHOWING)
        known = frozenset(articles.split()) if shows else None
        return cls(digest, known, row.next_at)

    @property
    def language(self) -> str:
        return self.digest.partition(" ")[0]

    def written(self) -> str:
        return f"{self.digest}{SHOWING}{' '.join(sorted(self.articles or ()))}"

    def is_current(self, now: datetime) -> bool:
        """Whether the thing still shows these articles: no deadline has passed."""
        return self.articles is not None and (self.next_at is None or self.next_at > now)
