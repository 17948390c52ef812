"""One step of an import: some lines of one kind in one transaction, and what is known of the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.audit.models import AuditEntry
from app.authors.models import Author
from app.changes.models import Takedown
from app.comments.models import Comment
from app.entries.models import Entry
from app.exports.lines import AnyLine, Thing
from app.exports.tables import written
from app.fronts.models import Front
from app.imports.report import Outcome, Report
from app.media.models import Media
from app.sections.models import Section
from app.settings import Settings
from app.slugs import repository as slugs
from app.staff.models import Member
from app.tags.models import Tag
from app.tickers.models import Ticker, TickerItem

if TYPE_CHECKING:
    from app.imports.pictures import Originals

MODELS: dict[str, Any] = {
    "member": Member,
    "media": Media,
    "section": Section,
    "tag": Tag,
    "author": Author,
    "article": Article,
    "comment": Comment,
    "entry": Entry,
    "ticker": Ticker,
    "ticker_item": TickerItem,
    "front": Front,
}
# Beside the version: what tells two states of one version apart.
STAMPS = {
    "member": ("name",),
    "media": ("created_at",),
    "section": ("updated_at",),
    "tag": ("updated_at",),
    "author": ("updated_at",),
    "article": ("saved_at",),
    "comment": ("status",),
    "entry": ("saved_at",),
    "ticker": ("updated_at",),
    "ticker_item": ("created_at",),
    "front": ("updated_at",),
}


T = TypeVar("T", bound=Thing)


@dataclass
class Run:
    """What all steps of one import share. Only what differs from the file is kept: memory stays small."""

    settings: Settings
    report: Report
    made_at: datetime
    """When the file was made."""
    originals: Originals
    """Where the files of pictures are, and what was made of them."""
    is_dry: bool = False
    mapped: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind, id in the file) -> the id of the same thing here, where that is another."""
    left: set[str] = field(default_factory=set)
    """Ids of tickers that were changed here since: nothing is added to them."""
    planned: set[tuple[str, str]] = field(default_factory=set)
    """What a dry run would have read in."""
    is_audited: bool = False


@dataclass
class Step:
    """One transaction. What it finds out counts once it is committed: until then it may be done again."""

    run: Run
    session: AsyncSession
    now: datetime
    outcomes: list[tuple[AnyLine, Outcome]] = field(default_factory=list)
    remarks: list[tuple[AnyLine, str]] = field(default_factory=list)
    mapped: dict[tuple[str, str], str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    planned: set[tuple[str, str]] = field(default_factory=set)

    def done(self, line: Any, outcome: Outcome, remark: str = "") -> None:
        """What became of a line."""
        self.outcomes.append((line, outcome))
        if remark:
            self.remark(line, remark)
        if self.run.is_dry and outcome == "imported" and hasattr(line, "id"):
            self.planned.add((line.kind, line.id))

    def remark(self, line: Any, text: str) -> None:
        self.remarks.append((line, text))

    def same(self, line: Thing, id: str, remark: str) -> None:
        """The thing of this line is here under another id."""
        self.mapped[line.kind, line.id] = id
        self.done(line, "there", remark)

    def finish(self) -> None:
        """After the commit: hands over what was found out."""
        run, report = self.run, self.run.report
        for line, outcome in self.outcomes:
            report.count(line.kind, outcome)
        for line, text in self.remarks:
            report.remark(line.place, line.kind, text)
        run.mapped |= self.mapped
        run.left |= self.left
        run.planned |= self.planned

    def id_of(self, kind: str, id: str) -> str:
        """The id here of a thing that has this id in the file."""
        return self.mapped.get((kind, id)) or self.run.mapped.get((kind, id), id)

    def ids_of(self, kind: str, ids: Iterable[str]) -> list[str]:
        return [self.id_of(kind, id) for id in ids]

    async def known(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Those of these ids (of the target) that are there, or would be after a dry run."""
        wanted = set(ids)
        model = MODELS[kind]
        found = set((await self.session.execute(select(model.id).where(model.id.in_(wanted)))).scalars())
        return found | self.planned_of(kind, wanted)

    def planned_of(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Those that would be there after a dry run."""
        return {id for id in ids if (kind, id) in self.run.planned or (kind, id) in self.planned}

    async def fresh(self, lines: Sequence[T]) -> list[T]:
        """Those that are not there. Of the others it is told whether they were changed or deleted here since."""
        kind = lines[0].kind
        model, names = MODELS[kind], ("version", *STAMPS[kind])
        columns = (model.id, *(getattr(model, name) for name in names))
        rows = (await self.session.execute(select(*columns).where(model.id.in_([line.id for line in lines])))).all()
        there = {row[0]: tuple(map(written, row[1:])) for row in rows}
        deleted = await self._deleted([line.id for line in lines if line.id not in there])
        for line in lines:
            stamp = tuple(written(getattr(line, name)) for name in names)
            if line.id in there:
                self._compare(line, stamp, there[line.id])
            elif (kind, line.id) in self.run.planned:
                self.done(line, "there")
            elif line.id in deleted:
                self.done(line, "left", f"{line.id} was deleted here since, or taken down: left alone")
        handled = {id(line) for line, _ in self.outcomes}
        return [line for line in lines if id(line) not in handled]

    def _compare(self, line: Thing, stamp: tuple[object, ...], here: tuple[object, ...]) -> None:
        if stamp == here:
            self.done(line, "there")
            return
        version: Any = here[0]
        how = "was changed here since" if version > line.version else "is older here than in the file"
        if version == line.version:
            how = "was changed here and there"
        self.done(line, "left", f"{line.id} {how} (version {version} here, {line.version} in the file): left alone")
        if line.kind == "ticker":
            self.left.add(line.id)

    async def _deleted(self, ids: Sequence[str]) -> set[str]:
        """Those that were here once: an editor, or the author of a comment, has deleted them.

        Also what was taken down after the backup that was restored here.
        """
        if not ids:
            return set()
        erased = select(Takedown.resource_id).where(Takedown.resource_id.in_(ids), Takedown.action != "reinstated")
        audited = select(AuditEntry.resource_id).where(AuditEntry.resource_id.in_(ids))
        audited = audited.where(AuditEntry.action.like("%.delete"))
        found = (await self.session.execute(erased)).scalars().all()
        return {*found, *(id for id in (await self.session.execute(audited)).scalars() if id)}

    async def owner(self, kind: str, slug: str) -> str | None:
        """The id of the thing here that has or had this slug."""
        return await slugs.owner(self.session, kind, slug)

    async def take_slug(self, line: Thing, kind: str, slug: str) -> str:
        """Claim the slug for the thing, or a free one where it leads to another; that is told."""
        if self.run.is_dry:
            if await self.owner(kind, slug) not in {None, line.id}:
                self.remark(line, f"the address {slug} leads to another {kind} here: it would get a free one")
            return slug
        taken = await slugs.claim_free(self.session, kind, slug, line.id)
        if taken != slug:
            self.remark(line, f"the address {slug} leads to another {kind} here: it gets {taken}")
        return taken

    async def take_former(self, line: Any, kind: str, id: str) -> bool:
        """Claim former slugs for the thing; returns whether it had not all of them."""
        is_new = False
        for slug in line.former_slugs:
            owner = await self.owner(kind, slug)
            if owner is None and not self.run.is_dry:
                is_new |= await slugs.claim(self.session, kind, slug, id)
            elif owner not in {None, id}:
                self.remark(line, f"the former address {slug} leads to another {kind} here: it is not taken")
        return is_new
