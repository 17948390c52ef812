"""Putting a term in its place: one way for sections, tags, authors and tickers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.log import pending_changes
from app.kit import clock
from app.kit.caching import Expected
from app.kit.errors import Fault, InvalidBody
from app.kit.ids import new_id
from app.terms.repository import Terms
from app.terms.schemas import TermInput
from app.text.slugs import canonical_slug, slug_faults

# Puts the fields that a kind has of its own into the term; raises `InvalidBody` for what cannot be.
Fill = Callable[[AsyncSession, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """A kind of term: its words, its table, its shapes."""

    noun: str
    plural: str
    model: type[Any]
    shape: Callable[[Any], dict[str, Any]]
    fill: Fill

    def terms(self, session: AsyncSession) -> Terms[Any]:
        return Terms(session, self.model, self.noun, self.plural)


async def put(
    kind: Kind, session: AsyncSession, slug: str, body: TermInput, expected: Expected, language: str
) -> tuple[Any, bool]:
    """Creates the term at `slug` or replaces it; returns it, and whether it is new. `language`: where none is sent."""
    terms = kind.terms(session)
    term = await terms.find(slug, for_update=True)
    made = term is None
    if term is None:
        expected.obey_absence()
        if faults := slug_faults(slug):
            raise InvalidBody(errors=[Fault(faults[0], pointer="/slug")])
        now = clock.now()
        term = kind.model(
            id=new_id(), slug=body.slug or canonical_slug(slug), version=1, created_at=now, updated_at=now
        )
    else:
        expected.require(term.version)
    before = None if made else kind.shape(term)
    term.name, term.language = body.name, body.language or language
    term.description = body.description or None
    await kind.fill(session, term, body)
    if made:
        await terms.add(term)
    elif body.slug and body.slug != term.slug:
        await terms.take_slug(term, body.slug)
    if before is not None and kind.shape(term) != before:
        term.version, term.updated_at = term.version + 1, clock.now()
        pending_changes(session).edited.add((kind.noun, term.id))
    pending_changes(session).touched.add((kind.noun, term.id))
    await session.flush()
    return term, made
