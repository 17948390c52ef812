"""The public routes of discovery."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.discovery.addresses import ROBOTS
from app.discovery.resolving import Resolving
from app.discovery.robots import robots_txt
from app.discovery.schemas import ResolvedAddress, ResolveQuery
from app.kit import clock
from app.kit.caching import deliver
from app.kit.db import Reading
from app.kit.errors import Gone, InvalidQuery, NotFound
from app.kit.listing import delivered
from app.kit.routing import NoParameters, Responses, problems, router_of

router = router_of("", "discovery", "What an address of the web site is, and what leads robots and programs on.")


def file(media_type: str, example: str) -> Responses:
    """The `responses=` of an operation that answers a text."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}, "example": example}}}}


@router.get(ROBOTS, response_class=Response, responses=file("text/plain", "User-agent: *\nDisallow: /v1/desk/\n"))
async def read_robots(request: Request, _: NoParameters) -> Response:
    """Read robots.txt

    What crawlers may fetch here, and where the sitemaps are (RFC 9309).
    """
    content = robots_txt(request.app.state.settings)
    return deliver(request, content, tags=["site"], media_type="text/plain; charset=utf-8")


@router.get("/v1/resolve", response_model=ResolvedAddress, responses=problems(InvalidQuery, NotFound, Gone))
async def resolve_address(request: Request, query: Annotated[ResolveQuery, Query()], connection: Reading) -> Response:
    """Resolve an address

    What stands at an address of the web site, by the patterns of `/v1/site.addresses`: an article, section, tag, author
    or front. A former slug, or a path whose other parts have changed, gives the present address with `moved: true`.
    Of a withdrawn article 410; everything else, also on another host, is 404.
    """
    found, moved = await Resolving(connection, request.app.state.settings, clock.now()).at(query.url)
    value = {"resource": found.resource, "id": found.id, "slug": found.slug, "url": found.url, "moved": moved}
    return delivered(request, ResolvedAddress, value, tags=found.tags)
