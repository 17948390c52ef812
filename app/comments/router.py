"""The public routes of comments."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Depends, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from app.articles.query_schemas import terms
from app.articles.repository import Articles
from app.articles.router import ArticlePath
from app.articles.shapes import comments_mode
from app.comments import actions
from app.comments.actions import CommentsClosed, Sent
from app.comments.form import SentComment, SentUpdate, form_of
from app.comments.models import FINAL
from app.comments.repository import Comments
from app.comments.rows import CommentInContextRow, ThreadRow
from app.comments.schemas import (
    CommentCounts,
    CommentCountsQuery,
    CommentForm,
    CommentFormQuery,
    CommentInContext,
    CommentList,
    CommentListQuery,
    CommentMade,
)
from app.comments.tree import nested, shape, writer_of
from app.comments.visits import DuplicateComment, Visit
from app.kit import clock
from app.kit.caching import JSON, IfMatch, deliver
from app.kit.db import Connection, Reading, Writing, single_statement
from app.kit.errors import (
    Forbidden,
    Gone,
    IdempotencyConflict,
    IdempotencyInFlight,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Unauthorized,
)
from app.kit.idempotency import UseOnce
from app.kit.ids import as_id
from app.kit.listing import delivered, delivered_page, written
from app.kit.paging import Cursors, PageQuery, Slice
from app.kit.routing import LAST_MODIFIED, NoParameters, problems, router_of

router = router_of("/v1", "comments", "Comments of readers.")
CommentId = Annotated[str, Path(description="Id of the comment.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
REALM = 'Bearer realm="nashra comments"'
PRIVATE = "private, no-store"
OWN_STATUS = {"approved": "approved", "rejected": "rejected"}  # its author sees every other status as `pending`
edit_scheme = HTTPBearer(auto_error=False, scheme_name="edit_token", description="A comment's edit token: `nec_…`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(edit_scheme)]


async def _is_own(request: Request, id: CommentId, credentials: Credentials) -> bool:
    """Whether the request has the comment's edit token; any other token is ignored."""
    settings = request.app.state.settings
    return credentials is not None and actions.is_edit_token(settings, as_id(id) or id, credentials.credentials)


async def _author(credentials: Credentials, own: Annotated[bool, Depends(_is_own)]) -> None:
    if credentials is None:
        raise Unauthorized(reason="missing", headers={"WWW-Authenticate": REALM})
    if not own:
        raise NotFound()


async def _visit(request: Request, session: Writing) -> Visit:
    return Visit(session, request.app.state.settings, request.state.address, clock.now())


IsOwn = Annotated[bool, Depends(_is_own)]
ItsAuthor = Depends(_author)
Visiting = Annotated[Visit, Depends(_visit, scope="function")]


@router.get(
    "/articles/{slug}/comments",
    response_model=CommentList,
    responses=problems(InvalidQuery, InvalidCursor, NotFound, Gone),
)
async def list_comments(
    request: Request, slug: ArticlePath, query: Annotated[CommentListQuery, Query()], connection: Reading
) -> Response:
    """List the comments on an article, as a tree

    Approved comments: a page of threads, each with up to 20 comments below it. Where a comment has more direct replies,
    its `replies.next` is a cursor for `/v1/comments/{id}/replies`. A comment that was removed keeps its place, without
    name and text, while approved ones stand below it.
    """
    if not query.count:
        await single_statement(connection)  # a thread of the page is one row: it needs no snapshot that they share
    article = await Articles(connection).at(slug, clock.now(), suffix="/comments")
    cursors = Cursors(_secret_key(request), f"/v1/articles/{article.id}/comments?sort={query.sort}")
    page = await Comments(connection).roots(article.id, query, cursors)
    return _page(request, page, article.id)


