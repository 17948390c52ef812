"""What the change log says of comments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.events import COMMENTS
from app.articles.models import Article
from app.articles.repository import KIND as ARTICLE
from app.articles.repository import visible
from app.changes.pending import PendingChange, PendingChanges, add_languages, record_change
from app.comments.models import Comment
from app.kit import clock
from app.kit.db import Instant
from app.kit.prepared import Prepared
from app.settings import Settings


async def record_comment_change(session: AsyncSession, kind: str, comment: Any) -> None:
    """Records a change of a comment (a row or an object), where the public can see its article.

    The removal of a comment is always recorded: its article may be back before somebody reads that it was away.
    """
    if not comment.shown or await _is_seen(session, comment.article_id):
        record_change(session, _change(kind, comment))


async def _is_seen(session: AsyncSession, article_id: str) -> bool:
    return await SEEN.first(session, {"id": article_id, "now": clock.now()}) is not None


# Also where its article was told of by a clock that is ahead of ours: the comment was told of with it.
SEEN = Prepared(
    select(Article.id).where(
        Article.id == bindparam("id"), or_(visible(bindparam("now", type_=Instant)), Article.announced)
    )
)


def _change(kind: str, comment: Any) -> PendingChange:
    tags = {f"comments:{comment.article_id}", "comments"}
    if kind != "comment.updated":
        tags.add(f"counts:{comment.article_id}")
    return PendingChange(
        kind,
        comment.id,
        tags=tags,
        tombstone=not comment.shown,
        version=comment.version,
        article_id=comment.article_id,
        languages={comment.language},
    )


async def on_change(
    session: AsyncSession, pending_changes: PendingChanges, _settings: Settings, _now: datetime
) -> None:
    """With an article that comes back its comments come back.

    They are told again where its language changes: whoever filters by language drops them with the article, when that
    leaves the filter. An article that goes reaches those who filter by the language of its comments.
    """
    if gone := pending_changes.gone(ARTICLE):
        languages = select(Comment.article_id, Comment.language).where(Comment.article_id.in_(gone), Comment.shown)
        add_languages(pending_changes, [(id, name) for id, name in await session.execute(languages.distinct())])
    back = {change.id for change in pending_changes.changes if change.type == "article.published"}
    moved = {id for kind, id in pending_changes.touched if kind == COMMENTS} - back
    for type, articles in (("comment.approved", back), ("comment.updated", moved)):
        if articles:
            record_change(session, *(_change(type, row) for row in await _shown_under(session, articles)))


async def _shown_under(session: AsyncSession, articles: Collection[str]) -> Sequence[Any]:
    columns = (Comment.id, Comment.article_id, Comment.shown, Comment.version, Comment.language)
    statement = select(*columns).where(Comment.article_id.in_(articles), Comment.shown).order_by(Comment.path)
    return (await session.execute(statement)).all()
