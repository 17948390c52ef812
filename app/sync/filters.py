"""Which changes somebody wants to hear of, so that what leaves a filter is told in it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from app.articles.filters import named
from app.articles.schemas import terms
from app.kit.db import Reader
from app.sections.models import Section
from app.sections.repository import subtree
from app.sync.schemas import ChangeFilters
from app.sync.states import State


@dataclass(frozen=True)
class Filter:
    """Kinds, sections and languages that were asked for; None where all are. `only` is the id of one thing."""

    types: frozenset[str] | None = None
    section: str | None = None
    languages: tuple[str, ...] | None = None
    only: str | None = None

    @classmethod
    def of(cls, query: ChangeFilters) -> Filter:
        languages = tuple(sorted({tag.lower() for tag in terms(query.language)})) if query.language else None
        section = ",".join(sorted(terms(query.section))) if query.section else None
        return cls(frozenset(terms(query.type)) if query.type else None, section, languages)

    @cached_property
    def resources(self) -> frozenset[str]:
        """Kinds of things of which some or all changes were asked for."""
        return frozenset(name.partition(".")[0] for name in self.types or ())

    @property
    def digest(self) -> str:
        """Binds tokens to this filter."""
        asked = [sorted(self.types or ()), self.section, self.languages, self.only]
        return blake2b(json.dumps(asked).encode(), digest_size=4).hexdigest()

    async def prepared(self, reader: Reader) -> Sieve:
        """The filter with its sections looked up."""
        if self.section is None:
            return Sieve(self, None)
        return Sieve(self, frozenset((await reader.execute(subtree(named(Section, self.section)))).scalars()))


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
        return any(tag.lower() == name or tag.lower().startswith(f"{name}-") for tag in languages for name in wanted)
