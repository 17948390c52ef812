"""What has become of things: their present state as readers get it, or why there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from app.articles.repository import Articles, Parts, PutRight, Relations
from app.articles.schemas import ArticleRead, ArticleSummary
from app.articles.shapes import summary_of, whole_of
from app.comments.repository import Comments
from app.comments.schemas import CommentAlone
from app.comments.tree import shape as comment_of
from app.kit import listing
from app.kit.db import Connection
from app.kit.listing import written
from app.settings import Settings
from app.taxonomy.events import SHELVES
from app.taxonomy.repository import Shelf, Taxonomy
from app.taxonomy.schemas import AuthorPublic, SectionPublic, TagPublic
from app.taxonomy.shapes import shape as term_of
from app.tickers.repository import Tickers
from app.tickers.schemas import TickerRead
from app.tickers.strip import ticker_of

DERIVED = {"section", "tag", "author", "ticker"}  # kinds whose look follows from other things
TERMS: dict[str, type[BaseModel]] = {"section": SectionPublic, "tag": TagPublic, "author": AuthorPublic}


@dataclass(frozen=True)
class State:
    """A thing that readers can see."""

    version: int | None
    language: str
    sections: Collection[str]
    content: bytes
    """As JSON; empty where it was not asked for."""


@dataclass(frozen=True)
class Absence:
    """A thing that they cannot see."""

    reason: str
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


Present = dict[tuple[str, str], State | Absence]


class States:
    """Looks things up in one snapshot, a few statements for each kind. `detail` is `none`, `summary` or `full`."""

    def __init__(self, connection: Connection, settings: Settings, now: datetime, detail: str) -> None:
        self.connection, self.settings, self.now, self.detail = connection, settings, now, detail

    async def of(self, things: Iterable[tuple[str, str]]) -> Present:
        """The states of these (kind, id)."""
        wanted: dict[str, list[str]] = {}
        for kind, id in dict.fromkeys(things):
            wanted.setdefault(kind, []).append(id)
        found: Present = {}
        for kind, ids in wanted.items():
            states = await self._of_kind(kind, ids)
            missing = [id for id in ids if id not in states]
            absent = await self._absent(kind, missing) if missing else {}
            found |= {(kind, id): states.get(id) or absent[id] for id in ids}
        return found

    async def _of_kind(self, kind: str, ids: list[str]) -> dict[str, State]:
        if kind == "article":
            return await self._articles(ids)
        if kind == "ticker":
            return await self._strips(ids)
        if kind == "comment":
            return await self._comments(ids)
        return await self._terms(next(shelf for shelf in SHELVES if shelf.noun == kind), ids)

    def _content(self, schema: type[BaseModel], shape: dict[str, Any]) -> bytes:
        return b"" if self.detail == "none" else written(schema, shape)

    async def _articles(self, ids: list[str]) -> dict[str, State]:
        parts: Parts = frozenset({"related", "body", "corrections"} if self.detail == "full" else {"related"})
        schema = ArticleRead if self.detail == "full" else ArticleSummary
        found = {}
        for row in await Articles(self.connection).stating(ids, self.now, parts):
            related = Relations.of(row)
            content = b"" if self.detail == "none" else listing.unvalidated(schema, self._shape(row, related))
            found[row.id] = State(row.version, row.language, [id for id, _, _ in related.sections], content)
        return found

    def _shape(self, row: Any, related: Relations) -> dict[str, Any]:
        if self.detail == "summary":
            return summary_of(row, related, self.settings, self.now)
        body = row if row.html is not None else None
        return whole_of(row, related, body, PutRight.of(row), self.settings, self.now)

    async def _strips(self, ids: list[str]) -> dict[str, State]:
        strips = Tickers(self.connection, self.settings)
        rows = await strips.with_ids(ids)
        shown = await strips.composed(rows, self.now)
        return {
            row.id: State(
                None, row.language, (), self._content(TickerRead, ticker_of(row, shown[row.id], self.settings, {}))
            )
            for row in rows
        }

    async def _comments(self, ids: list[str]) -> dict[str, State]:
        rows = await Comments(self.connection).with_ids(ids, self.now)
        return {row.id: State(None, row.language, (), self._content(CommentAlone, comment_of(row))) for row in rows}

    async def _terms(self, shelf: Shelf, ids: list[str]) -> dict[str, State]:
        rows = await Taxonomy(self.connection).shown_among(shelf, ids, self.now)
        schema = TERMS[shelf.noun]
        return {
            id: State(
                None,
                row.language,
                [id] if shelf.nested else (),
                self._content(schema, term_of(shelf, row, None)),
            )
            for id, row in rows.items()
        }

    async def _absent(self, kind: str, ids: list[str]) -> dict[str, Absence]:
        """Why these are not there. What readers cannot see and what was deleted are told apart for articles only."""
        found = {id: Absence("unpublished" if kind in TERMS else "deleted") for id in ids}
        if kind == "article":
            for row in await Articles(self.connection).hidden(ids, self.now):
                gone = row.state == "withdrawn"
                found[row.id] = (
                    Absence("withdrawn", row.withdrawn_at, row.withdrawn_reason) if gone else Absence("unpublished")
                )
        return found
