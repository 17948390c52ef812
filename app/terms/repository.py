"""Stores and finds terms: one class for all term kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

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
    """The terms of one kind (`section`), whose desk routes are under `/v1/desk/<plural>`."""

    def __init__(self, session: AsyncSession, model: type[M], kind: str, plural: str) -> None:
        self.session, self.model, self.kind, self.plural = session, model, kind, plural

    async def every(self, query: PageQuery, cursors: Cursors) -> Slice[M]:
        keys = [Key(self.model.slug)]
        return await take(
            self.session, select(self.model), keys, query, cursors, position=lambda row: [row.slug], scalars=True
        )

    async def find(self, slug: str, *, for_update: bool = False) -> M | None:
        """The term at `slug`, or None where the slug is free. Raises `Moved` for a former slug."""
        canonical = canonical_slug(slug)
        known = as_id(slug)
        where = self.model.id == known if known else self.model.slug == canonical
        statement = select(self.model).where(where)
        if for_update:  # FOR NO KEY UPDATE: foreign keys may refer to it meanwhile, else two concurrent moves deadlock
            statement = statement.with_for_update(key_share=True)
        term = (await self.session.scalars(statement)).one_or_none()
        if term is None and (former := await slugs.owner(self.session, self.kind, canonical)) is not None:
            present = await self.session.get(self.model, former)
            if present is not None and present.slug != canonical:
                raise Moved(f"/v1/desk/{self.plural}/{present.slug}")
            if present is not None:  # another transaction created it between the two queries
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
        """Claim `slug` for the term. Raises `AlreadyExists` where it is or was another term's."""
        if not await slugs.claim(self.session, self.kind, slug, term.id):
            raise AlreadyExists(slug=slug)
        term.slug = slug

    async def remove(self, term: M) -> None:
        """Delete the term. The foreign keys refuse it (409) while anything refers to it."""
        await self.session.delete(term)
        await self.session.flush()
        await slugs.release(self.session, self.kind, term.id)
        pending_changes(self.session).touched.add((self.kind, term.id))
        pending_changes(self.session).untold = True  # the sitemap counts the terms that readers do not see, too
        if self.kind == "section":
            pending_changes(self.session).moves_tree = True  # a filter by this section matches nothing any more


async def known(session: AsyncSession, model: type[M], names: Sequence[str]) -> dict[str, M]:
    """The terms with these present or former slugs or ids, by the given name."""
    if not names:
        return {}
    statement: Select[M] = select(model).where(slugs.is_named(model.kind, model.id, names))
    return await slugs.by_name(session, model.kind, names, (await session.scalars(statement)).all())
