"""Queries for members and tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.kit.errors import NotFound
from app.kit.ids import as_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.kit.prepared import Prepared
from app.kit.signing import digest
from app.staff.models import Member, StaffToken
from app.text.characters import identity_fold


class Staff:
    """Members and their tokens, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def member(self, id: str, *, for_update: bool = False) -> Member:
        """Raises `NotFound`."""
        member = await self.session.get(Member, _id(id), with_for_update=for_update or None)
        if member is None:
            raise NotFound()
        return member

    async def pair(self, id: str, other_id: str) -> tuple[Member, Member]:
        """Two members, read again under row locks in id order, so that concurrent changes do not deadlock."""
        id = _id(id)
        statement = select(Member).where(Member.id.in_([id, other_id])).order_by(Member.id).with_for_update()
        found = await self.session.scalars(statement.execution_options(populate_existing=True))
        members = {member.id: member for member in found}
        if id not in members or other_id not in members:
            raise NotFound()
        return members[id], members[other_id]

    async def known(self, ids: Collection[str]) -> set[str]:
        """Those of these ids that members have."""
        found = select(Member.id).where(Member.id.in_([known for id in ids if (known := as_id(id))]))
        return set((await self.session.execute(found)).scalars()) if ids else set()

    async def member_named(self, name: str) -> Member | None:
        statement = select(Member).where(Member.name_key == identity_fold(name))
        return (await self.session.scalars(statement)).one_or_none()

    async def members(self, query: PageQuery, cursors: Cursors) -> Slice[Member]:
        return await take(
            self.session, select(Member), [Key(Member.id)], query, cursors, position=lambda row: [row.id], scalars=True
        )

    async def tokens_of(self, member_id: str) -> Sequence[StaffToken]:
        return (await self.session.scalars(_tokens().where(StaffToken.member_id == member_id))).all()

    async def every_token(self) -> Sequence[Row[StaffToken, Member]]:
        statement = select(StaffToken, Member).join(Member, Member.id == StaffToken.member_id).order_by(StaffToken.id)
        return (await self.session.execute(statement)).all()

    async def token(self, id: str, member_id: str | None = None) -> StaffToken:
        """A token under its row lock, of this member if one is named. Raises `NotFound`."""
        token = await self.session.get(StaffToken, _id(id), with_for_update=True)
        if token is None or (member_id is not None and token.member_id != _id(member_id)):
            raise NotFound()
        return token

    async def add(self, thing: Member | StaffToken) -> None:
        self.session.add(thing)
        await self.session.flush()


def _id(text: str) -> str:
    """The id in a path. Raises `NotFound` for a text that is none."""
    if (known := as_id(text)) is None:
        raise NotFound()
    return known


def _tokens() -> Select[StaffToken]:
    return select(StaffToken).order_by(StaffToken.id)


class BearerRow(NamedTuple):
    """A token (`id`), good or not, and its member."""

    id: str
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    member_id: str
    name: str
    roles: list[str]
    active: bool

    def refusal(self, now: datetime) -> Literal["revoked", "expired", "inactive_member"] | None:
        """Why the token does not authenticate; None for a valid one."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return None if self.active else "inactive_member"


async def bearer(connection: AsyncConnection, token: str) -> BearerRow | None:
    """The token with this secret, and its member. Its validity is judged by `BearerRow.refusal`."""
    return await BEARER.first(connection, {"digest": digest(token)})


# Every desk request runs it first.
BEARER = Prepared(
    select(
        StaffToken.id,
        StaffToken.last_used_at,
        StaffToken.expires_at,
        StaffToken.revoked_at,
        Member.id.label("member_id"),
        Member.name,
        Member.roles,
        Member.active,
    )
    .join(Member, Member.id == StaffToken.member_id)
    .where(StaffToken.digest == bindparam("digest")),
    BearerRow,
)


async def record_use(session: AsyncSession, token_id: str, now: datetime) -> None:
    await session.execute(update(StaffToken).where(StaffToken.id == token_id).values(last_used_at=now))
