"""Authentication and authorisation: a bearer token becomes an `Actor`, a role a FastAPI dependency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from app.kit import clock
from app.kit.db import Database, UseDatabase, single_statement, writing_session
from app.kit.errors import Forbidden, Unauthorized
from app.kit.idempotency import UseOnce
from app.staff import repository
from app.staff.roles import ROLES
from app.staff.tokens import is_well_formed

RECORD_EVERY = timedelta(seconds=60)
REALM = 'Bearer realm="nashra"'
# Why a token is refused -> `error_description` (RFC 6750 §3: ASCII, for developers).
REFUSALS = {
    "unknown": "The token is not known",
    "expired": "The token has expired",
    "revoked": "The token was revoked",
    "inactive_member": "The member of the token is switched off",
}
bearer_scheme = HTTPBearer(auto_error=False, scheme_name="staff_token", description="A staff token: `nsh_…`.")


@dataclass(frozen=True)
class Actor:
    """The authenticated member and their token."""

    member_id: str
    name: str
    roles: frozenset[str]
    token_id: str | None

    def has(self, *roles: str) -> bool:
        """Whether the member has any of `roles`; an admin has all."""
        return bool(self.roles & {"admin", *roles})


async def _actor(
    request: Request,
    database: UseDatabase,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Actor:
    if credentials is None:
        raise Unauthorized(reason="missing", headers={"WWW-Authenticate": REALM})
    now = clock.now()
    token = credentials.credentials
    if not is_well_formed(token):
        raise _refused("unknown")
    async with database.connection() as connection:
        await single_statement(connection)
        row = await repository.bearer(connection, token)
    if row is None:
        raise _refused("unknown")
    if reason := row.refusal(now):
        raise _refused(reason)
    await _record_use(request, database, row.id, row.last_used_at, now)
    return Actor(row.member_id, row.name, frozenset(row.roles), row.id)


def _refused(reason: str) -> Unauthorized:
    """The 401 for a token that was sent. Who does not hold a real token only ever learns `unknown`."""
    challenge = f'{REALM}, error="invalid_token", error_description="{REFUSALS[reason]}"'
    return Unauthorized(reason=reason, headers={"WWW-Authenticate": challenge})


async def _record_use(
    request: Request, database: Database, token_id: str, last: datetime | None, now: datetime
) -> None:
    """Store `last_used_at`, at most once a minute.

    In the transaction that the request has opened already, else in its own short one, whose failure fails no request.
    """
    if last is not None and now - last < RECORD_EVERY:
        return
    if (session := writing_session(request)) is not None:
        await repository.record_use(session, token_id, now)
        return
    try:
        async with database.transaction() as session:
            await repository.record_use(session, token_id, now)
    except (SQLAlchemyError, OSError):
        return


def _allow(*roles: str) -> Callable[[Actor], Awaitable[Actor]]:
    async def check(actor: Annotated[Actor, Depends(_actor)]) -> Actor:
        if not actor.has(*roles):
            raise Forbidden(headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'})
        return actor

    return check


async def _once_per_token(actor: Annotated[Actor, Depends(_actor)], once: UseOnce) -> None:
    await once.begin(once_scope(actor))


def once_scope(actor: Actor) -> str:
    """The scope of an `Idempotency-Key`. With the roles: a member who has lost one gets no replay from before."""
    return f"token:{actor.token_id}:{','.join(sorted(actor.roles))}"


AnyStaff = Annotated[Actor, Depends(_allow(*ROLES))]
Admin = Annotated[Actor, Depends(_allow())]
Editor = Annotated[Actor, Depends(_allow("editor"))]
Writer = Annotated[Actor, Depends(_allow("editor", "reporter"))]
Moderator = Annotated[Actor, Depends(_allow("editor", "moderator"))]
# For a desk POST: replays the answer for the same `Idempotency-Key` from the same token.
OncePerToken = Depends(_once_per_token, scope="function")
