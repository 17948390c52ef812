"""The desk routes of articles: editing and the verbs."""

from __future__ import annotations

from asyncio import to_thread
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles import actions, revisions
from app.articles.desk_repository import ArticlesToEdit
from app.articles.desk_schemas import (
    LAST_REVISION,
    ArticleDesk,
    ArticleDeskList,
    ArticlePlaced,
    CorrectInput,
    LiveInput,
    NoInput,
    PublishInput,
    RestoreInput,
    ReturnInput,
    RevisionDiff,
    RevisionList,
    RevisionRead,
    WithdrawInput,
)
from app.articles.editing import Draft
from app.articles.models import ArticleBody
from app.articles.placements import placements_of
from app.articles.query_schemas import ArticleDeskQuery
from app.articles.schemas import ArticleCreate, ArticleUpdate
from app.articles.shapes import desk_of, desk_summary_of
from app.kit import clock
from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    AlreadyExists,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StateConflict,
)
from app.kit.forms import AS_SENT, Sent
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors, PageQuery
from app.kit.routing import NoParameters, problems, router_of
from app.kit.schemas import Query as QueryModel
from app.kit.warnings import localised
from app.staff.access import OncePerToken, Writer
from app.staff.work import EditorWork, WriterWork

desk = router_of("/v1/desk/articles", "desk: articles", "Writing, publishing, correcting and withdrawing.")
ArticleId = Annotated[str, Path(description="Id of the article.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
RevisionNumber = Annotated[int, Path(ge=1, le=LAST_REVISION, description="Number of the save, from 1.")]
SentArticle = Annotated[ArticleCreate, AS_SENT]
SentChanges = Annotated[ArticleUpdate, AS_SENT]
SentCorrection = Annotated[CorrectInput, AS_SENT]
VERB = problems(InvalidQuery, NotFound, StateConflict, InvalidBody)
MATCHED = problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody, PreconditionRequired)


class DiffQuery(QueryModel):
    """Which revision to compare with."""

    other: Annotated[int, Query(alias="with", ge=1, le=LAST_REVISION)]
    """Number of the other save."""


@desk.get("", response_model=ArticleDeskList, responses=problems(InvalidQuery, InvalidCursor))
async def list_desk_articles(
    request: Request, query: Annotated[ArticleDeskQuery, Query()], session: ReadingSession, actor: Writer
) -> Response:
    """List articles of every state

    Last saved first. Reporters see their own.
    """
    now, settings = clock.now(), request.app.state.settings
    articles = ArticlesToEdit(session)
    page = await articles.page(query, Cursors.of(request), now, None if actor.has("editor") else actor.member_id)
    related = await articles.relations_for([row.id for row in page.rows], actor, now)
    return desk_list(request, ArticleDeskList, page, lambda row: desk_summary_of(row, related[row.id], settings, now))


@desk.post(
    "",
    status_code=201,
    response_model=ArticleDesk,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, AlreadyExists, InvalidBody),
)
async def create_article(request: Request, _: NoParameters, body: SentArticle, work: WriterWork) -> Response:
    """Create a draft

    `headline` alone makes a draft; publishing also needs a body and a section. HTML is sanitised, and what was removed
    is listed in `warnings`.
    """
    draft = await actions.create(work, Sent(ArticleCreate, body, ArticleUpdate))
    return await _answer(request, draft, 201, {"Location": f"/v1/desk/articles/{draft.article.id}"})


