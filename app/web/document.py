"""The OpenAPI document of the application, as bytes and as values for templates: each made once, when first asked."""

from __future__ import annotations

import asyncio

from pydantic_core import to_json
from starlette.requests import Request

from app.web.reference import Reference


async def document_bytes(request: Request) -> bytes:
    """The OpenAPI document without spaces, built once, beside the event loop: it takes half a second."""
    state = request.app.state
    if not hasattr(state, "openapi_bytes"):
        state.openapi_bytes = to_json(await asyncio.to_thread(request.app.openapi))
    content: bytes = state.openapi_bytes
    return content


async def reference_of(request: Request) -> Reference:
    """The OpenAPI document as values for templates, read once."""
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = Reference(await asyncio.to_thread(request.app.openapi))
    reference: Reference = state.reference
    return reference
