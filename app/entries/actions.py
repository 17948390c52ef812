"""Writing, publishing, correcting and removing entries.

The article's row is locked first, then the entry's: of two contributors at once the second counts after the first.
Editors may do everything. A reporter whom `contributors` of the article names writes and publishes own entries.
"""

from __future__ import annotations

from dataclasses import replace

from app.articles.desk_repository import ArticlesToEdit
from app.articles.events import record_updates
from app.articles.indexing import mark_article_stale
from app.articles.models import Article
from app.changes.pending import PendingTakedown, deadline_changed, record_takedown
from app.entries.desk_repository import EntriesToEdit
from app.entries.editing import EntryDraft
from app.entries.events import PUBLISHED, REMOVED, UPDATED, record_entry_change
from app.entries.models import UNPINNED, Entry, EntryRevision
from app.entries.repository import KIND
from app.entries.schemas import EntryCorrectInput, EntryCreate, EntryUpdate
from app.kit import clock
from app.kit.caching import Expected
from app.kit.errors import Forbidden, NotFound, StateConflict
from app.kit.forms import Sent
from app.kit.ids import new_id
from app.media.desk_repository import store_uses
from app.staff.access import Actor
from app.staff.work import Work

Content = dict[str, object]


def may_read(article: Article, actor: Actor) -> bool:
    """Whether the member may read the entries of an article at the desk."""
    return actor.has("editor") or actor.member_id in {article.member_id, *article.contributors}


def _may_write(article: Article, actor: Actor) -> bool:
    return actor.has("editor") or actor.member_id in article.contributors


async def _open_article(work: Work, id: str) -> tuple[Work, Article]:
    """The article, locked. Raises `NotFound`, `Forbidden`, and `StateConflict` where it can have no entries."""
    article = await ArticlesToEdit(work.session).require(id, for_update=True)
    if not may_read(article, work.actor):
        raise NotFound()
    if not _may_write(article, work.actor):
        raise Forbidden()
    if article.kind != "live" or article.state == "withdrawn":
        state = article.state if article.kind == "live" else article.kind
        raise StateConflict(params={"state": state, "verb": "entry"}, state=state)
    return replace(work, now=clock.now()), article  # after the wait for the lock: entries are ordered by it


async def _open(work: Work, article_id: str, id: str, expected: Expected, *, is_matched: bool = True) -> EntryDraft:
    work, article = await _open_article(work, article_id)
    entries = EntriesToEdit(work.session)
    entry = await entries.require(article.id, id, for_update=True)
    if not (work.actor.has("editor") or entry.member_id == work.actor.member_id):
        raise Forbidden()
    (expected.require if is_matched else expected.obey)(entry.version)
    authors, pictures = (await entries.shown_by([entry.id]))[entry.id]
    return EntryDraft(work, entries, article, entry, authors, authors, pictures, await entries.uses(entry.id))


async def create(work: Work, article_id: str, sent: Sent[EntryCreate, EntryUpdate]) -> EntryDraft:
    """Creates an entry of the acting member; with `status: published` readers see it at once."""
    work, article = await _open_article(work, article_id)
    draft = EntryDraft(work, EntriesToEdit(work.session), article, _new(work, article), faults=list(sent.faults))
    with work.session.no_autoflush:
        await draft.write(sent.fields, sent.given)
    work.session.add(draft.entry)
    await work.session.flush()
    return await _finish(draft, "create", None)


def _new(work: Work, article: Article) -> Entry:
    now = work.now
    return Entry(
        id=new_id(),
        article_id=article.id,
        member_id=work.actor.member_id,
        language=article.language,
        **{
            "status": "draft",
            "key_event": False,
            "rank": UNPINNED,
            "version": 1,
            "corrected": False,
            "corrections": [],
        },
        **{"source": "", "format": "html", "html": "", "text": "", "blocks": []},
        **{"created_at": now, "saved_at": now, "updated_at": now},
    )


async def update(
    work: Work, article_id: str, id: str, expected: Expected, sent: Sent[EntryUpdate, EntryUpdate]
) -> EntryDraft:
    """Changes the fields that were sent. A save without a change stores nothing."""
    draft = await _open(work, article_id, id, expected)
    before = draft.content()
    await _write(draft, sent.fields, sent.given, sent)
    return draft if draft.content() == before else await _finish(draft, "update", before)


async def correct(
    work: Work, article_id: str, id: str, expected: Expected, sent: Sent[EntryCorrectInput, EntryUpdate]
) -> EntryDraft:
    """Adds a public correction, and saves the changes that came with it. Raises `StateConflict` for a draft."""
    draft = await _open(work, article_id, id, expected)
    if not draft.is_published:
        raise StateConflict(params={"state": "draft", "verb": "correct"}, state="draft")
    before, entry = draft.content(), draft.entry
    await _write(draft, sent.fields, sent.given, sent)
    note = {"id": new_id(), "at": clock.written(draft.work.now), "note": sent.whole().note}
    entry.corrected, entry.corrections = True, [*entry.corrections, note]
    return await _finish(draft, "correct", before)


