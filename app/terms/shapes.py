"""Turns terms into the fields of the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.settings import Settings
from app.terms.rows import TermRow
from app.text.languages import direction

if TYPE_CHECKING:
    from app.terms.kinds import B, M, TermKind


def term_fields(term: TermRow) -> dict[str, object]:
    """The fields that every term has, a ticker too."""
    return {
        "id": term.id,
        "slug": term.slug,
        "name": term.name,
        "language": term.language,
        "direction": direction(term.language),
        "description": term.description,
    }


def filed_fields(settings: Settings, kind: str, term: TermRow) -> dict[str, object]:
    """The same of a `section`, `tag` or `author`, with its address on the web site."""
    return {**term_fields(term), "url": settings.term_url(kind, term.id, term.slug)}


def ref_of(settings: Settings, kind: str, id: str, slug: str, name: str) -> dict[str, object]:
    """What other things say of a `section`, `tag` or `author`."""
    return {"id": id, "slug": slug, "name": name, "url": settings.term_url(kind, id, slug)}


def desk_fields(kind: TermKind[M, B], term: M, settings: Settings) -> dict[str, object]:
    """The fields of the kind, and those that only the desk sees."""
    return {
        **kind.shape(term, settings),
        "version": term.version,
        "created_at": term.created_at,
        "updated_at": term.updated_at,
    }
