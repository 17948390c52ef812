"""Imports entries of live coverage and their revisions: written as the desk writes one, rendered from the source."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from app.articles.desk_repository import ArticlesToEdit
from app.articles.models import Article
from app.entries.actions import take_in
from app.entries.desk_repository import EntriesToEdit
from app.entries.editing import EntryDraft
from app.entries.models import UNPINNED, Entry, EntryRevision
from app.entries.schemas import EntryFields, EntryUpdate
from app.exports.lines import EntryLine, EntryRevisionLine
from app.exports.tables import written
from app.imports.articles import NAME
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody
from app.staff.access import Actor
from app.staff.work import Work

FIELDS = set(EntryFields.model_fields)


async def entries(step: Step, lines: Sequence[EntryLine]) -> None:
    for line in sorted(await step.fresh(lines), key=lambda line: step.id_of("article", line.article)):
        member = step.id_of("member", line.member)
        if not await step.known("member", [member]):
            raise _not_found("/member", line.member)
        article = await _article(step, line)
        if article is not None:
            await _store(step, line, article, member)
        step.done(line, "imported")


async def _article(step: Step, line: EntryLine) -> Article | None:
    """Its article, locked in the order of ids; None in a dry run. Raises `InvalidBody` where it is not there, or is no
    live coverage."""
    id = step.id_of("article", line.article)
    if step.run.is_dry and step.planned_of("article", [id]):
        return None
    article = await ArticlesToEdit(step.session).find(id, for_update=not step.run.is_dry)
    if article is None or article.kind != "live":
        raise _not_found("/article", line.article)
    return None if step.run.is_dry else article


def _not_found(pointer: str, id: str) -> InvalidBody:
    return InvalidBody(errors=[Fault("not_found", pointer=pointer, params={"value": id})])


async def _store(step: Step, line: EntryLine, article: Article, member: str) -> None:
    work = Work(step.session, Actor(member, NAME, frozenset({"admin"}), None), step.run.settings, step.now)
    draft = EntryDraft(work, EntriesToEdit(step.session), article, _entry(line, article, member), is_importing=True)
    with step.session.no_autoflush:
        await draft.write(_fields(step, line), FIELDS)
    for warning in draft.warnings:
        if warning["code"] == "not_restored":
            step.remark(line, f"{warning['field']}: {warning['value']} is not there: left out")
    await take_in(draft)


def _fields(step: Step, line: EntryLine) -> EntryUpdate:
    """What an editor may write of it, with the ids of authors here."""
    fields = EntryUpdate.model_validate(line.model_dump(mode="json", include=FIELDS))
    return fields.model_copy(update={"authors": step.ids_of("author", line.authors or ())})


def _entry(line: EntryLine, article: Article, member: str) -> Entry:
    corrections = [{"id": one.id, "at": str(written(one.at)), "note": one.note} for one in line.corrections]
    moments = {name: getattr(line, name) for name in ("created_at", "saved_at", "updated_at", "published_at")}
    return Entry(
        **{"id": line.id, "article_id": article.id, "member_id": member, "version": line.version, **moments},
        **{"corrections": corrections, "corrected": bool(corrections), "rank": UNPINNED, "language": line.language},
        **{"source": "", "format": "html", "html": "", "text": "", "blocks": []},
    )


async def entry_revisions(step: Step, lines: Sequence[EntryRevisionLine]) -> None:
    """Adds what is missing of the history of entries, up to their version here."""
    ids = {line.entry for line in lines}
    versions = select(Entry.id, Entry.version).where(Entry.id.in_(ids))
    here = {row.id: row.version for row in (await step.session.execute(versions)).all()}
    kept = select(EntryRevision.entry_id, EntryRevision.number, EntryRevision.at).where(EntryRevision.entry_id.in_(ids))
    there = {(id, number): at for id, number, at in (await step.session.execute(kept)).all()}
    rows = []
    for line in lines:
        at = there.get((line.entry, line.number))
        if at is not None:
            step.done(line, "there" if at == line.at else "left")
        elif ("entry", line.entry) in step.run.planned:
            step.done(line, "imported")
        elif line.entry not in here:
            step.done(line, "refused", f"its entry {line.entry} is not there")
        elif line.number > here[line.entry]:
            step.done(line, "left")
        else:
            rows.append(_revision(step, line))
            step.done(line, "imported")
    if rows and not step.run.is_dry:
        await step.session.execute(insert(EntryRevision), rows)


def _revision(step: Step, line: EntryRevisionLine) -> dict[str, object]:
    content = line.content.model_dump(mode="json", include=FIELDS)
    return {
        **{"entry_id": line.entry, "number": line.number, "at": line.at, "action": line.action},
        **{"member_id": step.id_of("member", line.member), "member_name": line.member_name},
        "content": {**content, "authors": step.ids_of("author", line.content.authors or ())},
    }
