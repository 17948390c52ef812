"""The verbs of an article at the desk, and the states in which each is allowed.

| | draft | in_review | scheduled | published | withdrawn |
| --- | --- | --- | --- | --- | --- |
| edit, restore | ✓ | ✓ | ✓ editors | ✓ editors | |
| live | ✓ | ✓ | ✓ | ✓ | |
| submit | → in_review | | | | |
| return | | → draft | | | |
| publish | → published | → published | → published | | |
| unpublish | | | → draft | → draft | |
| correct | | | | ✓ | |
| withdraw | | | | → withdrawn | |
| kill | → withdrawn ¹ | → withdrawn ¹ | → withdrawn ¹ | → withdrawn | ✓ |
| reinstate | | | | | → draft |
| delete | ✓ | ✓ | | | |

A kill is a `withdraw` with `mandatory`. ¹ Once somebody could have read it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm.attributes import get_history

from app.articles import revisions
from app.articles.desk_repository import ArticlesToEdit
from app.articles.desk_schemas import CorrectInput, LiveInput, WithdrawInput
from app.articles.editing import Draft, is_embargoed
from app.articles.events import (
    HIDDEN,
    PublicView,
    is_out,
    log_time,
    reach_former_filters,
    record_hidden,
    record_public_change,
    view_of,
    was_told,
)
from app.articles.fields import PUBLIC
from app.articles.indexing import index, with_locked_names
from app.articles.models import Article, ArticleBody, Correction
from app.articles.naming import name, name_in_public, plain_slug, was_public
from app.articles.repository import KIND
from app.articles.schemas import ArticleCreate, ArticleUpdate
from app.articles.shapes import status_of
from app.changes.log import log_clock
from app.changes.pending import PendingTakedown, pending_changes, record_takedown
from app.kit import clock
from app.kit.caching import Expected
from app.kit.errors import AlreadyExists, Fault, Forbidden, InvalidBody, NotFound, StateConflict
from app.kit.forms import Sent
from app.kit.ids import new_id
from app.media import actions as media
from app.media.desk_repository import store_uses
from app.media.schemas import MediaWithdrawInput
from app.sections.repository import lines_of
from app.slugs import repository as slugs
from app.staff.work import Work
from app.text.characters import is_blank

ALLOWED: dict[str, set[str]] = {
    "update": {"draft", "in_review", "scheduled", "published"},
    "restore": {"draft", "in_review", "scheduled", "published"},
    "live": {"draft", "in_review", "scheduled", "published"},
    "submit": {"draft"},
    "return": {"in_review"},
    "publish": {"draft", "in_review", "scheduled"},
    "unpublish": {"scheduled", "published"},
    "correct": {"published"},
    "withdraw": {"published"},
    "kill": {"draft", "in_review", "scheduled", "published", "withdrawn"},
    "reinstate": {"withdrawn"},
    "delete": {"draft", "in_review"},
}
WRITERS = {"update", "restore", "submit", "delete"}
MATCHED = {"update", "restore", "correct", "delete"}  # verbs that require `If-Match`; the others check it if it is sent


async def create(work: Work, sent: Sent[ArticleCreate, ArticleUpdate]) -> Draft:
    """Creates a draft that belongs to the acting member."""
    now = work.now
    article = Article(id=new_id(), member_id=work.actor.member_id, created_at=now, saved_at=now, updated_at=now)
    draft = Draft(work, ArticlesToEdit(work.session), article, faults=list(sent.faults))
    every = set(ArticleUpdate.model_fields)
    await _write(draft, sent.fields, sent.given, sent.given if sent.faults else every)
    await draft.articles.add(article)
    return await _finish(draft, "create")


async def _open(work: Work, id: str, verb: str, expected: Expected) -> Draft:
    """The article, locked for `verb`. Raises `NotFound`, `Forbidden`, `StateConflict`, and the errors of `If-Match`."""
    articles = ArticlesToEdit(work.session)
    if verb == "publish":  # before the article's row lock: a transaction that waits for a slug holds no lock yet
        await slugs.lock_slug(work.session, KIND, plain_slug(await articles.require(id)))
    article = await articles.require(id, for_update=True)
    now = clock.now()  # the transaction that held the lock may have published it
    work = replace(work, now=now if log_time(article, now) == now else await log_clock(work.session))
    status = status_of(article, work.now)
    if not work.actor.has("editor"):
        _refuse_reporter(work, article, verb, status)
    if verb in MATCHED:
        expected.require(article.version)
    if status not in ALLOWED[verb] or (verb == "kill" and not await _could_be_read(work, article)):
        raise StateConflict(params={"state": status, "verb": verb}, state=status)
    expected.obey(article.version)
    body, related, uses = await articles.body_and_relations(article, work.now)
    draft = Draft(work, articles, article, body, related, uses)
    draft.before = await _public_view(draft, log_time(article, work.now))
    return draft


async def _public_view(draft: Draft, now: datetime) -> PublicView:
    """What readers see of it at `now`."""
    if not is_out(draft.article, now):
        return HIDDEN
    if missing := set(draft.related.ids("sections")) - draft.lines.keys():
        with draft.work.session.no_autoflush:  # the article is stored when all is known
            draft.lines |= await lines_of(draft.work.session, missing)
    return view_of(draft.article, draft.related, draft.lines)


def _refuse_reporter(work: Work, article: Article, verb: str, status: str) -> None:
    """A reporter may write own drafts until they are scheduled or published; others' articles are 404."""
    if article.member_id != work.actor.member_id:
        raise NotFound()
    if verb not in WRITERS or status in {"scheduled", "published", "withdrawn"}:
        raise Forbidden()


