"""The image of a term: an author's avatar, the image of a section."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Fault
from app.media.desk_repository import MediaToEdit, Use, store_uses
from app.media.models import Media
from app.media.shown import image_of, read_pictures, repeated_of
from app.settings import Settings
from app.terms.models import Term
from app.terms.schemas import TermImageInput

Stored = dict[str, object] | None
SHOWN = ("id", "url", "alt", "width", "height", "renditions", "placeholder")


async def unknown_image(session: AsyncSession, place: str, image: TermImageInput | None) -> list[Fault]:
    """The fault of an image whose picture the library does not have, or has withdrawn.

    One that is there is not deleted until this transaction ends.
    """
    if not image or not image.id or image.id in await MediaToEdit(session).standing([image.id]):
        return []
    return [Fault("not_found", pointer=f"/{place}/id", params={"value": image.id})]


async def use_image(
    session: AsyncSession, term: Term, place: str, former: Stored, image: TermImageInput | None
) -> Stored:
    """The image as it is stored at `place` of a term, in place of the `former` one; stores its use of the library."""
    stored = await _stored(session, image, term.language) if image else None
    await store_uses(session, term.kind, term.id, _uses(place, former), _uses(place, stored))
    return stored


def shown_image(stored: Any, pictures: str | None, language: str, settings: Settings) -> dict[str, object] | None:
    """An image for the schema `TermImage`; null where the library has withdrawn its picture.

    `pictures` is the column of `pictures_of`, `language` that of the term.
    """
    image = image_of(stored, read_pictures(pictures), language, settings, in_list=True)
    return image and {name: image[name] for name in SHOWN}


async def _stored(session: AsyncSession, image: TermImageInput, language: str) -> dict[str, object]:
    """Of a picture of the library only its id and the words of this use that are not the library's."""
    if not image.id:
        return {"url": image.url, "alt": image.alt or ""}
    use: dict[str, object] = {"id": image.id, "alt": image.alt or ""}
    media = await session.get_one(Media, image.id)
    return {**use, "alt": ""} if "alt" in repeated_of(use, media, language) else use


def _uses(place: str, stored: Stored) -> set[Use]:
    return {(place, str(stored["id"]))} if stored and stored.get("id") else set()
