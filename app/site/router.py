"""The site as readers' clients get it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.articles.events import LISTS
from app.feeds.addresses import ListedFeed, listed_feeds
from app.feeds.repository import published_languages
from app.fronts.repository import PLURAL as FRONTS
from app.fronts.repository import Fronts
from app.kit import clock
from app.kit.caching import deliver
from app.kit.db import Reading
from app.kit.errors import InvalidQuery
from app.kit.listing import delivered, written
from app.kit.routing import NoParameters, problems, router_of
from app.settings import Settings
from app.site.addresses import NAMED
from app.site.images import Images, image_tags, site_images
from app.site.schemas import ApiIndex, SiteRead
from app.text.languages import direction
from app.text.web_paths import encoded_path

router = router_of("/v1", "site", "The site: name, languages, addresses.")
# Where the index leads. The stream is an event stream, the documentation a page, all others are JSON.
LINKS = {
    "site": "/v1/site",
    "articles": "/v1/articles",
    "tickers": "/v1/tickers",
    "fronts": "/v1/fronts",
    "search": "/v1/search",
    "changes": "/v1/changes",
    "stream": "/v1/stream",
    "openapi": "/openapi.json",
    "docs": "/docs",
}


@router.get("", response_model=ApiIndex, responses=problems(InvalidQuery))
async def read_index(request: Request, _: NoParameters) -> Response:
    """Read the index

    Links to what this API offers: a place to start from. `search` needs `q`.
    """
    address = request.app.state.settings.api_url
    return delivered(
        request, ApiIndex, {"links": {name: address + path for name, path in LINKS.items()}}, tags=["site"]
    )


@router.get("/site", response_model=SiteRead, responses=problems(InvalidQuery))
async def read_site(request: Request, _: NoParameters, connection: Reading) -> Response:
    """Read the site

    Name, language and direction, time zone, addresses, comment policy, fronts, feeds and streams.
    """
    settings = request.app.state.settings
    fronts = [
        {"slug": front.slug, "url": settings.front_url(front.id, front.slug)}
        for front in await Fronts(connection, settings).addresses()
    ]
    languages = await published_languages(connection, clock.now())
    feeds = listed_feeds(settings, list(dict.fromkeys([settings.language, *languages])))
    content = written(SiteRead, _site(settings, fronts, feeds, await site_images(connection, settings)))
    media = image_tags(settings)
    # Its languages change with the list of articles only.
    shows = ["site", FRONTS, LISTS, *media]
    return deliver(request, content, tags=["site", FRONTS, "articles", *media], shows=shows)


def _site(
    settings: Settings, fronts: Sequence[dict[str, str]], feeds: Sequence[ListedFeed], images: Images
) -> dict[str, Any]:
    required = [
        *(["author_name"] if settings.comments_require_name else []),
        *(["author_email"] if settings.comments_require_email else []),
        "body",
    ]
    return {
        "name": settings.site_name,
        "language": settings.language,
        "direction": direction(settings.language),
        "time_zone": settings.timezone,
        **images,
        "addresses": {
            "site": settings.site_url,
            "api": settings.api_url,
            "docs": f"{settings.api_url}/docs",
            "openapi": f"{settings.api_url}/openapi.json",
            **{name: settings.api_url + path for name, path in NAMED.items()},
            **{name: settings.site_url + encoded_path(path) for name, path in settings.paths.items()},
        },
        "comments": {
            "mode": settings.comments,
            "required": required,
            "consent_required": settings.comments_require_consent,
            "close_after_days": settings.comments_close_after_days or None,
            "edit_minutes": settings.comments_edit_minutes,
        },
        "ticker_refresh_after": settings.ticker_refresh_after,
        "syndication": settings.syndication,
        "fronts": fronts,
        "feeds": [feed._asdict() for feed in feeds],
        "streams": [f"{settings.api_url}/v1/stream"],
    }
