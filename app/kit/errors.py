"""Errors: one exception tree, rendered as RFC 9457 `application/problem+json`.

    Problem
    ├── BadRequest 400
    │   ├── InvalidQuery 400          a parameter is wrong, unknown or repeated
    │   └── InvalidCursor 400         a cursor is broken or belongs to another list
    ├── Unauthorized 401
    ├── Forbidden 403
    ├── NotFound 404
    ├── MethodNotAllowed 405
    ├── RequestTimeout 408            a request that is not complete in time
    ├── Conflict 409
    │   ├── AlreadyExists 409         a unique name, slug or external id is taken
    │   ├── InUse 409                 another row still refers to it
    │   ├── StateConflict 409         the present state does not allow the action
    │   ├── IdempotencyInFlight 409   the first request with this key is still running
    │   └── …                         of one package, defined beside the action that raises it
    ├── Gone 410
    │   └── …                         of one package
    ├── PreconditionFailed 412
    ├── PayloadTooLarge 413
    ├── UriTooLong 414
    ├── UnsupportedMediaType 415
    ├── RangeNotSatisfiable 416
    ├── InvalidBody 422
    │   └── IdempotencyConflict 422   the key was used with another body
    ├── PreconditionRequired 428
    ├── RateLimited 429
    ├── HeadersTooLarge 431
    ├── InternalError 500
    └── Unavailable 503

Titles, details and fault messages are in `app/text/messages/`; every slug has its page at `/problems/<slug>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from app.masking import MASK, masked
from app.text.languages import direction
from app.text.messages import language_with, message, negotiate

MEDIA_TYPE = "application/problem+json"
UNDISCLOSED = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}  # where the address is a secret
IN_A_PATH = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class Fault:
    """One error in a request: its place (`pointer` into the body or `parameter` of the query) and its code."""

    code: str
    pointer: str | None = None
    parameter: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Key of the message in the catalogue."""
        return f"fault.{self.code}.nearest" if "nearest" in self.params else f"fault.{self.code}"

    def rendered(self, language: str) -> dict[str, object]:
        where = {"parameter": self.parameter} if self.parameter is not None else {"pointer": self.pointer or ""}
        text = message(self.key, language, self.params)
        return {**where, "code": self.code, "message": text, "params": dict(self.params)}


class Problem(Exception):
    """An error answer. `extra` are extension members (RFC 9457 §3.2)."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"

    def __init__(
        self,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, object] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(self.slug)
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.params = dict(params or {})
        self.extra = extra

    @property
    def detail_key(self) -> str:
        """Key of the detail in the catalogue."""
        return f"problem.{self.slug}.detail"


class BadRequest(Problem):
    status, slug = 400, "bad-request"


class InvalidQuery(BadRequest):
    slug = "invalid-query"


class InvalidCursor(BadRequest):
    slug = "invalid-cursor"


class Unauthorized(Problem):
    """`reason` is why: a member of the answer, and each has a detail of its own."""

    status, slug = 401, "unauthorized"

    @property
    def detail_key(self) -> str:
        reason = self.extra.get("reason")
        return f"problem.{self.slug}.{reason}.detail" if reason else super().detail_key


class Forbidden(Problem):
    status, slug = 403, "forbidden"


class NotFound(Problem):
    status, slug = 404, "not-found"


class MethodNotAllowed(Problem):
    status, slug = 405, "method-not-allowed"


class RequestTimeout(Problem):
    status, slug = 408, "request-timeout"


class Conflict(Problem):
    status, slug = 409, "conflict"


class AlreadyExists(Conflict):
    slug = "already-exists"


class InUse(Conflict):
    slug = "in-use"


class StateConflict(Conflict):
    slug = "state-conflict"


class IdempotencyInFlight(Conflict):
    slug = "idempotency-in-flight"


class Gone(Problem):
    status, slug = 410, "gone"


class PreconditionFailed(Problem):
    status, slug = 412, "precondition-failed"


class PayloadTooLarge(Problem):
    status, slug = 413, "payload-too-large"


class UriTooLong(Problem):
    status, slug = 414, "uri-too-long"


class UnsupportedMediaType(Problem):
    status, slug = 415, "unsupported-media-type"


class RangeNotSatisfiable(Problem):
    """The `Range` of a request begins behind the end (RFC 9110 §15.5.17)."""

    status, slug = 416, "range-not-satisfiable"


class InvalidBody(Problem):
    status, slug = 422, "invalid-body"


class IdempotencyConflict(InvalidBody):
    slug = "idempotency-conflict"


class PreconditionRequired(Problem):
    status, slug = 428, "precondition-required"


class RateLimited(Problem):
    """`wait` is in seconds; the message says whole minutes, rounded up."""

    status, slug = 429, "rate-limited"

    def __init__(self, wait: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers={"Retry-After": str(wait), **(headers or {})}, params={"minutes": -(-wait // 60)})


class HeadersTooLarge(Problem):
    status, slug = 431, "headers-too-large"


class InternalError(Problem):
    status, slug = 500, "internal-error"


class Unavailable(Problem):
    """The database is down, or too busy."""

    status, slug = 503, "unavailable"

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class Moved(Exception):
    """A redirect (308), raised for a former slug. `location` is a path on this server, unquoted."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def every_problem(root: type[Problem] = Problem) -> list[type[Problem]]:
    """All problem classes, sorted by status and slug: the table of `/problems`."""
    kinds = {root.slug: root} if root is not Problem else {}
    for child in root.__subclasses__():
        kinds.update({kind.slug: kind for kind in every_problem(child)})
    return sorted(kinds.values(), key=lambda kind: (kind.status, kind.slug))


