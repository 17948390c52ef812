"""Tags as a term kind."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.tags.models import Tag
from app.tags.schemas import TagInput
from app.terms.kinds import TermKind
from app.terms.shapes import term_fields


async def _fill(_session: AsyncSession, _tag: Tag, _body: TagInput) -> None:
    """A tag has no fields of its own."""


TAGS = TermKind("tag", "tags", Tag, term_fields, _fill)
