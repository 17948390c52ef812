"""`doctor`: finds what is wrong with an installation."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable

from app.commands import checks, media_checks
from app.commands.checks import Check
from app.commands.failing import EXIT_FAILED
from app.masking import masked
from app.settings import Settings, SettingsError, read, wants_colour

COLOURS = {"ok": "32", "warning": "33", "error": "31"}  # SGR codes


def doctor(options: argparse.Namespace) -> int:
    """Prints a line for each check. Returns 1 when there is an error, else 0."""
    found = [check._replace(detail=masked(check.detail), advice=masked(check.advice)) for check in examined()]
    print(_as_json(found) if options.json else "\n".join(map(_line, found)))
    return EXIT_FAILED if _worst(found) == "error" else 0


def examined() -> list[Check]:
    """All checks; those that need settings are left out where these cannot be read."""
    try:
        settings = read()
    except SettingsError as error:
        wrong = [Check("settings", "error", line, "see docs/operations.md") for line in str(error).splitlines()]
        return [*wrong, checks.versions()]
    alone = [_attempted(check, settings) for check in checks.BY_ITSELF]
    return [checks.misspelt(), *alone, *asyncio.run(_asked(settings)), checks.versions()]


def _attempted(check: Callable[[Settings], Check], settings: Settings) -> Check:
    """The check, or that it could not be made: the others are told all the same."""
    try:
        return check(settings)
    except OSError as error:
        return Check(check.__name__.replace("_", " "), "error", str(error), "see docs/operations.md")


async def _asked(settings: Settings) -> list[Check]:
    return [*await checks.database(settings), *await media_checks.media(settings), await checks.stream(settings)]


def _worst(found: list[Check]) -> str:
    return max((check.status for check in found), key=list(COLOURS).index)


def _as_json(found: list[Check]) -> str:
    listed = [check._asdict() for check in found]
    return json.dumps({"status": _worst(found), "checks": listed}, ensure_ascii=False, indent=2)


def _line(check: Check) -> str:
    status = f"{check.status:<7}"
    if sys.stdout.isatty() and wants_colour():
        status = f"\x1b[{COLOURS[check.status]}m{status}\x1b[0m"
    return f"{status}  {check.name:<10}  {check.detail}{f' → {check.advice}' if check.advice else ''}"
