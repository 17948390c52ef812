"""What the change log says of articles: what readers saw of one before and see now, and what comes by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.desk_repository import OUT, UNANNOUNCED, ArticlesToEdit
from app.articles.models import Article, ArticleAuthor, ArticleSection
from app.articles.repository import KIND, Articles, Relations, visible
from app.articles.subjects import subject_keys
from app.changes.log import log_clock
from app.changes.models import Change
from app.changes.pending import PendingChange, PendingChanges, Thing, deadline_changed, pending_changes, record_change
from app.changes.tail import Deadlines
from app.kit import clock
from app.kit.sql import rarely
from app.media.desk_repository import KIND as MEDIA
from app.media.events import RIGHTS_BY_CLOCK, tell_media_change, told_pictures
from app.media.models import Media, MediaUse
from app.sections.models import Section
from app.sections.repository import lines_down, lines_of
from app.settings import Settings

# Kinds of what is touched: of a group, of an article.
TRANSLATIONS, ENTRIES, COMMENTS = "translations", "entries", "comments"
MONTHS = "articles:months"  # the tag of sitemaps, whatever the month
NEWS = "articles:news"  # the tag of the sitemap of the news
NEWS_SPAN = timedelta(days=2)  # after first publication (Google's rule)
LISTS = "articles:lists"  # the tag of lists: which articles they hold, in which order
AT_ONCE = 500  # articles announced in one transaction
RECORDED_AT_ONCE = 100
TYPES = {
    "publish": "article.published",
    "unpublish": "article.unpublished",
    "withdraw": "article.withdrawn",
    "correct": "article.corrected",
}


@dataclass(frozen=True)
class PublicView:
    """What lists, filters and other articles' answers tell of an article."""

    visible: bool = False
    slug: str = ""
    language: str = ""
    sections: frozenset[str] = frozenset()
    """With all sections above them."""
    terms: frozenset[Thing] = frozenset()
    subjects: frozenset[str] = frozenset()
    """By their keys."""
    urgency: int | None = None
    kind: str = ""
    published_at: datetime | None = None
    access: str = ""
    group: str | None = None
    """Of its translations."""

    def is_listed_as(self, other: PublicView) -> bool:
        """Whether the same lists hold it at the same place, but for lists by the time of its last change."""
        return replace(self, group=None) == replace(other, group=None)

    def shows_as(self, other: PublicView) -> bool:
        """Whether its translations show the same of it."""
        own = (self.visible, self.slug, self.language, self.group)
        return own == (other.visible, other.slug, other.language, other.group)

    def lends_entries_the_same(self, other: PublicView) -> bool:
        """Whether the entries of its live coverage show the same of it: address and access. And whether filters by
        language find it as before: with an article that leaves one, a client drops its entries."""
        own = (self.slug, self.sections, self.published_at, self.access, self.language)
        return own == (other.slug, other.sections, other.published_at, other.access, other.language)


HIDDEN = PublicView()


async def public_views(session: AsyncSession, articles: Sequence[Any], now: datetime) -> dict[str, PublicView]:
    """What readers see of these articles (rows or objects) at this moment, by id. Two statements."""
    shown = [article for article in articles if is_out(article, now)]
    related = await Articles(session).relations([article.id for article in shown], now)
    lines = await lines_of(session, {id for found in related.values() for id in found.ids("sections")})
    found = {article.id: view_of(article, related[article.id], lines) for article in shown}
    return {article.id: found.get(article.id, HIDDEN) for article in articles}


def is_out(article: Any, now: datetime) -> bool:
    """Whether readers see it at this moment."""
    return article.state == "published" and article.published_at is not None and article.published_at <= now


def view_of(article: Any, related: Relations, lines: Mapping[str, frozenset[str]]) -> PublicView:
    """What readers see of an article that is out; `lines` of the sections that it is filed in."""
    sections = frozenset[str]().union(*(lines[id] for id in related.ids("sections")))
    terms = {("section", id) for id in sections}
    terms |= {("tag", id) for id in related.ids("tags")} | {("author", id) for id in related.ids("authors")}
    return PublicView(
        True,
        article.slug,
        article.language,
        sections,
        frozenset(terms),
        frozenset(subject_keys(article.subjects)),
        article.urgency,
        article.kind,
        article.published_at,
        article.access,
        article.translation_group,
    )


def log_time(article: Article, now: datetime) -> datetime:
    """The moment as of which the log tells of it: later than now where the clock was put back since."""
    return max(now, article.published_at) if article.announced and article.published_at else now


