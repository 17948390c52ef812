"""The verbs of an article at the desk, and the states in which each is allowed.

| | draft | in_review | scheduled | published | withdrawn |
| --- | --- | --- | --- | --- | --- |
| edit, restore | ✓ | ✓ | ✓ editors | ✓ editors | |
| submit | → in_review | | | | |
| return | | → draft | | | |
| publish | → published | → published | → published | | |
| unpublish | | | → draft | → draft | |
| correct | | | | ✓ | |
| withdraw | | | | → withdrawn | |
| reinstate | | | | | → draft |
| delete | ✓ | ✓ | | | |
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.articles import revisions
from app.articles.editing import Draft, lacks, plain_slug
from app.articles.events import log_time, record_public_change
from app.articles.fields import PUBLIC
from app.articles.models import Article, Correction
from app.articles.repository import KIND, readable
from app.articles.schemas import ArticleCreate, ArticleUpdate, CorrectInput
from app.articles.shapes import status_of
from app.articles.stored import ArticlesToEdit
from app.changes.log import log_clock
from app.kit import clock
from app.kit.caching import Expected
from app.kit.errors import AlreadyExists, Forbidden, InvalidBody, NotFound, StateConflict
from app.kit.forms import Sent
from app.kit.ids import new_id
from app.slugs import repository as slugs
from app.staff.work import Work

ALLOWED: dict[str, set[str]] = {
    "update": {"draft", "in_review", "scheduled", "published"},
    "restore": {"draft", "in_review", "scheduled", "published"},
    "submit": {"draft"},
    "return": {"in_review"},
    "publish": {"draft", "in_review", "scheduled"},
    "unpublish": {"scheduled", "published"},
    "correct": {"published"},
    "withdraw": {"published"},
    "reinstate": {"withdrawn"},
    "delete": {"draft", "in_review"},
}
WRITERS = {"update", "restore", "submit", "delete"}


async def create(work: Work, sent: Sent[ArticleCreate, ArticleUpdate]) -> Draft:
    """Creates a draft that belongs to the acting member."""
    now = work.now
    article = Article(
        id=new_id(),
        slug="",
        state="draft",
        language="",
        kind="news",
        access="free",
        urgency=5,
        media=[],
        version=0,
        comment_count=0,
        corrected=False,
        announced=False,
        slug_by_hand=False,
        member_id=work.actor.member_id,
        created_at=now,
        saved_at=now,
        updated_at=now,
    )
    draft = Draft(work, ArticlesToEdit(work.session), article)
    draft.faults = list(sent.faults)
    await draft.write(sent.fields, sent.given if sent.faults else set(ArticleUpdate.model_fields))
    await _refuse_known(work, article)
    await draft.name(sent.fields, sent.given)
    article.version = 1
    await _finish(draft, "create")
    return draft


async def open_for(work: Work, id: str, verb: str, expected: Expected | None = None) -> Draft:
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
    if expected is not None:
        expected.require(article.version)
    if status not in ALLOWED[verb]:
        raise StateConflict(params={"state": status, "verb": verb}, state=status)
    draft = Draft(work, articles, article, *await articles.beside(article, work.now))
    draft.before = await draft.public_view(log_time(article, work.now))
    return draft


def _refuse_reporter(work: Work, article: Article, verb: str, status: str) -> None:
    """A reporter may write own drafts until they are scheduled or published; others' articles are 404."""
    if article.member_id != work.actor.member_id:
        raise NotFound()
    if verb not in WRITERS or status in {"scheduled", "published", "withdrawn"}:
        raise Forbidden()


async def update(draft: Draft, sent: Sent[ArticleUpdate, ArticleUpdate]) -> None:
    """Changes the fields that were sent. A save without a change stores nothing."""
    draft.faults = list(sent.faults)
    await _edit(draft, sent.fields, sent.given, "update", minor=sent.fields.minor)


async def restore(draft: Draft, number: int) -> None:
    """Saves the content of an earlier revision again; sections, tags and authors that are gone are left out."""
    revision = await revisions.one(draft.work.session, draft.article, number)
    fields, given = revisions.as_update(revision.content)
    draft.is_restoring = True
    await _edit(draft, fields, given, "restore", minor=False)


async def correct(draft: Draft, sent: Sent[CorrectInput, ArticleUpdate]) -> None:
    """Adds a public correction, and saves the changes that came with it."""
    article, work = draft.article, draft.work
    if sent.form is None:
        draft.faults = list(sent.faults)
        await draft.write(sent.fields, sent.given)
    correction = sent.whole()
    work.session.add(
        Correction(id=new_id(), article_id=article.id, kind=correction.kind, note=correction.note, at=work.now)
    )
    article.corrected = True
    await _edit(draft, sent.fields, sent.given, "correct", minor=False, always=True)


