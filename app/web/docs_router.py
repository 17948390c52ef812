"""The documentation at `/docs`: guides, operations and schemas as HTML, rendered from the files and the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.kit.errors import NotFound
from app.web.document import document_of
from app.web.guides import all_guides
from app.web.templating import plain_page

router = APIRouter(include_in_schema=False)
LANGUAGE = "en"  # of the guides and of the OpenAPI document
Name = Annotated[str, Path()]
T = TypeVar("T")


@router.get("/docs")
async def read_docs(request: Request) -> Response:
    """The start of the documentation: guides, operations, schemas."""
    return await _page(request, "docs/index.html", "Documentation")


@router.get("/docs/guide/{name}")
async def read_guide(request: Request, name: Name) -> Response:
    """A guide of `docs/`."""
    guide = _named(all_guides(), name)
    return await _page(request, "docs/guide.html", guide.title, guide=guide)


@router.get("/docs/operations/{name}")
async def read_operation(request: Request, name: Name) -> Response:
    """An operation, and a form that sends requests."""
    operation = _named((await document_of(request)).reference.operations, name)
    return await _page(request, "docs/operation.html", operation.summary, one=operation)


@router.get("/docs/schemas/{name}")
async def read_schema(request: Request, name: Name) -> Response:
    """A schema and its properties."""
    schema = _named((await document_of(request)).reference.schemas, name)
    return await _page(request, "docs/schema.html", schema.name, schema=schema)


def _named(things: Mapping[str, T], name: str) -> T:
    if name not in things:
        raise NotFound()
    return things[name]


async def _page(request: Request, template: str, title: str, **values: object) -> Response:
    reference = (await document_of(request)).reference
    shared = {"reference": reference, "guides": all_guides().values(), "here": request.scope["path"]}
    return plain_page(request, template, LANGUAGE, title=title, **shared, **values)
