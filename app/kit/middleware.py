"""ASGI middleware: for every request before routing, and every answer after it.

In order, from the outside: `Visitor` (client address, request id, log line, security headers), `Cors`, `LastResort`
(uncaught errors), `BodyLimit`. The cache is in front of all, and handles HEAD as GET.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, MutableMapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit import errors
from app.kit.addresses import anonymous, client_address
from app.kit.errors import Problem, render
from app.kit.faults import is_outage

access = logging.getLogger("nashra.access")
log = logging.getLogger("nashra")

DESK = "/v1/desk"
UPLOADS = re.compile(r"/v1/desk/media(/[^/]+/file)?")
FORM_BYTES = 100_000  # of a form beside its file
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
CORS_REQUEST_HEADERS = (
    "Authorization, Content-Disposition, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
)
CORS_EXPOSED = (
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Content-Language, X-Request-ID, "
    "Idempotency-Replayed, Content-Disposition"
)
ANY_ORIGIN = "*"
CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
)


def on_response_start(send: Send, change: Callable[[MutableHeaders, Message], None]) -> Send:
    """Wrap `send`: `change` may modify the response headers before they are sent."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            change(MutableHeaders(scope=message), message)
        await send(message)

    return wrapped


def as_delivered(send: Send, api_url: str) -> Send:
    """Wrap `send`, for what calls the routes of delivery without the middleware: the response headers are the same."""

    def finish(answer: MutableHeaders, _message: Message) -> None:
        _open_to(answer, ANY_ORIGIN)
        _secure(answer, api_url)

    return on_response_start(send, finish)


def _open_to(answer: MutableHeaders, origin: str) -> None:
    answer["Access-Control-Allow-Origin"] = origin
    answer["Access-Control-Expose-Headers"] = CORS_EXPOSED


def _secure(answer: MutableHeaders, api_url: str) -> None:
    own = {name for name, _ in answer.raw}
    answer.raw.extend(pair for pair in SECURITY if pair[0] not in own)
    if api_url.startswith("https:"):
        answer["Strict-Transport-Security"] = "max-age=31536000"


