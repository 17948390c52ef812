"""What the change log says of comments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.articles.repository import visible
from app.changes.pending import PendingChange, PendingChanges, record_change
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
    """With an article that comes back its comments come back."""
    articles = [change.id for change in pending_changes.changes if change.type == "article.published"]
    if articles:
        columns = (Comment.id, Comment.article_id, Comment.shown, Comment.version, Comment.language)
        back = select(*columns).where(Comment.article_id.in_(articles), Comment.shown).order_by(Comment.path)
        record_change(session, *(_change("comment.approved", row) for row in (await session.execute(back)).all()))
