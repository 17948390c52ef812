"""The fast route: calls an endpoint that returns a `Response`, by a plan made when the application starts.

FastAPI's own handler costs as much as many an answer. It answers all the same: an endpoint that is not annotated to
return a `Response`, or takes what the plan does not know; a request with any validation error, before any dependency is
called; an application with `dependency_overrides`, or with `NASHRA_FAST_ROUTES=false` (decision 0026).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, get_type_hints

from fastapi.dependencies.models import Dependant
from fastapi.params import Body
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Values = dict[str, object]
UNSUPPORTED = (
    *("cookie_params", "websocket_param_name", "response_param_name", "background_tasks_param_name"),
    *("security_scopes_param_name", "concurrency"),
)


Overrides = dict[Callable[..., Any], Callable[..., Any]]


class _Provider:
    """The `dependency_overrides` of the application that handles the request: routers may be shared by several."""

    def __init__(self) -> None:
        self._current: ContextVar[Overrides | None] = ContextVar("dependency_overrides", default=None)

    def use(self, overrides: Overrides) -> None:
        """For the rest of this request."""
        self._current.set(overrides)

    @property
    def dependency_overrides(self) -> Overrides:
        return self._current.get() or {}


OVERRIDES = _Provider()


class NotFast(Exception):
    """The request is invalid: FastAPI's handler must answer it."""


class FastRoute:
    """Calls the endpoint of `dependant`. `body` is FastAPI's field for its body, or None."""

    def __init__(self, dependant: Dependant, body: Any, fallback: Handler) -> None:
        self._calls = [_Call(one) for one in _in_order(dependant)]
        self._endpoint, self._body, self._fallback = dependant.call, body, fallback

    @staticmethod
    def fits(dependant: Dependant, body: Any) -> bool:
        """Whether the endpoint returns a `Response`, and takes nothing that the fast route does not support."""
        if not _returns_response(dependant.call):
            return False
        bodies = [field for one in _in_order(dependant) for field in one.body_params]
        is_plain = body is None or type(body.field_info) is Body
        return bodies == ([] if body is None else [body]) and is_plain and all(map(_fits, _in_order(dependant)))

    async def handle(self, request: Request) -> Response:
        try:
            sent = await self._sent(request)
            given = [call.given(request, sent) for call in self._calls]
        except (NotFast, ValidationError):
            return await self._fallback(request)
        opened: AsyncExitStack = request.scope["fastapi_function_astack"]
        found: dict[object, Any] = {}
        for call, values in zip(self._calls, given, strict=True):
            found[call.function] = await call.result(values, found, opened)
        response: Response = found[self._endpoint]
        return response

    async def _sent(self, request: Request) -> object:
        """The validated body. Raises `NotFast`."""
        if self._body is None:
            return None
        try:
            sent, faults = self._body.validate(await request.json(), {}, loc=("body",))
        except (ValueError, RecursionError):
            raise NotFast from None
        if faults:
            raise NotFast
        return sent


class _Call:
    """The endpoint or one of its dependencies."""

    def __init__(self, dependant: Dependant) -> None:
        self.function = dependant.call
        call: Any = dependant.call
        self._open = asynccontextmanager(call) if isasyncgenfunction(call) else None
        self._call = call
        self._request = [dependant.request_param_name, dependant.http_connection_param_name]
        self._path = [(field.name, field.alias) for field in dependant.path_params]
        self._headers = [(field.name, field.alias, field.default) for field in dependant.header_params]
        self._query: list[tuple[str, Any]] = [(f.name, f.field_info.annotation) for f in dependant.query_params]
        self._body = [field.name for field in dependant.body_params]
        self._needed = [(sub.name, sub.call) for sub in dependant.dependencies if sub.name is not None]

    def given(self, request: Request, sent: object) -> Values:
        """Its arguments from the request. Raises `ValidationError`."""
        values: Values = {name: request for name in self._request if name}
        for name, alias in self._path:
            values[name] = _text.validate_python(request.path_params[alias])
        for name, alias, default in self._headers:
            values[name] = request.headers.get(alias, default)
        for name, model in self._query:
            values[name] = model.model_validate(dict(request.query_params) if request.scope["query_string"] else {})
        for name in self._body:
            values[name] = sent
        return values

    async def result(self, values: Values, found: dict[object, object], opened: AsyncExitStack) -> object:
        """Call it with the results `found` of its dependencies; `opened` closes its context manager."""
        for name, function in self._needed:
            values[name] = found[function]
        if self._open is not None:
            return await opened.enter_async_context(self._open(**values))
        return await self._call(**values)


_text = TypeAdapter(str)


def _returns_response(endpoint: Callable[..., Any] | None) -> bool:
    try:
        returned = get_type_hints(endpoint).get("return")
    except (NameError, TypeError):  # an annotation that cannot be resolved
        return False
    return isinstance(returned, type) and issubclass(returned, Response)


def _in_order(dependant: Dependant) -> Iterator[Dependant]:
    """The endpoint and its dependencies, each once, dependencies first."""
    called: set[object] = set()
    for sub in dependant.dependencies:
        for one in _in_order(sub):
            if one.call not in called:
                called.add(one.call)
                yield one
    yield dependant


def _fits(one: Dependant) -> bool:
    """Whether it takes only the request, `str` path parameters and headers, one query model and one body."""
    opens = isasyncgenfunction(one.call)
    texts = [(field, str) for field in one.path_params] + [(field, str | None) for field in one.header_params]
    models = [field.field_info.annotation for field in one.query_params]
    return (
        (opens or iscoroutinefunction(one.call) or iscoroutinefunction(getattr(one.call, "__call__", None)))  # noqa: B004  # not `callable`: a coroutine function is needed
        and one.use_cache
        and (not opens or one.scope == "function")
        and not any(getattr(one, name) for name in UNSUPPORTED)
        and all(field.field_info.annotation == kind and not field.field_info.metadata for field, kind in texts)
        and len(models) < 2
        and all(isinstance(model, type) and issubclass(model, BaseModel) for model in models)
    )
