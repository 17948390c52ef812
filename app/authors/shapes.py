"""From authors to the members that only they have."""

from __future__ import annotations

from typing import Any, Protocol

from app.media.shown import image_of, read_pictures
from app.settings import Settings

SHOWN = ("id", "url", "alt", "width", "height", "renditions", "placeholder")


class AuthorRow(Protocol):
    """An `Author`, or a row of the table with the column `pictures`."""

    language: str
    bio: str | None
    avatar: Any
    pictures: str | None


def author_fields(author: AuthorRow, settings: Settings) -> dict[str, object]:
    """The bio, and the avatar: null where the library has withdrawn its picture."""
    image = image_of(author.avatar, read_pictures(author.pictures), author.language, settings, in_list=True)
    return {"bio": author.bio, "avatar": image and {name: image[name] for name in SHOWN}}
