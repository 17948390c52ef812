"""Queries for public fronts. `visible` decides what is public of articles, as everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, or_, select, text

from app.articles.models import Article
from app.articles.repository import Articles, visible
from app.articles.rows import ListedRow
from app.authors.models import Author
from app.fronts.composition import Composition, by_hand, compose, wanted_of
from app.fronts.models import (
    Front,
    FrontAuthor,
    FrontComposition,
    FrontDraft,
    FrontItem,
    FrontSection,
    FrontSlot,
    FrontTag,
)
from app.fronts.rows import Contents, DraftSlot, FrontRow, HandItem, SlotContent
from app.fronts.shapes import FrontView, ShownRow
from app.kit.clock import written
from app.kit.db import Connection
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, Paged, PageQuery, Slice
from app.kit.prepared import Prepared
from app.kit.raw_columns import json_text, parsed, raw
from app.kit.sql import in_language_range
from app.media.shown import pictures_of, read_pictures
from app.placing.drawing import fill, sections_below
from app.placing.links import RuleLink, RuleLinks
from app.placing.places import Candidate, Places, Rules
from app.placing.rules import NOW
from app.sections.models import Section
from app.settings import Settings
from app.slugs.models import Slug
from app.tags.models import Tag
from app.text.slugs import canonical_slug

KIND, PLURAL = "front", "fronts"


class AddressRow(NamedTuple):
    """What the address of a front is made of."""

    id: str
    slug: str


IDS: BindParameter[str] = bindparam("ids", expanding=True)
LINKS = RuleLinks(
    RuleLink("sections", Section, FrontSection, "front_id", "section_id"),
    RuleLink("tags", Tag, FrontTag, "front_id", "tag_id"),
    RuleLink("authors", Author, FrontAuthor, "front_id", "author_id"),
)
LISTED = (
    *raw(Front.id, Front.slug, Front.name, Front.language, Front.version, Front.updated_at, Front.section_id),
    Section.slug.label("section_slug"),
    Section.name.label("section_name"),
    *raw(FrontComposition.told_at),
)
# A scheduled article that has come out, and of which the log has not told: the stored compositions are without it.
HAS_UNTOLD = exists().where(visible(NOW), text("NOT articles.announced"))
WHOLE = (
    *LISTED,
    json_text(Front.slots).label("slots"),
    *raw(FrontComposition.composed_at, FrontComposition.next_at),
    json_text(FrontComposition.slots).label("composition"),
    HAS_UNTOLD.label("has_untold"),
    pictures_of(Front.id),
)
OWNER = select(Slug.target_id).where(Slug.kind == KIND, Slug.slug == bindparam("slug")).scalar_subquery()
AMONG = select(Article.id).where(Article.id.in_(IDS), visible(NOW))


def _with(*columns: ColumnElement[Any]) -> Select[Any]:
    joined = select(*columns).select_from(Front).outerjoin(Section, Section.id == Front.section_id)
    return joined.outerjoin(FrontComposition, FrontComposition.front_id == Front.id)


BY_ID = Prepared(_with(*WHOLE).where(Front.id == bindparam("id"), Front.public))
BY_SLUG = Prepared(_with(*WHOLE).where(Front.id == OWNER, Front.public))
ADDRESSES = Prepared(select(Front.id, Front.slug).where(Front.public).order_by(Front.slug), AddressRow)
SOME = Prepared(_with(*WHOLE).where(Front.id.in_(IDS), Front.public).order_by(Front.slug))
VERSIONS = Prepared(select(FrontSlot.front_id, FrontSlot.name, FrontSlot.version).where(FrontSlot.front_id.in_(IDS)))
ITEMS = Prepared(
    select(FrontItem.__table__).where(FrontItem.front_id.in_(IDS)).order_by(FrontItem.position, FrontItem.id)
)
DRAFTS = Prepared(
    select(FrontDraft.front_id, json_text(FrontDraft.slots).label("slots"), FrontDraft.publish_at).where(
        FrontDraft.front_id.in_(IDS)
    )
)


@lru_cache(maxsize=32)
def _page(languages: tuple[str, ...]) -> Paged:
    spoken = [or_(*(in_language_range(Front.language, tag) for tag in languages))] if languages else []
    return Paged(_with(*LISTED), [Key(Front.slug)], Front.public.is_(True), *spoken)


_canonical = lru_cache(maxsize=256)(canonical_slug)
_stored_slots = lru_cache(maxsize=256)(parsed)  # never to be changed by a caller


class Fronts:
    """The public fronts. `connection` may be a read-only connection or a session."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection, self.settings = connection, settings

    async def page(self, query: PageQuery, cursors: Cursors, languages: Sequence[str]) -> Slice[ShownRow]:
        """One page by slug, without slots."""
        paged = _page(tuple(languages))
        return await paged.take(self.connection, query, cursors, position=lambda row: [row.slug])

    async def at(self, name: str, now: datetime) -> ShownRow:
        """By slug or id. Raises `Moved` from a former slug, `NotFound` where it is not public. One statement."""
        known = as_id(name)
        statement, named = (BY_ID, {"id": known}) if known else (BY_SLUG, {"slug": _canonical(name)})
        row: ShownRow | None = await statement.first(self.connection, {**named, "now": now})
        if row is None:
            raise NotFound()
        if not known and name != row.slug:
            raise Moved(f"/v1/fronts/{row.slug}")
        return row

    async def addresses(self) -> Sequence[AddressRow]:
        """Ids and slugs of all public fronts, by slug."""
        return await ADDRESSES.all(self.connection)

    async def with_ids(self, ids: Sequence[str], now: datetime) -> Sequence[ShownRow]:
        """The public ones among these."""
        return await SOME.all(self.connection, {"ids": list(ids), "now": now}) if ids else []

    async def views(self, rows: Sequence[ShownRow], now: datetime) -> dict[str, FrontView]:
        """What these fronts show, by id: one statement, for the articles. Only in the moment between a deadline and the
        record of what it changed are they composed anew."""
        stale = [row for row in rows if not is_fresh(row, now)]
        composed = await self.composed([stored_front(row) for row in stale], now)
        kept = {row.id: Composition(_stored_slots(row.composition)) for row in rows if row.id not in composed}
        return await self.shown(rows, {**kept, **composed}, now)

    async def shown(
        self, rows: Sequence[ShownRow], compositions: Mapping[str, Composition], now: datetime
    ) -> dict[str, FrontView]:
        """The compositions with the summaries of their articles. One statement."""
        ids = frozenset[str]().union(*(compositions[row.id].articles for row in rows))
        articles = await self.shown_articles(ids, now)
        return {
            row.id: FrontView(row, compositions[row.id].slots, articles, read_pictures(row.pictures)) for row in rows
        }

    async def shown_articles(self, ids: Collection[str], now: datetime) -> dict[str, ListedRow]:
        """The visible ones among these, by id."""
        return {row.id: row for row in await Articles(self.connection).summaries(sorted(ids), now)}

    async def composed(
        self, fronts: Sequence[FrontRow], now: datetime, *, has_draft: bool = False
    ) -> dict[str, Composition]:
        """Compose these fronts as they are at `now`; `has_draft`: with what waits in their drafts."""
        if not fronts:
            return {}
        ids = [front.id for front in fronts]
        contents, coming = await self.contents(ids, now, has_draft=has_draft)
        whole = {front.id: complete(front, contents[front.id]) for front in fronts}
        visible_ids = await self._visible(whole.values(), now)
        hand = {front.id: by_hand(front.slots, whole[front.id], visible_ids, now) for front in fronts}
        drawn = await self._drawn(fronts, hand, now)
        found = {}
        for front in fronts:
            one = compose(front.slots, whole[front.id], hand[front.id], drawn[front.id], now)
            moments = [at for at in (one.next_at, coming.get(front.id)) if at is not None]
            found[front.id] = replace(one, next_at=min(moments, default=None))
        return found

    async def contents(
        self, ids: Sequence[str], now: datetime, *, has_draft: bool = False
    ) -> tuple[dict[str, Contents], dict[str, datetime]]:
        """What stands in the slots of these fronts, with drafts that are due; and when a draft is due next."""
        found: dict[str, Contents] = {id: {} for id in ids}
        items: defaultdict[tuple[str, str], list[HandItem]] = defaultdict(list)
        for row in await ITEMS.all(self.connection, {"ids": list(ids)}):
            items[row.front_id, row.slot].append(HandItem.of(row))
        for front_id, name, version in await VERSIONS.all(self.connection, {"ids": list(ids)}):
            found[front_id][name] = SlotContent(version, tuple(items[front_id, name]))
        coming = {}
        for draft in await DRAFTS.all(self.connection, {"ids": list(ids)}):
            is_due = draft.publish_at is not None and draft.publish_at <= now
            if has_draft or is_due:
                found[draft.front_id] = with_draft(found[draft.front_id], parsed(draft.slots), is_due=not has_draft)
            elif draft.publish_at is not None:
                coming[draft.front_id] = draft.publish_at
        return found, coming

    async def _visible(self, fronts: Iterable[Contents], now: datetime) -> set[str]:
        named = {
            item.article_id
            for contents in fronts
            for content in contents.values()
            for item in content.items
            if item.article_id
        }
        if not named:
            return set()
        return set((await self.connection.execute(AMONG, {"ids": sorted(named), "now": now})).scalars())

    async def _drawn(
        self, fronts: Sequence[FrontRow], hand: Mapping[str, Sequence[Sequence[HandItem]]], now: datetime
    ) -> dict[str, dict[int, list[Candidate]]]:
        """The articles that the rules give to each slot, newest first, by front and number of the slot."""
        wanted = {front.id: wanted_of(front.slots, hand[front.id]) for front in fronts}
        below = await sections_below(self.connection, [rule for some in wanted.values() for rule, _ in some.values()])
        places = {
            front.id: Places(
                Rules(front.language, [rule for rule, _ in wanted[front.id].values()], below),
                [limit for _, limit in wanted[front.id].values()],
                [item.article_id for items in hand[front.id] for item in items if item.article_id],
                now,
            )
            for front in fronts
        }
        await fill(self.connection, list(places.values()), now)
        return {id: dict(zip(wanted[id], some.found, strict=True)) for id, some in places.items()}


