"""Filters of the change log by type, section and language; a change also matches the filter that its thing leaves."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from app.articles.schemas import terms
from app.changes.noun import State
from app.kit.db import Connection
from app.kit.ids import as_id
from app.present.rows import ChangeRow
from app.present.schemas import ChangeFilters
from app.sections.models import Section
from app.sections.repository import subtree
from app.slugs.repository import ids_of
from app.text.languages import canonical_or_same


@dataclass(frozen=True)
class Filter:
    """The types, sections and languages of a request; None for all. `only` is the id of one thing.

    Sections are ids, so that a token survives a rename under any slug. A slug that no section has or had stays a slug.
    """

    types: frozenset[str] | None = None
    sections: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    only: str | None = None

    @classmethod
    async def of(cls, query: ChangeFilters, connection: Connection) -> Filter:
        """The filter of `query`, with its sections looked up."""
        languages = (
            tuple(sorted({canonical_or_same(tag).lower() for tag in terms(query.language)})) if query.language else None
        )
        sections = await _section_ids(connection, terms(query.section)) if query.section else None
        return cls(frozenset(terms(query.type)) if query.type else None, sections, languages)

    @cached_property
    def resources(self) -> frozenset[str]:
        """Kinds of things of which some or all changes match."""
        return frozenset(name.partition(".")[0] for name in self.types or ())

    @property
    def digest(self) -> str:
        """A digest that binds tokens to this filter."""
        asked = [sorted(self.types or ()), self.sections, self.languages, self.only]
        return blake2b(json.dumps(asked).encode(), digest_size=4).hexdigest()

    async def resolve(self, connection: Connection) -> ResolvedFilter:
        """The filter with all sections below its own, in this snapshot."""
        if self.sections is None:
            return ResolvedFilter(self, None)
        roots = Section.id.in_([name for name in self.sections if as_id(name)])
        return ResolvedFilter(self, frozenset((await connection.execute(subtree(roots))).scalars()))

    async def is_outdated(self, connection: Connection) -> bool:
        """Whether an unknown slug has become a section's: earlier changes of what is filed there were missed."""
        unknown = [name for name in self.sections or () if not as_id(name)]
        return bool(unknown and await ids_of(connection, Section.kind, unknown))


async def _section_ids(connection: Connection, names: list[str]) -> tuple[str, ...]:
    known = await ids_of(connection, Section.kind, names)
    return tuple(sorted({known.get(name, name) for name in names}))


@dataclass(frozen=True)
class ResolvedFilter:
    """A filter in one snapshot; `inside` holds its sections and all below them."""

    filter: Filter
    inside: frozenset[str] | None

    def concerns(self, row: ChangeRow) -> bool:
        """Whether the thing matched the filter before or after this change."""
        return (
            self._matches_type(row)
            and (self.filter.only is None or row.resource_id == self.filter.only)
            and self._matches_sections(row.sections)
            and self._matches_language(row.languages)
        )

    def passes(self, state: State) -> bool:
        """Whether the thing matches in its present state."""
        return self._matches_sections(state.sections) and self._matches_language([state.language])

    def _matches_sections(self, sections: Collection[str]) -> bool:
        return self.inside is None or not self.inside.isdisjoint(sections)

    def wants_type(self, row: ChangeRow) -> bool:
        """Whether the request lists this type of change."""
        types = self.filter.types
        return types is None or row.resource in types or row.type in types

    def _matches_type(self, row: ChangeRow) -> bool:
        """Tombstones, and changes that may take a thing out of the filter, match for every type of a wanted kind."""
        may_leave = row.tombstone or self.inside is not None or self.filter.languages is not None
        return self.wants_type(row) or (may_leave and row.resource in self.filter.resources)

    def _matches_language(self, languages: Collection[str]) -> bool:
        wanted = self.filter.languages
        if wanted is None:
            return True
        spoken = [canonical_or_same(tag).lower() for tag in languages]  # rows may be older than a tag's canonical form
        return any(tag == name or tag.startswith(f"{name}-") for tag in spoken for name in wanted)
