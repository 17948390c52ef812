"""What an admin does at the desk with members and tokens: the rules of `actions.py`, and the audit."""

from __future__ import annotations

from app.kit.caching import Expected
from app.kit.errors import Forbidden, StateConflict
from app.staff import actions
from app.staff.models import Member, StaffToken
from app.staff.repository import Staff
from app.staff.schemas import MemberInput, MemberUpdate, TokenInput
from app.staff.work import Work


async def create_member(work: Work, body: MemberInput) -> Member:
    """Raises `AlreadyExists`."""
    member = await actions.add_member(Staff(work.session), body.name, list(body.roles))
    await work.record("member.create", "member", member.id, name=member.name, roles=member.roles)
    return member


async def update_member(work: Work, id: str, body: MemberUpdate, expected: Expected) -> Member:
    """Changes the fields that were sent; nobody takes their own admin role away, so that there is always an admin.

    Raises `NotFound`, `AlreadyExists`, `PreconditionFailed`, `StateConflict`; `Forbidden` if another admin was faster.
    """
    staff = Staff(work.session)
    member, acting = await staff.pair(id, work.actor.member_id)
    if not acting.active or "admin" not in acting.roles:
        raise Forbidden()
    expected.require(member.version)
    changes = body.model_dump(exclude_unset=True)
    loses_admin = "roles" in changes and "admin" not in changes["roles"]
    if member.id == work.actor.member_id and (loses_admin or changes.get("active") is False):
        raise StateConflict(params={"state": "admin", "verb": "update"})
    await actions.change_member(staff, member, **changes)
    await work.record("member.update", "member", member.id, **changes)
    return member


async def create_token(work: Work, id: str, body: TokenInput) -> tuple[StaffToken, str]:
    """A new token of a member and its secret, which is not stored. Raises `NotFound`, `InvalidBody`."""
    staff = Staff(work.session)
    member = await staff.member(id, for_update=True)
    token, secret = await actions.make_token(staff, member, body.label, body.expires_at)
    await work.record("token.create", "token", token.id, member=member.name, prefix=token.prefix)
    return token, secret


async def rotate_token(work: Work, id: str, token_id: str) -> tuple[StaffToken, str]:
    """The token in its place and its secret. Raises `NotFound`, `StateConflict`."""
    staff = Staff(work.session)
    old = await staff.token(token_id, id)
    token, secret = await actions.rotate_token(staff, old)
    await work.record("token.rotate", "token", old.id, replaced_by=token.id)
    return token, secret


async def revoke_token(work: Work, id: str, token_id: str) -> None:
    """Raises `NotFound`."""
    staff = Staff(work.session)
    token = await staff.token(token_id, id)
    await actions.revoke_token(staff, token)
    await work.record("token.revoke", "token", token.id)
