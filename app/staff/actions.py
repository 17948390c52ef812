"""Actions on members and their tokens, for the desk and the command line."""

from __future__ import annotations

from datetime import datetime

from app.kit import clock
from app.kit.errors import AlreadyExists, Fault, InvalidBody, StateConflict
from app.kit.ids import new_id
from app.kit.signing import digest
from app.staff.models import Member, StaffToken
from app.staff.repository import Staff
from app.staff.tokens import SHOWN, new_token
from app.text.characters import identity_fold


async def add_member(staff: Staff, name: str, roles: list[str]) -> Member:
    """Raises `AlreadyExists` when a member has this name, whatever its case and diacritics."""
    if await staff.member_named(name) is not None:
        raise AlreadyExists(name=name)
    member = Member(
        id=new_id(),
        name=name,
        name_key=identity_fold(name),
        roles=list(dict.fromkeys(roles)),
        active=True,
        version=1,
        created_at=clock.now(),
    )
    await staff.add(member)
    return member


async def change_member(
    staff: Staff, member: Member, *, name: str | None = None, roles: list[str] | None = None, active: bool | None = None
) -> None:
    if name is not None and identity_fold(name) != member.name_key and await staff.member_named(name) is not None:
        raise AlreadyExists(name=name)
    if name is not None:
        member.name, member.name_key = name, identity_fold(name)
    if roles is not None:
        member.roles = list(dict.fromkeys(roles))
    if active is not None:
        member.active = active
    member.version += 1
    await staff.session.flush()


async def make_token(
    staff: Staff, member: Member, label: str | None = None, expires_at: datetime | None = None
) -> tuple[StaffToken, str]:
    """A new token and its secret, which is not stored."""
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidBody(errors=[Fault("in_past", pointer="/expires_at")])
    secret = new_token()
    token = StaffToken(
        id=new_id(),
        member_id=member.id,
        prefix=secret[:SHOWN],
        digest=digest(secret),
        label=label,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    await staff.add(token)
    return token, secret


async def revoke_token(staff: Staff, token: StaffToken) -> None:
    """Revoke a token, from the next request on. Revoking twice changes nothing."""
    token.revoked_at = token.revoked_at or clock.now()
    await staff.session.flush()


async def rotate_token(staff: Staff, token: StaffToken) -> tuple[StaffToken, str]:
    """Revoke a token, and make a new one with the same member, label and expiry.

    Raises `StateConflict` for a revoked or expired token: it must not give access again.
    """
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    if token.revoked_at is not None or expired:
        state = "expired" if expired else "revoked"
        raise StateConflict(params={"state": state, "verb": "rotate"}, state=state)
    await revoke_token(staff, token)
    return await make_token(staff, await staff.member(token.member_id), token.label, token.expires_at)
