"""Turns terms into the fields of the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.terms.rows import TermRow
from app.text.languages import direction

if TYPE_CHECKING:
    from app.terms.kinds import B, M, TermKind


def term_fields(term: TermRow) -> dict[str, object]:
    """The fields that every term has."""
    return {
        "id": term.id,
        "slug": term.slug,
        "name": term.name,
        "language": term.language,
        "direction": direction(term.language),
        "description": term.description,
    }


def desk_fields(kind: TermKind[M, B], term: M) -> dict[str, object]:
    """The fields of the kind, and those that only the desk sees."""
    return {**kind.shape(term), "version": term.version, "created_at": term.created_at, "updated_at": term.updated_at}
