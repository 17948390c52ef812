"""HTML pages: the front page, the documentation, a page for every problem. All works offline."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

import app.web
from app.kit.caching import deliver
from app.kit.errors import NotFound, every_problem
from app.text.messages import negotiate
from app.web import pages

router = APIRouter(include_in_schema=False)
LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
HTML = "text/html; charset=utf-8"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
OWN = FilePath(app.web.__file__).parent / "static"
STATIC = {
    "nashra.svg": (OWN / "nashra.svg", "image/svg+xml"),
    "docs.js": (OWN / "docs.js", "text/javascript; charset=utf-8"),
    "swagger-ui.css": (files("fastapi_swagger") / "resources/swagger-ui.css", "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": (
        files("fastapi_swagger") / "resources/swagger-ui-bundle.js",
        "text/javascript; charset=utf-8",
    ),
}
Language = Annotated[str | None, Query(max_length=35)]


def _spoken(request: Request, language: str | None) -> str:
    """The language of a page: from `language=`, else the site's. Not from a header: all get the same cached page."""
    return negotiate(language, request.app.state.settings.language)


def _page(request: Request, html: str, language: str, policy: str = PAGE_POLICY) -> Response:
    headers = {"Content-Security-Policy": policy, "Content-Language": language}
    return deliver(request, html.encode(), tags=["pages"], headers=headers, media_type=HTML)


@router.get("/")
async def read_home(request: Request, language: Language = None) -> Response:
    """The front page."""
    spoken = _spoken(request, language)
    return _page(request, pages.home(request.app.state.settings.site_name, spoken), spoken)


@router.get("/docs")
async def read_docs(request: Request) -> Response:
    """The documentation, from this server's own files."""
    return _page(request, pages.docs(request.app.state.settings.site_name), "en", DOCS_POLICY)


def _document(request: Request) -> bytes:
    """The OpenAPI document without spaces."""
    state = request.app.state
    if not hasattr(state, "openapi_bytes"):
        state.openapi_bytes = to_json(request.app.openapi())
    content: bytes = state.openapi_bytes
    return content


@router.get("/openapi.json")
async def read_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return deliver(request, _document(request), tags=["openapi"])


@router.get("/openapi.yaml")
async def read_openapi_yaml(request: Request) -> Response:
    """The OpenAPI document for tools that ask for YAML: the same bytes, because JSON is valid YAML 1.2."""
    return deliver(request, _document(request), tags=["openapi"], media_type="application/yaml")


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
    spoken = _spoken(request, language)
    return _page(request, pages.problems(every_problem(), spoken), spoken)


@router.get("/problems/{slug}")
async def read_problem(request: Request, slug: Annotated[str, Path()], language: Language = None) -> Response:
    """What one kind of problem means."""
    spoken = _spoken(request, language)
    for kind in every_problem():
        if kind.slug == slug:
            return _page(request, pages.problem(kind, spoken), spoken)
    raise NotFound()


@lru_cache
def _file(name: str) -> bytes:
    return STATIC[name][0].read_bytes()


@router.get("/static/{name}")
async def read_static(request: Request, name: Annotated[str, Path()]) -> Response:
    """A file of the documentation."""
    if name not in STATIC:
        raise NotFound()
    return deliver(request, _file(name), tags=["static"], media_type=STATIC[name][1])