@desk.get("/{id}", response_model=ArticleDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_article(
    request: Request, id: ArticleId, _: NoParameters, session: ReadingSession, actor: Writer
) -> Response:
    """Read an article of any state

    Whole, with its source as it was sent. `ETag` is the version that a change must name in `If-Match`.
    """
    articles = ArticlesToEdit(session)
    article = await articles.require_readable(id, actor)
    now = clock.now()
    related = (await articles.relations_for([article.id], actor, now))[article.id]
    body = await session.get(ArticleBody, article.id)
    corrections = await articles.corrections(article)
    whole = desk_of(article, related, body, corrections, [], request.app.state.settings, now)
    return at_desk(written(ArticleDesk, whole), version=article.version)


@desk.patch("/{id}", response_model=ArticleDesk, responses={**MATCHED, **problems(AlreadyExists, StateConflict)})
async def update_article(
    request: Request, id: ArticleId, _: NoParameters, body: SentChanges, expected: IfMatch, work: WriterWork
) -> Response:
    """Change an article

    JSON Merge Patch. A change of a published article is live when this answers. With `minor` the change does not move
    `revised_at`.
    """
    return await _answer(request, await actions.update(work, id, expected, Sent(ArticleUpdate, body, ArticleUpdate)))


@desk.delete(
    "/{id}",
    status_code=204,
    responses=problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, PreconditionRequired),
)
async def delete_article(id: ArticleId, _: NoParameters, expected: IfMatch, work: WriterWork) -> Response:
    """Delete a draft

    A scheduled, published or withdrawn article cannot be deleted (409).
    """
    await actions.delete(work, id, expected)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.post("/{id}/submit", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def submit_article(
    request: Request, id: ArticleId, _: NoParameters, expected: IfMatch, work: WriterWork, body: NoInput | None = None
) -> Response:
    """Hand a draft in for review"""
    return await _answer(request, await actions.submit(work, id, expected))


@desk.post("/{id}/return", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def return_article(
    request: Request, id: ArticleId, _: NoParameters, body: ReturnInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Give a text back to its writer, with the reason"""
    return await _answer(request, await actions.give_back(work, id, expected, body.note))


@desk.post("/{id}/publish", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def publish_article(
    request: Request,
    id: ArticleId,
    _: NoParameters,
    expected: IfMatch,
    work: EditorWork,
    body: PublishInput | None = None,
) -> Response:
    """Publish an article, now or at a given time

    With a future `at` it appears at that time by itself; with a past `at` it gets that date.
    A 422 lists everything that is missing for publication; before the end of the embargo it points to `/at`.
    """
    return await _answer(request, await actions.publish(work, id, expected, body.at if body else None))


@desk.post("/{id}/unpublish", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def unpublish_article(
    request: Request, id: ArticleId, _: NoParameters, expected: IfMatch, work: EditorWork, body: NoInput | None = None
) -> Response:
    """Take an article off the site as a draft, or cancel its schedule"""
    return await _answer(request, await actions.unpublish(work, id, expected))


@desk.post("/{id}/withdraw", response_model=ArticlePlaced, dependencies=[OncePerToken], responses=VERB)
async def withdraw_article(
    request: Request, id: ArticleId, _: NoParameters, body: WithdrawInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Withdraw a published article, with a public reason

    Its address answers 410 from now on. With `mandatory` it is a kill: also of a draft or scheduled article that
    somebody could have read, and of one that is withdrawn already. `media` takes pictures down with it. Only
    `reinstate` undoes it, to a draft; pictures stay down. `placements` tells what still leads to it.
    """
    return await _placed(request, await actions.withdraw(work, id, expected, body))


@desk.post("/{id}/reinstate", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def reinstate_article(
    request: Request, id: ArticleId, _: NoParameters, expected: IfMatch, work: EditorWork, body: NoInput | None = None
) -> Response:
    """Make a withdrawn article a draft again"""
    return await _answer(request, await actions.reinstate(work, id, expected))


@desk.post("/{id}/live", response_model=ArticleDesk, dependencies=[OncePerToken], responses=VERB)
async def set_live_coverage(
    request: Request, id: ArticleId, _: NoParameters, body: LiveInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Set when live coverage starts and ends

    Of an article of the kind `live`. Left alone, it starts with its first published entry. `null` takes a time away:
    `{"ended_at": null}` opens it again.
    """
    return await _answer(request, await actions.set_live(work, id, expected, body))


@desk.post(
    "/{id}/correct",
    response_model=ArticlePlaced,
    dependencies=[OncePerToken],
    responses={**MATCHED, **problems(AlreadyExists, StateConflict)},
)
async def correct_article(
    request: Request, id: ArticleId, _: NoParameters, body: SentCorrection, expected: IfMatch, work: EditorWork
) -> Response:
    """Correct a published article openly

    Adds a public note to `corrections`, and makes the changes that are sent with it. `kind` is the correction's.
    `placements` tells what leads to the article and does not change with it.
    """
    sent = Sent(CorrectInput, body, ArticleUpdate, frozenset({"kind", "note"}))
    return await _placed(request, await actions.correct(work, id, expected, sent))


@desk.get("/{id}/revisions", response_model=RevisionList, responses=problems(InvalidQuery, InvalidCursor, NotFound))
async def list_revisions(
    request: Request, id: ArticleId, query: Annotated[PageQuery, Query()], session: ReadingSession, actor: Writer
) -> Response:
    """List the saves of an article, newest first"""
    article = await ArticlesToEdit(session).require_readable(id, actor)
    return desk_list(request, RevisionList, await revisions.page(session, article, query, Cursors.of(request)))


@desk.get("/{id}/revisions/{number}", response_model=RevisionRead, responses=problems(InvalidQuery, NotFound))
async def read_revision(
    request: Request, id: ArticleId, number: RevisionNumber, _: NoParameters, session: ReadingSession, actor: Writer
) -> Response:
    """Read an article as it stood after one save"""
    article = await ArticlesToEdit(session).require_readable(id, actor)
    return at_desk(written(RevisionRead, await revisions.one(session, article, number)))


@desk.get("/{id}/revisions/{number}/diff", response_model=RevisionDiff, responses=problems(InvalidQuery, NotFound))
async def compare_revisions(
    request: Request,
    id: ArticleId,
    number: RevisionNumber,
    query: Annotated[DiffQuery, Query()],
    session: ReadingSession,
    actor: Writer,
) -> Response:
    """Compare two saves

    Fields that differ between revision `number` and revision `with`; texts piece by piece.
    """
    article = await ArticlesToEdit(session).require_readable(id, actor)
    before = await revisions.one(session, article, number)
    after = await revisions.one(session, article, query.other)
    changes = await to_thread(revisions.diff, before.content, after.content)
    found = {"from_revision": number, "to_revision": query.other, "changes": changes}
    return at_desk(written(RevisionDiff, found))


@desk.post("/{id}/restore", response_model=ArticleDesk, dependencies=[OncePerToken], responses=MATCHED)
async def restore_article(
    request: Request, id: ArticleId, _: NoParameters, body: RestoreInput, expected: IfMatch, work: WriterWork
) -> Response:
    """Bring an earlier revision back, as a new save

    Sections, tags and authors that were deleted since are left out, each with the warning `not_restored`.
    """
    return await _answer(request, await actions.restore(work, id, expected, body.revision))


@desk.post(
    "/{id}/revisions/{number}/restore", response_model=ArticleDesk, dependencies=[OncePerToken], responses=MATCHED
)
async def restore_revision(
    request: Request, id: ArticleId, number: RevisionNumber, _: NoParameters, expected: IfMatch, work: WriterWork
) -> Response:
    """Bring this revision back, as a new save

    Sections, tags and authors that were deleted since are left out, each with the warning `not_restored`.
    """
    return await _answer(request, await actions.restore(work, id, expected, number))


async def _placed(request: Request, draft: Draft) -> Response:
    """The article as it was just saved, with what leads to it from elsewhere."""
    placements = await placements_of(request.app.state.nouns, draft.work, draft.article)
    whole = {**await _whole(request, draft), "placements": placements}
    return at_desk(written(ArticlePlaced, whole), version=draft.article.version)


async def _answer(request: Request, draft: Draft, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = written(ArticleDesk, await _whole(request, draft))
    return at_desk(content, status=status, version=draft.article.version, headers=headers)


async def _whole(request: Request, draft: Draft) -> dict[str, object]:
    """The article as it was just saved, with all translations that the acting member may read."""
    article, articles, work, now = draft.article, draft.articles, draft.work, clock.now()
    related = draft.related
    if article.translation_group is not None or draft.uses:
        related = (await articles.relations_for([article.id], work.actor, work.now))[article.id]
    corrections, warnings = await articles.corrections(article), localised(request, draft.warnings)
    return desk_of(article, related, draft.body, corrections, warnings, work.settings, now)
