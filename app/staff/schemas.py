"""Members and tokens as they come in and go out."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from app.kit.paging import Listed
from app.kit.schemas import IdText, Input, Line, Moment, MomentInput, Name, Output, Patch
from app.staff.roles import Role

Roles = Annotated[list[Role], Field(min_length=1, max_length=4, examples=[["editor"]])]
MemberName = Annotated[str, Name(80)]
Label = Annotated[str, Line(80)]


class MemberInput(Input):
    """A new member of the staff."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "سلمى الخطيب", "roles": ["editor"]}]})

    name: MemberName
    roles: Roles


class MemberUpdate(Patch):
    """JSON Merge Patch of a member. An inactive member's tokens are refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"roles": ["reporter", "moderator"]}]})

    name: MemberName = ""
    roles: Roles = ["reporter"]
    active: StrictBool = True


class MemberRead(Output):
    """A member of the staff."""

    model_config = ConfigDict(from_attributes=True)

    id: IdText
    name: str
    roles: list[str]
    active: bool
    version: int
    created_at: Moment


class TokenInput(Input):
    """A new token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "هاتف سلمى"}]})

    label: Label | None = None
    """What it is for."""
    expires_at: MomentInput | None = None
    """Left out: never."""


class TokenRead(Output):
    """A token as we keep it: without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: IdText
    member_id: IdText
    prefix: Annotated[str, Field(examples=["nsh_4Fz9Qa"])]
    """Its first letters, to recognise it."""
    label: str | None
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None
    """Noted at most once a minute."""


class TokenMade(TokenRead):
    """A new token: the only answer that contains it."""

    token: str | None
    """Null when an `Idempotency-Key` replays this answer: a secret is shown once."""


class Me(Output):
    """Who asks, and with which token."""

    member: MemberRead
    token: TokenRead


class TokenList(Output):
    """All tokens of a member."""

    data: list[TokenRead]


class MemberList(Listed[MemberRead]):
    """One page of members."""