def record_public_change(
    session: AsyncSession, article: Article, verb: str, before: PublicView, after: PublicView
) -> None:
    """Notes what the desk's `verb` has changed for readers, if anything."""
    deadline_changed(session)
    if verb != "withdraw" and not after.visible:
        verb = "unpublish"  # also of a save or another schedule, where the clock was put back
    if after.visible and not article.announced:
        _record(session, article, "article.published", HIDDEN, after)
    if before.visible:
        renamed = after.visible and after.slug != before.slug
        kind = TYPES.get(verb) or ("article.slug_changed" if renamed else "article.updated")
        _record(session, article, kind, before, after)
    same = before.shows_as(after) and article.announced
    article.announced = after.visible
    if not same:
        _touch_translations(session, before, after)
    if before.visible and after.visible and not before.lends_entries_the_same(after):
        pending_changes(session).touched.add((ENTRIES, article.id))
    if before.visible and after.visible and before.language != after.language:
        pending_changes(session).touched.add((COMMENTS, article.id))


def record_hidden(session: AsyncSession, article: Article, verb: str, filed: PublicView) -> None:
    """Record what happens to an article that readers do not see now.

    `withdraw`: who has a copy from before must hear of it. `reinstate`: its address is 404 instead of 410, and feeds do
    not tell of the withdrawal any more. `filed`: where it would be listed, for filters.
    """
    _record(session, article, TYPES.get(verb, "article.unpublished"), filed, HIDDEN)


async def reach_former_filters(session: AsyncSession, article: Article) -> None:
    """Let its pending changes pass every filter that the log has passed it to: it may be filed elsewhere since, and who
    had it then may have a copy."""
    told = select(Change.sections, Change.languages, Change.subjects).where(*_is_of(article.id))
    rows = (await session.execute(told)).all()
    changes = pending_changes(session).changes
    for number, change in enumerate(changes):
        if change.resource == KIND and change.id == article.id:
            changes[number] = replace(
                change,
                sections={*change.sections, *(id for row in rows for id in row.sections)},
                languages={*change.languages, *(tag for row in rows for tag in row.languages)},
                subjects={*change.subjects, *(key for row in rows for key in row.subjects)},
            )


async def was_told(session: AsyncSession, article_id: str) -> bool:
    """Whether the log has told of the article: somebody may have read it."""
    return (await session.execute(select(Change.seq).where(*_is_of(article_id)).limit(1))).first() is not None


def _is_of(article_id: str) -> tuple[ColumnElement[bool], ...]:
    """Of the log: the changes of an article."""
    return Change.resource_id == article_id, Change.resource == KIND


def _record(session: AsyncSession, article: Any, kind: str, before: PublicView, after: PublicView) -> None:
    changed = before.terms ^ after.terms
    pending_changes(session).touched |= changed
    stays = before.is_listed_as(after)
    record_change(
        session,
        PendingChange(
            kind,
            article.id,
            tags={
                f"article:{article.id}",
                "articles",
                *_sitemap_tags(article.first_published_at),
                *(() if stays else (LISTS,)),
                *(f"{term}s" for term, _ in changed),
            },
            tombstone=not after.visible,
            version=article.version,
            article_id=article.id,
            sections=before.sections | after.sections,
            languages={before.language, after.language} - {""},
            subjects=before.subjects | after.subjects,
            terms=before.terms | after.terms,
            urgency=min(filter(None, (before.urgency, after.urgency)), default=None),
            # Of what has come out unannounced nobody knows yet where it stands.
            stays=stays and article.announced,
        ),
    )


def month_tag(first_published_at: datetime | None) -> str:
    """The cache tag of the sitemaps that may hold an article: of a month, in UTC."""
    return f"articles:{first_published_at.astimezone(UTC).isoformat()[:7]}" if first_published_at else MONTHS


def _sitemap_tags(first_published_at: datetime | None) -> list[str]:
    """The cache tags of the sitemaps that may hold an article: a change names that of the news by itself, because a
    cached one is older than the month of what comes."""
    is_news = first_published_at is not None and first_published_at > clock.now() - NEWS_SPAN - clock.SKEW
    return [month_tag(first_published_at), *([NEWS] if is_news else [])]


def _touch_translations(session: AsyncSession, *seen: PublicView) -> None:
    """Each translation shows the others."""
    pending_changes(session).touched |= {(TRANSLATIONS, one.group) for one in seen if one.group}


async def on_change(session: AsyncSession, pending: PendingChanges, _settings: Settings, now: datetime) -> None:
    """Tells of the other translations, and of changed pictures; under the log's lock, so that of two published at once
    the later sees both."""
    groups = [id for kind, id in pending.touched if kind == TRANSLATIONS]
    if groups:
        others = select(Article.id).where(rarely(Article.translation_group.in_(groups)), visible(now))
        recorded = {change.id for change in pending.changes if change.resource == "article"}
        await record_updates(session, set((await session.execute(others)).scalars()) - recorded, now)
    if pictures := {id for kind, id in pending.touched if kind == MEDIA}:
        await _tell_shown_pictures(session, pictures - told_pictures(pending), now)


