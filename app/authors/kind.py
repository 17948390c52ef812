"""Authors as a term kind, with a bio and an avatar."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.authors.models import Author
from app.authors.schemas import AuthorInput, AvatarInput
from app.authors.shapes import author_fields
from app.kit.errors import Fault, InvalidBody
from app.media.desk_repository import MediaToEdit, Use, store_uses
from app.settings import Settings
from app.terms.kinds import TermKind
from app.terms.shapes import filed_fields


async def _fill(session: AsyncSession, author: Author, body: AuthorInput) -> None:
    author.bio = body.bio or None
    former = (author.avatar or {}).get("id")
    author.avatar = _stored(body.avatar) if body.avatar else None
    if (id := (author.avatar or {}).get("id")) and id not in await MediaToEdit(session).standing([str(id)]):
        raise InvalidBody(errors=[Fault("not_found", pointer="/avatar/id", params={"value": id})])
    await store_uses(session, "author", author.id, _uses(former), _uses(id))


def _stored(avatar: AvatarInput) -> dict[str, object]:
    """Of a picture of the library only its id and the words of this use."""
    return {"id": avatar.id, "alt": avatar.alt} if avatar.id else {"url": avatar.url, "alt": avatar.alt}


def _uses(id: object) -> set[Use]:
    return {("avatar", str(id))} if id else set()


def _shape(author: Author, settings: Settings) -> dict[str, object]:
    return {**filed_fields(settings, "author", author), **author_fields(author, settings)}


AUTHORS = TermKind("author", "authors", Author, _shape, _fill, computed=("pictures",))
