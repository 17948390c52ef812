"""The command line: `./nashra serve`, `demo`, `migrate`, `token`, `openapi`, `bench`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from app.kit import clock, migrations
from app.kit.db import Database
from app.kit.errors import Problem
from app.kit.ids import as_id
from app.kit.sqlite import SQLiteTooOld
from app.serving import listen
from app.settings import PREFIX, Settings, SettingsError, load, unknown_variables
from app.staff import actions
from app.staff.models import Member, StaffToken
from app.staff.repository import Staff
from app.staff.roles import ROLES

Result = TypeVar("Result")
EXIT_USAGE, EXIT_FAILED = 2, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Known errors are printed without a traceback."""
    options = _parser().parse_args(arguments)
    for name in unknown_variables():
        print(f"nashra: unknown setting {name} (ignored)", file=sys.stderr)
    try:
        code: int = options.run(options)
    except SettingsError as error:
        _fail(f"these settings cannot be used:\n{error}", EXIT_USAGE)
    except SQLiteTooOld as error:
        _fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error) or error).splitlines()[0]
        _fail(f"the database cannot be reached: {reason}\nIt is set by {PREFIX}DATABASE_URL.")
    except KeyboardInterrupt:
        code = 130
    return code


def _fail(text: str, code: int = EXIT_FAILED) -> NoReturn:
    print(f"nashra: {text}", file=sys.stderr)
    raise SystemExit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nashra", description="A headless content API for newsrooms.")
    commands = parser.add_subparsers(metavar="command", required=True)
    _server(commands.add_parser("demo", help="a scratch newsroom with demo content, served at once"), demo)
    _server(commands.add_parser("serve", help="serve the configured database"), serve)
    migrate_parser = commands.add_parser("migrate", help="bring the database to the code's schema")
    migrate_parser.add_argument("revision", nargs="?", default="head")
    migrate_parser.set_defaults(run=migrate)
    openapi_parser = commands.add_parser("openapi", help="write openapi.json (or to standard output: -)")
    openapi_parser.add_argument("file", nargs="?", default="openapi.json")
    openapi_parser.set_defaults(run=write_openapi)
    _token_commands(commands.add_parser("token", help="make, list, revoke and rotate staff tokens"))
    _bench(commands.add_parser("bench", help="measure what answers cost, beside a bare server"))
    return parser


def _server(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.set_defaults(run=run)


def _token_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="action", required=True)
    create = commands.add_parser("create", help="a token for a member, who is made if new; printed once")
    create.add_argument("--name", required=True)
    create.add_argument("--role", required=True, action="append", choices=ROLES)
    create.add_argument("--label")
    create.add_argument("--expires-days", type=int)
    create.set_defaults(run=create_token)
    commands.add_parser("list", help="all tokens, without their secrets").set_defaults(run=list_tokens)
    for name, run in (("revoke", revoke_token), ("rotate", rotate_token)):
        command = commands.add_parser(name, help=f"{name} a token by id or first letters")
        command.add_argument("token")
        command.set_defaults(run=run)


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", default="1k,10k", help="articles, of 1k,10k,100k,1m (default: 1k,10k)")
    parser.add_argument("--only", default="", help="workloads, by name or first word: hot,mixed,…")
    parser.add_argument("--rounds", type=int, default=3, help="rounds on each server, by turns (default: 3)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of each round (default: 2)")
    beside = parser.add_mutually_exclusive_group()
    beside.add_argument("--postgresql", action="store_true", help="also on a PostgreSQL that comes from a wheel")
    beside.add_argument("--database", metavar="URL", help="also on this PostgreSQL, where it may make databases")
    written = "write docs/performance.md and .svg (without it: when everything runs at every size)"
    parser.add_argument("--write", action=argparse.BooleanOptionalAction, help=written)
    parser.set_defaults(run=bench)


def serve(options: argparse.Namespace) -> int:
    """Serves the configured database, migrating it first."""
    settings = load()
    _refuse_taken_port(options.host, options.port)
    if settings.migrate_on_start:
        migrations.upgrade(settings.database_url)
    return listen(options, early_hits=settings.early_hits)


def bench(options: argparse.Namespace) -> int:
    """Measures the server on datasets of its own; the configured database is not touched."""
    from bench import run

    return run.main(options)


