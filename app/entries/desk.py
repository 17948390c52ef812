"""The desk routes of entries."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.desk import ArticleId
from app.articles.desk_repository import ArticlesToEdit
from app.articles.desk_schemas import LAST_REVISION, NoInput
from app.articles.models import Article
from app.entries import actions
from app.entries.desk_repository import EntriesToEdit
from app.entries.editing import EntryDraft
from app.entries.models import Entry
from app.entries.router import EntryPath
from app.entries.schemas import (
    EntryCorrectInput,
    EntryCreate,
    EntryDesk,
    EntryDeskList,
    EntryDeskQuery,
    EntryRevisionList,
    EntryRevisionRead,
    EntryUpdate,
)
from app.entries.shapes import desk_of
from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
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
from app.kit.warnings import localised
from app.staff.access import Actor, OncePerToken, Writer
from app.staff.work import WriterWork

desk = router_of("/v1/desk/articles", "desk: entries", "Writing and publishing entries of live coverage.")
SentEntry = Annotated[EntryCreate, AS_SENT]
SentChanges = Annotated[EntryUpdate, AS_SENT]
SentCorrection = Annotated[EntryCorrectInput, AS_SENT]
RevisionNumber = Annotated[int, Path(ge=1, le=LAST_REVISION, description="Number of the save, from 1.")]
CHANGED = problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody, PreconditionRequired)


@desk.get("/{id}/entries", response_model=EntryDeskList, responses=problems(InvalidQuery, InvalidCursor, NotFound))
async def list_desk_entries(
    request: Request,
    id: ArticleId,
    query: Annotated[EntryDeskQuery, Query()],
    session: ReadingSession,
    actor: Writer,
) -> Response:
    """List the entries of an article at the desk

    Drafts too, the last created first. Editors, contributors and the article's writer may read it.
    """
    article = await _readable(session, id, actor)
    entries, settings = EntriesToEdit(session), request.app.state.settings
    page = await entries.page(article.id, query, Cursors.of(request))
    shown, section = await entries.shown_by([row.id for row in page.rows]), await _section(entries, article)
    return desk_list(
        request, EntryDeskList, page, lambda row: desk_of(row, article, section, *shown[row.id], [], settings)
    )


@desk.post(
    "/{id}/entries",
    status_code=201,
    response_model=EntryDesk,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict, InvalidBody),
)
async def create_entry(request: Request, id: ArticleId, _: NoParameters, body: SentEntry, work: WriterWork) -> Response:
    """Write an entry

    A draft; with `status: published` readers see it when this answers. The first published entry starts the coverage.
    """
    draft = await actions.create(work, id, Sent(EntryCreate, body, EntryUpdate))
    location = f"/v1/desk/articles/{draft.article.id}/entries/{draft.entry.id}"
    return await _answer(request, draft, 201, {"Location": location})


@desk.get("/{id}/entries/{entry}", response_model=EntryDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_entry(
    request: Request, id: ArticleId, entry: EntryPath, _: NoParameters, session: ReadingSession, actor: Writer
) -> Response:
    """Read an entry at the desk

    Whole, with its source as it was sent. `ETag` is the version that a change must name in `If-Match`.
    """
    article, found = await _read(session, id, entry, actor)
    shown = (await EntriesToEdit(session).shown_by([found.id]))[found.id]
    section = await _section(EntriesToEdit(session), article)
    whole = desk_of(found, article, section, *shown, [], request.app.state.settings)
    return at_desk(written(EntryDesk, whole), version=found.version)


@desk.patch("/{id}/entries/{entry}", response_model=EntryDesk, responses=CHANGED)
async def update_entry(
    request: Request,
    id: ArticleId,
    entry: EntryPath,
    _: NoParameters,
    body: SentChanges,
    expected: IfMatch,
    work: WriterWork,
) -> Response:
    """Change an entry

    JSON Merge Patch. It keeps its id and its place. With `status: draft` a published entry is taken off.
    """
    return await _answer(request, await actions.update(work, id, entry, expected, Sent(EntryUpdate, body, EntryUpdate)))


@desk.delete(
    "/{id}/entries/{entry}",
    status_code=204,
    responses=problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, PreconditionRequired),
)
async def delete_entry(
    id: ArticleId, entry: EntryPath, _: NoParameters, expected: IfMatch, work: WriterWork
) -> Response:
    """Delete an entry, published or not"""
    await actions.delete(work, id, entry, expected)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.post(
    "/{id}/entries/{entry}/publish",
    response_model=EntryDesk,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody),
)
async def publish_entry(
    request: Request,
    id: ArticleId,
    entry: EntryPath,
    _: NoParameters,
    expected: IfMatch,
    work: WriterWork,
    body: NoInput | None = None,
) -> Response:
    """Publish an entry

    Readers see it while they see its article. A headline or a body is required.
    """
    return await _answer(request, await actions.publish(work, id, entry, expected))


@desk.post("/{id}/entries/{entry}/correct", response_model=EntryDesk, dependencies=[OncePerToken], responses=CHANGED)
async def correct_entry(
    request: Request,
    id: ArticleId,
    entry: EntryPath,
    _: NoParameters,
    body: SentCorrection,
    expected: IfMatch,
    work: WriterWork,
) -> Response:
    """Correct a published entry openly

    Adds a public note to `corrections`, and makes the changes that are sent with it.
    """
    sent = Sent(EntryCorrectInput, body, EntryUpdate, frozenset({"note"}))
    return await _answer(request, await actions.correct(work, id, entry, expected, sent))


@desk.get(
    "/{id}/entries/{entry}/revisions",
    response_model=EntryRevisionList,
    responses=problems(InvalidQuery, InvalidCursor, NotFound),
)
async def list_entry_revisions(
    request: Request,
    id: ArticleId,
    entry: EntryPath,
    query: Annotated[PageQuery, Query()],
    session: ReadingSession,
    actor: Writer,
) -> Response:
    """List the saves of an entry, newest first"""
    _article, found = await _read(session, id, entry, actor)
    page = await EntriesToEdit(session).revisions(found.id, query, Cursors.of(request))
    return desk_list(request, EntryRevisionList, page)


@desk.get(
    "/{id}/entries/{entry}/revisions/{number}",
    response_model=EntryRevisionRead,
    responses=problems(InvalidQuery, NotFound),
)
async def read_entry_revision(
    request: Request,
    id: ArticleId,
    entry: EntryPath,
    number: RevisionNumber,
    _: NoParameters,
    session: ReadingSession,
    actor: Writer,
) -> Response:
    """Read an entry as it stood after one save"""
    _article, found = await _read(session, id, entry, actor)
    return at_desk(written(EntryRevisionRead, await EntriesToEdit(session).revision(found.id, number)))


async def _readable(session: ReadingSession, id: str, actor: Actor) -> Article:
    article = await ArticlesToEdit(session).require(id)
    if not actions.may_read(article, actor):
        raise NotFound()
    return article


async def _read(session: ReadingSession, id: str, entry: str, actor: Actor) -> tuple[Article, Entry]:
    article = await _readable(session, id, actor)
    return article, await EntriesToEdit(session).require(article.id, entry)


async def _section(entries: EntriesToEdit, article: Article) -> str | None:
    return await entries.section_slug(article.section_id)


async def _answer(
    request: Request, draft: EntryDraft, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The entry as it was just saved."""
    entry, settings = draft.entry, request.app.state.settings
    _, pictures = (await draft.entries.shown_by([entry.id]))[entry.id]
    section, warnings = await _section(draft.entries, draft.article), localised(request, draft.warnings)
    whole = desk_of(entry, draft.article, section, draft.authors, pictures, warnings, settings)
    return at_desk(written(EntryDesk, whole), status=status, version=entry.version, headers=headers)
