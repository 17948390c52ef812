"""The answer with a file of the store: cached for ever, in parts, in constant memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.kit.caching import deliver, matches
from app.kit.ranges import range_of
from app.media.storage import IMMUTABLE, Opened

SECURITY = {
    # A browser that opens the address itself runs nothing, whatever the bytes are.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Disposition": "inline",
}


class Rendition(NamedTuple):
    """A file of the store of renditions, and whose it is."""

    name: str
    mime_type: str
    media_id: str


def rendition_answer(
    request: Request, opened: Opened, file: Rendition, byte_range: str | None, if_range: str | None
) -> Response:
    """The file as the request asks for it: 200, 206 or 304. Raises `RangeNotSatisfiable`.

    One that was read with its first chunk may be kept by the response cache; a larger one is streamed, and nothing but
    the store is asked meanwhile.
    """
    etag = file.name.replace("/", "-")  # the file of a name never changes
    headers = {"Accept-Ranges": "bytes", "Cache-Control": IMMUTABLE, **SECURITY}
    part = range_of(None if _is_head(request) else byte_range, if_range, f'"{etag}"', opened.size)
    tag = f"media:{file.media_id}"
    if part is None and opened.is_whole:
        return deliver(
            request, opened.first, tags=[tag], headers=headers, media_type=file.mime_type, bulky=True, etag=etag
        )
    headers |= {request.app.state.settings.cache_tag_header: tag, "ETag": f'"{etag}"'}
    if matches(request.headers.get("if-none-match"), f'"{etag}"'):
        return Response(status_code=304, headers=headers)
    return _sent(request, opened, part, headers, file.mime_type)


def _sent(
    request: Request, opened: Opened, part: tuple[int, int] | None, headers: Mapping[str, str], mime_type: str
) -> Response:
    start, end = part or (0, opened.size)
    sent = {**headers, "Content-Length": str(end - start)}
    if part is not None:
        sent["Content-Range"] = f"bytes {start}-{end - 1}/{opened.size}"
    if _is_head(request):
        return Response(headers=sent, media_type=mime_type)
    status = 200 if part is None else 206
    return StreamingResponse(opened.chunks(start, end), status, headers=sent, media_type=mime_type)


def _is_head(request: Request) -> bool:
    """Whether only the headers are asked for; HEAD arrives as GET (`app/kit/middleware.py`)."""
    return bool(request.scope["state"].get("asked") == "HEAD")
