"""The desk routes of previews."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.desk import ArticleId
from app.articles.desk_repository import ArticlesToEdit
from app.kit import clock
from app.kit.caching import at_desk
from app.kit.db import ReadingSession
from app.kit.errors import InvalidBody, InvalidCursor, InvalidQuery, NotFound, StateConflict
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors, PageQuery
from app.kit.routing import NoParameters, problems, router_of
from app.previews import actions
from app.previews.repository import Previews, StoredPreview
from app.previews.schemas import PreviewInput, PreviewList, PreviewMade
from app.staff.access import OncePerToken, Writer
from app.staff.work import WriterWork

desk = router_of("/v1/desk/articles", "desk: previews", "Making, listing and revoking previews of an article.")
PreviewId = Annotated[str, Path(description="Id of the preview.")]


@desk.post(
    "/{id}/previews",
    status_code=201,
    response_model=PreviewMade,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict, InvalidBody),
)
async def create_preview(
    request: Request, id: ArticleId, _: NoParameters, work: WriterWork, body: PreviewInput | None = None
) -> Response:
    """Make a preview of an article

    A link that shows the newest save to whoever holds it, without a token of the staff. The token is in this answer and
    nowhere else. An article has at most 20 active previews (`too_many`); a withdrawn one gets none (409).
    """
    preview, token = await actions.create(work, id, body.expires_at if body else None)
    shown = {"id": preview.id, "expires_at": preview.expires_at}
    request.state.replayed_content = written(PreviewMade, {**shown, "token": None, "url": None})
    content = written(PreviewMade, {**shown, "token": token, "url": work.settings.preview_url(token)})
    return at_desk(content, status=201)


@desk.get("/{id}/previews", response_model=PreviewList, responses=problems(InvalidQuery, InvalidCursor, NotFound))
async def list_previews(
    request: Request, id: ArticleId, query: Annotated[PageQuery, Query()], session: ReadingSession, actor: Writer
) -> Response:
    """List the previews of an article

    Newest first: who made it, when, when it expires, and whether it is active; never its token. Those that expired 30
    days ago are deleted.
    """
    article = await ArticlesToEdit(session).require_readable(id, actor)
    page = await Previews(session).page(article, query, Cursors.of(request))
    return desk_list(request, PreviewList, page, lambda row: _shown(StoredPreview._make(row)))


@desk.delete("/{id}/previews/{preview_id}", status_code=204, responses=problems(InvalidQuery, NotFound))
async def revoke_preview(id: ArticleId, preview_id: PreviewId, _: NoParameters, work: WriterWork) -> Response:
    """Revoke a preview

    It is 404 from the next request on. A preview has no versions: no `If-Match` is needed.
    """
    await actions.revoke(work, id, preview_id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _shown(stored: StoredPreview) -> dict[str, object]:
    preview = stored.preview
    return {
        "id": preview.id,
        "member_id": preview.member_id,
        "member_name": stored.member.name,
        "created_at": preview.created_at,
        "expires_at": preview.expires_at,
        "revoked_at": preview.revoked_at,
        "active": stored.is_active(clock.now()),
    }
