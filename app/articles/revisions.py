"""Revisions: the editable fields after every save; the diff of two, and how to restore one."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import select

from app.articles.editing import LINKS, Draft
from app.articles.fields import KEPT, TEXTS
from app.articles.models import Article, Revision
from app.articles.schemas import ArticleUpdate, SeoInput
from app.kit import clock
from app.kit.db import Connection
from app.kit.errors import NotFound
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.kit.schemas import Input
from app.media.schemas import RightsInput
from app.media.shown_schemas import ImagePatch

OBJECTS: dict[str, type[Input]] = {"lead_image": ImagePatch, "rights": RightsInput, "seo": SeoInput}
# What a restore leaves as it is: addresses do not go back, and what was last decided on the embargo stands.
DECIDED = {"slug", "slug_by_hand", "embargo_until", "share_early"}
LONGEST_DIFF = 4_000  # pieces; longer texts are compared by line


class FieldChange(TypedDict):
    """One field that differs between two revisions; `words` only for texts."""

    field: str
    before: object
    after: object
    words: list[dict[str, str]] | None


def content_of(draft: Draft) -> dict[str, object]:
    """The editable fields as JSON values; terms by id."""
    article, body = draft.article, draft.body
    return {
        **{name: _as_json(getattr(article, name)) for name in KEPT},
        "section": article.section_id,
        **{name: draft.related.ids(name) for name in LINKS},
        "body": body.source if body else "",
        "body_format": body.format if body else "html",
    }


def _as_json(value: object) -> object:
    return clock.written(value) if isinstance(value, datetime) else value


async def keep(draft: Draft, action: str) -> None:
    """Stores the article and the revision of this save, whose number is the article's version."""
    work = draft.work
    revision = Revision(
        article_id=draft.article.id,
        number=draft.article.version,
        at=work.now,
        member_id=work.actor.member_id,
        member_name=work.actor.name,
        action=action,
        content=content_of(draft),
    )
    work.session.add(revision)
    await work.session.flush()


async def page(connection: Connection, article: Article, query: PageQuery, cursors: Cursors) -> Slice[Revision]:
    """One page of revisions, newest first."""
    statement = select(Revision).where(Revision.article_id == article.id)
    keys = [Key(Revision.number, descending=True)]
    return await take(connection, statement, keys, query, cursors, position=lambda row: [row.number], scalars=True)


async def one(connection: Connection, article: Article, number: int) -> Revision:
    statement = select(Revision).where(Revision.article_id == article.id, Revision.number == number)
    revision: Revision | None = (await connection.execute(statement)).scalar_one_or_none()
    if revision is None:
        raise NotFound()
    return revision


def as_update(content: dict[str, Any]) -> tuple[ArticleUpdate, set[str]]:
    """A revision's content as an update that restores it. `DECIDED` is left out."""
    names = {name for name in content if name not in DECIDED}
    given = {name: content[name] for name in names}
    for name, schema in OBJECTS.items():
        if given[name] is not None:  # nulls remove the present values that the revision lacks
            given[name] = {**dict.fromkeys(schema.model_fields), **given[name]}
    return ArticleUpdate.model_validate(given), names


def diff(before: dict[str, Any], after: dict[str, Any]) -> list[FieldChange]:
    """Fields that differ, in the order of the schema; texts piece by piece."""
    return [
        {
            "field": name,
            "before": before.get(name),
            "after": after.get(name),
            "words": _words(before.get(name), after.get(name)) if name in TEXTS else None,
        }
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _words(before: str | None, after: str | None) -> list[dict[str, str]]:
    """Runs of `equal`, `delete` and `insert`; without inserts they join to `before`, without deletes to `after`."""
    old, new = _pieces(before or ""), _pieces(after or "")
    if len(old) + len(new) > LONGEST_DIFF:
        old, new = (before or "").splitlines(keepends=True), (after or "").splitlines(keepends=True)
    if len(old) + len(new) > LONGEST_DIFF:
        old, new = [before or ""], [after or ""]
    runs: list[dict[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append({"kind": "equal", "text": "".join(old[a:b])})
            continue
        if b > a:
            runs.append({"kind": "delete", "text": "".join(old[a:b])})
        if d > c:
            runs.append({"kind": "insert", "text": "".join(new[c:d])})
    return runs


def _pieces(text: str) -> list[str]:
    return re.findall(r"\s+|<[^>]*>|[^\s<]+|<", text)
