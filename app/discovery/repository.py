"""Queries for sitemaps: what readers see, in parts whose places never move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from app.articles.events import NEWS_SPAN
from app.articles.filing import SECTIONS, Filing
from app.articles.models import Article
from app.articles.repository import NOW, visible
from app.discovery.parts import MOST, Month, Part
from app.kit.db import Connection, Instant
from app.kit.prepared import Prepared
from app.kit.raw_columns import MOMENT, raw
from app.sections.models import Section
from app.taxonomy.repository import is_shown

MOST_NEWS = 1_000
NEWS_KINDS = ("news", "opinion", "analysis", "feature", "live")
"""Kinds that are texts: Google's rules ask for articles, not for galleries or videos."""
START, END, SINCE = (bindparam(name, type_=Instant) for name in ("start", "end", "since"))
# Literals: the plan of PostgreSQL would otherwise be made for any number.
OFFSET = bindparam("offset", type_=Integer, literal_execute=True)


class ArticleAddress(NamedTuple):
    """What an address and its date are made of."""

    id: str
    slug: str
    section: str | None
    published_at: str
    updated_at: str
    last_entry_at: str | None


class NewsRow(NamedTuple):
    """The same, with what the sitemap of the news tells."""

    id: str
    slug: str
    section: str | None
    published_at: str
    first_published_at: str
    headline: str
    language: str


class Facts(NamedTuple):
    """Of the places of one part: how many there are, how many readers see, when that changed last."""

    places: int
    shown: int
    changed_at: str | None


class FirstRow(NamedTuple):
    first: datetime | None


class TermAddress(NamedTuple):
    id: str
    slug: str


class SectionName(NamedTuple):
    """A section as a list of feeds names it."""

    id: str
    slug: str
    name: str
    language: str


class PartFacts(NamedTuple):
    """A part that is not empty."""

    part: Part
    changed_at: str | None


def _places(*columns: Any) -> Any:
    """The places of one part: all that came out in a month, in order, whatever became of it since."""
    rows = select(*columns, Article.state, Article.published_at).where(
        Article.first_published_at >= START, Article.first_published_at < END
    )
    in_order = rows.order_by(Article.first_published_at, Article.id).limit(literal_column(str(MOST))).offset(OFFSET)
    return aliased(Article, in_order.subquery("places"))


@lru_cache
def _addresses(has_section: bool) -> Prepared[ArticleAddress]:
    place: Any = _places(
        Article.id, Article.slug, Article.section_id, Article.updated_at, Article.last_entry_at,
        Article.first_published_at,
    )  # fmt: skip
    section = Section.slug.label("section") if has_section else literal_column("NULL").label("section")
    columns = [*raw(place.id, place.slug), section, *raw(place.published_at, place.updated_at, place.last_entry_at)]
    found: Select[Any] = select(*columns).select_from(place)
    if has_section:
        found = found.outerjoin(Section, Section.id == place.section_id)
    return Prepared(found.where(visible(NOW, place)).order_by(place.first_published_at, place.id), ArticleAddress)


@lru_cache
def _facts() -> Prepared[Facts]:
    place: Any = _places(Article.updated_at, Article.last_entry_at, Article.withdrawn_at)
    is_shown_now = visible(NOW, place)
    changed = case((place.last_entry_at > place.updated_at, place.last_entry_at), else_=place.updated_at)
    gone: ColumnElement[bool] = place.state == literal_column("'withdrawn'")
    latest = func.max(case((is_shown_now, changed), (gone, place.withdrawn_at)))
    columns = (
        func.count().label("places"),
        func.count(case((is_shown_now, 1))).label("shown"),
        type_coerce(latest, MOMENT).label("changed_at"),
    )
    return Prepared(select(*columns).select_from(place), Facts)


FIRST = Prepared(
    select(func.min(Article.first_published_at).label("first")).where(Article.first_published_at >= START), FirstRow
)


@lru_cache
def _news(has_section: bool) -> Prepared[NewsRow]:
    section = Section.slug.label("section") if has_section else literal_column("NULL").label("section")
    columns: list[Any] = [*raw(Article.id, Article.slug), section]
    columns += [*raw(Article.published_at, Article.first_published_at), Article.headline, Article.language]
    found: Select[Any] = select(*columns).select_from(Article)
    if has_section:
        found = found.outerjoin(Section, Section.id == Article.section_id)
    kinds = Article.kind.in_([literal_column(f"'{kind}'") for kind in NEWS_KINDS])
    found = found.where(Article.first_published_at > SINCE, visible(NOW), kinds)
    newest = found.order_by(Article.first_published_at.desc(), Article.id.desc()).limit(literal_column(str(MOST_NEWS)))
    return Prepared(newest, NewsRow)


class Sitemaps:
    """What the sitemaps hold at one moment. `has_section`: whether addresses of articles name their section."""

    def __init__(self, connection: Connection, now: datetime, *, has_section: bool) -> None:
        self.connection, self.now, self.has_section = connection, now, has_section

    async def articles(self, month: Month, offset: int) -> Sequence[ArticleAddress]:
        """The visible articles of one part, in order."""
        return await _addresses(self.has_section).all(self.connection, self._of(month, offset))

    async def months(self) -> AsyncIterator[PartFacts]:
        """The parts of months that hold a visible article, one statement for each: SQLite runs in the event loop."""
        start = datetime.min.replace(tzinfo=self.now.tzinfo)
        while (first := await self._first_since(start)) is not None:
            month, number, places = Month.of(first), 0, MOST
            while places == MOST:
                number += 1
                part = Part(month, number)
                found = await _facts().one(self.connection, self._of(month, part.offset))
                places = found.places
                if found.shown:
                    yield PartFacts(part, found.changed_at)
                await asyncio.sleep(0)
            start = month.end

    async def _first_since(self, start: datetime) -> datetime | None:
        first = (await FIRST.one(self.connection, {"start": start})).first
        return first if first is not None and first <= self.now else None

    def _of(self, month: Month, offset: int) -> dict[str, Any]:
        return {"start": month.start, "end": month.end, "offset": offset, "now": self.now}

    async def news(self) -> Sequence[NewsRow]:
        """The visible articles of the last two days, newest first."""
        return await _news(self.has_section).all(self.connection, {"since": self.now - NEWS_SPAN, "now": self.now})

    async def terms(self, filing: Filing, offset: int, *, limit: int = MOST) -> Sequence[TermAddress]:
        """The public ones among the terms of one part."""
        model = filing.kind.model
        places = select(model.id).order_by(model.id).limit(MOST).offset(offset)
        found = select(model.id, model.slug).where(model.id.in_(places), is_shown(filing, self.now))
        rows = (await self.connection.execute(found.order_by(model.id).limit(limit))).all()
        return [TermAddress(row.id, row.slug) for row in rows]

    async def term_parts(self, filing: Filing) -> AsyncIterator[Part]:
        """The parts of terms of one kind that hold a public one."""
        model = filing.kind.model
        count = (await self.connection.execute(select(func.count(model.id)))).scalar_one()
        for number in range(1, -(-count // MOST) + 1):
            part = Part(filing.kind.plural, number)
            if await self.terms(filing, part.offset, limit=1):
                yield part
            await asyncio.sleep(0)


async def shown_sections(connection: Connection, now: datetime) -> list[SectionName]:
    """The public sections, by slug."""
    found = select(Section.id, Section.slug, Section.name, Section.language).where(is_shown(SECTIONS, now))
    rows = await connection.execute(found.order_by(Section.slug).limit(MOST))
    return [SectionName(*row) for row in rows.all()]