@router.get(
    "/articles/{slug}/comments/form", response_model=CommentForm, responses=problems(InvalidQuery, NotFound, Gone)
)
async def read_comment_form(
    request: Request, slug: ArticlePath, query: Annotated[CommentFormQuery, Query()], connection: Reading
) -> Response:
    """Read the comment form of an article

    All that a client needs to draw it: texts, fields in order with their limits, the name of the field that must stay
    empty, consent and privacy text. The same for every reader.
    """
    now, settings = clock.now(), request.app.state.settings
    article = await Articles(connection).at(slug, now, suffix="/comments/form")
    form = form_of(article, comments_mode(article, settings, now), query.language, settings)
    return delivered(request, CommentForm, form, tags=_tags(article.id))


@router.post(
    "/articles/{slug}/comments",
    status_code=201,
    response_model=CommentMade,
    responses={
        202: {
            "model": CommentMade,
            "description": "Held: a moderator will decide.",
            "headers": {"Location": {"$ref": "#/components/headers/Location"}},
        },
        **problems(
            InvalidQuery,
            CommentsClosed,
            NotFound,
            DuplicateComment,
            IdempotencyInFlight,
            Gone,
            InvalidBody,
            IdempotencyConflict,
            RateLimited,
        ),
    },
)
async def create_comment(
    request: Request, slug: ArticlePath, _: NoParameters, body: SentComment, once: UseOnce, visit: Visiting
) -> Response:
    """Send a comment

    201 where comments are open: it is public. 202 where they are moderated: it is held. All faults are returned at
    once, in the order of the form. `edit_token` lets its author see, change and delete the comment. A request that is
    repeated with the same `Idempotency-Key` gets the comment in its present state; from another address without the
    `edit_token`, and without later edits that nobody has approved.
    """
    sent = await actions.send(visit, slug, body, once)
    if sent.replayed is None:
        # A replay stores neither the text, which may be deleted meanwhile, nor the token.
        request.state.replayed_content = json.dumps({"id": sent.comment.id, "status": sent.status}).encode()
    return _made(request, sent)


@router.get("/comments/counts", response_model=CommentCounts, responses=problems(InvalidQuery))
async def count_comments(
    request: Request, query: Annotated[CommentCountsQuery, Query()], connection: Reading
) -> Response:
    """Count the comments of up to 100 articles

    Counts of approved comments, a row for each id or slug, in the order of the request. Articles that are not public
    are left out.
    """
    found = await Comments(connection).counts(terms(query.articles), clock.now())
    counts = [
        {"asked": name, "article_id": row.id, "slug": row.slug, "count": row.comment_count}
        for name, row in found.items()
    ]
    tags = [f"article:{row.id}" for row in found.values()]
    return delivered(request, CommentCounts, {"data": counts}, tags=["comments", "articles", *tags])


@router.get(
    "/comments/{id}",
    response_model=CommentInContext,
    responses={**LAST_MODIFIED, **problems(InvalidQuery, NotFound)},
    openapi_extra={"security": [{}]},
)
async def read_comment(request: Request, id: CommentId, _: NoParameters, own: IsOwn, connection: Reading) -> Response:
    """Read a comment in context

    With its article, what it answers, and its replies. With its edit token its author sees it also while it waits or
    was refused, and its `status`; that answer is `private, no-store`.
    """
    row = await Comments(connection).one(id, clock.now(), own=own)
    if own and row.status not in FINAL:
        return await _own(request, connection, row)
    content = written(CommentInContext, await _in_context(request, connection, row))
    modified = row.edited_at or row.created_at
    headers = {"Vary": "Authorization"}
    return deliver(request, content, tags=_tags(row.article_id), modified=modified, headers=headers)


