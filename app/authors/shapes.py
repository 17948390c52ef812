"""From authors to the members that only they have."""

from __future__ import annotations

from typing import Any, Protocol

from app.settings import Settings
from app.terms.images import shown_image


class AuthorRow(Protocol):
    """An `Author`, or a row of the table with the column `pictures`."""

    language: str
    bio: str | None
    avatar: Any
    pictures: str | None


def author_fields(author: AuthorRow, settings: Settings) -> dict[str, object]:
    """The bio, and the avatar: null where the library has withdrawn its picture."""
    avatar = shown_image(author.avatar, author.pictures, author.language, settings)
    return {"bio": author.bio, "avatar": avatar}
