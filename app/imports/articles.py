"""Imports articles and their revisions. An article is written as the desk writes one, and rendered from its source."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from app.articles import pictures
from app.articles.actions import lacks
from app.articles.desk_repository import ArticlesToEdit
from app.articles.editing import Draft
from app.articles.events import HIDDEN, public_views, record_public_change
from app.articles.indexing import index, with_locked_names
from app.articles.models import Article, Correction, Revision
from app.articles.repository import KIND
from app.exports.lines import CONTENT, ArticleLine, Content, RevisionLine
from app.exports.tables import ARTICLE, written
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody
from app.kit.sql import rarely
from app.media.desk_repository import store_uses
from app.media.models import Media
from app.media.shown import STANDING
from app.staff.access import Actor
from app.staff.work import Work
from app.text.markup import media_ids

NAME = "import"  # of who acts, for the audit


async def articles(step: Step, lines: Sequence[ArticleLine]) -> None:
    """An article with the external id of another is that one, which is left as it is."""
    for line in await step.fresh(lines):
        member = step.id_of("member", line.member)
        same = await _same_external(step, line)
        if same is not None:
            step.same(line, same, f"{line.id} has the external id of {same}: the same article, left alone")
            continue
        if not await step.known("member", [member]):
            raise InvalidBody(errors=[Fault("not_found", pointer="/member", params={"value": line.member})])
        if step.run.is_dry:
            await _plan(step, line)
        else:
            await _store(step, line, member)
        step.done(line, "imported")


async def _same_external(step: Step, line: ArticleLine) -> str | None:
    if line.external_id is None:
        return None
    same = (Article.external_system == line.external_id.system, rarely(Article.external_id == line.external_id.id))
    return (await step.session.execute(select(Article.id).where(*same))).scalar_one_or_none()


async def _plan(step: Step, line: ArticleLine) -> None:
    """For a dry run: tells what would be told. Nothing is rendered."""
    content = _mapped(step, line.content)
    for kind, ids in (("section", content.sections), ("tag", content.tags), ("author", content.authors)):
        known = await step.known(kind, ids or ())
        for id in ids or ():
            if id not in known:
                step.remark(line, f"the {kind} {id} is not there: left out")
    await _plan_pictures(step, line)
    _has_come_to_nothing(step, line)
    await step.take_slug(line, KIND, content.slug)
    await step.take_former(line, KIND, line.id)


async def _plan_pictures(step: Step, line: ArticleLine) -> None:
    content, given = line.content, set(CONTENT)
    named = pictures.named_in(content, given, content.body or "")
    shown = select(Media.id).where(Media.id.in_(named), STANDING)
    known = {*(await step.session.execute(shown)).scalars(), *step.planned_of("media", named)}
    faults = list(pictures.unknown_images(content, given, known))
    faults += [pictures.not_found("/body", id) for id in media_ids(content.body or "") if id not in known]
    for fault in faults:
        step.remark(line, f"{(fault.pointer or '').split('/')[1]}: {fault.params['value']} is not there: left out")


def _mapped(step: Step, content: Content) -> Content:
    """The same with the ids of terms here."""
    return content.model_copy(
        update={
            "section": step.id_of("section", content.section) if content.section else None,
            "sections": step.ids_of("section", content.sections or ()),
            "tags": step.ids_of("tag", content.tags or ()),
            "authors": step.ids_of("author", content.authors or ()),
        }
    )


async def _store(step: Step, line: ArticleLine, member: str) -> None:
    session = step.session
    work = Work(session, Actor(member, NAME, frozenset({"admin"}), None), step.run.settings, step.now)
    draft = Draft(work, ArticlesToEdit(session), _article(step, line, member), is_restoring=True)
    article, articles = draft.article, draft.articles
    with session.no_autoflush:  # the database would refuse what is half written
        await draft.write(_mapped(step, line.content), set(CONTENT))
        await _group(step, line, draft)
    for warning in draft.warnings:
        if warning["code"] == "not_restored":
            step.remark(line, f"{warning['field']}: {warning['value']} is not there: left out")
    _decide(step, line, draft)
    article.slug = await step.take_slug(line, KIND, line.content.slug)
    await articles.add(article)
    session.add(draft.body)
    session.add_all(_corrections(line))
    await articles.file(article, draft.stored, draft.related)
    await articles.file_subjects(article, draft.stored_subjects)
    await store_uses(session, KIND, article.id, (), pictures.uses_of(article, draft.body))
    await session.flush()
    await step.take_former(line, KIND, line.id)
    after = (await public_views(session, [article], step.now))[article.id]
    record_public_change(session, article, "publish", HIDDEN, after)
    if article.state == "published":
        await index(session, article, await with_locked_names(session, draft.related), draft.body)


def _article(step: Step, line: ArticleLine, member: str) -> Article:
    external = line.external_id
    kept = {name: getattr(line, name) for name in ARTICLE if name != "translation_group"}  # which `_group` decides
    kept["contributors"] = step.ids_of("member", line.contributors)
    return Article(
        **kept,
        member_id=member,
        slug_by_hand=line.content.slug_by_hand,
        corrected=bool(line.corrections),
        external_system=external.system if external else None,
        external_id=external.id if external else None,
    )


def _corrections(line: ArticleLine) -> list[Correction]:
    return [
        Correction(id=one.id, article_id=line.id, kind=one.kind, note=one.note, at=one.at) for one in line.corrections
    ]


async def _group(step: Step, line: ArticleLine, draft: Draft) -> None:
    """Files it with its translations, unless the group has another article in its language here."""
    group, article = line.translation_group, draft.article
    if group is not None and await draft.articles.twin(group, article.language, article.id):
        step.remark(line, f"another article here is this translation into {article.language}: it stands alone")
        group = None
    article.translation_group = group


def _decide(step: Step, line: ArticleLine, draft: Draft) -> None:
    """What becomes of its state here. Raises `InvalidBody` where it lacks what publication requires."""
    article = draft.article
    if _has_come_to_nothing(step, line):
        article.state, article.published_at, article.revised_at, article.first_published_at = "draft", None, None, None
    elif article.state == "published" and (faults := lacks(draft)):
        raise InvalidBody(errors=faults)
    elif article.state == "published" and article.published_at is not None:
        first = article.first_published_at
        if first is None or first > max(article.published_at, step.now):  # what came out has come out before now
            article.first_published_at = article.published_at


def _has_come_to_nothing(step: Step, line: ArticleLine) -> bool:
    """Whether it was scheduled when the file was made, for a moment that has passed since: nobody decided on that."""
    at = line.published_at
    if line.state != "published" or at is None or not step.run.made_at < at <= step.now:
        return False
    step.remark(line, f"{line.id} was scheduled for {written(at)}, which has passed: it becomes a draft")
    return True


async def revisions(step: Step, lines: Sequence[RevisionLine]) -> None:
    """Adds what is missing of the history of articles, up to their version here."""
    ids = {line.article for line in lines}
    versions = select(Article.id, Article.version).where(Article.id.in_(ids))
    here = {row.id: row.version for row in (await step.session.execute(versions)).all()}
    kept = select(Revision.article_id, Revision.number, Revision.at).where(
        Revision.article_id.in_(ids), Revision.number.in_({line.number for line in lines})
    )
    there = {(id, number): at for id, number, at in (await step.session.execute(kept)).all()}
    rows = []
    for line in lines:
        at = there.get((line.article, line.number))
        if step.id_of("article", line.article) != line.article or at not in {None, line.at}:
            step.done(line, "left")
        elif at == line.at:
            step.done(line, "there")
        elif ("article", line.article) in step.run.planned:
            step.done(line, "imported")
        elif line.article not in here:
            step.done(line, "refused", f"its article {line.article} is not there")
        elif line.number > here[line.article]:
            step.done(line, "left")
        else:
            rows.append(_revision(step, line))
            step.done(line, "imported")
    if rows and not step.run.is_dry:
        await step.session.execute(insert(Revision), rows)


def _revision(step: Step, line: RevisionLine) -> dict[str, object]:
    return {
        "article_id": line.article,
        "number": line.number,
        "at": line.at,
        "member_id": step.id_of("member", line.member),
        "member_name": line.member_name,
        "action": line.action,
        "content": _mapped(step, line.content).stored(),
    }