async def update(work: Work, id: str, expected: Expected, sent: Sent[ArticleUpdate, ArticleUpdate]) -> Draft:
    """Changes the fields that were sent. A save without a change stores nothing."""
    draft = await _open(work, id, "update", expected)
    draft.faults = list(sent.faults)
    await _write(draft, sent.fields, sent.given)
    return await _save_changes(draft, "update", minor=bool(sent.fields.minor))


async def restore(work: Work, id: str, expected: Expected, number: int) -> Draft:
    """Saves the content of an earlier revision again; sections, tags and authors that are gone are left out."""
    draft = await _open(work, id, "restore", expected)
    revision = await revisions.one(work.session, draft.article, number)
    draft.is_restoring = True
    await _write(draft, *revisions.as_update(revision.content))
    return await _save_changes(draft, "restore")


async def correct(work: Work, id: str, expected: Expected, sent: Sent[CorrectInput, ArticleUpdate]) -> Draft:
    """Adds a public correction, and saves the changes that came with it."""
    draft = await _open(work, id, "correct", expected)
    article, now = draft.article, draft.work.now
    draft.faults = list(sent.faults)
    await _write(draft, sent.fields, sent.given)
    correction = sent.whole()
    article.corrected = True
    work.session.add(Correction(id=new_id(), article_id=article.id, kind=correction.kind, note=correction.note, at=now))
    return await _save_changes(draft, "correct")


async def _write(draft: Draft, fields: ArticleUpdate, given: set[str], written: set[str] | None = None) -> None:
    """Writes and names the article. `written`: the fields to set, where these are not only the `given` ones."""
    work, article = draft.work, draft.article
    with work.session.no_autoflush:  # the database would refuse what is half written
        await draft.write(fields, given if written is None else written)
        taken = await draft.articles.same_external(article, work.actor, work.now)
        if taken is not None:
            id, may_know = taken
            raise AlreadyExists(existing_id=id if may_know else None)
        await name(draft, fields, given)


async def _save_changes(draft: Draft, action: str, *, minor: bool = False) -> Draft:
    """Saves what was written. Whether anything was is the session's to say: so nothing was flushed yet."""
    article, body, work = draft.article, draft.body, draft.work
    if status_of(article, work.now) in {"scheduled", "published"} and (faults := lacks(draft)):
        raise InvalidBody(errors=faults)
    is_public_change = (
        action == "correct"
        or draft.related != draft.stored
        or _has_changed(article, *PUBLIC)
        or (body is not None and _has_changed(body, "html"))
    )
    if is_public_change:
        article.updated_at = _no_earlier_than_publication(article, work.now)
        if article.state == "published" and not minor:
            article.revised_at = article.updated_at
    elif not work.session.is_modified(article) and not (body is not None and work.session.is_modified(body)):
        return draft
    return await _save(draft, action, **_changed_embargo(article))


