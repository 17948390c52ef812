"""Comments at the desk: the moderators' queue and their decisions."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.audit.work import ModeratorWork, Work
from app.comments import actions
from app.comments.repository import CommentsToChange
from app.comments.schemas import (
    CommentDesk,
    CommentDeskList,
    CommentDeskQuery,
    DecisionInput,
    DecisionsInput,
    Outcomes,
)
from app.comments.tree import body_html, direction_of
from app.kit.caching import Expected, IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import InvalidBody, InvalidCursor, InvalidQuery, NotFound, PreconditionFailed, StateConflict
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors
from app.kit.routing import problems, router_of
from app.kit.schemas import NoQuery
from app.staff.access import Moderator, OncePerToken
from app.text.characters import clusters

desk = router_of("/v1/desk/comments", "desk: comments")
Empty = Annotated[NoQuery, Query()]
CommentId = Annotated[str, Path(description="Id of the comment.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
VERB = problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody)
EXCERPT = 140


@desk.get("", response_model=CommentDeskList, responses=problems(InvalidQuery, InvalidCursor))
async def list_desk_comments(
    request: Request, query: Annotated[CommentDeskQuery, Query()], session: ReadingSession, moderator: Moderator
) -> Response:
    """List comments of every status

    Newest first, each with its article, what it answers, and its writer's e-mail address. The queue is
    `status=pending`.
    """
    return desk_list(request, CommentDeskList, await CommentsToChange(session).queue(query, Cursors(request)), _row)


@desk.post(
    "/decisions", response_model=Outcomes, dependencies=[OncePerToken], responses=problems(InvalidQuery, InvalidBody)
)
async def decide_comments(request: Request, _: Empty, body: DecisionsInput, work: ModeratorWork) -> Response:
    """Decide on up to 100 comments at once

    One after the other, in one transaction; a decision that cannot be carried out does not stop the others. The answer
    says what became of each: `ok`, `unchanged`, `not_found`, or `conflict` where the comment's status forbids it.
    """
    outcomes = await actions.decide_all(work, body.decisions)
    return at_desk(request, written(Outcomes, {"data": outcomes}))


@desk.get("/{id}", response_model=CommentDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_comment(
    request: Request, id: CommentId, _: Empty, session: ReadingSession, moderator: Moderator
) -> Response:
    """Read a comment of any status"""
    return await _shown(request, session, id)


@desk.post("/{id}/approve", response_model=CommentDesk, dependencies=[OncePerToken], responses=VERB)
async def approve_comment(
    request: Request, id: CommentId, _: Empty, expected: IfMatch, work: ModeratorWork, body: DecisionInput | None = None
) -> Response:
    """Approve a comment

    It is public when this answers. A reply to a comment that is neither shown nor gone for good is 409: what it answers
    is decided first.
    """
    return await _decided(request, work, id, "approve", body, expected)


@desk.post("/{id}/reject", response_model=CommentDesk, dependencies=[OncePerToken], responses=VERB)
async def reject_comment(
    request: Request, id: CommentId, _: Empty, expected: IfMatch, work: ModeratorWork, body: DecisionInput | None = None
) -> Response:
    """Reject a comment

    Approved ones too: where others have answered, its place stays, without name and text.
    """
    return await _decided(request, work, id, "reject", body, expected)


@desk.post("/{id}/spam", response_model=CommentDesk, dependencies=[OncePerToken], responses=VERB)
async def mark_comment_as_spam(
    request: Request, id: CommentId, _: Empty, expected: IfMatch, work: ModeratorWork, body: DecisionInput | None = None
) -> Response:
    """Mark a comment as spam"""
    return await _decided(request, work, id, "spam", body, expected)


@desk.post("/{id}/redact", response_model=CommentDesk, dependencies=[OncePerToken], responses=VERB)
async def redact_comment(
    request: Request, id: CommentId, _: Empty, expected: IfMatch, work: ModeratorWork, body: DecisionInput | None = None
) -> Response:
    """Redact a comment, for good

    Name, text, web address and e-mail address are erased from the database. There is no way back.
    """
    return await _decided(request, work, id, "redact", body, expected)


async def _decided(
    request: Request, work: Work, id: str, verb: str, body: DecisionInput | None, expected: Expected
) -> Response:
    await actions.decide_one(work, id, verb, (body and body.reason) or None, expected)
    return await _shown(request, work.session, id)


async def _shown(request: Request, session: AsyncSession, id: str) -> Response:
    row = await CommentsToChange(session).for_moderator(id)
    return at_desk(request, written(CommentDesk, _row(row)), version=row.version)


def _row(row: Any) -> dict[str, Any]:
    parent = {
        "id": row.parent_id,
        "author_name": row.parent_name,
        "excerpt": _excerpt(row.parent_body),
        "status": row.parent_status,
    }
    same = (
        "id status author_name author_role author_url body language depth was_approved consent_at consent_version "
        "created_at edited_at version"
    )
    return {
        **{name: getattr(row, name) for name in same.split()},
        "article": {"id": row.article_id, "slug": row.article_slug, "headline": row.article_headline},
        "parent": parent if row.parent_id else None,
        "author_email": row.email,
        "body_html": None if row.body is None else body_html(row.body),
        "direction": direction_of(row.language, row.body),
        "reply_count": row.replies,
    }


def _excerpt(text: str | None) -> str | None:
    """The beginning of a text on one line, cut between graphemes."""
    if text is None:
        return None
    line = " ".join(text.split())
    begun = "".join(islice(clusters(line), EXCERPT))
    return begun if begun == line else f"{begun.rstrip()}…"
