"""What was last published of things that show articles: a digest, the articles, the next deadline."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from pydantic_core import to_json
from sqlalchemy import func, select

from app.changes.last_published import PublishedRow
from app.changes.models import LastPublished
from app.changes.tail import Deadlines

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


def next_deadlines(kind: str, touches: str) -> Deadlines:
    """When the clock alone changes a thing of this kind; `touches` is the cache tag of all answers that show one."""
    of_kind = LastPublished.resource == kind
    return Deadlines(
        next=lambda now: (
            select(func.min(LastPublished.next_at)).where(of_kind, LastPublished.next_at > now).scalar_subquery()
        ),
        due=lambda now: select(LastPublished.resource_id).where(of_kind, LastPublished.next_at <= now).exists(),
        touches=touches,
    )
