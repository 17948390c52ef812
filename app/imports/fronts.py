"""Imports fronts with what stands in their slots, and their drafts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.changes.pending import pending_changes
from app.exports.lines import FrontDraftLine, FrontItemFields, FrontLine, FrontSlotFields
from app.fronts.actions import FRONTS
from app.fronts.desk_repository import DRAFT, FrontsToEdit
from app.fronts.models import Front, FrontDraft
from app.fronts.repository import KIND, LINKS
from app.fronts.rows import HandItem
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody

WORDS = ("id", "url", "headline", "kicker", "summary", "language", "starts_at", "expires_at", "created_at")


async def fronts(step: Step, lines: Sequence[FrontLine]) -> None:
    for line in await step.fresh(lines):
        line = _mapped(step, line)
        if step.run.is_dry:
            await step.take_slug(line, KIND, line.slug)
        else:
            await _store(step, line)
        await step.take_former(line, KIND, line.id)
        step.done(line, "imported")


def _mapped(step: Step, line: FrontLine) -> FrontLine:
    """With the ids that things have here."""
    section = step.id_of("section", line.section) if line.section else None
    return line.model_copy(update={"section": section, "slots": [_mapped_slot(step, slot) for slot in line.slots]})


def _mapped_slot(step: Step, slot: FrontSlotFields) -> FrontSlotFields:
    if slot.rule is None:
        return slot
    kinds = {"sections": "section", "tags": "tag", "authors": "author"}
    terms = {name: step.ids_of(kind, getattr(slot.rule, name)) for name, kind in kinds.items()}
    return slot.model_copy(update={"rule": slot.rule.model_copy(update=terms)})


async def _store(step: Step, line: FrontLine) -> None:
    """Like `put_front` and `put_slot`, with the ids and the moments of the file."""
    session, front = step.session, Front()
    front.id, front.version, front.created_at, front.updated_at = (
        *(line.id, line.version),
        *(line.created_at, line.updated_at),
    )
    front.name, front.language = line.name, line.language or step.run.settings.language
    front.description = line.description or None
    await FRONTS.fill(session, front, line)
    front.slug = await step.take_slug(line, KIND, line.slug)
    await FRONTS.terms(session).add(front)
    to_edit = FrontsToEdit(session)
    await to_edit.lay_out(front)
    await LINKS.store(session, front.id, [slot["rule"] for slot in front.slots])
    rows = {slot.name: slot for slot in await to_edit.slots(front.id)}
    for slot in line.slots:
        items = await to_edit.still_there(_items(step, slot.items))
        await to_edit.fill(front.id, slot.name, items)
        rows[slot.name].version = slot.version
        if len(items) < len(slot.items):
            step.remark(line, f"{len(slot.items) - len(items)} items of {slot.name} are of articles that are not here")
    await session.flush()
    pending_changes(session).touched.add((KIND, front.id))


def _items(step: Step, items: Iterable[FrontItemFields]) -> list[HandItem]:
    return [_item(step, item) for item in items]


def _item(step: Step, item: FrontItemFields) -> HandItem:
    words: dict[str, Any] = {name: getattr(item, name) for name in WORDS}
    image = item.image.model_dump(mode="json", exclude_none=True) if item.image else None
    if image and image.get("id"):
        image["id"] = step.id_of("media", image["id"])
    article = step.id_of("article", item.article) if item.article else None
    return HandItem(**words, article_id=article, image=image)


async def drafts(step: Step, lines: Sequence[FrontDraftLine]) -> None:
    """A front that has a draft here keeps it."""
    for line in lines:
        if not await step.known("front", [line.front]):
            raise InvalidBody(errors=[Fault("not_found", pointer="/front", params={"value": line.front})])
        there = await FrontsToEdit(step.session).draft(line.front)
        if there is not None or line.front in step.run.left:
            step.done(line, "there" if there is not None and there.version == line.version else "left")
            continue
        if not step.run.is_dry:
            await _store_draft(step, line)
        step.done(line, "imported")


async def _store_draft(step: Step, line: FrontDraftLine) -> None:
    items = {slot.name: _items(step, slot.items) for slot in line.slots}
    slots = {
        slot.name: {
            "items": [item.as_json() for item in items[slot.name]],
            "base": slot.base,
            "skipped_at": slot.skipped_at,
        }
        for slot in line.slots
    }
    to_edit = FrontsToEdit(step.session)
    member = step.id_of("member", line.member)
    draft = FrontDraft(front_id=line.front, version=line.version, slots=slots, publish_at=line.publish_at)
    draft.member_id, draft.member_name, draft.updated_at = member, line.member_name, line.updated_at
    await to_edit.add(draft)
    every = [item for some in items.values() for item in some]
    await to_edit.use_pictures(line.front, DRAFT, await to_edit.still_there(every))
    pending_changes(step.session).touched.add((KIND, line.front))
