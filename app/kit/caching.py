"""Answers that can be validated: strong ETags and 304 for readers, versions and If-Match for the desk.

| | no header | `If-None-Match` matches | `If-Match` stale |
| --- | --- | --- | --- |
| delivery GET | 200, `ETag` over the bytes | 304 | – |
| desk GET | 200, `ETag` is the version | 200: embedded names and the clock change it too | – |
| desk change of an existing thing | 428 | – | 412, with the present version |

Sources: RFC 9110 §8.8, §13; RFC 6585 §3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from app.kit.errors import PreconditionFailed, PreconditionRequired

JSON = "application/json"
MAX_TAGS_BYTES = 1000
CROWDED = "crowded"
_ETAG = re.compile(r'(?:W/)?"([^"]*)"|\*')


def deliver(
    request: Request,
    content: bytes,
    *,
    tags: Iterable[str] = (),
    shows: Iterable[str] | None = None,
    modified: datetime | None = None,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
    seldom: bool = False,
) -> Response:
    """A public answer: the same for everyone. `tags` name all that it shows; `shows`, where given, names it more finely
    than a CDN needs to know. What is `seldom` asked for twice is compressed quickly rather than well.

    The cache in front of the application keeps it, gives it its validator, and answers 304.
    """
    settings = request.app.state.settings
    names = list(dict.fromkeys(tags))
    state = request.scope.setdefault("state", {})
    state["delivered"], state["seldom"] = frozenset(names if shows is None else shows), seldom
    sent = {
        "Cache-Control": f"public, max-age={settings.cache_max_age}",
        settings.cache_tag_header: _tag_line(names),
        **(headers or {}),
    }
    if modified is not None:
        sent["Last-Modified"] = format_datetime(modified.replace(microsecond=0), usegmt=True)
    return Response(content, headers=sent, media_type=media_type)


def unkept(request: Request, response: Response) -> Response:
    """A public answer that may be another at any moment, which nobody would tell: it is asked for each time."""
    del request.scope["state"]["delivered"]
    response.headers["Cache-Control"] = "no-cache"
    return response


def _tag_line(tags: Sequence[str]) -> str:
    """As many as fit. What shows more than can be named here is `crowded`: that is purged with every renamed term."""
    line = ",".join(tags)
    if len(line) <= MAX_TAGS_BYTES:
        return line
    return line[: line.rindex(",", 0, MAX_TAGS_BYTES - len(CROWDED))] + f",{CROWDED}"


def at_desk(
    content: bytes,
    *,
    status: int = 200,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A staff answer: never stored; its ETag is the thing's version."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if version is not None:
        sent["ETag"] = f'"{version}"'
    return Response(content, status, headers=sent, media_type=JSON if content else None)


def matches(header: str | None, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2): does `If-None-Match` name `etag`?"""
    if header is None:
        return False
    return any(found[0] == "*" or f'"{found[1]}"' == etag for found in _ETAG.finditer(header))


class Expected:
    """What `If-Match` says of the thing about to be changed."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    @property
    def absent(self) -> bool:
        return self._header is None

    def require(self, version: int) -> None:
        """The header must be there and name `version`: 428, 412."""
        if self._header is None:
            raise PreconditionRequired(version=version)
        self.obey(version)

    def obey(self, version: int) -> None:
        """If the header is there it must name `version` (strong comparison): 412 with the present version."""
        if self._header is None:
            return
        names = [found[0] for found in _ETAG.finditer(self._header)]
        if "*" not in names and f'"{version}"' not in names:
            raise PreconditionFailed(version=version, headers={"ETag": f'"{version}"'})

    def obey_absence(self) -> None:
        """The thing does not exist, so no `If-Match` can hold (RFC 9110 §13.1.1)."""
        if self._header is not None:
            raise PreconditionFailed(version=None)


async def _expected(  # `async`, though it awaits nothing: FastAPI would send it to a thread
    if_match: Annotated[
        str | None,
        Header(description='The version the change is based on, as in `ETag`: `"3"`.', examples=['"3"']),
    ] = None,
) -> Expected:
    return Expected(if_match)


IfMatch = Annotated[Expected, Depends(_expected)]