def _changed_embargo(article: Article) -> dict[str, object]:
    """What the audit says of an embargo that was set, moved or lifted."""
    until = article.embargo_until
    return {"embargo_until": until and clock.written(until)} if _has_changed(article, "embargo_until") else {}


def _has_changed(thing: Article | ArticleBody, *names: str) -> bool:
    """Whether one of these attributes has another value than the stored one."""
    return any(get_history(thing, name).has_changes() for name in names)


def _no_earlier_than_publication(article: Article, now: datetime) -> datetime:
    """`updated_at` for a change now: of a scheduled article its publication, so that lists by change show it then."""
    return max(now, article.published_at) if article.state == "published" and article.published_at else now


async def submit(work: Work, id: str, expected: Expected) -> Draft:
    draft = await _open(work, id, "submit", expected)
    draft.article.state = "in_review"
    return await _save(draft, "submit")


async def give_back(work: Work, id: str, expected: Expected, note: str) -> Draft:
    """Returns an article from review to draft, with the reason."""
    draft = await _open(work, id, "return", expected)
    draft.article.state, draft.article.note = "draft", note
    return await _save(draft, "return")


async def publish(work: Work, id: str, expected: Expected, at: datetime | None) -> Draft:
    """Publishes now, or `at` a time: in the future it becomes visible then by itself; a past one is for archives."""
    draft = await _open(work, id, "publish", expected)
    article, now = draft.article, draft.work.now
    if faults := [*lacks(draft), *_too_early(article, at or now)]:
        raise InvalidBody(errors=faults)
    if not was_public(article, now):
        article.first_published_at = None
    await name_in_public(draft)
    article.state, article.note = "published", None
    article.published_at = at or now
    article.first_published_at = article.first_published_at or article.published_at
    article.revised_at = article.published_at
    article.updated_at = max(now, article.published_at)
    return await _save(draft, "publish", at=article.published_at.isoformat())


async def unpublish(work: Work, id: str, expected: Expected) -> Draft:
    """Makes a published or scheduled article a draft: it is no longer public."""
    draft = await _open(work, id, "unpublish", expected)
    article, now = draft.article, draft.work.now
    if not was_public(article, now):
        article.first_published_at = None
    article.state, article.published_at, article.revised_at, article.updated_at = "draft", None, None, now
    return await _save(draft, "unpublish")


async def withdraw(work: Work, id: str, expected: Expected, body: WithdrawInput) -> Draft:
    """Withdraws it for good, with these pictures: its address answers 410 with the reason. A kill is mandatory for all
    who have a copy."""
    draft = await _open(work, id, "kill" if body.mandatory else "withdraw", expected)
    article, now = draft.article, draft.work.now
    article.state, article.note = "withdrawn", body.note
    article.withdrawn_at, article.withdrawn_reason = now, body.reason
    article.withdrawn_cause, article.withdrawn_mandatory = body.cause or "other", body.mandatory
    article.updated_at = now
    await _take_down_media(work, body)
    record_takedown(work.session, PendingTakedown(KIND, article.id, "withdrawn", body.reason))
    return await _save(draft, "withdraw", cause=article.withdrawn_cause, mandatory=body.mandatory)


async def _could_be_read(work: Work, article: Article) -> bool:
    """Whether it was public at any time, by its own dates or by the log."""
    return was_public(article, work.now) or await was_told(work.session, article.id)


async def _take_down_media(work: Work, body: WithdrawInput) -> None:
    """Takes these pictures down too. Raises `InvalidBody` for each that the library does not have."""
    if not body.media:
        return
    why = MediaWithdrawInput(cause=body.cause or "other", reason=body.reason)
    known = await media.take_down(work, body.media, why)
    faults = [
        Fault("not_found", pointer=f"/media/{place}", params={"value": id})
        for place, id in enumerate(body.media)
        if id not in known
    ]
    if faults:
        raise InvalidBody(errors=faults)


