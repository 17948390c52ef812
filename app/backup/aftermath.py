"""What a restore does to the newsroom of the backup: takedowns since, schedules that came due meanwhile, and pictures
whose files are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.articles import actions
from app.articles.desk_schemas import WithdrawInput
from app.articles.models import Article
from app.articles.shapes import status_of
from app.backup.lines import Header
from app.backup.pictures import MissingFiles, missing_files
from app.changes import takedowns
from app.changes.commit_signal import CommitSignal
from app.changes.log import Log
from app.changes.pending import PendingTakedown, record_takedown
from app.changes.takedowns import TakedownLine
from app.comments.models import FINAL, Comment
from app.comments.write_repository import CommentsToChange
from app.entries import actions as entries
from app.entries.models import Entry
from app.fronts.drafts import hold_due
from app.jobs.queue import enqueue
from app.kit import clock
from app.kit.caching import Expected
from app.media import actions as media_actions
from app.media.indexing import index
from app.media.jobs import REBUILD
from app.media.models import Media
from app.media.schemas import MediaWithdrawInput
from app.media.storage import StoreAway, Stores
from app.nouns import NOUNS
from app.previews.repository import Previews
from app.settings import Settings
from app.staff.access import Actor
from app.staff.work import Work
from app.text.messages import message

MODELS: dict[str, type[Article | Comment | Entry | Media]] = {
    "article": Article,
    "comment": Comment,
    "entry": Entry,
    "media": Media,
}
ANY_VERSION = Expected(None)
LONGEST_REASON = 1000  # characters, as the desk takes them
INDEXED_AT_ONCE = 200
NO_RECIPE = ""  # of renditions that are to be made anew
# Revisions and audit rows name a member; nobody has this id.
RESTORE = Actor("00000000-0000-0000-0000-000000000000", "./nashra restore", frozenset({"admin"}), None)


@dataclass
class Due:
    """A scheduled article that came due after the backup was made."""

    id: str
    headline: str
    at: datetime


@dataclass
class Aftermath:
    """What was done."""

    taken_down: int = 0
    """Articles, comments, entries and pictures that are taken down again."""
    reinstated: list[str] = field(default_factory=list)
    """Ids of articles that were withdrawn and reinstated since: drafts, as they were then."""
    unreadable: int = 0
    """Lines of the files of takedowns that cannot be read."""
    due: list[Due] = field(default_factory=list)
    """Articles whose moment came between the backup and now."""
    are_held: bool = False
    """Whether these are drafts now, and drafts of fronts that were due are not scheduled any more."""


@dataclass
class IncompletePictures:
    """Pictures of the library whose files are not in the stores."""

    lost: list[str] = field(default_factory=list)
    """Ids of those that cannot be shown: renditions are missing, and so is the original."""
    rebuilt: int = 0
    """Renditions are missing, which a job makes anew from the original."""
    without_original: int = 0
    """They are shown, but nothing else can be made of them."""
    fault: str = ""
    """Why nobody knows: what a store has said."""


async def settle(
    connection: AsyncConnection,
    settings: Settings,
    signal: CommitSignal,
    header: Header,
    files: Sequence[Path],
    *,
    hold_scheduled: bool,
) -> Aftermath:
    """Apply takedowns, find what came due, and hold it if wanted. Everything is recorded in the log as ever."""
    found, unreadable = takedowns.read(files)
    done, made_at = Aftermath(unreadable=unreadable, are_held=hold_scheduled), datetime.fromisoformat(header.made_at)
    async with AsyncSession(connection, expire_on_commit=False) as session:
        work = Work(session, RESTORE, settings, clock.now())
        for line in found:
            if line.resource == "article" and line.at > made_at:  # it was withdrawn since, whatever it is now
                await Previews(session).revoke_all(line.id, work.now)
            if line.action != "reinstated":
                done.taken_down += await _take_down(work, line)
                await _remember(work.session, line, made_at)
            elif line.at > made_at and await _unpublish(work, line.id):
                done.reinstated.append(line.id)
        done.due = await _due(session, made_at, work.now)
        if hold_scheduled:
            for due in done.due:
                await actions.unpublish(work, due.id, ANY_VERSION)
            await hold_due(session, work.now)
        await Log(signal, NOUNS, lambda: settings).write(session)
        await session.flush()
    return done


async def _remember(session: AsyncSession, line: TakedownLine, made_at: datetime) -> None:
    """Record a takedown of a thing that is younger than the backup: an import must not bring it back."""
    if line.at > made_at and await session.get(MODELS[line.resource], line.id) is None:
        record_takedown(session, PendingTakedown(line.resource, line.id, line.action, line.reason))


async def _take_down(work: Work, line: TakedownLine) -> bool:
    """Whether there was something to take down."""
    if line.resource == "article":
        return line.action == "withdrawn" and await _withdraw(work, line)
    if line.resource == "media":
        return line.action == "withdrawn" and await _withdraw_picture(work, line)
    if line.resource == "entry":
        return line.action == "deleted" and await _delete_entry(work, line)
    return line.action in FINAL and await _erase(work.session, line)


async def _unpublish(work: Work, id: str) -> bool:
    """Its withdrawal came after the backup too: what was reinstated, readers see only when it is published again."""
    article = await work.session.get(Article, id)
    if article is None or article.state != "published":
        return False
    await actions.unpublish(work, id, ANY_VERSION)
    return True


async def _withdraw(work: Work, line: TakedownLine) -> bool:
    article = await work.session.get(Article, line.id)
    if article is None or article.state != "published":
        return False
    if status_of(article, work.now) == "scheduled":
        await actions.unpublish(work, line.id, ANY_VERSION)
        return True
    reason = line.reason or message("reader.withdrawn_text", work.settings.language)
    await actions.withdraw(work, line.id, ANY_VERSION, WithdrawInput(reason=reason))
    article.withdrawn_at = clock.floor(line.at)
    return True


async def _withdraw_picture(work: Work, line: TakedownLine) -> bool:
    """With all others over its file, whose bytes are refused from then on. The file of takedowns knows no cause."""
    media = await work.session.get(Media, line.id)
    if media is None or media.withdrawn_at is not None:
        return False
    if media.deleted_at is not None:  # nothing is shown of it; its bytes are refused all the same
        media.deleted_at = None
        await work.session.flush()
    reason = line.reason or message("reader.withdrawn_text", work.settings.language)
    body = MediaWithdrawInput(cause="other", reason=reason[:LONGEST_REASON])
    at = clock.floor(line.at)
    for one in await media_actions.withdraw(work, line.id, ANY_VERSION, body):
        one.media.withdrawn_at = one.file.withdrawn_at = at
    return True


async def _delete_entry(work: Work, line: TakedownLine) -> bool:
    entry = await work.session.get(Entry, line.id)
    if entry is None:
        return False
    await entries.remove(work, entry)
    return True


async def _erase(session: AsyncSession, line: TakedownLine) -> bool:
    comments = CommentsToChange(session)
    comment = await comments.find(line.id)
    if comment is None or comment.status in FINAL:
        return False
    if line.action == "deleted":
        await comments.remove(comment)
    else:
        await comments.wipe(comment, "redacted")
    return True


async def _due(session: AsyncSession, since: datetime, now: datetime) -> list[Due]:
    came = (Article.state == "published", Article.published_at > since, Article.published_at <= now)
    found = select(Article.id, Article.headline, Article.published_at).where(*came, ~Article.announced)
    rows = (await session.execute(found.order_by(Article.published_at))).all()
    return [Due(row.id, row.headline, row.published_at) for row in rows if row.published_at]


async def find_incomplete_pictures(connection: AsyncConnection, stores: Stores) -> IncompletePictures:
    """Which pictures lack files; where the original is there, a job makes the renditions anew, at a new address."""
    found = IncompletePictures()
    async with AsyncSession(connection, expire_on_commit=False) as session:
        try:
            async for picture in missing_files(connection, stores):
                await _count(session, picture, found)
        except StoreAway as error:
            found.fault = str(error)
        await session.flush()
    return found


async def _count(session: AsyncSession, picture: MissingFiles, found: IncompletePictures) -> None:
    if not picture.lacks_renditions:
        found.without_original += 1
    elif picture.lacks_original:
        found.lost.append(picture.media_id)
    else:
        found.rebuilt += 1
        await session.execute(update(Media).where(Media.id == picture.media_id).values(recipe=NO_RECIPE))
        await enqueue(session, REBUILD, {"media_id": picture.media_id}, key=picture.media_id)


async def index_pictures(connection: AsyncConnection) -> None:
    """Index the words of all pictures: a backup `--without-personal` has others than those that were indexed."""
    last = ""
    async with AsyncSession(connection, expire_on_commit=False) as session:
        while True:
            page = select(Media).where(Media.id > last) if last else select(Media)
            found = (await session.scalars(page.order_by(Media.id).limit(INDEXED_AT_ONCE))).all()
            for media in found:
                await index(session, media)
            if not found:
                break
            last = found[-1].id
            session.expunge_all()
        await session.flush()