@router.patch(
    "/comments/{id}",
    response_model=CommentInContext,
    dependencies=[ItsAuthor],
    responses=problems(
        InvalidQuery,
        Unauthorized,
        Forbidden,
        CommentsClosed,
        NotFound,
        DuplicateComment,
        PreconditionFailed,
        InvalidBody,
        RateLimited,
    ),
)
async def update_comment(
    request: Request, id: CommentId, _: NoParameters, body: SentUpdate, expected: IfMatch, visit: Visiting
) -> Response:
    """Change one's own comment

    JSON Merge Patch with the comment's edit token: while it waits at any time, once approved for some minutes after it
    was sent (`/v1/site` has the number). Where comments are moderated it waits again. It counts towards the rate
    limit as a comment does, and must not repeat another comment of the same person.
    """
    await actions.change_own(visit, id, body, expected)
    return await _own(request, visit.session, await visit.comments.one(id, visit.now, own=True))


@router.delete(
    "/comments/{id}",
    status_code=204,
    dependencies=[ItsAuthor],
    responses=problems(InvalidQuery, Unauthorized, NotFound, PreconditionFailed),
)
async def delete_comment(id: CommentId, _: NoParameters, expected: IfMatch, visit: Visiting) -> Response:
    """Delete one's own comment

    With the comment's edit token, at any time. Where others have answered, its place stays, without name and text.
    """
    await actions.withdraw_own(visit, id, expected)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})


@router.get(
    "/comments/{id}/replies", response_model=CommentList, responses=problems(InvalidQuery, InvalidCursor, NotFound)
)
async def list_replies(
    request: Request, id: CommentId, query: Annotated[PageQuery, Query()], connection: Reading
) -> Response:
    """List the direct replies to a comment

    Oldest first, each with up to 20 comments below it. The `replies.next` of a comment is a cursor for this list.
    """
    comments = Comments(connection)
    parent = await comments.one(id, clock.now())
    return _page(request, await comments.replies(parent.id, query, Cursors.of(request)), parent.article_id)


def _page(request: Request, page: Slice[ThreadRow], article_id: str) -> Response:
    rows = map(writer_of(_secret_key(request)), page.rows)
    return delivered_page(request, page, rows, tags=_tags(article_id))


def _tags(article_id: str) -> list[str]:
    return [f"comments:{article_id}", f"article:{article_id}"]


def _secret_key(request: Request) -> tuple[str, ...]:
    key: tuple[str, ...] = request.app.state.settings.secret_key
    return key


async def _in_context(
    request: Request, connection: Connection, row: CommentInContextRow, *, own: bool = False
) -> dict[str, object]:
    ancestors = await Comments(connection).ancestors(row)
    return {
        **nested(_secret_key(request), row, row.below, own=own),
        "article": {"id": row.article_id, "slug": row.article_slug, "headline": row.article_headline},
        "ancestors": [shape(above) for above in ancestors],
    }


async def _own(request: Request, connection: Connection, row: CommentInContextRow) -> Response:
    """The comment for its author: `no-store`, with its version as `ETag`."""
    shown = {**await _in_context(request, connection, row, own=True), "status": OWN_STATUS.get(row.status, "pending")}
    headers = {"Cache-Control": PRIVATE, "Vary": "Authorization", "ETag": f'"{row.version}"'}
    return Response(written(CommentInContext, shown), headers=headers, media_type=JSON)


def _made(request: Request, sent: Sent) -> Response:
    knows = sent.token is not None or sent.comment.edited_at is None  # the text as first sent, but not a later edit
    shown = nested(_secret_key(request), sent.comment, None, own=knows)
    content = written(CommentMade, {"comment": shown, "status": sent.status, "edit_token": sent.token})
    headers = {"Cache-Control": PRIVATE}
    if sent.replayed is not None:
        headers |= {name: sent.replayed.headers[name] for name in ("location", "etag", "idempotency-replayed")}
        return Response(content, sent.replayed.status_code, headers=headers, media_type=JSON)
    headers |= {"Location": f"/v1/comments/{sent.comment.id}", "ETag": f'"{sent.comment.version}"'}
    return Response(content, 201 if sent.status == "approved" else 202, headers=headers, media_type=JSON)
