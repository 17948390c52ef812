"""Publishing drafts: their slots replace the live ones, but for those that were changed since."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from app.audit import repository as audit
from app.changes.pending import pending_changes
from app.fronts.desk_repository import DRAFT, FrontsToEdit
from app.fronts.models import Front, FrontDraft, FrontSlot
from app.fronts.repository import KIND
from app.fronts.rows import DraftSlot, HandItem
from app.kit.clock import written


class Outcome(NamedTuple):
    """Names of the slots of a draft that were published, and of those that were changed since."""

    published: list[str]
    skipped: list[str]


class Scheduler(NamedTuple):
    """Who acts when a draft is published by the clock: who scheduled it, without a token."""

    member_id: str
    name: str
    token_id: None = None


def draft_slots(draft: FrontDraft) -> dict[str, DraftSlot]:
    return dict(draft.slots)


async def outdated_slots(fronts: FrontsToEdit, draft: FrontDraft) -> list[str]:
    """Names of the slots of a draft that were changed since they were put into it. Locks the live ones."""
    slots = await _replaced(fronts, draft)
    return sorted(set(draft.slots) - slots.keys())


async def _replaced(fronts: FrontsToEdit, draft: FrontDraft) -> dict[str, FrontSlot]:
    """The live slots, their rows locked, that a draft may replace, by name."""
    stored = draft_slots(draft)
    slots = await fronts.slots(draft.front_id, list(stored))
    return {
        slot.name: slot
        for slot in slots
        if slot.version == stored[slot.name]["base"] and not stored[slot.name]["skipped_at"]
    }


async def publish_slots(fronts: FrontsToEdit, draft: FrontDraft) -> Outcome:
    """Replace the live slots, their rows locked, by those of the draft."""
    stored, slots = draft_slots(draft), await _replaced(fronts, draft)
    for name, slot in slots.items():
        items = await fronts.still_there([HandItem.of_json(one) for one in stored[name]["items"]])
        await fronts.fill(draft.front_id, name, items)
        slot.version += 1
    return Outcome(sorted(slots), sorted(set(stored) - slots.keys()))


async def publish_due(session: AsyncSession, now: datetime, front_id: str | None = None) -> None:
    """Publish the drafts whose time has come, of one front or of all. What is skipped stays in the draft, and says so.

    A desk that changes a slot calls this first: readers saw the draft from its time on, recorded or not.
    """
    fronts = FrontsToEdit(session)
    for draft in await fronts.due_drafts(now, front_id):
        front = await session.get_one(Front, draft.front_id)
        outcome = await publish_slots(fronts, draft)
        who = Scheduler(draft.member_id, draft.member_name)
        names = {"slots": outcome.published, "skipped": outcome.skipped}
        await _settle(fronts, draft, outcome)
        await fronts.keep_state(front, (who.member_id, who.name), "draft_publish", now)
        await audit.record(session, who, "front.draft_publish", KIND, front.id, **names)
        pending_changes(session).touched.add((KIND, front.id))


async def hold_due(session: AsyncSession, now: datetime) -> None:
    """Take the schedule of drafts whose time has come: after the restore of a backup the desk decides about them."""
    for draft in await FrontsToEdit(session).due_drafts(now):
        draft.publish_at, draft.version = None, draft.version + 1
        pending_changes(session).touched.add((KIND, draft.front_id))


async def _settle(fronts: FrontsToEdit, draft: FrontDraft, outcome: Outcome) -> None:
    """Keep what was skipped, with the time at which it was due; a draft without it is done."""
    if not outcome.skipped:
        await fronts.use_pictures(draft.front_id, DRAFT, ())
        await fronts.remove(draft)
        return
    at = written(draft.publish_at) if draft.publish_at else None
    draft.slots = {name: {**draft.slots[name], "skipped_at": at} for name in outcome.skipped}
    draft.publish_at, draft.version = None, draft.version + 1
    kept = [HandItem.of_json(one) for slot in draft_slots(draft).values() for one in slot["items"]]
    await fronts.use_pictures(draft.front_id, DRAFT, kept)
    await fronts.session.flush()
