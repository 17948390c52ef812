"""An author as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from app.kit.paging import Listed
from app.kit.schemas import Moment, Prose
from app.terms.schemas import TermImage, TermImageInput, TermInput, TermRead

Bio = Annotated[str, Prose(2000, low=0)]


class AvatarInput(TermImageInput):
    """A portrait: of the library (`id`) or at an address (`url`). The other members of an answer are ignored."""


class Avatar(TermImage):
    """A portrait."""


class AuthorInput(TermInput):
    """An author as an editor writes one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "ليلى القاسم", "bio": "محرّرة الشؤون الاقتصادية."}]}
    )

    bio: Bio | None = None
    avatar: AvatarInput | None = None


class AuthorRead(TermRead):
    """An author as readers see one."""

    bio: str | None
    avatar: Avatar | None


class AuthorDesk(AuthorRead):
    """An author as the desk sees one."""

    version: int
    created_at: Moment
    updated_at: Moment


class AuthorDeskList(Listed[AuthorDesk]):
    """One page of authors, used or not."""