async def _write(
    draft: EntryDraft,
    fields: EntryUpdate,
    given: set[str],
    sent: Sent[EntryCorrectInput, EntryUpdate] | Sent[EntryUpdate, EntryUpdate],
) -> None:
    draft.faults = list(sent.faults)
    with draft.work.session.no_autoflush:  # a refused save stores nothing
        await draft.write(fields, given)


async def publish(work: Work, article_id: str, id: str, expected: Expected) -> EntryDraft:
    """Publishes a draft. Raises `StateConflict` for a published entry."""
    draft = await _open(work, article_id, id, expected, is_matched=False)
    if draft.is_published:
        raise StateConflict(params={"state": "published", "verb": "publish"}, state="published")
    before = draft.content()
    draft.entry.status = "published"
    with work.session.no_autoflush:
        await draft.check()
    return await _finish(draft, "publish", before)


async def delete(work: Work, article_id: str, id: str, expected: Expected) -> None:
    """Deletes an entry of either status, with its revisions."""
    await _remove(await _open(work, article_id, id, expected))


async def remove(work: Work, entry: Entry) -> None:
    """Deletes an entry whatever the state of its article: after the restore of a backup older than its deletion."""
    article = await ArticlesToEdit(work.session).require(entry.article_id, for_update=True)
    entries = EntriesToEdit(work.session)
    await _remove(EntryDraft(work, entries, article, entry, stored_uses=await entries.uses(entry.id)))


async def _remove(draft: EntryDraft) -> None:
    entry, session = draft.entry, draft.work.session
    was_published = draft.is_published
    await store_uses(session, KIND, entry.id, draft.stored_uses, ())
    await draft.entries.remove(entry)
    await _count(draft, was_published=was_published, is_there=False)
    if was_published:
        await _record(draft, was_published=True, is_published=False)
        record_takedown(session, PendingTakedown(KIND, entry.id, "deleted"))
    await draft.work.record("entry.delete", KIND, entry.id, article=draft.article.id, headline=entry.headline)


async def take_in(draft: EntryDraft) -> None:
    """Stores an entry of an export as the file has it: with its own times and version, and without a revision."""
    work, entry = draft.work, draft.entry
    work.session.add(entry)
    await work.session.flush()
    await draft.entries.sign(entry.id, (), draft.authors)
    await store_uses(work.session, KIND, entry.id, (), draft.uses)
    await _count(draft, was_published=False, is_new=True)
    await _record(draft, was_published=False, is_published=draft.is_published)


async def _finish(draft: EntryDraft, verb: str, before: Content | None) -> EntryDraft:
    """Every save ends here: times, links, counts, one revision, change log, index, one audit row."""
    work, entry, session = draft.work, draft.entry, draft.work.session
    was_published = before is not None and before["status"] == "published"
    entry.saved_at = entry.updated_at = work.now
    if before is not None:
        entry.version += 1
    if draft.is_published != was_published:
        entry.published_at = work.now if draft.is_published else None
    await session.flush()
    await draft.entries.sign(entry.id, draft.stored_authors, draft.authors)
    await store_uses(session, KIND, entry.id, draft.stored_uses, draft.uses)
    await _count(draft, was_published=was_published, is_new=before is None)
    session.add(_revision(draft, verb))
    await _record(draft, was_published=was_published, is_published=draft.is_published, before=before)
    await work.record(f"entry.{verb}", KIND, entry.id, article=draft.article.id, version=entry.version)
    await session.flush()
    return draft


def _revision(draft: EntryDraft, verb: str) -> EntryRevision:
    work, entry = draft.work, draft.entry
    return EntryRevision(
        entry_id=entry.id,
        number=entry.version,
        at=work.now,
        member_id=work.actor.member_id,
        member_name=work.actor.name,
        action=verb,
        content=draft.content(),
    )


async def _count(draft: EntryDraft, *, was_published: bool, is_new: bool = False, is_there: bool = True) -> None:
    """Counts the entry in its article, whose row this transaction has locked."""
    article, is_published = draft.article, is_there and draft.is_published
    article.entry_count += is_published - was_published
    article.draft_entry_count += (is_there and not is_published) - (not is_new and not was_published)
    if is_published != was_published:
        article.last_entry_at = await draft.entries.newest_moment(article.id)
    if is_published and article.live_started_at is None and not _has_ended(draft):
        article.live_started_at = draft.entry.published_at
        await draft.work.session.flush()
        await record_updates(draft.work.session, [article.id], draft.work.now)


def _has_ended(draft: EntryDraft) -> bool:
    """Whether the coverage ended before the entry was published, which then cannot be its start."""
    end, at = draft.article.live_ended_at, draft.entry.published_at
    return end is not None and at is not None and end <= at


async def _record(draft: EntryDraft, *, was_published: bool, is_published: bool, before: Content | None = None) -> None:
    """Records what readers see of it, and has the index follow."""
    if not (was_published or is_published):
        return
    session, article = draft.work.session, draft.article
    deadline_changed(session)
    type = UPDATED if was_published and is_published else PUBLISHED if is_published else REMOVED
    languages = {str(before["language"])} if before else set[str]()
    await record_entry_change(session, type, draft.entry, article, draft.work.now, languages)
    await session.flush()
    await mark_article_stale(session, article.id)
