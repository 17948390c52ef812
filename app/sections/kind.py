"""Sections as a term kind: their own fields, and the rules of the tree."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import pending_changes
from app.kit.errors import Fault, InvalidBody
from app.sections.models import Section
from app.sections.repository import DEEPEST, ancestors, height, lines_of, lock_tree
from app.sections.schemas import SectionInput
from app.settings import Settings
from app.terms.images import shown_image, unknown_image, use_image
from app.terms.kinds import TermKind
from app.terms.repository import known
from app.terms.shapes import filed_fields, ref_of


async def _fill(session: AsyncSession, section: Section, body: SectionInput) -> None:
    section.position = body.position
    await lock_tree(session)
    parent, faults = await _parent(session, section, body.parent)
    if faults := [*faults, *await unknown_image(session, "image", body.image)]:
        raise InvalidBody(errors=faults)
    section.image = await use_image(session, section, "image", section.image, body.image)
    before = section.parent_id
    section.parent = parent
    section.parent_id = parent.id if parent else None
    if section.parent_id != before:
        lines = await lines_of(session, set(filter(None, (before, section.parent_id))))
        pending_changes(session).touched |= {("section", id) for line in lines.values() for id in line}
        pending_changes(session).moves_tree = True


async def _parent(session: AsyncSession, section: Section, name: str | None) -> tuple[Section | None, list[Fault]]:
    """The section above, and what is wrong with it."""
    if name is None:
        return None, []
    parent = (await known(session, Section, [name])).get(name)
    if parent is None:
        return None, [Fault("not_found", pointer="/parent", params={"value": name})]
    line = await ancestors(session, parent.id)
    if section.id in line:
        return parent, [Fault("cycle", pointer="/parent")]
    if len(line) + await height(session, section.id) > DEEPEST:
        return parent, [Fault("too_deep", pointer="/parent", params={"max": DEEPEST})]
    return parent, []


def _shape(section: Section, settings: Settings) -> dict[str, object]:
    parent = section.parent
    return {
        **filed_fields(settings, "section", section),
        "parent": ref_of(settings, "section", parent.id, parent.slug, parent.name) if parent else None,
        "position": section.position,
        "image": shown_image(section.image, section.pictures, section.language, settings),
    }


SECTIONS = TermKind("section", "sections", Section, _shape, _fill, is_tree=True, computed=("pictures",))
