"""Authors as a term kind, with a bio and an avatar."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.authors.models import Author
from app.authors.schemas import AuthorInput
from app.authors.shapes import author_fields
from app.kit.errors import InvalidBody
from app.settings import Settings
from app.terms.images import unknown_image, use_image
from app.terms.kinds import TermKind
from app.terms.shapes import filed_fields


async def _fill(session: AsyncSession, author: Author, body: AuthorInput) -> None:
    if faults := await unknown_image(session, "avatar", body.avatar):
        raise InvalidBody(errors=faults)
    author.bio = body.bio or None
    author.avatar = await use_image(session, author, "avatar", author.avatar, body.avatar)


def _shape(author: Author, settings: Settings) -> dict[str, object]:
    return {**filed_fields(settings, "author", author), **author_fields(author, settings)}


AUTHORS = TermKind("author", "authors", Author, _shape, _fill, computed=("pictures",))
