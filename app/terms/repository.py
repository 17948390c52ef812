"""Where terms are stored and found: one class for sections, tags and authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import pending_changes
from app.kit.errors import AlreadyExists, Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.slugs import repository as slugs
from app.terms.models import Term
from app.text.slugs import canonical_slug

M = TypeVar("M", bound=Term)


class Terms(Generic[M]):
    """The terms of one kind (`section`), which live under `/v1/desk/<plural>`."""

    def __init__(self, session: AsyncSession, model: type[M], kind: str, plural: str) -> None:
        self.session, self.model, self.kind, self.plural = session, model, kind, plural

    async def every(self, query: PageQuery, cursors: Cursors) -> Slice[M]:
        keys = [Key(self.model.slug)]
        return await take(
            self.session, select(self.model), keys, query, cursors, position=lambda row: [row.slug], scalars=True
        )

    async def find(self, slug: str, *, for_update: bool = False) -> M | None:
        """The term at `slug`, or None where it is free. Raises `Moved` when the slug is a former one."""
        canonical = canonical_slug(slug)
        known = as_id(slug)
        where = self.model.id == known if known else self.model.slug == canonical
        statement = select(self.model).where(where)
        if for_update:  # not against those who only point here: two branches moved at once would wait in a circle
            statement = statement.with_for_update(key_share=True)
        term = (await self.session.scalars(statement)).one_or_none()
        if term is None and (former := await slugs.owner(self.session, self.kind, canonical)) is not None:
            present = await self.session.get(self.model, former)
            if present is not None and present.slug != canonical:
                raise Moved(f"/v1/desk/{self.plural}/{present.slug}")
            if present is not None:  # somebody made it between the two questions
                return await self.find(slug, for_update=for_update)
        return term

    async def require(self, slug: str, *, for_update: bool = False) -> M:
        term = await self.find(slug, for_update=for_update)
        if term is None:
            raise NotFound()
        return term

    async def add(self, term: M) -> None:
        await self.take_slug(term, term.slug)
        self.session.add(term)
        await self.session.flush()

    async def take_slug(self, term: M, slug: str) -> None:
        """Makes `slug` the term's present one. Raises `AlreadyExists` when it is or was another's."""
        if not await slugs.claim(self.session, self.kind, slug, term.id):
            raise AlreadyExists(slug=slug)
        term.slug = slug

    async def remove(self, term: M) -> None:
        """The database refuses (409) while anything points here."""
        await self.session.delete(term)
        await self.session.flush()
        await slugs.release(self.session, self.kind, term.id)
        pending_changes(self.session).touched.add((self.kind, term.id))
        if self.kind == "section":
            pending_changes(self.session).moves_tree = True  # a filter by it finds nothing any more


async def known(session: AsyncSession, model: type[M], names: Sequence[str]) -> dict[str, M]:
    """The terms that these slugs, present or former, or ids stand for, by the name that was asked for."""
    if not names:
        return {}
    statement: Select[Any] = select(model).where(slugs.is_named(model.kind, model.id, names))
    return await slugs.by_name(session, model.kind, names, (await session.scalars(statement)).all())
