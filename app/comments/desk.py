"""Comments at the desk: the moderators' queue and their decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.comments import actions
from app.comments.router import CommentId
from app.comments.rows import ModerationRow
from app.comments.schemas import (
    CommentDesk,
    CommentDeskList,
    CommentDeskQuery,
    DecisionInput,
    DecisionsInput,
    Outcomes,
)
from app.comments.tree import body_html, direction_of
from app.comments.write_repository import CommentsToChange
from app.kit import clock
from app.kit.caching import Expected, IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StateConflict,
)
from app.kit.idempotency import Once, Replay, UseOnce
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors
from app.kit.routing import NoParameters, problems, router_of
from app.staff.access import Actor, Moderator, OncePerToken
from app.staff.work import ModeratorWork, Work
from app.text.characters import clusters

desk = router_of("/v1/desk/comments", "desk: comments", "Moderation.")
VERB = problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody)
APPROVAL = {**VERB, **problems(PreconditionRequired)}
EXCERPT = 140


@dataclass(frozen=True)
class _Deciding:
    """Dependencies of every single decision: the moderator's work, `If-Match` and the idempotency key."""

    work: Work
    expected: Expected
    once: Once


async def _deciding(work: ModeratorWork, expected: IfMatch, once: UseOnce) -> _Deciding:
    return _Deciding(work, expected, once)


Deciding = Annotated[_Deciding, Depends(_deciding, scope="function")]


@desk.get("", response_model=CommentDeskList, responses=problems(InvalidQuery, InvalidCursor))
async def list_desk_comments(
    request: Request, query: Annotated[CommentDeskQuery, Query()], session: ReadingSession, moderator: Moderator
) -> Response:
    """List comments of every status

    Newest first, each with its article, what it answers, and its writer's e-mail address. The queue is
    `status=pending`. Slug and headline of an article that is not published are null for who may not read drafts.
    """
    page = await CommentsToChange(session).queue(query, Cursors.of(request), moderator, clock.now())
    return desk_list(request, CommentDeskList, page, _row)


@desk.post(
    "/decisions", response_model=Outcomes, dependencies=[OncePerToken], responses=problems(InvalidQuery, InvalidBody)
)
async def decide_comments(request: Request, _: NoParameters, body: DecisionsInput, work: ModeratorWork) -> Response:
    """Decide on up to 100 comments at once

    One after the other, in one transaction; a decision that cannot be carried out does not stop the others. The answer
    says what became of each: `ok`, `unchanged`, `not_found`, or `conflict` where the comment's status forbids it, where
    it has another `version` than the one that is named, or where none is named to approve what its author has changed.
    """
    outcomes = await actions.decide_all(work, body.decisions)
    return at_desk(written(Outcomes, {"data": outcomes}))


@desk.get("/{id}", response_model=CommentDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_comment(
    request: Request, id: CommentId, _: NoParameters, session: ReadingSession, moderator: Moderator
) -> Response:
    """Read a comment of any status"""
    return await _shown(session, id, moderator)


@desk.post("/{id}/approve", response_model=CommentDesk, responses=APPROVAL)
async def approve_comment(
    request: Request, id: CommentId, _: NoParameters, deciding: Deciding, body: DecisionInput | None = None
) -> Response:
    """Approve a comment

    The comment is public when the response is sent. A reply to a comment that waits for a decision is 409: decide on
    that one first. A comment that its author has edited (`edited_at`) needs the version that was read, in `If-Match` or
    in the body: 428 without.
    """
    return await _decided(request, deciding, id, "approve", body)


@desk.post("/{id}/reject", response_model=CommentDesk, responses=VERB)
async def reject_comment(
    request: Request, id: CommentId, _: NoParameters, deciding: Deciding, body: DecisionInput | None = None
) -> Response:
    """Reject a comment

    Approved ones too: where others have answered, its place stays, without name and text.
    """
    return await _decided(request, deciding, id, "reject", body)


@desk.post("/{id}/spam", response_model=CommentDesk, responses=VERB)
async def mark_comment_as_spam(
    request: Request, id: CommentId, _: NoParameters, deciding: Deciding, body: DecisionInput | None = None
) -> Response:
    """Mark a comment as spam"""
    return await _decided(request, deciding, id, "spam", body)


@desk.post("/{id}/redact", response_model=CommentDesk, responses=VERB)
async def redact_comment(
    request: Request, id: CommentId, _: NoParameters, deciding: Deciding, body: DecisionInput | None = None
) -> Response:
    """Redact a comment, for good

    Name, text, web address and e-mail address are erased from the database. There is no way back.
    """
    return await _decided(request, deciding, id, "redact", body)


async def _decided(request: Request, deciding: _Deciding, id: str, verb: str, body: DecisionInput | None) -> Response:
    """Applies a decision. A replay stores no comment: name, text and e-mail address may be erased before it comes."""
    work = deciding.work
    try:
        await deciding.once.begin(f"token:{work.actor.token_id}")
    except Replay:
        return await _shown(work.session, id, work.actor, {"Idempotency-Replayed": "true"})
    await actions.decide_one(work, id, verb, body or DecisionInput(), deciding.expected)
    request.state.replayed_content = json.dumps({"id": id, "status": actions.TARGET[verb]}).encode()
    return await _shown(work.session, id, work.actor)


async def _shown(session: AsyncSession, id: str, actor: Actor, headers: Mapping[str, str] | None = None) -> Response:
    row = await CommentsToChange(session).for_moderator(id, actor, clock.now())
    return at_desk(written(CommentDesk, _row(row)), version=row.version, headers=headers)


def _row(row: ModerationRow) -> dict[str, object]:
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
