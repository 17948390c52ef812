"""Tags as a term kind."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import Settings
from app.tags.models import Tag
from app.tags.schemas import TagInput
from app.terms.kinds import TermKind
from app.terms.shapes import filed_fields


async def _fill(_session: AsyncSession, _tag: Tag, _body: TagInput) -> None:
    """A tag has no fields of its own."""


def _shape(tag: Tag, settings: Settings) -> dict[str, object]:
    return filed_fields(settings, "tag", tag)


TAGS = TermKind("tag", "tags", Tag, _shape, _fill)
