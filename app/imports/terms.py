"""Imports members, sections, tags and authors. Who has the same name, or leads by the same slug, is the same here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from sqlalchemy import select

from app.articles.filing import FILINGS
from app.changes.pending import pending_changes
from app.exports.lines import AuthorLine, MemberLine, SectionLine, TagLine
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody
from app.media.models import Media
from app.media.shown import STANDING
from app.staff.models import Member
from app.staff.repository import Staff
from app.terms.kinds import TermKind
from app.terms.schemas import TermImageInput
from app.text.characters import identity_fold

KINDS: dict[str, TermKind] = {filing.kind.noun: filing.kind for filing in FILINGS}
IMAGES = {"section": "image", "author": "avatar"}
L = TypeVar("L", bound=SectionLine | TagLine | AuthorLine)


async def members(step: Step, lines: Sequence[MemberLine]) -> None:
    """Members have no tokens yet; one with the name of another is that one, with the roles that they have here."""
    staff = Staff(step.session)
    for line in await step.fresh(lines):
        same = await staff.member_named(line.name)
        if same is not None:
            step.same(line, same.id, f"{line.name} is a member here already: the same")
            continue
        if not step.run.is_dry:
            await staff.add(_member(line))
        step.done(line, "imported")


def _member(line: MemberLine) -> Member:
    return Member(
        id=line.id,
        name=line.name,
        name_key=identity_fold(line.name),
        roles=list(dict.fromkeys(line.roles)),
        active=line.active,
        version=line.version,
        created_at=line.created_at,
    )


async def terms(step: Step, lines: Sequence[L]) -> None:
    for line in await step.fresh(lines):
        owner = await step.owner(line.kind, line.slug)
        if owner is not None and await step.known(line.kind, [owner]):
            await _same(step, line, owner)
        else:
            await _add(step, line)


async def _same(step: Step, line: L, id: str) -> None:
    """The term is here under another id: only addresses are added that it does not have yet."""
    if await step.take_former(line, line.kind, id):
        pending_changes(step.session).touched.add((line.kind, id))
        pending_changes(step.session).edited.add((line.kind, id))
    step.same(line, id, f"{line.slug} is here already: the same {line.kind}")


async def _add(step: Step, line: L) -> None:
    if isinstance(line, SectionLine) and line.parent is not None:
        parent = step.id_of("section", line.parent)
        if not await step.known("section", [parent]):
            raise InvalidBody(errors=[Fault("not_found", pointer="/parent", params={"value": line.parent})])
        line = line.model_copy(update={"parent": parent})
    line = await _without_lost_image(step, line)
    if not step.run.is_dry:
        await _store(step, line)
    await step.take_former(line, line.kind, line.id)
    step.done(line, "imported")


async def _without_lost_image(step: Step, line: L) -> L:
    """The same without an image that the library here does not have, or has withdrawn: the term is more than that."""
    place = IMAGES.get(line.kind)
    image: TermImageInput | None = getattr(line, place) if place else None
    if place is None or image is None or not image.id:
        return line
    shown = select(Media.id).where(Media.id == image.id, STANDING)  # without a lock: a dry run only reads
    if step.planned_of("media", [image.id]) or (await step.session.execute(shown)).first():
        return line
    step.remark(line, f"{place}: {image.id} is not there: left out")
    return cast(L, line.model_copy(update={place: None}))


async def _store(step: Step, line: L) -> None:
    """Like `put_term`, with the id and the moments of the file. Readers see it with its first article."""
    kind, session = KINDS[line.kind], step.session
    term = kind.model()
    term.id, term.version, term.created_at, term.updated_at = line.id, line.version, line.created_at, line.updated_at
    term.name, term.language = line.name, line.language or step.run.settings.language
    term.description = line.description or None
    await kind.fill(session, term, line)
    term.slug = await step.take_slug(line, line.kind, line.slug)
    await kind.terms(session).add(term)
