"""Put and delete a term: the same actions for sections, tags, authors and tickers."""

from __future__ import annotations

from datetime import datetime

from app.changes.pending import pending_changes
from app.kit.caching import Expected
from app.kit.errors import Fault, InvalidBody
from app.kit.ids import new_id
from app.media.desk_repository import forget_uses
from app.staff.work import Work
from app.terms.kinds import B, M, TermKind
from app.text.slugs import canonical_slug, slug_faults


async def put_term(work: Work, kind: TermKind[M, B], slug: str, body: B, expected: Expected) -> tuple[M, bool]:
    """Create the term at `slug` or replace it; returns it, and whether it is new."""
    terms = kind.terms(work.session)
    term = await terms.find(slug, for_update=True)
    made = term is None
    if term is None:
        expected.obey_absence()
        term = _new(kind, slug, body, work.now)
    else:
        expected.require(term.version)
    before = None if made else kind.shape(term, work.settings)
    term.name, term.language = body.name, body.language or work.settings.language
    term.description = body.description or None
    await kind.fill(work.session, term, body)
    if made:
        await terms.add(term)
    elif body.slug and body.slug != term.slug:
        await terms.take_slug(term, body.slug)
    await _compute(work, kind, term)
    if before is not None and kind.shape(term, work.settings) != before:
        term.version, term.updated_at = term.version + 1, work.now
        pending_changes(work.session).edited.add((kind.noun, term.id))
    pending_changes(work.session).touched.add((kind.noun, term.id))
    await _compute(work, kind, term)
    await work.record(f"{kind.noun}.{'create' if made else 'update'}", kind.noun, term.id, slug=term.slug)
    return term, made


async def _compute(work: Work, kind: TermKind[M, B], term: M) -> None:
    """Store the term, and read again what the database computes of it."""
    await work.session.flush()
    if kind.computed:
        await work.session.refresh(term, kind.computed)


def _new(kind: TermKind[M, B], slug: str, body: B, now: datetime) -> M:
    if faults := slug_faults(slug):
        raise InvalidBody(errors=[Fault(faults[0], pointer="/slug")])
    term = kind.model()
    term.id, term.slug, term.version = new_id(), body.slug or canonical_slug(slug), 1
    term.created_at = term.updated_at = now
    return term


async def delete_term(work: Work, kind: TermKind, slug: str, expected: Expected) -> None:
    """Delete a term. Raises `InUse` (409) where something refers to it."""
    terms = kind.terms(work.session)
    term = await terms.require(slug, for_update=True)
    expected.require(term.version)
    await terms.remove(term)
    await forget_uses(work.session, term.id)
    await work.record(f"{kind.noun}.delete", kind.noun, term.id, slug=term.slug)