def as_get(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """Turn HEAD into GET: the scope for the application, and a `send` that drops the body of a HEAD."""
    state = scope.setdefault("state", {})
    if scope["method"] != "HEAD":
        return {**scope}, send
    state["asked"] = "HEAD"

    async def without_body(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return {**scope, "method": "GET"}, without_body


def with_literal_path(scope: Scope) -> Scope:
    """The scope with its path not decoded, where percent-encoding hides the fixed part of the path.

    Proxies protect `/v1/desk` by its prefix: no other spelling may lead there. Slugs follow the fixed part and hold no
    slash. A path that begins with a word in another script is a page of the web site: it has no fixed part of ours.
    """
    raw: bytes = scope.get("raw_path") or b""
    if b"%" not in raw or (
        b"%2f" not in raw.lower() and not scope["path"].partition("/")[2].partition("/")[0].isascii()
    ):
        return scope
    parts = raw.split(b"/")
    fixed = 4 if raw.startswith(DESK.encode() + b"/") else 3 if parts[1:2] == [b"v1"] else 2
    if b"%" not in b"".join(parts[:fixed]) and b"%2f" not in raw.lower():
        return scope
    return {**scope, "path": raw.decode("latin-1")}


class Visitor:
    """Sets client address and request id, adds security headers, and writes one log line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        settings = scope["app"].state.settings
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["address"] = client_address(scope, headers, settings.trusted_proxies)
        begun, outcome = time.perf_counter(), {"status": 0}

        def finish(answer: MutableHeaders, message: Message) -> None:
            outcome["status"] = message["status"]
            answer["X-Request-ID"] = request_id
            _secure(answer, settings.api_url)

        wrapped = on_response_start(send, finish)
        try:
            await self.app(scope, receive, wrapped)
        finally:
            access.info("%s", log_line(scope, outcome["status"], time.perf_counter() - begun))


class LastResort:
    """Turns an uncaught exception into a problem, unless the response has started."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[int] = []
        watched = on_response_start(send, lambda _headers, message: begun.append(message["status"]))
        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            return  # in the middle of an upload: nobody is there to be answered, and nothing is broken here
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await render(_last_resort(error, scope["state"]["request_id"]), scope)(scope, receive, send)


def _last_resort(error: Exception, request_id: str) -> Problem:
    if isinstance(error, Problem):
        return error
    if is_outage(error):
        log.warning("unavailable request_id=%s error=%s", request_id, type(error).__name__)
        return errors.Unavailable()
    log.error("failed request_id=%s", request_id, exc_info=error)
    return errors.InternalError()


class log_line:  # noqa: N801  # used like a function
    """A lazily formatted log line, without query, body, token, e-mail address or full IP address."""

    def __init__(self, scope: Scope, status: int, seconds: float, route: str = "-") -> None:
        self.scope, self.status, self.seconds, self.route = scope, status, seconds, route

    @property
    def fields(self) -> dict[str, object]:
        """The same as values, for a log in JSON."""
        state = self.scope.get("state", {})
        return {
            "method": state.get("asked", self.scope["method"]),
            "route": getattr(self.scope.get("route"), "path", self.route),
            "status": self.status,
            "milliseconds": round(self.seconds * 1000, 1),
            "from": anonymous(state.get("address")),
            "request_id": state.get("request_id", "-"),
        }

    def __str__(self) -> str:
        return "{method} {route} {status} {milliseconds}ms from={from} request_id={request_id}".format_map(self.fields)


class Cors:
    """CORS: delivery is open to every origin with a literal `*`, the desk only to configured origins."""

    def __init__(self, app: ASGIApp, desk_origins: Iterable[str]) -> None:
        self.app = app
        self.desk_origins = frozenset(desk_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        desk = scope["path"].startswith(DESK)
        allowed = self._allowed(origin, desk)

        def finish(answer: MutableHeaders, _message: Message) -> None:
            if desk:
                answer.add_vary_header("Origin")
            if allowed:
                _open_to(answer, allowed)

        wrapped = on_response_start(send, finish)
        if scope["method"] == "OPTIONS" and origin and "access-control-request-method" in headers:
            await wrapped(
                {
                    "type": "http.response.start",
                    "status": 204,
                    "headers": _raw(self._preflight(allowed)),
                }
            )
            await wrapped({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, wrapped)

    def _allowed(self, origin: str | None, desk: bool) -> str | None:
        if not desk:
            return ANY_ORIGIN
        return origin if origin in self.desk_origins else None

    @staticmethod
    def _preflight(allowed: str | None) -> dict[str, str]:
        if not allowed:
            return {"Cache-Control": "no-store"}
        return {
            "Access-Control-Allow-Methods": CORS_METHODS,
            "Access-Control-Allow-Headers": CORS_REQUEST_HEADERS,
            "Access-Control-Max-Age": "86400",
        }


def _raw(headers: MutableMapping[str, str] | dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


class BodyLimit:
    """Reads the whole body, and refuses one over the limit of its path (413). An upload is passed on as it comes."""

    def __init__(self, app: ASGIApp, desk_bytes: int, public_bytes: int, upload_bytes: int) -> None:
        self.app = app
        self.desk_bytes, self.public_bytes, self.upload_bytes = desk_bytes, public_bytes, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length[:20]) > limit:
            await _refuse(limit, scope, receive, send)
            return
        if _is_upload(scope):
            await self.app(scope, _counted(receive, limit), send)
            return
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client has gone
            size += len(message.get("body", b""))
            if size > limit:
                await _refuse(limit, scope, receive, send)
                return
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        await self.app(scope, _replay(b"".join(chunks), receive), send)

    def _limit(self, scope: Scope) -> int:
        if _is_upload(scope):
            is_form = Headers(scope=scope).get("content-type", "").lower().startswith("multipart/")
            return self.upload_bytes + (FORM_BYTES if is_form else 0)
        return self.desk_bytes if scope["path"].startswith(DESK) else self.public_bytes


def _is_upload(scope: Scope) -> bool:
    return scope["method"] in {"POST", "PUT"} and UPLOADS.fullmatch(scope["path"]) is not None


def _counted(receive: Receive, limit: int) -> Receive:
    """The same body as it comes; raises `PayloadTooLarge` once it is over the limit."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> errors.PayloadTooLarge:
    return errors.PayloadTooLarge(limit=limit, params={"max": limit}, headers={"Connection": "close"})


async def _refuse(limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    await render(_too_large(limit), scope)(scope, receive, send)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
