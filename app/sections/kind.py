"""Sections as a term kind: their own fields, and the rules of the tree."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.pending import pending_changes
from app.kit.errors import Fault, InvalidBody
from app.sections.models import Section
from app.sections.repository import DEEPEST, ancestors, height, lines_of, lock_tree
from app.sections.schemas import SectionInput
from app.settings import Settings
from app.terms.kinds import TermKind
from app.terms.repository import known
from app.terms.shapes import filed_fields, ref_of


async def _fill(session: AsyncSession, section: Section, body: SectionInput) -> None:
    section.position = body.position
    await lock_tree(session)
    parent = await _parent(session, section, body.parent)
    before = section.parent_id
    section.parent = parent
    section.parent_id = parent.id if parent else None
    if section.parent_id != before:
        lines = await lines_of(session, set(filter(None, (before, section.parent_id))))
        pending_changes(session).touched |= {("section", id) for line in lines.values() for id in line}
        pending_changes(session).moves_tree = True


async def _parent(session: AsyncSession, section: Section, name: str | None) -> Section | None:
    if name is None:
        return None
    parent = (await known(session, Section, [name])).get(name)
    if parent is None:
        raise InvalidBody(errors=[Fault("not_found", pointer="/parent", params={"value": name})])
    line = await ancestors(session, parent.id)
    if section.id in line:
        raise InvalidBody(errors=[Fault("cycle", pointer="/parent")])
    if len(line) + await height(session, section.id) > DEEPEST:
        raise InvalidBody(errors=[Fault("too_deep", pointer="/parent", params={"max": DEEPEST})])
    return parent


def _shape(section: Section, settings: Settings) -> dict[str, object]:
    parent = section.parent
    return {
        **filed_fields(settings, "section", section),
        "parent": ref_of(settings, "section", parent.id, parent.slug, parent.name) if parent else None,
        "position": section.position,
    }


SECTIONS = TermKind("section", "sections", Section, _shape, _fill, is_tree=True)
