"""What the change log records of fronts: one change whenever a front differs from what was last published.

A front follows articles, terms, pictures and the clock as well as its own items. What it shows is composed with every
change that may affect it, and stored, so that readers get it by one statement; only the clock makes it stale.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.last_published import forget_last_published, keep_last_published, last_published
from app.changes.models import LastPublished
from app.changes.pending import PendingChange, PendingChanges, pending_changes, record_change
from app.changes.tail import Deadlines
from app.fronts.composition import Composition
from app.fronts.desk_repository import DRAFT
from app.fronts.drafts import publish_due
from app.fronts.models import Front, FrontComposition, FrontDraft, FrontItem
from app.fronts.repository import IDS, KIND, PLURAL, Fronts, stored_front
from app.fronts.shapes import ShownRow, front_of
from app.kit.sql import insert_into
from app.media.desk_repository import KIND as MEDIA
from app.media.events import tell_media_change, told_pictures
from app.media.models import Media, MediaUse
from app.placing.rules import may_match
from app.placing.shown import LastShown, digest_of, next_deadlines
from app.settings import Settings

BY_CLOCK = "fronts:clock"  # cache tag of all answers with fronts: what the clock alone changes
EVERY = "*"
FOLLOWED = {"section", "tag", "author"}
ARTICLES = {"article", "entry"}  # `live` of an article counts its entries
RULES = select(Front.id, Front.language, Front.slots).where(Front.public)
NAMING = select(FrontItem.front_id).where(FrontItem.article_id.in_(IDS)).distinct()


async def on_change(session: AsyncSession, pending: PendingChanges, settings: Settings, now: datetime) -> None:
    """Record a change of every front whose public view has changed."""
    touched = {id for kind, id in pending.touched if kind == KIND}
    # By what was edited: a front names its section even where no article of it is public, and so no change tells.
    is_followed = not FOLLOWED.isdisjoint({kind for kind, _ in pending.edited})
    articles = [change for change in pending.changes if change.resource in ARTICLES]
    if not (touched or is_followed or articles):
        return
    last_shown = {id: LastShown.of(row) for id, row in (await last_published(session, KIND)).items()}
    if is_followed or EVERY in touched:
        every = (await session.execute(select(Front.id))).scalars()
        concerned = set(every) | set(last_shown)
    else:
        concerned = touched | await _concerned(session, articles, last_shown, now)
    if concerned:
        await _tell_pictures(session, pending, concerned, now)
        await _compare(session, concerned, last_shown, settings, now)


async def _concerned(
    session: AsyncSession, articles: Sequence[PendingChange], last_shown: Mapping[str, LastShown], now: datetime
) -> set[str]:
    """The fronts that show one of these articles, or may show it now."""
    ids = {change.article_id or change.id for change in articles}
    found = {id for id, one in last_shown.items() if not one.is_current(now) or ids & (one.articles or frozenset())}
    moving = [change for change in articles if change.resource == "article" and not change.stays]
    if moving and last_shown:
        found |= set((await session.execute(NAMING, {"ids": [change.id for change in moving]})).scalars())
        for front in (await session.execute(RULES)).all():
            rules = [slot["rule"] for slot in front.slots if slot["rule"] is not None]
            if any(may_match(rule, front.language, change) for rule in rules for change in moving):
                found.add(front.id)
    return found


async def _tell_pictures(session: AsyncSession, pending: PendingChanges, ids: Collection[str], now: datetime) -> None:
    """Record the changed pictures that public fronts show, as far as no other noun has told of them.

    A draft shows nothing before its time.
    """
    changed = {id for kind, id in pending.touched if kind == MEDIA}
    told = told_pictures(pending)
    if not changed - told:
        return
    shown = exists().where(MediaUse.media_id == Media.id, MediaUse.resource == KIND, MediaUse.resource_id == Front.id)
    is_due = exists().where(FrontDraft.front_id == Front.id, FrontDraft.publish_at <= now)
    shown = shown.where(or_(MediaUse.place != DRAFT, is_due))
    statement = select(Media.id, Media.version).where(Media.id.in_(changed - told), shown.where(Front.public))
    for id, version in (await session.execute(statement.order_by(Media.id))).all():
        tell_media_change(session, id, version)


async def _compare(
    session: AsyncSession,
    ids: Collection[str],
    last_shown: Mapping[str, LastShown],
    settings: Settings,
    now: datetime,
) -> None:
    """Compose these fronts and store what they show; record a change of those that differ from what was published."""
    fronts = Fronts(session, settings)
    rows = await fronts.with_ids(sorted(ids), now)
    composed = await fronts.composed([stored_front(row) for row in rows], now)
    views = await fronts.shown(rows, composed, now)
    for row in rows:
        last, composition = last_shown.get(row.id), composed[row.id]
        public = {**front_of(views[row.id], settings, now), "updated_at": None}
        present = LastShown(digest_of(row.language, public), composition.articles, composition.next_at)
        has_changed = last is None or last.digest != present.digest
        if has_changed:
            languages = {row.language, last.language if last else row.language}
            record_change(session, _change("front.changed", row.id, languages, version=row.version))
        if last != present:
            await keep_last_published(session, KIND, row.id, digest=present.written(), next_at=composition.next_at)
        await _keep(session, row, composition, now, has_changed)
    await _record_gone(session, set(ids) - {row.id for row in rows}, last_shown)


async def _keep(
    session: AsyncSession, row: ShownRow, composition: Composition, now: datetime, has_changed: bool
) -> None:
    """Upsert what a front shows."""
    values = {"composed_at": now, "next_at": composition.next_at, "slots": composition.slots}
    statement = insert_into(session, FrontComposition).values(front_id=row.id, told_at=now, **values)
    changed = {**values, "told_at": now} if has_changed else values
    await session.execute(statement.on_conflict_do_update(index_elements=["front_id"], set_=changed))


async def _record_gone(session: AsyncSession, ids: Collection[str], last_shown: Mapping[str, LastShown]) -> None:
    """Record the fronts that were public and are not any more."""
    for id in sorted(ids & last_shown.keys()):
        record_change(session, _change("front.deleted", id, {last_shown[id].language}, tombstone=True))
        await forget_last_published(session, KIND, id)
        await session.execute(delete(FrontComposition).where(FrontComposition.front_id == id))


def _change(
    type: str, id: str, languages: set[str], *, version: int | None = None, tombstone: bool = False
) -> PendingChange:
    tags = {f"front:{id}", PLURAL}
    return PendingChange(type, id, tags=tags, tombstone=tombstone, version=version, languages=languages)


def deadlines(_settings: Settings) -> list[Deadlines]:
    """When the clock changes a front: an item starts or expires, a rule stops matching, a draft is due."""
    return [NEXT, DRAFTS_DUE]


# Constants: the statement that reads the log is compiled once for the same deadlines.
NEXT = next_deadlines(KIND, BY_CLOCK)
DRAFTS_DUE = Deadlines(
    next=lambda now: select(func.min(FrontDraft.publish_at)).where(FrontDraft.publish_at > now).scalar_subquery(),
    due=lambda now: select(FrontDraft.front_id).where(FrontDraft.publish_at <= now).exists(),
    touches=BY_CLOCK,
)


async def on_start(session: AsyncSession, _settings: Settings, _now: datetime) -> None:
    """Compare all fronts when a process starts: its settings may show them otherwise."""
    pending_changes(session).touched.add((KIND, EVERY))


async def when_due(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Publish the drafts whose time has come; compare the fronts whose deadline has passed."""
    await publish_due(session, now)
    of_kind = LastPublished.resource == KIND
    due = select(LastPublished.resource_id).where(of_kind, LastPublished.next_at <= now)
    pending_changes(session).touched.update((KIND, id) for id in (await session.execute(due)).scalars())
