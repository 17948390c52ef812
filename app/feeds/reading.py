"""One request for a feed: what was asked, and how its page is put together from items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from app.articles.repository import Articles, Part, PublicCorrection, Relations, picture_tags
from app.articles.rows import ArticleRow
from app.articles.shapes import shown_html, whole_of
from app.articles.syndication import may_syndicate
from app.feeds.addresses import ATOM, FeedFamily, FeedFormat, feed_url
from app.feeds.asked import LIMIT, FeedQuery
from app.feeds.items import article_item, latest, urn
from app.feeds.repository import withheld_pictures
from app.feeds.values import Feed, Item, Person, Tombstone
from app.kit.db import Connection
from app.kit.paging import Cursors
from app.kit.raw_columns import parsed
from app.kit.yielding import yielding
from app.media.events import RIGHTS_BY_CLOCK
from app.settings import Settings
from app.text.languages import canonical_language, canonical_or_same, direction

Shown = Mapping[str, Any]
LARGEST = 5_000_000  # characters of HTML: a page of full texts that has so many ends, whatever its limit


class Subject(NamedTuple):
    """What a feed is about. `id`: of the thing, or of the site; `slug` is None of the whole site and of a search."""

    id: str
    title: str
    url: str
    language: str
    slug: str | None = None
    description: str | None = None
    changed_at: str | None = None


class Answer(NamedTuple):
    """A feed with its cache tags, as `deliver` takes them."""

    feed: Feed
    tags: Sequence[str]
    shows: Sequence[str]
    is_cacheable: bool = True


class ShownArticles(NamedTuple):
    """Articles as items, by id, with the cache tags of what they show."""

    items: dict[str, Item]
    media: Sequence[str]
    has_more: bool = False
    """Whether articles are left out, for the next page."""

    @property
    def tags(self) -> list[str]:
        """For the internal cache."""
        return [*(f"article:{id}" for id in self.items), *self.media, RIGHTS_BY_CLOCK]


@dataclass(frozen=True)
class FeedRequest:
    """A request for a page of a feed."""

    connection: Connection
    settings: Settings
    family: FeedFamily
    format: FeedFormat
    query: FeedQuery
    now: datetime
    q: str | None = None
    """The words of a search."""

    @property
    def is_full(self) -> bool:
        return self.query.full and self.settings.feeds_full

    @property
    def languages(self) -> list[str]:
        """The language ranges that were asked for; none means all."""
        return [canonical_or_same(tag) for tag in self.query.languages] if self.family.has_languages else []

    @property
    def _language(self) -> str | None:
        """The one language that was asked for."""
        try:
            return canonical_language(self.languages[0]) if len(self.languages) == 1 else None
        except ValueError:  # nothing is in it
            return None

    @property
    def is_first_page(self) -> bool:
        return self.query.cursor is None

    def cursors(self, subject_id: str | None) -> Cursors:
        """Cursors of this feed: the same in all formats, by slug and by id."""
        filters = [("language", ",".join(self.languages)), ("q", self.q or "")]
        return Cursors(self.settings.secret_key, f"/feeds/{self.family.name}/{subject_id or ''}", filters)

    def feed(
        self, subject: Subject, items: Sequence[Item], following: str | None = None, gone: Sequence[Tombstone] = ()
    ) -> Feed:
        """The page with these items; `following`: the cursor of the next one."""
        language = self._language or subject.language
        return Feed(
            id=self._id(subject),
            title=subject.title,
            url=subject.url,
            description=subject.description,
            self_url=self._url(subject, self.query.cursor),
            first_url=self._url(subject, None),
            next_url=self._url(subject, following) if following else None,
            language=language,
            direction=direction(language),
            publisher=Person(None, self.settings.site_name, self.settings.site_url),
            updated=latest(items, subject.changed_at, *(one.at for one in gone)),
            items=tuple(items),
            tombstones=tuple(gone),
        )

    def _id(self, subject: Subject) -> str:
        """The same for ever, on every page, in every format, whatever becomes of slug, site and server."""
        return urn(str(uuid5(UUID(subject.id), f"{self.family.name}?{','.join(self.languages)}&{self.q or ''}")))

    def _url(self, subject: Subject, cursor: str | None) -> str:
        query, named = self.query, list[tuple[str, str]]()
        named += [("limit", str(query.limit))] if query.limit != LIMIT else []
        named += [("full", "true")] if self.is_full else []
        named += [("tombstones", "true")] if query.tombstones and self.format is ATOM else []
        named += [("cursor", cursor)] if cursor else []
        language = ",".join(self.languages) or None
        return feed_url(
            self.settings, self.family, self.format, subject.slug, language=language, query=self.q, more=named
        )

    async def articles(self, ids: Sequence[str], *, may_end_early: bool = False) -> ShownArticles:
        """The visible ones among these as items, in this order. Two statements for full texts, else one.

        `may_end_early`: without those after `LARGEST` characters of text.
        """
        parts: frozenset[Part] = frozenset({"related", "corrections"})
        read = await Articles(self.connection).with_parts(ids, self.now, parts | {"html"} if self.is_full else parts)
        by_id = {row.id: row for row in read}
        found = rows = [by_id[id] for id in ids if id in by_id]
        if may_end_early and self.is_full:
            before = accumulate((len(row.html or "") for row in rows), initial=0)
            rows = [row for row, length in zip(rows, before, strict=False) if length < LARGEST]
        related = {row.id: Relations.of(row) for row in rows}
        withheld = await self.withheld({id for one in related.values() for id in one.pictures})
        items = {row.id: self._article(row, related[row.id], withheld) async for row in yielding(rows)}
        return ShownArticles(items, picture_tags(related.values()), has_more=len(rows) < len(found))

    async def withheld(self, picture_ids: Iterable[str]) -> frozenset[str]:
        """Those of these pictures that may not stand in this feed."""
        if not self.is_full:
            return frozenset()
        return await withheld_pictures(self.connection, set(picture_ids), self.settings.syndication, self.now)

    def may_take(self, row: ArticleRow) -> bool:
        """Whether the rights of an article let its text into full feeds."""
        return may_syndicate(parsed(row.rights), self.settings.syndication, self.now)

    def _article(self, row: ArticleRow, related: Relations, withheld: frozenset[str]) -> Item:
        lacks = not withheld.isdisjoint(related.pictures)
        if lacks:
            related = replace(related, pictures={id: p for id, p in related.pictures.items() if id not in withheld})
        may_be_taken = not self.is_full or self.may_take(row)
        whole = whole_of(row, related, None, PublicCorrection.of(row), self.settings, self.now)
        item = article_item(whole, self.settings, html=self._text(row, related, may_be_taken=may_be_taken))
        if self.is_full and not may_be_taken:
            return replace(item, pictures=(), withheld=True)
        return replace(item, withheld=True) if lacks else item

    def _text(self, row: ArticleRow, related: Relations, *, may_be_taken: bool) -> str | None:
        """The whole text, where this feed may have it. The body of a paid article is not even selected."""
        if not self.is_full or not may_be_taken or row.access == "paid":
            return None
        return shown_html(row.html or "", row.language, related.pictures, self.settings)
