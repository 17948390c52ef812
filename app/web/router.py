"""HTML pages for developers: the kinds of problem, and static files. All works offline."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.kit.caching import deliver
from app.kit.db import Reading
from app.kit.errors import NotFound, every_problem
from app.kit.problem_responses import example_of
from app.site.images import icon_address, image_tags
from app.text.messages import LANGUAGES, negotiate
from app.web import static_files
from app.web.document import document_of
from app.web.templating import plain_page

router = APIRouter(include_in_schema=False)
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
Language = Annotated[str | None, Query(max_length=35)]


def _spoken(request: Request, language: str | None) -> str:
    """The language of a page: from `language=`, else the site's. Not from a header: all get the same cached page."""
    return negotiate(language, request.app.state.settings.language)


@router.get("/openapi.json")
async def read_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return deliver(request, (await document_of(request)).content, tags=["openapi"])


@router.get("/openapi.yaml")
async def read_openapi_yaml(request: Request) -> Response:
    """The OpenAPI document for tools that ask for YAML: the same bytes, because JSON is valid YAML 1.2."""
    return deliver(request, (await document_of(request)).content, tags=["openapi"], media_type="application/yaml")


@router.get("/.well-known/api-catalog")
async def read_api_catalog(request: Request) -> Response:
    """Links to the API, its document and its documentation (RFC 9727)."""
    api = request.app.state.settings.api_url
    links = {
        "service-desc": {"openapi.json": "application/json", "openapi.yaml": "application/yaml"},
        "service-doc": {"docs": "text/html"},
        "status": {"readyz": "application/json"},
    }
    catalog = {"anchor": f"{api}/v1"} | {
        relation: [{"href": f"{api}/{path}", "type": media_type} for path, media_type in targets.items()]
        for relation, targets in links.items()
    }
    return deliver(request, to_json({"linkset": [catalog]}), tags=["openapi"], media_type=LINKSET)


@router.get("/problems")
async def list_problems(request: Request, language: Language = None) -> Response:
    """All kinds of problem."""
    kinds = sorted(every_problem(), key=lambda kind: (kind.status, kind.slug))
    return plain_page(request, "problems.html", _spoken(request, language), kinds=kinds)


@router.get("/problems/{slug}")
async def read_problem(request: Request, slug: Annotated[str, Path()], language: Language = None) -> Response:
    """What one kind of problem means: cause, cure and an example."""
    kind = next((one for one in every_problem() if one.slug == slug), None)
    if kind is None:
        raise NotFound()
    spoken = _spoken(request, language)
    return plain_page(
        request,
        "problem.html",
        spoken,
        kind=kind,
        example=to_json(example_of(kind, spoken), indent=2).decode(),
        operations=(await document_of(request)).reference.operations_with(slug),
        others=[tag for tag in LANGUAGES if tag != spoken],
    )


@router.get("/favicon.ico")
async def read_icon(request: Request, connection: Reading) -> Response:
    """The icon of the site: that of the settings, else Nashra's."""
    settings = request.app.state.settings
    if (address := await icon_address(connection, settings)) is not None:
        headers = {"Cache-Control": f"public, max-age={settings.cache_max_age}"}
        return RedirectResponse(address, HTTPStatus.FOUND, headers)
    return _static(request, "nashra.ico", image_tags(settings))


@router.get("/static/{name}")
async def read_static(request: Request, name: Annotated[str, Path()]) -> Response:
    """A static file. By its hashed name it is cached for ever."""
    return _static(request, name)


def _static(request: Request, name: str, tags: Sequence[str] = ()) -> Response:
    found = static_files.find(name)
    if found is None:
        raise NotFound()
    headers = IMMUTABLE if found.is_hashed else None
    media_type = found.file.media_type
    return deliver(request, found.file.content, tags=["static", *tags], headers=headers, media_type=media_type)
