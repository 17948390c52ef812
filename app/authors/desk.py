"""Authors at the desk."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.authors.models import Author
from app.authors.schemas import AuthorDesk, AuthorDeskList, AuthorInput
from app.terms.actions import Kind
from app.terms.desk import term_desk, term_fields


async def _fill(_session: AsyncSession, author: Author, body: AuthorInput) -> None:
    author.bio = body.bio or None
    author.avatar = body.avatar.model_dump() if body.avatar else None


def _shape(author: Author) -> dict[str, Any]:
    return {**term_fields(author), "bio": author.bio, "avatar": author.avatar}


desk = term_desk(Kind("author", "authors", Author, _shape, _fill), AuthorInput, AuthorDesk, AuthorDeskList)
