"""ETags and conditional requests: strong ETags and 304 for delivery, versions and `If-Match` for the desk.

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

from app.kit.errors import UNDISCLOSED, PreconditionFailed, PreconditionRequired

JSON = "application/json"
PARTIAL = "application/json; partial=true"  # an answer to `fields=`
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
    bulky: bool = False,
    etag: str | None = None,
) -> Response:
    """A public answer, the same for everyone. `tags` are its cache tags; `shows`, where given, are finer tags for the
    internal cache. `seldom` repeated answers get a faster compression. `bulky` ones, such as pictures, share a bounded
    part of the cache, so that they do not evict the others. `etag`, without quotes: of a body that never changes.

    The cache in front of the application stores it, adds the ETag, and answers 304.
    """
    settings = request.app.state.settings
    names = list(dict.fromkeys(tags))
    state = request.scope.setdefault("state", {})
    state["delivered"] = frozenset(names if shows is None else shows)
    state["kept_as"] = {"seldom": seldom, "bulky": bulky, "etag": etag}
    sent = {
        "Cache-Control": f"public, max-age={settings.cache_max_age}",
        settings.cache_tag_header: _tag_line(names),
        **(headers or {}),
    }
    if modified is not None:
        sent["Last-Modified"] = format_datetime(modified.replace(microsecond=0), usegmt=True)
    return Response(content, headers=sent, media_type=media_type)


def uncached(request: Request, response: Response) -> Response:
    """A public answer that no cache may store: it may change without a change in the log."""
    del request.scope["state"]["delivered"]
    response.headers["Cache-Control"] = "no-cache"
    return response


def _tag_line(tags: Sequence[str]) -> str:
    """The cache tag header, up to `MAX_TAGS_BYTES`. Of a longer list the tags of collections come first, which purge
    more; it is cut and ends with `crowded`, which is purged where one of the tags that are left out may be."""
    line = ",".join(tags)
    if len(line) <= MAX_TAGS_BYTES and CROWDED not in tags:  # a page repeats the tags of answers that were cut
        return line
    line = ",".join(sorted((tag for tag in tags if tag != CROWDED), key=lambda tag: ":" in tag)) + ","
    return line[: line.rindex(",", 0, MAX_TAGS_BYTES - len(CROWDED))] + f",{CROWDED}"


def at_desk(
    content: bytes,
    *,
    status: int = 200,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A desk answer: `no-store`; its ETag is the version of the thing."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if version is not None:
        sent["ETag"] = f'"{version}"'
    return Response(content, status, headers=sent, media_type=JSON if content else None)


def undisclosed(
    content: bytes, status: int = 200, *, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer for whoever holds its secret address: stored by no cache, found by no search engine, its address sent
    to no other site."""
    sent = {**(headers or {}), "Cache-Control": "no-store", **UNDISCLOSED}
    return Response(content, status, headers=sent, media_type=media_type)


def matches(header: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names `etag`, by weak comparison (RFC 9110 §13.1.2)."""
    if header is None:
        return False
    return any(found[0] == "*" or f'"{found[1]}"' == etag for found in _ETAG.finditer(header))


class Expected:
    """The version that `If-Match` expects of the thing to change."""

    def __init__(self, header: str | None) -> None:
        self._header = header

    @property
    def absent(self) -> bool:
        return self._header is None

    def require(self, version: int) -> None:
        """Require the header (428) to name `version` (412)."""
        if self._header is None:
            raise PreconditionRequired(version=version)
        self.obey(version)

    def obey(self, version: int) -> None:
        """Require the header, if sent, to name `version` by strong comparison: else 412 with the present version."""
        if self._header is None:
            return
        names = [found[0] for found in _ETAG.finditer(self._header)]
        if "*" not in names and f'"{version}"' not in names:
            raise PreconditionFailed(version=version, headers={"ETag": f'"{version}"'})

    def obey_absence(self) -> None:
        """Refuse `If-Match` for a thing that does not exist: 412 (RFC 9110 §13.1.1)."""
        if self._header is not None:
            raise PreconditionFailed(version=None)


async def _expected(  # `async`, though it awaits nothing: FastAPI would run it in a thread
    if_match: Annotated[
        str | None,
        Header(description='The version the change is based on, as in `ETag`: `"3"`.', examples=['"3"']),
    ] = None,
) -> Expected:
    return Expected(if_match)


IfMatch = Annotated[Expected, Depends(_expected)]
