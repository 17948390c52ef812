"""Changes of fronts by editors. A slot is changed under its own version, so that two desks on two slots do not meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import pending_changes
from app.fronts.desk_repository import DRAFT, FrontsToEdit, member_of
from app.fronts.drafts import draft_slots, outdated_slots, publish_due, publish_slots
from app.fronts.models import Front, FrontDraft, FrontSlot
from app.fronts.repository import KIND, LINKS, PLURAL
from app.fronts.rows import HandItem, SlotFields
from app.fronts.schemas import (
    MAX_ITEMS,
    FrontInput,
    FrontItemInput,
    FrontItemUpdate,
    FrontRule,
    SlotInput,
    SlotItemsInput,
)
from app.fronts.writing import blank, writing, written_items
from app.kit.caching import Expected
from app.kit.errors import Conflict, Fault, InvalidBody, NotFound
from app.kit.ids import as_id, new_id
from app.placing.links import ids_of_terms
from app.placing.rules import RuleFields
from app.sections.models import Section
from app.settings import Settings
from app.staff.work import Work
from app.terms.actions import delete_term, put_term
from app.terms.kinds import TermKind
from app.terms.repository import known


class SlotsChanged(Conflict):
    """A draft, or a state, is of slots that were changed since; `slots` are their names."""

    slug = "slots-changed"


@dataclass
class SlotEdit:
    """A slot being changed: its row is locked."""

    work: Work
    front: Front
    slot: FrontSlot
    items: list[HandItem]
    warnings: list[dict[str, object]] = field(default_factory=list)

    @property
    def fronts(self) -> FrontsToEdit:
        return FrontsToEdit(self.work.session)


@dataclass(frozen=True)
class ItemEdit:
    """A slot after the change of one item."""

    edit: SlotEdit
    item: HandItem


def _public(front: Front, _settings: Settings) -> dict[str, object]:
    """The fields that replacing a front can change."""
    fields = ("slug", "name", "language", "description", "section_id", "public", "slots")
    return {name: getattr(front, name) for name in fields}


async def _fill(session: AsyncSession, front: Front, body: FrontInput) -> None:
    """Sets the fields of `body`. Rules store ids, so that they survive the renaming of a section."""
    faults: list[Fault] = []
    section = (await known(session, Section, [body.section])).get(body.section) if body.section else None
    if body.section and section is None:
        faults.append(Fault("not_found", pointer="/section", params={"value": body.section}))
    slots = [await _slot_fields(session, slot, f"/slots/{place}", faults) for place, slot in enumerate(body.slots)]
    if faults:
        raise InvalidBody(errors=faults)
    front.section_id, front.public, front.slots = section.id if section else None, body.public, slots


async def _slot_fields(session: AsyncSession, slot: SlotInput, pointer: str, faults: list[Fault]) -> SlotFields:
    rule = await _rule_fields(session, slot.rule, f"{pointer}/rule", faults) if slot.rule is not None else None
    return {
        "name": slot.name,
        "title": slot.title or None,
        "url": slot.url,
        "layout": slot.layout,
        "max": slot.max,
        "rule": rule,
    }


async def _rule_fields(session: AsyncSession, rule: FrontRule, pointer: str, faults: list[Fault]) -> RuleFields:
    terms = {
        link.field: await ids_of_terms(
            session, link.model, getattr(rule, link.field), f"{pointer}/{link.field}", faults
        )
        for link in LINKS.links
    }
    return {
        "sections": terms["sections"],
        "tags": terms["tags"],
        "authors": terms["authors"],
        "kinds": list(dict.fromkeys(rule.kinds)),
        "languages": list(dict.fromkeys(rule.languages)),
        "urgency_max": rule.urgency_max,
        "max_age_hours": rule.max_age_hours,
    }


FRONTS = TermKind(KIND, PLURAL, Front, _public, _fill)


async def put_front(work: Work, slug: str, body: FrontInput, expected: Expected) -> tuple[Front, bool]:
    """Creates or replaces a front; what stands in its slots stays, but for slots that are left out."""
    fronts = FrontsToEdit(work.session)
    await _lock_whole(work, fronts, slug)
    front, made = await put_term(work, FRONTS, slug, body, expected)
    await fronts.lay_out(front)
    await LINKS.store(work.session, front.id, [slot["rule"] for slot in front.slots])
    await fronts.keep_state(front, member_of(work), "create" if made else "update", work.now)
    return front, made


async def delete_front(work: Work, slug: str, expected: Expected) -> None:
    """Deletes a front with all that stands on it."""
    await _lock_whole(work, FrontsToEdit(work.session), slug)
    await delete_term(work, FRONTS, slug, expected)


async def _lock_whole(work: Work, fronts: FrontsToEdit, slug: str) -> None:
    """Locks the draft and all slots of a front, if there is one. A draft whose time has come is published first."""
    id = await fronts.id_at(slug)
    if id is not None:
        await publish_due(work.session, work.now, id)
        await fronts.lock_slots(id)


async def put_slot(work: Work, slug: str, name: str, body: SlotItemsInput, expected: Expected) -> SlotEdit:
    """Puts these items into a slot, in place of all others."""
    edit = await _open(work, slug, name, expected, "")
    expected.require(edit.slot.version)
    items, edit.warnings = await written_items(work, edit.front, body.items, edit.items)
    return await _save(edit, items, "slot_put")


async def add_item(work: Work, slug: str, name: str, body: FrontItemInput, expected: Expected) -> ItemEdit:
    """Puts an item on top of a slot."""
    edit = await _open(work, slug, name, expected, "/items")
    expected.obey(edit.slot.version)
    found = await writing(work, edit.front, [body])
    item = found.item(blank(new_id(), work.now), body, set(FrontItemInput.model_fields), "")
    if len(edit.items) >= MAX_ITEMS:
        found.faults.append(Fault("too_many", pointer="", params={"max": MAX_ITEMS}))
    found.raise_faults()
    edit.warnings = found.warnings
    return ItemEdit(await _save(edit, [item, *edit.items], "item_add"), item)


async def change_item(work: Work, slug: str, name: str, id: str, body: FrontItemUpdate, expected: Expected) -> ItemEdit:
    """Changes the fields that were sent. A change that changes nothing leaves no trace."""
    edit, place = await _open_item(work, slug, name, id, expected)
    found = await writing(work, edit.front, [body])
    item = found.item(edit.items[place], body, body.model_fields_set, "")
    found.raise_faults()
    edit.warnings = found.warnings
    items = [item if number == place else one for number, one in enumerate(edit.items)]
    return ItemEdit(await _save(edit, items, "item_change"), item)


async def delete_item(work: Work, slug: str, name: str, id: str, expected: Expected) -> None:
    edit, place = await _open_item(work, slug, name, id, expected)
    await _save(edit, [one for number, one in enumerate(edit.items) if number != place], "item_delete")


async def _open(work: Work, slug: str, name: str, expected: Expected, suffix: str) -> SlotEdit:
    """The slot, locked. Raises `NotFound`. A draft whose time has come is published first."""
    fronts = FrontsToEdit(work.session)
    front = await fronts.require(slug, f"/slots/{name}{suffix}")
    await publish_due(work.session, work.now, front.id)
    slot = await fronts.slot(front, name)
    return SlotEdit(work, front, slot, (await fronts.items(front.id, name)).get(name, []))


async def _open_item(work: Work, slug: str, name: str, id: str, expected: Expected) -> tuple[SlotEdit, int]:
    """The slot, and the place of an item in it. Raises `NotFound`, and the errors of `If-Match`."""
    edit = await _open(work, slug, name, expected, f"/items/{id}")
    places = [place for place, item in enumerate(edit.items) if item.id == as_id(id)]
    if not places:
        raise NotFound()
    expected.require(edit.slot.version)
    return edit, places[0]


async def _save(edit: SlotEdit, items: list[HandItem], verb: str) -> SlotEdit:
    """Stores the items, where they are others than before: a new version, a state, one audit row."""
    if items == edit.items:
        return edit
    work, front, slot = edit.work, edit.front, edit.slot
    edit.items = items
    await edit.fronts.fill(front.id, slot.name, items)
    slot.version += 1
    await work.session.flush()
    await _warn(edit)
    await edit.fronts.keep_state(front, member_of(work), verb, work.now, slot.name)
    pending_changes(work.session).touched.add((KIND, front.id))
    await work.record(f"front.{verb}", KIND, front.id, slot=slot.name, version=slot.version)
    return edit


async def _warn(edit: SlotEdit) -> None:
    """Warns of articles that stand on the front twice, and of a draft that will replace the slot."""
    every = await edit.fronts.items(edit.front.id)
    own = [item.article_id for item in edit.items if item.article_id]
    others = {item.article_id for name, items in every.items() if name != edit.slot.name for item in items}
    if len(set(own)) < len(own) or not others.isdisjoint(own):
        edit.warnings.append({"code": "article_on_front"})
    draft = await edit.fronts.draft(edit.front.id)
    if draft is not None and draft.publish_at is not None and edit.slot.name in draft.slots:
        edit.warnings.append({"code": "draft_scheduled"})


# --- drafts -----------------------------------------------------------------------------------------------------------


@dataclass
class DraftEdit:
    """A draft that was just saved."""

    front: Front
    draft: FrontDraft
    is_new: bool
    warnings: list[dict[str, object]]


async def put_draft_slot(work: Work, slug: str, name: str, body: SlotItemsInput, expected: Expected) -> DraftEdit:
    """Puts a slot into the draft, based on the live slot as it is now."""
    fronts = FrontsToEdit(work.session)
    front = await fronts.require(slug, f"/draft/slots/{name}")
    await publish_due(work.session, work.now, front.id)
    draft = await fronts.draft(front.id, for_update=True)
    if draft is None:
        expected.obey_absence()
    else:
        expected.require(draft.version)
    slot = await fronts.slot(front, name)
    if draft is None:
        await _require_no_draft(fronts, front, expected)
    known_items = (await fronts.items(front.id, name)).get(name, [])
    if draft is not None and name in draft.slots:
        known_items += [HandItem.of_json(one) for one in draft.slots[name]["items"]]
    items, warnings = await written_items(work, front, body.items, known_items)
    is_new, draft = draft is None, draft or _new_draft(work, front)
    stored = {"items": [item.as_json() for item in items], "base": slot.version, "skipped_at": None}
    draft.slots = {**draft.slots, name: stored}
    await _save_draft(work, fronts, draft, is_new)
    await work.record("front.draft_put", KIND, front.id, slot=name, version=draft.version)
    return DraftEdit(front, draft, is_new, warnings)


async def _require_no_draft(fronts: FrontsToEdit, front: Front, expected: Expected) -> None:
    """Locks the front, so that of two who begin a draft at once the second one is told of the first."""
    await fronts.locked(front)
    other = await fronts.draft(front.id)
    if other is not None:
        expected.require(other.version)


def _new_draft(work: Work, front: Front) -> FrontDraft:
    id, name = member_of(work)
    return FrontDraft(
        front_id=front.id, version=0, slots={}, publish_at=None, member_id=id, member_name=name, updated_at=work.now
    )


async def _save_draft(work: Work, fronts: FrontsToEdit, draft: FrontDraft, is_new: bool = False) -> None:
    draft.version += 1
    draft.member_id, draft.member_name = member_of(work)
    draft.updated_at = work.now
    if is_new:
        await fronts.add(draft)
    kept = [HandItem.of_json(one) for slot in draft_slots(draft).values() for one in slot["items"]]
    await fronts.use_pictures(draft.front_id, DRAFT, kept)
    await work.session.flush()
    pending_changes(work.session).touched.add((KIND, draft.front_id))


async def publish_draft(work: Work, slug: str, at: datetime | None, expected: Expected) -> Front:
    """Publishes the draft now, or `at` a time to come. Raises `SlotsChanged`, which tells what was changed since."""
    fronts = FrontsToEdit(work.session)
    front, draft = await _open_draft(work, fronts, slug, "/draft/publish")
    expected.obey(draft.version)
    if at is not None and at > work.now:
        _refuse_changed(await outdated_slots(fronts, draft))
        draft.publish_at = at
        await _save_draft(work, fronts, draft)
        await work.record("front.draft_schedule", KIND, front.id, at=at.isoformat(), slots=sorted(draft.slots))
        return front
    outcome = await publish_slots(fronts, draft)
    _refuse_changed(outcome.skipped)
    await fronts.use_pictures(front.id, DRAFT, ())
    await fronts.remove(draft)
    await fronts.keep_state(front, member_of(work), "draft_publish", work.now)
    pending_changes(work.session).touched.add((KIND, front.id))
    await work.record("front.draft_publish", KIND, front.id, slots=outcome.published)
    return front


def _refuse_changed(slots: Sequence[str]) -> None:
    if slots:
        raise SlotsChanged(params={"slots": ", ".join(slots)}, slots=slots)


async def delete_draft(work: Work, slug: str, expected: Expected) -> None:
    """Throws the draft away, and its schedule."""
    fronts = FrontsToEdit(work.session)
    front, draft = await _open_draft(work, fronts, slug, "/draft")
    expected.require(draft.version)
    await fronts.use_pictures(front.id, DRAFT, ())
    await fronts.remove(draft)
    pending_changes(work.session).touched.add((KIND, front.id))
    await work.record("front.draft_delete", KIND, front.id, version=draft.version)


async def _open_draft(work: Work, fronts: FrontsToEdit, slug: str, suffix: str) -> tuple[Front, FrontDraft]:
    """The draft, locked; one whose time has come is published first. Raises `NotFound` without one."""
    front = await fronts.require(slug, suffix)
    await publish_due(work.session, work.now, front.id)
    draft = await fronts.draft(front.id, for_update=True)
    if draft is None:
        raise NotFound()
    return front, draft


# --- states -----------------------------------------------------------------------------------------------------------


async def restore_state(
    work: Work, slug: str, id: str, expected: Expected
) -> tuple[Front, Sequence[dict[str, object]]]:
    """Brings slots and items of an earlier state back, as a new one. What was deleted since is left out, and told."""
    fronts = FrontsToEdit(work.session)
    front = await fronts.require(slug, "/restore")
    await publish_due(work.session, work.now, front.id)
    await fronts.lock_slots(front.id)
    front = await fronts.locked(front)
    expected.require(front.version)
    state = await fronts.state(front, id)
    if state is None:
        raise InvalidBody(errors=[Fault("not_found", pointer="/state", params={"value": id})])
    front.slots, without = await _with_known_terms(work.session, state.content["slots"])
    front.version, front.updated_at = front.version + 1, work.now
    await work.session.flush()
    await fronts.lay_out(front)
    await LINKS.store(work.session, front.id, [slot["rule"] for slot in front.slots])
    warnings = [*without, *await _fill_from(fronts, front, state.content["items"])]
    await fronts.keep_state(front, member_of(work), "restore", work.now)
    pending_changes(work.session).touched.add((KIND, front.id))
    await work.record("front.restore", KIND, front.id, state=state.id, version=front.version)
    return front, warnings


async def _with_known_terms(
    session: AsyncSession, slots: Sequence[SlotFields]
) -> tuple[list[SlotFields], list[dict[str, object]]]:
    """The slots with rules that name only terms that are still there, and a warning for each rule that lost one.

    A rule of whose tags none is left is left out: without the condition it would draw every article.
    """
    found: list[SlotFields] = []
    warnings: list[dict[str, object]] = []
    for slot in slots:
        rule = slot["rule"] and await _rule_of_known(session, slot["rule"])
        found.append({**slot, "rule": rule})
        if rule != slot["rule"]:
            warnings.append({"code": "not_restored", "field": slot["name"], "value": "rule"})
    return found, warnings


async def _rule_of_known(session: AsyncSession, rule: RuleFields) -> RuleFields | None:
    fields = cast(dict[str, Any], rule)
    there: dict[str, list[str]] = {}
    for link in LINKS.links:
        wanted = fields.get(link.field, [])
        names = await known(session, link.model, wanted)
        there[link.field] = [id for id in wanted if id in names]
        if wanted and not there[link.field]:
            return None
    return cast(RuleFields, {**fields, **there})


async def _fill_from(
    fronts: FrontsToEdit, front: Front, items: dict[str, list[dict[str, object]]]
) -> list[dict[str, object]]:
    """Puts stored items into the slots; returns a warning for each slot from which some are missing."""
    warnings: list[dict[str, object]] = []
    slots = await fronts.slots(front.id)
    for slot in slots:  # emptied first: an item may have stood in another slot since
        await fronts.fill(front.id, slot.name, ())
    for slot in slots:
        wanted = [HandItem.of_json(one) for one in items.get(slot.name, ())]
        kept = await fronts.still_there(wanted)
        if kept != wanted:
            warnings.append({"code": "not_restored", "field": slot.name, "value": str(len(wanted) - len(kept))})
        await fronts.fill(front.id, slot.name, kept)
        slot.version += 1
    await fronts.session.flush()
    return warnings
