"""Routes: what all endpoints under /v1 share, and how an operation says which problems it can answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.kit.db import reads
from app.kit.errors import Fault, InvalidQuery, MethodNotAllowed, Problem, UnsupportedMediaType, render
from app.kit.faults import faults_in, repeated_parameters

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """A route that takes JSON only, refuses repeated parameters, and stores an idempotent answer with its change."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if Straight.fits(self.dependant):
            handler = Straight(self.dependant, handler).handle

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                await _require_json(request)
            if request.scope["query_string"] and (faults := repeated_parameters(request)):
                raise InvalidQuery(errors=self._with_other_faults(request, faults))
            response = await handler(request)
            if (once := getattr(request.state, "once", None)) is not None:
                await once.keep(response)
            return response

        return handle

    def _with_other_faults(self, request: Request, repeated: list[Fault]) -> list[Fault]:
        """What else is wrong with the query is told together with what is repeated."""
        _, found = request_params_to_args(self.dependant.query_params, request.query_params)
        named = {fault.parameter for fault in repeated}
        return repeated + [fault for fault in faults_in(found) if fault.parameter not in named]


class Straight:
    """A short way to an endpoint that takes nothing but the request, its path, one model of the query and a `Reading`.

    Most of what readers ask for is so, and there FastAPI's general way costs as much as the answer. Where anything is
    wrong with the request it goes that way after all, and FastAPI says what.
    """

    def __init__(self, dependant: Dependant, otherwise: Handler) -> None:
        self._endpoint: Callable[..., Coroutine[Any, Any, Response]] = dependant.call  # type: ignore[assignment]
        self._otherwise = otherwise
        self._request = dependant.request_param_name
        self._path = [(field.name, field.alias) for field in dependant.path_params]
        self._query: list[tuple[str, Any]] = [(f.name, f.field_info.annotation) for f in dependant.query_params]
        self._reader = next((sub.name for sub in dependant.dependencies), None)

    @staticmethod
    def fits(dependant: Dependant) -> bool:
        others = (
            *(dependant.header_params, dependant.cookie_params, dependant.body_params),
            *(dependant.websocket_param_name, dependant.http_connection_param_name, dependant.response_param_name),
            *(dependant.background_tasks_param_name, dependant.security_scopes_param_name),
        )
        infos = [field.field_info for field in dependant.path_params]
        models = [field.field_info.annotation for field in dependant.query_params]
        return (
            iscoroutinefunction(dependant.call)
            and not any(others)
            and len(dependant.dependencies) < 2
            and all(reads(sub.call) for sub in dependant.dependencies)
            and all(info.annotation is str and not info.metadata for info in infos)
            and len(models) < 2
            and all(isinstance(model, type) and issubclass(model, BaseModel) for model in models)
        )

    async def handle(self, request: Request) -> Response:
        try:
            values = self._values(request)
        except ValidationError:
            return await self._otherwise(request)
        if self._reader is None:
            return await self._endpoint(**values)
        async with request.app.state.database.reader() as values[self._reader]:
            return await self._endpoint(**values)

    def _values(self, request: Request) -> dict[str, Any]:
        values: dict[str, Any] = {self._request: request} if self._request else {}
        for name, alias in self._path:
            values[name] = _text.validate_python(request.path_params[alias])
        for name, model in self._query:
            values[name] = model.model_validate(dict(request.query_params) if request.scope["query_string"] else {})
        return values


_text = TypeAdapter(str)


async def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"application/json", "application/merge-patch+json"}:
        return
    if media_type or await request.body():
        raise UnsupportedMediaType(headers={"Accept": "application/json"})


async def answer_wrong_method(request: Request, _error: Exception) -> Response:
    """405 with all that the path answers to: the framework's own knows only the first route of several at one path."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(request.scope["path"]):
            found |= route.methods
    methods = found | {"HEAD"} if "GET" in found else found
    return render(MethodNotAllowed(headers={"Allow": ", ".join(sorted(methods))}), request.scope)


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation: one entry per status, naming each problem it may be."""
    table: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = table.setdefault(kind.status, {"x-problems": []})
        entry["x-problems"].append(kind.slug)
    return table


def router_of(prefix: str, tag: str) -> APIRouter:
    """A room's router: its routes are `Route`s under one tag, and an operation's id is the name of its function."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route, generate_unique_id_function=name_of)


def name_of(route: APIRoute) -> str:
    """An operation's id."""
    return route.name
