"""Imports comments: at their places in the tree, counted as when a moderator approves them."""

from __future__ import annotations

from collections.abc import Sequence

from app.comments.actions import DEEPEST
from app.comments.repository import line_of
from app.comments.write_repository import CommentsToChange, NewComment
from app.exports.lines import CommentLine
from app.imports.step import Step
from app.kit.errors import Fault, InvalidBody


async def comments(step: Step, lines: Sequence[CommentLine]) -> None:
    fresh = await step.fresh(lines)
    ids = {step.id_of("article", line.article) for line in fresh}
    there = await (step.known("article", ids) if step.run.is_dry else CommentsToChange(step.session).lock_articles(ids))
    for line in fresh:
        article = step.id_of("article", line.article)
        if article not in there:
            raise InvalidBody(errors=[Fault("not_found", pointer="/article", params={"value": line.article})])
        if step.run.is_dry:
            await _plan(step, line)
        else:
            await _store(step, line, article)
        step.done(line, "imported")


async def _plan(step: Step, line: CommentLine) -> None:
    if line.parent is not None and not await step.known("comment", [line.parent]):
        raise _without_parent(line)


def _without_parent(line: CommentLine) -> InvalidBody:
    return InvalidBody(errors=[Fault("not_found", pointer="/parent", params={"value": line.parent})])


async def _store(step: Step, line: CommentLine, article: str) -> None:
    comments = CommentsToChange(step.session)
    above: list[str] = []
    if line.parent is not None:
        parent = await comments.find(line.parent)
        if parent is None or parent.article_id != article:
            raise _without_parent(line)
        above = line_of(parent.path)
        if len(above) > DEEPEST:
            raise InvalidBody(errors=[Fault("too_deep", pointer="/parent", params={"max": DEEPEST})])
    await comments.add(_comment(line, article, above), _private(line))


def _comment(line: CommentLine, article: str, above: list[str]) -> NewComment:
    is_final = line.status in {"deleted", "redacted"}
    return NewComment(
        id=line.id,
        article_id=article,
        parent_id=line.parent,
        path="".join([*above, line.id]).replace("-", ""),
        depth=len(above),
        status=line.status,
        shown=line.status == "approved",
        was_approved=line.was_approved or line.status == "approved",
        author_name=None if is_final else line.author_name,
        author_url=None if is_final else line.author_url,
        body=None if is_final else line.body,
        language=line.language,
        created_at=line.created_at,
        author_role=line.author_role,
        version=line.version,
        edited_at=line.edited_at,
    )


def _private(line: CommentLine) -> dict[str, object] | None:
    if line.private is None or line.status in {"deleted", "redacted"}:
        return None
    fields = line.private.model_dump(mode="python")
    return {**fields, "answered_id": fields.pop("answered")}
