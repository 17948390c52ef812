"""Filters of the change log by type, section, language, article and subject; a change also matches the filter that its
thing leaves."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from sqlalchemy import exists, or_, select

from app.articles.models import Article
from app.articles.query_schemas import terms
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import visible
from app.articles.subjects import asked_key
from app.changes.models import Change
from app.changes.noun import State
from app.kit import clock
from app.kit.db import Connection
from app.kit.ids import as_id
from app.present.rows import ChangeRow
from app.present.schemas import ChangeFilters
from app.sections.models import Section
from app.sections.repository import subtree
from app.slugs.repository import ids_of
from app.text.languages import canonical_or_same, is_in_range


@dataclass(frozen=True)
class Filter:
    """The types, sections, languages, articles and subjects of a request; None for all. `only` is the id of one thing.

    Sections and articles are ids, so that a token survives a rename under any slug. A slug that no section has or had
    stays a slug, as does one of an article that was never public: a token must not tell that there is a draft.
    """

    types: frozenset[str] | None = None
    sections: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    articles: tuple[str, ...] | None = None
    subjects: tuple[str, ...] | None = None
    only: str | None = None

    @classmethod
    async def of(cls, query: ChangeFilters, connection: Connection) -> Filter:
        """The filter of `query`, with its sections looked up."""
        languages = (
            tuple(sorted({canonical_or_same(tag).lower() for tag in terms(query.language)})) if query.language else None
        )
        sections = await _section_ids(connection, terms(query.section)) if query.section else None
        articles = await _article_ids(connection, terms(query.article)) if query.article else None
        subjects = tuple(sorted(set(map(asked_key, terms(query.subject))))) if query.subject else None
        return cls(frozenset(terms(query.type)) if query.type else None, sections, languages, articles, subjects)

    @cached_property
    def resources(self) -> frozenset[str]:
        """Kinds of things of which some or all changes match."""
        return frozenset(name.partition(".")[0] for name in self.types or ())

    @property
    def digest(self) -> str:
        """A digest that binds tokens to this filter."""
        asked: list[object] = [sorted(self.types or ()), self.sections, self.languages, self.only]
        asked += [self.articles] if self.articles is not None else []  # other tokens stay as they were
        asked += [{"subjects": self.subjects}] if self.subjects is not None else []
        return blake2b(json.dumps(asked).encode(), digest_size=4).hexdigest()

    async def resolve(self, connection: Connection) -> ResolvedFilter:
        """The filter with all sections below its own, in this snapshot."""
        if self.sections is None:
            return ResolvedFilter(self, None)
        roots = Section.id.in_([name for name in self.sections if as_id(name)])
        return ResolvedFilter(self, frozenset((await connection.execute(subtree(roots))).scalars()))

    async def is_outdated(self, connection: Connection) -> bool:
        """Whether an unknown slug has become a section's or an article's: earlier changes of it were missed."""
        sections = [name for name in self.sections or () if not as_id(name)]
        articles = [name for name in self.articles or () if not as_id(name)]
        return bool(
            (sections and await ids_of(connection, Section.kind, sections))
            or (articles and await _public_ids(connection, articles))
        )


async def _section_ids(connection: Connection, names: list[str]) -> tuple[str, ...]:
    known = await ids_of(connection, Section.kind, names)
    return tuple(sorted({known.get(name, name) for name in names}))


async def _article_ids(connection: Connection, names: list[str]) -> tuple[str, ...]:
    known = await _public_ids(connection, names)
    return tuple(sorted({known.get(name, name) for name in names}))


async def _public_ids(connection: Connection, names: list[str]) -> dict[str, str]:
    """Articles by slug, present or former, or by id; by slug only those that are public, or that the log tells of."""
    known = await ids_of(connection, ARTICLE, names)
    told = exists().where(Change.resource_id == Article.id, Change.resource == ARTICLE)
    public = select(Article.id).where(Article.id.in_(set(known.values())), or_(visible(clock.now()), told))
    found = set((await connection.execute(public)).scalars()) if known else set()
    return {name: id for name, id in known.items() if as_id(name) or id in found}


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
            and self._matches_articles(row)
            and self._matches_subjects(row.subjects)
        )

    def passes(self, state: State) -> bool:
        """Whether the thing matches in its present state."""
        return (
            self._matches_sections(state.sections)
            and self._matches_language([state.language])
            and self._matches_subjects(state.subjects)
        )

    def _matches_sections(self, sections: Collection[str]) -> bool:
        return self.inside is None or not self.inside.isdisjoint(sections)

    def _matches_subjects(self, subjects: Collection[str]) -> bool:
        wanted = self.filter.subjects
        return wanted is None or not set(wanted).isdisjoint(subjects)

    def _matches_articles(self, row: ChangeRow) -> bool:
        """An article, and what belongs to it."""
        wanted = self.filter.articles
        return wanted is None or row.article_id in wanted or (row.resource == ARTICLE and row.resource_id in wanted)

    def wants_type(self, row: ChangeRow) -> bool:
        """Whether the request lists this type of change."""
        types = self.filter.types
        return types is None or row.resource in types or row.type in types

    def _matches_type(self, row: ChangeRow) -> bool:
        """Tombstones, and changes that may take a thing out of the filter, match for every type of a wanted kind."""
        narrowed = (self.inside, self.filter.languages, self.filter.subjects)
        may_leave = row.tombstone or any(one is not None for one in narrowed)
        return self.wants_type(row) or (may_leave and row.resource in self.filter.resources)

    def _matches_language(self, languages: Collection[str]) -> bool:
        wanted = self.filter.languages
        if wanted is None:
            return True
        spoken = [canonical_or_same(tag) for tag in languages]  # rows may be older than a tag's canonical form
        return any(is_in_range(tag, wanted) for tag in spoken)
