"""Desk routes for members, tokens and the audit."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.audit.repository import entries
from app.audit.schemas import AuditList, AuditQuery
from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    AlreadyExists,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StateConflict,
)
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors, PageQuery
from app.kit.routing import NoParameters, problems, router_of
from app.staff import desk_actions
from app.staff.access import Admin, AnyStaff, OncePerToken
from app.staff.models import StaffToken
from app.staff.repository import Staff
from app.staff.schemas import (
    Me,
    MemberInput,
    MemberList,
    MemberRead,
    MemberUpdate,
    TokenInput,
    TokenList,
    TokenMade,
    TokenRead,
)
from app.staff.work import AdminWork

desk = router_of("/v1/desk", "desk: people", "Staff, tokens and the audit.")
MemberId = Annotated[str, Path(description="Id of the member.")]
TokenId = Annotated[str, Path(description="Id of the token.")]
TOKEN_FIELDS = list(TokenRead.model_fields)


@desk.get("/me", response_model=Me, responses=problems(InvalidQuery))
async def read_me(request: Request, _: NoParameters, session: ReadingSession, actor: AnyStaff) -> Response:
    """Read the member and the token of this request"""
    member = await Staff(session).member(actor.member_id)
    token = await session.get_one(StaffToken, actor.token_id)
    return at_desk(written(Me, {"member": member, "token": token}))


@desk.get("/staff", response_model=MemberList, responses=problems(InvalidQuery, InvalidCursor))
async def list_members(
    request: Request, query: Annotated[PageQuery, Query()], session: ReadingSession, admin: Admin
) -> Response:
    """List the members of the staff"""
    return desk_list(request, MemberList, await Staff(session).members(query, Cursors.of(request)))


@desk.post(
    "/staff",
    status_code=201,
    response_model=MemberRead,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, AlreadyExists, InvalidBody),
)
async def create_member(request: Request, _: NoParameters, body: MemberInput, work: AdminWork) -> Response:
    """Add a member of the staff"""
    member = await desk_actions.create_member(work, body)
    headers = {"Location": f"/v1/desk/staff/{member.id}"}
    return at_desk(written(MemberRead, member), status=201, version=member.version, headers=headers)


@desk.get("/staff/{id}", response_model=MemberRead, responses=problems(InvalidQuery, NotFound))
async def read_member(
    request: Request, id: MemberId, _: NoParameters, session: ReadingSession, admin: Admin
) -> Response:
    """Read a member of the staff"""
    member = await Staff(session).member(id)
    return at_desk(written(MemberRead, member), version=member.version)


@desk.patch(
    "/staff/{id}",
    response_model=MemberRead,
    responses=problems(
        InvalidQuery, NotFound, AlreadyExists, StateConflict, PreconditionFailed, InvalidBody, PreconditionRequired
    ),
)
async def update_member(
    request: Request, id: MemberId, _: NoParameters, body: MemberUpdate, expected: IfMatch, work: AdminWork
) -> Response:
    """Change a member's name or roles, or switch the member off

    The tokens of an inactive member are refused from the next request on. Nobody takes their own admin role away or
    switches themselves off (409): there is always an admin left.
    """
    member = await desk_actions.update_member(work, id, body, expected)
    return at_desk(written(MemberRead, member), version=member.version)


@desk.get("/staff/{id}/tokens", response_model=TokenList, responses=problems(InvalidQuery, NotFound))
async def list_tokens(
    request: Request, id: MemberId, _: NoParameters, session: ReadingSession, admin: Admin
) -> Response:
    """List a member's tokens, revoked ones too"""
    staff = Staff(session)
    member = await staff.member(id)
    return at_desk(written(TokenList, {"data": await staff.tokens_of(member.id)}))


@desk.post(
    "/staff/{id}/tokens",
    status_code=201,
    response_model=TokenMade,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, InvalidBody),
)
async def create_token(request: Request, id: MemberId, _: NoParameters, body: TokenInput, work: AdminWork) -> Response:
    """Make a token

    The secret is in this answer and nowhere else.
    """
    token, secret = await desk_actions.create_token(work, id, body)
    return _made(request, token, secret)


@desk.post(
    "/staff/{id}/tokens/{token_id}/rotate",
    status_code=201,
    response_model=TokenMade,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict),
)
async def rotate_token(request: Request, id: MemberId, token_id: TokenId, _: NoParameters, work: AdminWork) -> Response:
    """Replace a token by a new one

    The old one is revoked at the same time. One that is revoked already, or has expired, cannot be replaced (409).
    """
    token, secret = await desk_actions.rotate_token(work, id, token_id)
    return _made(request, token, secret)


@desk.delete("/staff/{id}/tokens/{token_id}", status_code=204, responses=problems(InvalidQuery, NotFound))
async def revoke_token(id: MemberId, token_id: TokenId, _: NoParameters, work: AdminWork) -> Response:
    """Revoke a token

    It is refused from the next request on. A token has no versions: no `If-Match` is needed.
    """
    await desk_actions.revoke_token(work, id, token_id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.get("/audit", response_model=AuditList, responses=problems(InvalidQuery, InvalidCursor))
async def list_audit(
    request: Request, query: Annotated[AuditQuery, Query()], session: ReadingSession, admin: Admin
) -> Response:
    """Read the audit

    Who did what at the desk, newest first. Entries are only ever added.
    """
    return desk_list(request, AuditList, await entries(session, query, Cursors.of(request)))


def _made(request: Request, token: StaffToken, secret: str) -> Response:
    shown = {name: getattr(token, name) for name in TOKEN_FIELDS}
    request.state.replayed_content = written(TokenMade, {**shown, "token": None})
    return at_desk(written(TokenMade, {**shown, "token": secret}), status=201)
