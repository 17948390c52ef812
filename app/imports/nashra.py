"""Reads an export of Nashra into a newsroom, in small transactions that end like those of the desk.

It can be run again: what is there already stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit import repository as audit
from app.exports.lines import (
    FORMAT,
    VERSION,
    AnyLine,
    ArticleLine,
    AuthorLine,
    CommentLine,
    End,
    EntryLine,
    EntryRevisionLine,
    FrontDraftLine,
    FrontLine,
    Header,
    MediaLine,
    MemberLine,
    RevisionLine,
    SectionLine,
    SlugLine,
    TagLine,
    TickerItemLine,
    TickerLine,
    TickerOrderLine,
)
from app.imports.articles import articles, revisions
from app.imports.comments import comments
from app.imports.entries import entries, entry_revisions
from app.imports.fronts import drafts, fronts
from app.imports.pictures import Originals, media
from app.imports.reading import CutError, Found, Lines
from app.imports.report import Report, faults_of, reason_of
from app.imports.step import Run, Step
from app.imports.terms import members, terms
from app.imports.tickers import items, orders, reserved, tickers
from app.kit import clock
from app.kit.db import Database
from app.kit.errors import Problem
from app.kit.faults import is_outage
from app.settings import Settings

MOST_BYTES = 2 * 1024 * 1024  # of the lines of one transaction, but for a single longer line
TRIES, PAUSE = 5, 1.0  # when the database is busy; seconds
LETS_OTHERS = 0.03  # seconds between two transactions on SQLite, where who waits for the lock asks only now and then


class Kind(NamedTuple):
    """How lines of one kind are read in."""

    line: type[AnyLine]
    at_once: int
    """Lines in one transaction. On SQLite it blocks all other writers."""
    store: Callable[[Step, Sequence[Any]], Coroutine[Any, Any, None]]


KINDS = {
    "member": Kind(MemberLine, 100, members),
    "media": Kind(MediaLine, 1, media),
    "section": Kind(SectionLine, 100, terms),
    "tag": Kind(TagLine, 100, terms),
    "author": Kind(AuthorLine, 100, terms),
    "article": Kind(ArticleLine, 10, articles),
    "revision": Kind(RevisionLine, 50, revisions),
    "entry": Kind(EntryLine, 20, entries),
    "entry_revision": Kind(EntryRevisionLine, 50, entry_revisions),
    "comment": Kind(CommentLine, 50, comments),
    "ticker": Kind(TickerLine, 20, tickers),
    "ticker_item": Kind(TickerItemLine, 50, items),
    "ticker_order": Kind(TickerOrderLine, 20, orders),
    "front": Kind(FrontLine, 1, fronts),
    "front_draft": Kind(FrontDraftLine, 5, drafts),
    "slug": Kind(SlugLine, 200, reserved),
}


class NoExportError(Exception):
    """The file is no export that this version can read. Its text says why."""


class Commander(NamedTuple):
    """Who acts, in the audit: nobody with a token."""

    member_id: None = None
    name: str = "./nashra import"
    token_id: None = None


async def read_in(
    database: Database,
    settings: Settings,
    source: BinaryIO,
    report: Report,
    originals: Originals,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _number: None,
) -> None:
    """Read in all lines that can be; the `report` tells of the others. Raises `NoExportError`.

    `originals`: where the files of pictures are. `progress` is called with the number of the line. Where no picture can
    be decoded or stored now, `Unavailable` ends it: what comes after would lose its pictures.
    """
    lines = Lines(source)
    found = iter(lines)
    try:
        header = _header(next(found, None))
        run = Run(settings, report, header.made_at, originals, is_dry=dry_run)
        await Import(database, run, progress).all(lines, found)
    except CutError:
        report.damaged("the file is cut or damaged: what stands before that place was read in")


def _header(found: Found | None) -> Header:
    if found is None or found.fault or found.fields.get("format") != FORMAT:
        raise NoExportError("this is no export of Nashra: its first line is no header. See docs/export.md")
    if isinstance(version := found.fields.get("version"), int) and version > VERSION:
        raise NoExportError(f"this export has format version {version}; this Nashra reads {VERSION}: update it first")
    try:
        return Header.model_validate(found.fields)
    except ValidationError as error:
        raise NoExportError(f"the header of this export cannot be read: {faults_of(error)}") from None


class Import:
    """Collects lines of one kind, and stores them together."""

    def __init__(self, database: Database, run: Run, progress: Callable[[int], None]) -> None:
        self.database, self.run, self.progress = database, run, progress
        self.batch: list[AnyLine] = []
        self.ids: set[str] = set()
        self.bytes = 0

    async def all(self, lines: Lines, found: Iterator[Found]) -> None:
        end: End | None = None
        for one in found:
            self.progress(one.number)
            if end is not None:
                self.run.report.refuse(one.number, one.kind, "it stands behind the end")
            elif one.kind == "end" and (end := self._validated(End, one)) is not None:
                await self._flush()
                if end.digest != lines.digest:
                    self.run.report.damaged("the file is not as it was exported: its digest is another")
            else:
                await self._take(one)
        await self._flush()
        if end is None:
            self.run.report.damaged("the file is cut: it has no end. What it holds was read in")

    async def _take(self, found: Found) -> None:
        kind = KINDS.get(found.kind)
        if kind is None:
            unknown = "this version does not know this kind" if found.kind else "it has no kind"
            self.run.report.refuse(found.number, found.kind, found.fault or unknown)
            return
        line = self._validated(kind.line, found)
        if line is None:
            return
        id = getattr(line, "id", "")
        is_full = len(self.batch) >= kind.at_once or self.bytes + found.size > MOST_BYTES
        if self.batch and (is_full or self.batch[0].kind != found.kind or id in self.ids):
            await self._flush()
        self.batch.append(line)
        self.ids |= {id} - {""}
        self.bytes += found.size

    def _validated(self, schema: type[Any], found: Found) -> Any:
        """The line, or None where it was refused."""
        self.run.report.unknown(found.number, found.kind, found.fields.keys() - schema.model_fields.keys())
        try:
            return schema.model_validate(found.fields).read_at(found.number)
        except ValidationError as error:
            self.run.report.refuse(found.number, found.kind, faults_of(error))
            return None

    async def _flush(self) -> None:
        batch, self.batch, self.ids, self.bytes = self.batch, [], set(), 0
        if batch:
            await self.run.originals.prepare(self.run, self.database, batch)  # before a transaction: it takes seconds
            await self._store(batch)

    async def _store(self, batch: Sequence[AnyLine], *, alone: bool = False) -> None:
        """Together; where one of them cannot be stored, each `alone`: another import may have been faster with it."""
        try:
            await self._patiently(batch)
        except Exception as error:  # whatever it is: one line must not block the others
            if is_outage(error):
                raise
            for line in batch:
                if alone:
                    self.run.report.refuse(line.place, line.kind, _reason(error))
                else:
                    await self._store([line], alone=True)

    async def _patiently(self, batch: Sequence[AnyLine]) -> None:
        """Tries again while others keep the database busy."""
        for left in reversed(range(TRIES)):
            try:
                await self._step(batch)
                return
            except Exception as error:
                if not (left and is_outage(error)):
                    raise
            await asyncio.sleep(PAUSE)

    async def _step(self, batch: Sequence[AnyLine]) -> None:
        async with self._session() as session:
            step = Step(self.run, session, clock.now())
            await KINDS[batch[0].kind].store(step, batch)
            stores = not self.run.is_dry and any(outcome == "imported" for _, outcome in step.outcomes)
            if stores and not self.run.is_audited:
                made_at = clock.written(self.run.made_at)
                await audit.record(session, Commander(), "newsroom.import", "newsroom", None, made_at=made_at)
        self.run.is_audited |= stores
        step.finish()
        if stores and self.database.is_embedded:
            await asyncio.sleep(LETS_OTHERS)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        """A transaction; for a dry run one that cannot write."""
        if self.run.is_dry:
            async with self.database.reading_session() as session:
                yield session
        else:
            async with self.database.transaction() as session:
                yield session


def _reason(error: Exception) -> str:
    if isinstance(error, Problem):
        return reason_of(error)
    if isinstance(error, IntegrityError):
        return "another thing here has what must be unique of it, or something that it names is not there"
    return f"it cannot be stored: {type(error).__name__}"
