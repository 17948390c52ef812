"""`token`: makes, lists, revokes and rotates staff tokens."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.commands.failing import EXIT_USAGE, fail
from app.kit import clock, migrations
from app.kit.db import open_database
from app.kit.errors import Fault, Problem
from app.kit.faults import faults_in
from app.kit.ids import as_id
from app.settings import load
from app.staff import actions
from app.staff.models import Member, StaffToken
from app.staff.repository import Staff
from app.staff.schemas import MemberInput, TokenInput
from app.text.messages import message

Result = TypeVar("Result")
Form = TypeVar("Form", bound=BaseModel)
HEADER = ("ID", "TOKEN", "STATE", "MEMBER", "ROLES", "LAST USED", "LABEL")
ISOLATES = dict.fromkeys(map(ord, "\u2068\u2069"))  # around values; a terminal shows them as boxes
NAMELESS = "(no name)"  # of members made before names were checked here


def _with_staff(work: Callable[[Staff], Awaitable[Result]]) -> Result:
    """Runs `work` in one transaction on the configured database, migrated first."""
    settings = load()
    if settings.migrate_on_start:
        migrations.upgrade(settings.database_url)

    async def run() -> Result:
        async with open_database(settings.database_url) as database, database.transaction() as session:
            return await work(Staff(session))

    try:
        return asyncio.run(run())
    except Problem as problem:
        fail(message(problem.detail_key, "en", problem.params))


def _checked(form: type[Form], **values: object) -> Form:
    """The values as the desk would take them; what it would refuse ends the command."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        found = [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]
        fail("\n".join(map(_told, faults_in(found))), EXIT_USAGE)


def _told(fault: Fault) -> str:
    option = (fault.pointer or "/").split("/")[1]
    return f"--{option}: {message(fault.key, 'en', fault.params)}".translate(ISOLATES)


def create_token(options: argparse.Namespace) -> int:
    """Prints only the token on standard output. An existing member keeps their roles and gains the named ones."""
    form = _checked(MemberInput, name=options.name, roles=list(dict.fromkeys(options.role)))
    label = _checked(TokenInput, label=options.label).label
    expires = clock.now() + timedelta(days=options.expires_days) if options.expires_days else None

    async def work(staff: Staff) -> str:
        member = await staff.member_named(form.name)
        if member is not None:  # as it is once nobody else changes it
            member = await staff.member(member.id, for_update=True)
        if member is None:
            member = await actions.add_member(staff, form.name, list(form.roles))
        elif not member.active:
            fail("this member is switched off: switch them on at the desk first (PATCH /v1/desk/staff/{id})")
        elif set(form.roles) - set(member.roles):
            await actions.change_member(staff, member, roles=[*member.roles, *form.roles])
        return (await actions.make_token(staff, member, label, expires))[1]

    print(_with_staff(work))
    return 0


def list_tokens(_options: argparse.Namespace) -> int:
    """Prints a line per token: id, first letters, state, member, roles, last use, label."""

    async def work(staff: Staff) -> list[Sequence[str]]:
        return [_row(token, member) for token, member in await staff.every_token()]

    rows = _with_staff(work)
    for line in _aligned([HEADER, *rows]) if sys.stdout.isatty() else map("\t".join, rows):
        print(line)
    return 0


def _row(token: StaffToken, member: Member) -> Sequence[str]:
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    state = "revoked" if token.revoked_at else "expired" if expired else "active" if member.active else "switched off"
    name, roles, used = member.name or NAMELESS, ",".join(member.roles), _moment(token.last_used_at)
    return token.id, token.prefix, state, name, roles, used, token.label or "-"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _moment(moment: datetime | None) -> str:
    return clock.written(moment) if moment else "never"


async def _find(staff: Staff, name: str) -> StaffToken:
    matches = [
        token
        for token, _ in await staff.every_token()
        if token.id == as_id(name) or (token.prefix == name[: len(token.prefix)] and len(name) >= len(token.prefix))
    ]
    if not matches:
        fail(
            "there is no such token. `./nashra token list` shows them: name one by its id or its first ten characters."
        )
    if len(matches) > 1:
        fail("several tokens begin so: name it by its id, from `./nashra token list`.")
    return await staff.token(matches[0].id)  # as it is once nobody else changes it


def revoke_token(options: argparse.Namespace) -> int:
    async def work(staff: Staff) -> None:
        await actions.revoke_token(staff, await _find(staff, options.token))

    _with_staff(work)
    return 0


def rotate_token(options: argparse.Namespace) -> int:
    """Prints only the new token on standard output."""

    async def work(staff: Staff) -> str:
        return (await actions.rotate_token(staff, await _find(staff, options.token)))[1]

    print(_with_staff(work))
    return 0
