"""Tags at the desk."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.tags.models import Tag
from app.tags.schemas import TagDesk, TagDeskList, TagInput
from app.terms.actions import Kind
from app.terms.desk import term_desk, term_fields


async def _fill(_session: AsyncSession, _tag: Tag, _body: TagInput) -> None:
    """A tag has no fields of its own."""


desk = term_desk(Kind("tag", "tags", Tag, term_fields, _fill), TagInput, TagDesk, TagDeskList)
