"""What the change log says of comments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.articles.repository import visible
from app.changes.log import Note, Noted, note
from app.comments.models import Comment
from app.kit import clock
from app.kit.db import Instant
from app.settings import Settings


async def tell(session: AsyncSession, kind: str, comment: Any) -> None:
    """Notes a change of a comment (a row or an object), where readers can see its article.

    That one has gone is noted always: its article may be back before somebody reads that it was away.
    """
    if not comment.shown or await _is_seen(session, comment.article_id):
        note(session, _note(kind, comment))


async def _is_seen(session: AsyncSession, article_id: str) -> bool:
    return (await session.execute(SEEN, {"id": article_id, "now": clock.now()})).first() is not None


# Also where its article was told of by a clock that is ahead of ours: the comment was told of with it.
SEEN = select(Article.id).where(
    Article.id == bindparam("id"), or_(visible(bindparam("now", type_=Instant)), Article.announced)
)


def _note(kind: str, comment: Any) -> Note:
    tags = {f"comments:{comment.article_id}", "comments"}
    if kind != "comment.updated":
        tags.add(f"counts:{comment.article_id}")
    return Note(
        kind,
        comment.id,
        tags=tags,
        tombstone=not comment.shown,
        version=comment.version,
        languages={comment.language},
    )


async def watch(session: AsyncSession, noted: Noted, _settings: Settings, _now: datetime) -> None:
    """With an article that comes back its comments come back."""
    articles = [entry.id for entry in noted.notes if entry.type == "article.published"]
    if articles:
        columns = (Comment.id, Comment.article_id, Comment.shown, Comment.version, Comment.language)
        back = select(*columns).where(Comment.article_id.in_(articles), Comment.shown).order_by(Comment.path)
        note(session, *(_note("comment.approved", row) for row in (await session.execute(back)).all()))