def render(problem: Problem, scope: Scope) -> Response:
    """Render a problem in the language of `Accept-Language`."""
    default = scope["app"].state.settings.language if "app" in scope else "en"
    language = negotiate(Headers(scope=scope).get("accept-language"), default)
    path, instance = scope.get("path", "/"), _instance(scope)
    if instance != path:  # the address is a secret
        problem.headers = {**UNDISCLOSED, **problem.headers}
    return answer_in(problem, language, quote(instance.encode("utf-8", "replace"), safe=IN_A_PATH))


def _instance(scope: Scope) -> str:
    """The path of the request without a token, also a mistyped one: problems are copied into tickets and logs."""
    path: str = scope.get("path", "/")
    if token := scope.get("path_params", {}).get("token"):
        return path.replace(token, MASK)
    plain = unquote(path)
    return path if masked(plain) == plain else masked(plain)


def answer_in(problem: Problem, language: str, instance: str) -> Response:
    """Render a problem in `language`, or in English where that lacks the messages."""
    title, detail = f"problem.{problem.slug}.title", problem.detail_key
    language = language_with([title, detail, *(fault.key for fault in problem.errors)], language)
    content: dict[str, Any] = {
        "type": f"/problems/{problem.slug}",
        "title": message(title, language),
        "status": problem.status,
        "detail": message(detail, language, problem.params),
        "instance": masked(instance),
        "language": language,
        "direction": direction(language),
    }
    if problem.errors:
        content["errors"] = [fault.rendered(language) for fault in problem.errors]
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Vary": "Accept-Language",
        **problem.headers,
    }
    return JSONResponse(printable({**content, **problem.extra}), problem.status, headers, MEDIA_TYPE)


def printable(value: object) -> object:
    """Replace lone surrogates, so that any input can be quoted in an answer."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    return value


async def answer_moved(request: Request, error: Any) -> Response:
    """Render a 308 that keeps the query. Its `max-age` is as short as any: a former slug can be taken back."""
    query = request.scope["query_string"].decode("latin-1")
    location = quote(error.location, safe="/~") + (f"?{query}" if query else "")
    desk = error.location.startswith("/v1/desk/")
    age = request.app.state.settings.cache_max_age
    cache = "no-store" if desk or request.method not in {"GET", "HEAD"} else f"public, max-age={age}"
    return Response(status_code=308, headers={"Location": location, "Cache-Control": cache})


async def answer_problem(request: Request, error: Any) -> Response:
    return render(error, request.scope)
