"""What `doctor` looks at. A check changes nothing, and says what to do."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from typing import Literal, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.changes.commit_signal import signal_path
from app.changes.models import ChangeLog
from app.commands.standing import place_of
from app.jobs.repository import counts
from app.kit import clock, migrations
from app.kit.db import Database, open_database
from app.kit.openapi import VERSION
from app.kit.sqlite import OLDEST
from app.outbound.client import opening_of
from app.settings import KEY_BYTES, PREFIX, Settings, nearest_variable, short_key, unknown_variables

PATIENCE = 10  # seconds for the database
STREAM_PATIENCE = 5.0  # seconds for the first event of a stream, which is sent at once
CLOCKS_APART = 2.0  # seconds
NOBODY_WORKS = timedelta(minutes=5)  # a job waits half a second for a worker that has nothing to do
FILES_BESIDES_STREAMS = 200
PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "asyncpg", "pydantic")


class Check(NamedTuple):
    """The outcome of one check. `advice` is empty when it is `ok`."""

    name: str
    status: Literal["ok", "warning", "error"]
    detail: str
    advice: str = ""


def misspelt() -> Check:
    unknown = unknown_variables()
    if not unknown:
        return Check("settings", "ok", "all are known")
    near = [found for name in unknown if (found := nearest_variable(name))]
    advice = f"did you mean {', '.join(near)}?" if near else "docs/operations.md lists all settings"
    return Check("settings", "warning", f"ignored: {', '.join(unknown)}", advice)


def keys(settings: Settings) -> Check:
    if warning := short_key(settings):
        return Check("keys", "warning", warning.partition(". ")[0], warning.partition(". ")[2])
    if settings.secret_key:
        return Check("keys", "ok", f"{len(settings.secret_key)} set, the first is long enough")
    path = settings.sqlite_path.with_suffix(".key")
    if not settings.is_sqlite:
        return Check("keys", "error", "none is set", f"set {PREFIX}SECRET_KEY: openssl rand -hex 32")
    if not path.exists():
        return Check("keys", "ok", f"made in {path} at the first start")
    if (length := len(path.read_bytes().strip())) < KEY_BYTES:
        return Check(
            "keys", "warning" if length else "error", f"{path} holds {length} bytes", "bring back a backup of it"
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Check("keys", "warning", f"others can read {path}", f"chmod 600 {path}")
    return Check("keys", "ok", f"in {path}")


def folders(settings: Settings) -> Check:
    """Where we write: beside a SQLite file, the file of the commit signal, and that of takedowns."""
    signal = signal_path(settings.database_url)
    wanted = ([settings.sqlite_path.parent] if settings.is_sqlite else []) + ([signal.parent] if signal else [])
    wanted.append(settings.takedowns_path.parent)
    for folder in dict.fromkeys(wanted):
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            return Check("folders", "error", f"{there} cannot be written", "give it to the user that serves")
    return Check("folders", "ok", ", ".join(str(folder) for folder in dict.fromkeys(wanted)))


def open_files(settings: Settings) -> Check:
    import resource  # not on Windows

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.streams_max + 2 * settings.database_pool + FILES_BESIDES_STREAMS
    if limit == resource.RLIM_INFINITY or limit >= needed:
        return Check("open files", "ok", f"{limit} for each worker" if limit >= 0 else "no limit")
    higher = (
        "" if most == resource.RLIM_INFINITY or most >= needed else f" (the hard limit is {most}: raise it as well)"
    )
    detail = f"{limit} for each worker; {PREFIX}STREAMS_MAX allows {settings.streams_max} streams"
    return Check("open files", "warning", detail, f"ulimit -n {needed}{higher}, or allow fewer streams")


def versions() -> Check:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    detail = f"Nashra {VERSION}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}"
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Check("versions", "error", detail, f"Nashra needs SQLite {oldest} or newer, which a newer Python brings")
    return Check("versions", "ok", detail)


async def database(settings: Settings) -> list[Check]:
    """The database, its schema and its clock."""
    if settings.is_sqlite and not settings.sqlite_path.exists():
        return [Check("database", "ok", f"{place_of(settings)}: not there yet, made at the first start")]
    try:
        async with open_database(settings.database_url) as opened, asyncio.timeout(PATIENCE):
            seen = [await _reached(opened, settings), await _schema(opened), await _clock(opened)]
            return [*seen, *await _outbound(opened), *await _jobs(opened)]
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error) or type(error).__name__).splitlines()[0]
        detail = f"{place_of(settings)}: {reason}"
        return [Check("database", "error", detail, f"is it running, and is {PREFIX}DATABASE_URL right?")]


class _UndoneError(Exception):
    """Ends a transaction that must leave nothing."""


async def _reached(opened: Database, settings: Settings) -> Check:
    async with opened.connection() as connection:
        if opened.is_embedded:
            server = f"SQLite {sqlite3.sqlite_version}"
        else:
            server = (await connection.execute(text("SHOW server_version"))).scalar_one()
    try:
        async with opened.transaction() as session:
            await _write(session)
    except _UndoneError:
        return Check("database", "ok", f"{place_of(settings)}: reachable and writable (version {server})")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        advice = "its user, and on SQLite its folder, need the right to write"
        return Check("database", "error", f"{place_of(settings)}: cannot be written: {reason}", advice)
    raise AssertionError("the transaction was to be undone")


async def _write(session: AsyncSession) -> None:
    await session.execute(text("CREATE TABLE nashra_doctor (id integer)"))
    raise _UndoneError


async def _schema(opened: Database) -> Check:
    revisions, head = migrations.known()
    try:
        async with opened.connection() as connection:
            found = await migrations.revision_of(connection)
    except SQLAlchemyError:
        found = None
    if found == head:
        return Check("schema", "ok", f"at {head}, the newest")
    if found is None:
        return Check("schema", "warning", "there are no tables yet", "./nashra migrate (or serve, which migrates)")
    if found in revisions:
        return Check("schema", "warning", f"at {found}; the code is at {head}", "./nashra migrate")
    return Check("schema", "warning", f"at {found}, which this code does not know", "run the newer code")


async def _clock(opened: Database) -> Check:
    if opened.is_embedded:
        return Check("clock", "ok", f"{clock.written(clock.now())}; SQLite has no other")
    async with opened.connection() as connection:
        theirs = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    apart = abs((theirs - clock.now()).total_seconds())
    if apart <= CLOCKS_APART:
        return Check("clock", "ok", f"{clock.written(clock.now())}; the database's is {apart:.1f} s apart")
    detail = f"this machine's and the database's are {apart:.0f} s apart"
    return Check("clock", "error", detail, "set both by NTP: publication follows the clock")


async def _outbound(opened: Database) -> list[Check]:
    """Whether changes are held back since a restore. Nothing where the schema is older than that."""
    try:
        async with opened.connection() as connection:
            paused = (await connection.execute(select(ChangeLog.outbound_paused_at))).scalar_one_or_none()
    except SQLAlchemyError:
        return []
    if paused is None:
        return [Check("outbound", "ok", "changes are sent to those that are configured")]
    detail = f"nothing is sent to anybody since the restore of {clock.written(paused)}"
    return [Check("outbound", "warning", detail, "./nashra resume, when this is the newsroom that readers see")]


async def _jobs(opened: Database) -> list[Check]:
    """Whether background jobs wait and nobody runs them. Nothing where the schema is older than they are."""
    try:
        async with opened.connection() as connection:
            queue = await counts(connection)
    except SQLAlchemyError:
        return []
    waiting, dead = sum(one.number for one in queue.due), queue.by_state["dead"]
    oldest = max((queue.now - one.oldest_at for one in queue.due), default=timedelta(0))
    is_idle = queue.last_ended_at is None or queue.now - queue.last_ended_at > NOBODY_WORKS
    if oldest > NOBODY_WORKS and is_idle and not queue.by_state["running"]:
        detail = f"{waiting} wait, one for {int(oldest.total_seconds() // 60)} minutes, and nobody runs them"
        return [Check("jobs", "warning", detail, f"run ./nashra worker, or serve without {PREFIX}WORKER=false")]
    if dead:
        advice = "GET /v1/desk/jobs?state=dead says why; POST …/{id}/retry tries one again"
        return [Check("jobs", "warning", f"{dead} have failed for good", advice)]
    return [Check("jobs", "ok", f"{waiting} due, {queue.by_state['running']} running")]


async def stream(settings: Settings) -> Check:
    """What comes first of a stream, through whatever stands in front: it is sent at once."""
    url = f"{settings.api_url}/v1/stream"
    if "api_url" not in settings.model_fields_set:
        return Check("stream", "ok", f"not checked: {PREFIX}API_URL is not set")
    try:
        answer = await opening_of(url, STREAM_PATIENCE)
    except ConnectionError as error:
        return Check("stream", "warning", f"not checked: {url}: {error}", "start the server, then ask again")
    if answer.seconds is None and answer.status in {None, 200}:
        detail = f"{url}: nothing came within {STREAM_PATIENCE:.0f} s: a proxy buffers it"
        return Check(
            "stream", "error", detail, "switch buffering off (nginx: proxy_buffering off;), see docs/operations.md"
        )
    if answer.status != 200 or not answer.content_type.startswith("text/event-stream"):
        detail = f"{url}: answers {answer.status} {answer.content_type}, not a stream"
        return Check("stream", "error", detail, f"let the proxy pass /v1/stream; is {PREFIX}API_URL right?")
    if answer.content_encoding:
        detail = f"{url}: a proxy compresses it ({answer.content_encoding}), which delays events"
        return Check("stream", "warning", detail, "switch compression off for text/event-stream")
    return Check("stream", "ok", f"{url}: the first event came after {answer.seconds or 0:.1f} s")


BY_ITSELF: tuple[Callable[[Settings], Check], ...] = (keys, folders, open_files)