def demo(options: argparse.Namespace) -> int:
    """Serves a scratch newsroom with demo content; its database is created anew each time."""
    from app.demo.pour import pour

    _refuse_taken_port(options.host, options.port)
    scratch = Path("var") / "demo"
    shutil.rmtree(scratch, ignore_errors=True)
    address = f"http://{_shown(options.host)}:{options.port}"
    os.environ.update(
        {
            f"{PREFIX}DATABASE_URL": f"sqlite:///{scratch / 'nashra.db'}",
            f"{PREFIX}API_URL": address,
            f"{PREFIX}SITE_URL": os.environ.get(f"{PREFIX}SITE_URL", address),
        }
    )
    os.environ.pop(f"{PREFIX}SECRET_KEY", None)
    settings = load()
    migrations.upgrade(settings.database_url)
    token = asyncio.run(pour(settings))
    print(
        f"\nنشرة · Nashra demo\n\n  Reader page  {address}/\n  API docs     {address}/docs\n"
        f"  Articles     {address}/v1/articles\n  Tickers      {address}/v1/tickers\n"
        f"  Staff token  {token}\n\n  Stop with Ctrl+C. The next demo starts again from nothing.\n",
        flush=True,
    )
    return listen(options, early_hits=settings.early_hits)


def _shown(host: str) -> str:
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104  # compared, not bound


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            _fail(f"port {port} is not between 0 and 65535", EXIT_USAGE)
        except OSError as error:
            _fail(f"cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port.")


def migrate(options: argparse.Namespace) -> int:
    """Upgrades to a revision, or downgrades to `base` or an earlier one."""
    from alembic import command

    url = load().database_url
    down = options.revision == "base" or options.revision.startswith("-")
    migrations.run(url, command.downgrade if down else command.upgrade, options.revision)
    return 0


def write_openapi(options: argparse.Namespace) -> int:
    """Writes the OpenAPI document under default settings."""
    from app.main import create_app

    document = create_app(Settings(secret_key=("document",))).openapi()
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if options.file == "-":
        sys.stdout.write(text)
    else:
        Path(options.file).write_text(text, "utf-8")
    return 0


def _with_staff(work: Callable[[Staff], Awaitable[Result]]) -> Result:
    """Runs `work` in one transaction on the configured database, migrated first."""
    settings = load()
    if settings.migrate_on_start:
        migrations.upgrade(settings.database_url)

    async def run() -> Result:
        database = Database(settings.database_url, pool=1)
        try:
            async with database.transaction() as session:
                return await work(Staff(session))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except Problem as problem:
        _fail(problem.slug)


def create_token(options: argparse.Namespace) -> int:
    """Prints only the token on standard output. An existing member keeps their roles and gains the named ones."""
    expires = clock.now() + timedelta(days=options.expires_days) if options.expires_days else None

    async def work(staff: Staff) -> str:
        member = await staff.member_named(options.name)
        if member is None:
            member = await actions.add_member(staff, options.name, options.role)
        elif set(options.role) - set(member.roles):
            await actions.change_member(staff, member, roles=[*member.roles, *options.role])
        return (await actions.make_token(staff, member, options.label, expires))[1]

    print(_with_staff(work))
    return 0


def list_tokens(_options: argparse.Namespace) -> int:
    """Prints a line per token: id, first letters, state, member, roles, last use, label."""

    async def work(staff: Staff) -> list[str]:
        return [_line(token, member) for token, member in await staff.every_token()]

    for line in _with_staff(work):
        print(line)
    return 0


def _line(token: StaffToken, member: Member) -> str:
    expired = token.expires_at is not None and token.expires_at <= clock.now()
    state = "revoked" if token.revoked_at else "expired" if expired else "active" if member.active else "switched off"
    used = _moment(token.last_used_at)
    return "\t".join([token.id, token.prefix, state, member.name, ",".join(member.roles), used, token.label or "-"])


def _moment(moment: datetime | None) -> str:
    return clock.written(moment) if moment else "never"


async def _find(staff: Staff, name: str) -> StaffToken:
    matches = [
        token
        for token, _ in await staff.every_token()
        if token.id == as_id(name) or (token.prefix == name[: len(token.prefix)] and len(name) >= len(token.prefix))
    ]
    if len(matches) != 1:
        _fail("no such token" if not matches else "several tokens begin so: use the id")
    return matches[0]


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


if __name__ == "__main__":
    sys.exit(main())
