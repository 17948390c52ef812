"""The public route of previews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from app.articles.desk_repository import ArticlesToEdit
from app.articles.models import ArticleBody
from app.articles.shapes import desk_of
from app.kit import clock
from app.kit.caching import undisclosed
from app.kit.db import ReadingSession
from app.kit.errors import InvalidQuery, NotFound
from app.kit.listing import written
from app.kit.routing import NoParameters, problems, router_of
from app.previews.repository import Previews, StoredPreview
from app.previews.schemas import TOKEN_EXAMPLE, ArticlePreview
from app.previews.tokens import is_well_formed
from app.settings import Settings

router = router_of("/v1/preview", "previews", "Links that show the newest save of an article.")
Token = Annotated[str, Path(description="The token of the preview.", examples=[TOKEN_EXAMPLE])]
FIELDS = tuple(ArticlePreview.model_fields)


@router.get("/{token}", response_model=ArticlePreview, responses=problems(InvalidQuery, NotFound))
async def read_preview(request: Request, token: Token, _: NoParameters, session: ReadingSession) -> Response:
    """Read a preview of an article

    The newest save, whether it is published or not, with its `status`; the body is whole, also of a paid article. No
    cache stores the answer. A token that is unknown, has expired or was revoked is 404, also where the article is
    published.
    """
    if not is_well_formed(token):
        raise NotFound()
    now = clock.now()
    found = await Previews(session).opened(token, now)
    shown = await _shown(session, found, request.app.state.settings, now)
    return undisclosed(written(ArticlePreview, shown))


async def _shown(session: ReadingSession, found: StoredPreview, settings: Settings, now: datetime) -> dict[str, object]:
    """The article as the desk reads it, with the translations that readers may see."""
    article, articles = found.article, ArticlesToEdit(session)
    related = (await articles.relations([article.id], now))[article.id]
    related.pictures = (await articles.pictures([article.id]))[article.id]
    body = await session.get(ArticleBody, article.id)
    whole = desk_of(article, related, body, await articles.corrections(article), [], settings, now)
    return {name: whole[name] for name in FIELDS}
