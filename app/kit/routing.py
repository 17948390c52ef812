"""The route class of all endpoints under /v1, and `responses=` for their problems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.dependencies.utils import request_params_to_args
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response

from app.kit.bodies import check_body
from app.kit.errors import Fault, InvalidQuery, MethodNotAllowed, Problem, UnsupportedMediaType, render
from app.kit.fast_route import OVERRIDES, FastRoute, Handler
from app.kit.faults import faults_in, model_of, repeated_parameters
from app.kit.schemas import NoQuery

Responses = dict[int | str, dict[str, Any]]  # the type of FastAPI's `responses=`


class Route(APIRoute):
    """A route that takes only JSON, refuses repeated parameters, and stores answers for `Idempotency-Key`."""

    def get_route_handler(self) -> Handler:
        ordinary = super().get_route_handler()
        fast = ordinary
        if FastRoute.fits(self.dependant, self.body_field):
            fast = FastRoute(self.dependant, self.body_field, ordinary).handle

        async def handle(request: Request) -> Response:
            overrides = getattr(request.app, "dependency_overrides", {})
            OVERRIDES.use(overrides)
            is_fast = not overrides and getattr(request.app.state, "fast_routes", True)
            handler = fast if is_fast else ordinary
            if self.body_field is not None:
                await _require_json(request)
                await check_body(request)
            if request.scope["query_string"] and (faults := repeated_parameters(request)):
                raise InvalidQuery(errors=self._with_other_faults(request, faults))
            response = await handler(request)
            if (once := getattr(request.state, "once", None)) is not None:
                await once.store(response)
            return response

        return handle

    def _with_other_faults(self, request: Request, repeated: list[Fault]) -> list[Fault]:
        """The repeated parameters and the validation errors of the query, to report all at once."""
        fields = self.dependant.query_params
        _, found = request_params_to_args(fields, request.query_params)
        named = {fault.parameter for fault in repeated}
        schema = next((model_of(field.field_info) for field in fields), None)
        return repeated + [fault for fault in faults_in(found, schema) if fault.parameter not in named]


async def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in {"application/json", "application/merge-patch+json"}:
        return
    if media_type or await request.body():
        raise UnsupportedMediaType(headers={"Accept": "application/json"})


async def answer_wrong_method(request: Request, _error: Exception) -> Response:
    """Render a 405 whose `Allow` has the methods of all routes of the address; Starlette's has only the first route's.

    `/comments/counts` also matches `/comments/{id}`, whose methods are not its own: the first route's path decides.
    """
    routes = [route for route in iter_route_contexts(request.app.routes) if route.methods]
    matching = [route for route in routes if route.path_regex.match(request.scope["path"])]
    found = {method for route in matching if route.path == matching[0].path for method in route.methods or ()}
    methods = found | {"HEAD"} if "GET" in found else found
    return render(MethodNotAllowed(headers={"Allow": ", ".join(sorted(methods))}), request.scope)


def problems(*kinds: type[Problem]) -> Responses:
    """The `responses=` of an operation: its problem slugs by status."""
    table: Responses = {}
    for kind in kinds:
        entry = table.setdefault(kind.status, {"x-problems": []})
        entry["x-problems"].append(kind.slug)
    return table


class TaggedRouter(APIRouter):
    """A router whose operations have one tag, described in the OpenAPI document."""

    tag: str
    description: str | None
    """None where another router describes the tag."""


def router_of(prefix: str, tag: str, description: str | None = None) -> TaggedRouter:
    """A router of `Route`s under one tag. The operation id is the name of the function."""
    router = TaggedRouter(
        prefix=prefix,
        tags=[tag],
        route_class=Route,
        generate_unique_id_function=name_of,
        dependency_overrides_provider=OVERRIDES,
    )
    router.tag, router.description = tag, description
    return router


# For an endpoint that takes no query parameters: any parameter is a 400.
NoParameters = Annotated[NoQuery, Query()]
# For `responses=` of a GET that sends `Last-Modified`.
LAST_MODIFIED: Responses = {200: {"headers": {"Last-Modified": {"$ref": "#/components/headers/Last-Modified"}}}}


def name_of(route: APIRoute) -> str:
    """The operation id: the name of the function."""
    return route.name
