"""The record of articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.articles.events import deadlines, on_change, when_due
from app.articles.indexing import index_missing
from app.articles.labels import labels
from app.articles.placements import body_placements
from app.articles.repository import KIND, Articles, Parts, PublicCorrection, Relations
from app.articles.schemas import ArticleRead, ArticleSummary
from app.articles.shapes import summary_of, whole_of
from app.articles.subjects import subject_keys
from app.changes.noun import Absence, Lookup, Noun, State
from app.kit.listing import unvalidated
from app.kit.raw_columns import parsed
from app.kit.yielding import yielding

FULL: Parts = frozenset({"related", "body", "corrections"})


async def _present(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, State]:
    parts = _parts(lookup)
    schema = ArticleRead if lookup.detail == "full" else ArticleSummary
    found = {}
    async for row in yielding(await Articles(lookup.connection).with_parts(ids, lookup.now, parts)):
        related = Relations.of(row)
        content = b"" if lookup.detail == "none" else unvalidated(schema, _shape(lookup, row, related, parts))
        sections, subjects = [id for id, _, _ in related.sections], subject_keys(parsed(row.subjects))
        found[row.id] = State(row.version, row.language, sections, content, subjects)
    return found


def _parts(lookup: Lookup) -> Parts:
    """What is read of each: without a body or corrections that nobody asked for."""
    selection = lookup.selections.get(KIND)
    wanted = lookup.detail == "full"
    unwanted = {part for part in ("body", "corrections") if not wanted or (selection and not selection.wants(part))}
    return frozenset(FULL - unwanted)


def _shape(lookup: Lookup, row: Any, related: Relations, parts: Parts) -> dict[str, Any]:
    if lookup.detail == "summary":
        return summary_of(row, related, lookup.settings, lookup.now)
    body = row if "body" in parts and row.html is not None else None
    corrections = PublicCorrection.of(row) if "corrections" in parts else ()
    return whole_of(row, related, body, corrections, lookup.settings, lookup.now)


async def _absent(lookup: Lookup, ids: Sequence[str]) -> Mapping[str, Absence]:
    """Drafts and withdrawn articles; what was deleted has no row."""
    return {
        row.id: Absence("withdrawn", row.withdrawn_at, row.withdrawn_reason)
        if row.state == "withdrawn"
        else Absence("unpublished")
        for row in await Articles(lookup.connection).hidden(ids, lookup.now)
    }


ARTICLE = Noun(
    kind=KIND,
    events={
        "article.published": "it was published, by hand or by the clock, or published again",
        "article.updated": "something public of it has changed: its text, its terms, a translation of it",
        "article.corrected": "a correction was added",
        "article.slug_changed": "it has another address; the former one redirects",
        "article.unpublished": "it was unpublished, or reinstated after a withdrawal: it is a draft again",
        "article.withdrawn": "it was withdrawn; delivery answers 410",
    },
    schemas=(ArticleRead, ArticleSummary),
    present=_present,
    absent=_absent,
    labels=labels,
    placements=body_placements,
    on_change=on_change,
    when_due=when_due,
    on_start=(index_missing,),
    deadlines=deadlines,
)