def is_fresh(row: ShownRow, now: datetime) -> bool:
    """Whether the stored composition is what the front shows now: nothing has changed by the clock since.

    It was made at a later moment where the clock was put back.
    """
    if row.composed_at is None or row.has_untold:
        return False
    moment = written(now)
    return row.composed_at <= moment and (row.next_at is None or moment < row.next_at)


def stored_front(row: ShownRow) -> Any:
    """The row with its slots read, as `composed` takes it."""
    return row._replace(slots=parsed(row.slots))  # type: ignore[attr-defined]  # rows of prepared statements are named tuples


def complete(front: FrontRow, contents: Contents) -> Contents:
    """With an empty content for each slot that has none."""
    empty = SlotContent(1, ())
    return {slot["name"]: contents.get(slot["name"], empty) for slot in front.slots}


def with_draft(contents: Contents, draft: Mapping[str, DraftSlot], *, is_due: bool) -> Contents:
    """With the slots of a draft in place of the live ones; `is_due`: but for those that were changed since."""
    found = dict(contents)
    for name, slot in draft.items():
        present = contents.get(name)
        if present is None or (is_due and (present.version != slot["base"] or slot["skipped_at"])):
            continue
        version = present.version + 1 if is_due else present.version
        found[name] = SlotContent(version, tuple(map(HandItem.of_json, slot["items"])))
    return found
