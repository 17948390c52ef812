"""The OpenAPI document of an application, as bytes and as values for templates."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic_core import to_json
from starlette.requests import Request

from app.web.reference import Reference


@dataclass(frozen=True)
class Document:
    """The document without spaces, and what its pages show."""

    content: bytes
    reference: Reference


async def document_of(request: Request) -> Document:
    """The document, made once, when it is first asked for: beside the event loop, because it takes half a second."""
    state = request.app.state
    if not hasattr(state, "document"):
        state.document = asyncio.ensure_future(asyncio.to_thread(_read, request))
    document: Document = await asyncio.shield(state.document)
    return document


def _read(request: Request) -> Document:
    document = request.app.openapi()
    return Document(to_json(document), Reference(document))
