"""Which changes somebody wants to hear of, so that what leaves a filter is told in it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from app.articles.schemas import terms
from app.changes.noun import State
from app.kit.db import Connection
from app.kit.ids import as_id
from app.present.schemas import ChangeFilters
from app.sections.models import Section
from app.sections.repository import subtree
from app.slugs.repository import ids_of
from app.text.languages import canonical_or_same


@dataclass(frozen=True)
class Filter:
    """Kinds, sections and languages that were asked for; None where all are. `only` is the id of one thing.

    Sections stand here by id, so that a token outlives a rename, whichever slug it comes back with. A slug that nothing
    has or had stands here as it was written.
    """

    types: frozenset[str] | None = None
    sections: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    only: str | None = None

    @classmethod
    async def of(cls, query: ChangeFilters, connection: Connection) -> Filter:
        """The filter that `query` asks for, its sections looked up."""
        languages = (
            tuple(sorted({canonical_or_same(tag).lower() for tag in terms(query.language)})) if query.language else None
        )
        sections = await _looked_up(connection, terms(query.section)) if query.section else None
        return cls(frozenset(terms(query.type)) if query.type else None, sections, languages)

    @cached_property
    def resources(self) -> frozenset[str]:
        """Kinds of things of which some or all changes were asked for."""
        return frozenset(name.partition(".")[0] for name in self.types or ())

    @property
    def digest(self) -> str:
        """Binds tokens to this filter."""
        asked = [sorted(self.types or ()), self.sections, self.languages, self.only]
        return blake2b(json.dumps(asked).encode(), digest_size=4).hexdigest()

    async def prepared(self, connection: Connection) -> Sieve:
        """The filter with all that lies below its sections."""
        if self.sections is None:
            return Sieve(self, None)
        roots = Section.id.in_([name for name in self.sections if as_id(name)])
        return Sieve(self, frozenset((await connection.execute(subtree(roots))).scalars()))

    async def is_outdated(self, connection: Connection) -> bool:
        """Whether a slug that was unknown is a section's by now: what is filed there already has not been told."""
        unknown = [name for name in self.sections or () if not as_id(name)]
        return bool(unknown and await ids_of(connection, Section.kind, unknown))


async def _looked_up(connection: Connection, names: list[str]) -> tuple[str, ...]:
    known = await ids_of(connection, Section.kind, names)
    return tuple(sorted({known.get(name, name) for name in names}))


@dataclass(frozen=True)
class Sieve:
    """A filter at work, in one snapshot: `inside` are the sections that it names and all below them."""

    filter: Filter
    inside: frozenset[str] | None

    def concerns(self, row: Any) -> bool:
        """Whether the thing passed the filter before this change or after it."""
        return (
            self._has_kind(row)
            and (self.filter.only is None or row.resource_id == self.filter.only)
            and self._holds(row.sections)
            and self._speaks(row.languages)
        )

    def passes(self, state: State) -> bool:
        """Whether the thing passes as it is now."""
        return self._holds(state.sections) and self._speaks([state.language])

    def _holds(self, sections: Collection[str]) -> bool:
        return self.inside is None or not self.inside.isdisjoint(sections)

    def asks_for(self, row: Any) -> bool:
        """Whether changes of this type were asked for."""
        types = self.filter.types
        return types is None or row.resource in types or row.type in types

    def _has_kind(self, row: Any) -> bool:
        """What takes a thing out of the filter is told whatever its type."""
        may_leave = row.tombstone or self.inside is not None or self.filter.languages is not None
        return self.asks_for(row) or (may_leave and row.resource in self.filter.resources)

    def _speaks(self, languages: Collection[str]) -> bool:
        wanted = self.filter.languages
        if wanted is None:
            return True
        spoken = [canonical_or_same(tag).lower() for tag in languages]  # rows may be older than a tag's canonical form
        return any(tag == name or tag.startswith(f"{name}-") for tag in spoken for name in wanted)