async def _tell_shown_pictures(session: AsyncSession, ids: Collection[str], now: datetime) -> None:
    """Records the changed pictures that readers see: in an article, of the author of one, or of a section that has one,
    itself or anywhere below."""
    # EXISTS: with IN, SQLite would first list all visible articles.
    in_article = exists().where(Article.id == MediaUse.resource_id, visible(now))
    signs = exists().where(
        ArticleAuthor.author_id == MediaUse.resource_id, Article.id == ArticleAuthor.article_id, visible(now)
    )
    is_shown = or_(
        and_(MediaUse.resource == KIND, in_article),
        and_(MediaUse.resource == "author", signs),
        and_(MediaUse.resource == "section", MediaUse.resource_id.in_(_shown_sections(ids, now))),
    )
    shown = select(MediaUse.media_id).where(MediaUse.media_id.in_(ids), is_shown)
    rows = await session.execute(select(Media.id, Media.version).where(Media.id.in_(shown)).order_by(Media.id))
    for id, version in rows.all():
        tell_media_change(session, id, version)


def _shown_sections(media_ids: Collection[str], now: datetime) -> Select[str]:
    """Ids of those sections with an image among these that readers see."""
    uses = select(MediaUse.resource_id).where(MediaUse.media_id.in_(media_ids), MediaUse.resource == "section")
    below = lines_down(Section.id.in_(uses))
    filed = exists().where(
        ArticleSection.section_id == below.c.id, Article.id == ArticleSection.article_id, visible(now)
    )
    return select(below.c.top).where(filed)


async def record_updates(session: AsyncSession, ids: Collection[str], now: datetime) -> None:
    """Notes the visible ones among these articles: something that they show has changed elsewhere."""
    names = sorted(ids)
    for start in range(0, len(names), RECORDED_AT_ONCE):
        rows = list((await Articles(session).with_ids(names[start : start + RECORDED_AT_ONCE], now)).values())
        seen = await public_views(session, rows, now)
        for row in rows:
            _record(session, row, "article.updated", seen[row.id], seen[row.id])
        await asyncio.sleep(0)  # on SQLite nothing else in here gives way


async def when_due(session: AsyncSession, _settings: Settings, now: datetime) -> None:
    """Notes the scheduled articles whose moment has come, the earliest first, and takes back those told too early.

    `now` is the database's clock. An article that somebody is just writing is left to them, or to the next time.
    """
    await _take_back(session)
    articles = await ArticlesToEdit(session).due(now, AT_ONCE)
    seen = await public_views(session, articles, now)
    for article in articles:
        _record(session, article, "article.published", HIDDEN, seen[article.id])
        article.announced = True
    _touch_translations(session, *seen.values())


async def _take_back(session: AsyncSession) -> None:
    """Articles that were announced, and are ahead of the log's clock, which was put back since."""
    articles = await ArticlesToEdit(session).early(await log_clock(session), AT_ONCE)
    if not articles:
        return
    seen = await public_views(
        session, articles, max(article.published_at for article in articles if article.published_at)
    )
    for article in articles:
        _record(session, article, "article.unpublished", seen[article.id], HIDDEN)
        article.announced = False
    _touch_translations(session, *seen.values())


def deadlines(settings: Settings) -> list[Deadlines]:
    """When scheduled articles come out, comments close by age, live coverage starts or ends, rights end."""
    days = settings.comments_close_after_days
    closing = [Deadlines(next=_first_after, lag=timedelta(days=days))] if days else []
    return [COMING, *closing, *LIVE, RIGHTS_END, LEAVING_NEWS]


def _after(now: Any) -> Any:
    return Article.published_at > now


def _first_after(now: Any) -> Any:
    return select(func.min(Article.published_at)).where(OUT, _after(now)).scalar_subquery()


# `live.status` is in every answer that shows the article.
LIVE = (
    Deadlines(
        lambda now: select(func.min(Article.live_started_at)).where(Article.live_started_at > now).scalar_subquery()
    ),
    Deadlines(lambda now: select(func.min(Article.live_ended_at)).where(Article.live_ended_at > now).scalar_subquery()),
)
# No change is recorded: what readers and the log's clients see of it stays as it is.
RIGHTS_END = Deadlines(
    lambda now: select(func.min(Article.rights_expire_at)).where(OUT, Article.rights_expire_at > now).scalar_subquery(),
    touches=RIGHTS_BY_CLOCK,
)
LEAVING_NEWS = Deadlines(
    lambda now: select(func.min(Article.first_published_at)).where(Article.first_published_at > now).scalar_subquery(),
    touches=NEWS,
    lag=NEWS_SPAN,
)
COMING = Deadlines(
    # Also those that another machine has announced, whose clock is ahead of ours.
    next=_first_after,
    due=lambda now: select(Article.id).where(UNANNOUNCED, Article.published_at <= now).exists(),
    early=lambda moment: select(Article.id).where(OUT, Article.announced, _after(moment)).exists(),
)