async def _edit(
    draft: Draft, fields: ArticleUpdate, given: set[str], action: str, *, minor: bool, always: bool = False
) -> None:
    article, work = draft.article, draft.work
    before, before_public = await revisions.content_of(draft), await _public(draft)
    other = (article.external_system, article.external_id, article.translation_group)
    with work.session.no_autoflush:
        await draft.write(fields, given)
        await _refuse_known(work, article)
        await draft.name(fields, given)
    await draft.store()
    if status_of(article, work.now) in {"scheduled", "published"} and (faults := lacks(article, draft.body)):
        raise InvalidBody(errors=faults)
    changed = (article.external_system, article.external_id, article.translation_group) != other
    is_public_change = await _public(draft) != before_public
    if not (always or changed or is_public_change) and await revisions.content_of(draft) == before:
        return
    if always or is_public_change:
        article.updated_at = _no_earlier_than_publication(article, work.now)
        if article.state == "published" and not minor:
            article.revised_at = article.updated_at
    article.version += 1
    await _finish(draft, action)


async def _public(draft: Draft) -> list[object]:
    """The public fields of the article, its body and its public relations, to compare before and after a save."""
    article = draft.article
    return [*(getattr(article, name) for name in PUBLIC), draft.body and draft.body.html, await draft.related()]


def _no_earlier_than_publication(article: Article, now: datetime) -> datetime:
    """`updated_at` for a change now: of a scheduled article its publication, so that lists by change show it then."""
    return max(now, article.published_at) if article.state == "published" and article.published_at else now


async def submit(draft: Draft) -> None:
    draft.article.state = "in_review"
    await _save(draft, "submit")


async def give_back(draft: Draft, note: str) -> None:
    """Returns an article from review to draft, with the reason."""
    draft.article.state, draft.article.note = "draft", note
    await _save(draft, "return")


async def publish(draft: Draft, at: datetime | None) -> None:
    """Publishes now, or `at` a time: in the future it becomes visible then by itself; a past one is for archives."""
    article, now = draft.article, draft.work.now
    if faults := lacks(article, draft.body):
        raise InvalidBody(errors=faults)
    if not draft.was_public:
        article.first_published_at = None
    await draft.name_in_public()
    article.state, article.note = "published", None
    article.published_at = at or now
    article.first_published_at = article.first_published_at or article.published_at
    article.revised_at = article.published_at
    article.updated_at = max(now, article.published_at)
    await _save(draft, "publish", at=article.published_at.isoformat())


async def unpublish(draft: Draft) -> None:
    """Makes a published or scheduled article a draft: it is no longer public."""
    article = draft.article
    if not draft.was_public:
        article.first_published_at = None
    article.state, article.published_at, article.revised_at = "draft", None, None
    article.updated_at = draft.work.now
    await _save(draft, "unpublish")


async def withdraw(draft: Draft, reason: str, note: str | None) -> None:
    """Withdraws it for good: its address answers 410 with the reason."""
    article, now = draft.article, draft.work.now
    article.state, article.withdrawn_at, article.withdrawn_reason, article.note = "withdrawn", now, reason, note
    article.updated_at = now
    await _save(draft, "withdraw")


async def reinstate(draft: Draft) -> None:
    """Makes a withdrawn article a draft again, not public until it is published anew."""
    article = draft.article
    article.state, article.withdrawn_at, article.withdrawn_reason = "draft", None, None
    article.published_at, article.revised_at, article.updated_at = None, None, draft.work.now
    await _save(draft, "reinstate")


async def delete(draft: Draft) -> None:
    """Deletes a draft. A slug that was public stays reserved for ever."""
    work, article = draft.work, draft.article
    await draft.articles.remove(article)
    if not draft.was_public:
        await slugs.release(work.session, KIND, article.id)
    await work.record("article.delete", KIND, article.id, headline=article.headline)


async def _save(draft: Draft, verb: str, **details: object) -> None:
    draft.article.version += 1
    await _finish(draft, verb, **details)


async def _finish(draft: Draft, verb: str, **details: object) -> None:
    """Every save ends here: article, index, change log, one revision, one audit row."""
    draft.article.saved_at = draft.work.now
    await draft.store()
    await draft.index()
    record_public_change(draft.work.session, draft.article, verb, draft.before, await draft.public_view())
    await draft.articles.save(draft.article)
    await revisions.keep(draft, verb)
    await draft.work.record(f"article.{verb}", KIND, draft.article.id, version=draft.article.version, **details)
    await draft.work.session.flush()


async def _refuse_known(work: Work, article: Article) -> None:
    if article.external_id is None:
        return
    same = (Article.external_system == article.external_system, Article.external_id == article.external_id)
    found = select(Article.id, readable(work.actor, work.now)).where(*same, Article.id != article.id)
    taken = (await work.session.execute(found)).first()
    if taken is not None:
        id, may_know = taken
        raise AlreadyExists(existing_id=id if may_know else None)
