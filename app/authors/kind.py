"""Authors as a term kind, with a bio and an avatar."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.authors.models import Author
from app.authors.schemas import AuthorInput
from app.settings import Settings
from app.terms.kinds import TermKind
from app.terms.shapes import filed_fields


async def _fill(_session: AsyncSession, author: Author, body: AuthorInput) -> None:
    author.bio = body.bio or None
    author.avatar = body.avatar.model_dump() if body.avatar else None


def _shape(author: Author, settings: Settings) -> dict[str, object]:
    return {**filed_fields(settings, "author", author), "bio": author.bio, "avatar": author.avatar}


AUTHORS = TermKind("author", "authors", Author, _shape, _fill)