async def set_live(work: Work, id: str, expected: Expected, body: LiveInput) -> Draft:
    """Sets when live coverage starts and ends. Raises `StateConflict` for another kind of article."""
    draft = await _open(work, id, "live", expected)
    article = draft.article
    if article.kind != "live":
        raise StateConflict(params={"state": article.kind, "verb": "live"}, state=article.kind)
    for field in body.model_fields_set:
        setattr(article, f"live_{field}", getattr(body, field))
    start, end = article.live_started_at, article.live_ended_at
    if start and end and end <= start:
        raise InvalidBody(errors=[Fault("before_start", pointer="/ended_at")])
    if not _has_changed(article, "live_started_at", "live_ended_at"):
        return draft
    article.updated_at = _no_earlier_than_publication(article, draft.work.now)
    return await _save(draft, "live")


async def reinstate(work: Work, id: str, expected: Expected) -> Draft:
    """Makes a withdrawn article a draft again, not public until it is published anew."""
    draft = await _open(work, id, "reinstate", expected)
    article, now = draft.article, draft.work.now
    article.state, article.withdrawn_at, article.withdrawn_reason = "draft", None, None
    article.withdrawn_cause, article.withdrawn_mandatory = None, False
    article.published_at, article.revised_at, article.updated_at = None, None, now
    record_takedown(work.session, PendingTakedown(KIND, article.id, "reinstated"))
    return await _save(draft, "reinstate")


async def delete(work: Work, id: str, expected: Expected) -> None:
    """Deletes a draft. A slug that was public stays reserved for ever."""
    draft = await _open(work, id, "delete", expected)
    article = draft.article
    await store_uses(work.session, KIND, article.id, draft.stored_uses, ())
    await draft.articles.remove(article)
    if was_public(article, draft.work.now):
        pending_changes(work.session).untold = True  # it had a place in the sitemap of its month
    else:
        await slugs.release(work.session, KIND, article.id)
    await work.record("article.delete", KIND, article.id, headline=article.headline)


async def _save(draft: Draft, verb: str, **details: object) -> Draft:
    draft.article.version += 1
    return await _finish(draft, verb, **details)


async def _finish(draft: Draft, verb: str, **details: object) -> Draft:
    """Every save ends here: change log, links, article, one revision, index, one audit row."""
    article, body, related, work = draft.article, draft.body, draft.related, draft.work
    article.saved_at = work.now
    record_public_change(work.session, article, verb, draft.before, await _public_view(draft, work.now))
    if verb == "reinstate" or (verb == "withdraw" and not draft.before.visible):
        with work.session.no_autoflush:
            draft.lines |= await lines_of(work.session, set(related.ids("sections")) - draft.lines.keys())
        record_hidden(work.session, article, verb, view_of(article, related, draft.lines))
    if verb == "withdraw" and article.withdrawn_mandatory:
        with work.session.no_autoflush:
            await reach_former_filters(work.session, article)
    if body is not None:
        work.session.add(body)
    await draft.articles.file(article, draft.stored, related)
    await draft.articles.file_subjects(article, draft.stored_subjects)
    await store_uses(work.session, KIND, article.id, draft.stored_uses, draft.uses)
    await revisions.keep(draft, verb)
    indexed = await with_locked_names(work.session, related) if article.state == "published" else related
    await index(work.session, article, indexed, body)
    await work.record(f"article.{verb}", KIND, article.id, version=article.version, **details)
    return draft


def _too_early(article: Article, at: datetime) -> list[Fault]:
    """A fault where it is to be public before its embargo ends."""
    until = article.embargo_until
    if until is None or not is_embargoed(article, at):
        return []
    return [Fault("embargoed", pointer="/at", params={"until": clock.written(until)})]


def lacks(draft: Draft) -> list[Fault]:
    """The fields that publication requires and that are missing, as faults."""
    article, body = draft.article, draft.body
    faults = [Fault("required", pointer="/headline")] if is_blank(article.headline) else []
    if body is None or not body.blocks:
        faults.append(Fault("required", pointer="/body"))
    if article.section_id is None:
        faults.append(Fault("required", pointer="/section"))
    if draft.work.settings.require_alt:
        faults += [Fault("alt_missing", pointer=pointer) for pointer in draft.images_without_alt()]
    return faults
