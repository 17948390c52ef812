"""Exception handlers: map errors of Pydantic, Starlette and the database driver to problems."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from typing import Any, get_args

import asyncpg
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.kit import errors
from app.kit.errors import Fault, Problem, render

log = logging.getLogger("nashra")

# Pydantic's error type -> our code, and our params from its context.
CODES: dict[str, tuple[str, dict[str, str]]] = {
    "missing": ("required", {}),
    "extra_forbidden": ("unknown_field", {}),
    "string_too_short": ("too_short", {"min": "min_length"}),
    "string_too_long": ("too_long", {"max": "max_length"}),
    "too_short": ("too_few", {"min": "min_length"}),
    "too_long": ("too_many", {"max": "max_length"}),
    "greater_than_equal": ("too_small", {"min": "ge"}),
    "greater_than": ("too_small", {"min": "gt"}),
    "less_than_equal": ("too_large", {"max": "le"}),
    "less_than": ("too_large", {"max": "lt"}),
    "literal_error": ("not_a_choice", {"expected": "expected"}),
    "enum": ("not_a_choice", {"expected": "expected"}),
    "json_invalid": ("json_invalid", {}),
    "string_unicode": ("invalid_characters", {}),
    "timezone_aware": ("offset_required", {}),
    "uuid_parsing": ("id_invalid", {}),
    "union_tag_invalid": ("not_a_choice", {"expected": "expected_tags"}),
}
_CHOICES = re.compile("'([^']*)'")
LONGEST_NAME = 64  # longer names are cut in messages and comparisons
LIKENESS = 0.75  # `get_close_matches` cutoff, 0 to 1, for a suggested name
MOST_FAULTS = 100  # bounds size and cost of the answer
TYPES = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "dict": "object",
    "model": "object",
    "datetime": "date-time",
    "uuid": "uuid",
}

# SQLSTATE classes: connection, rollback (deadlock, serialisation), resources, operator intervention; and one lock.
SQLSTATES_OF_OUTAGE, LOCK_TIMEOUT = {"08", "40", "53", "57"}, "55P03"
# SQLITE_BUSY, LOCKED, IOERR, FULL, CANTOPEN
SQLITE_CODES_OF_OUTAGE = {5, 6, 10, 13, 14}

# Violated constraint or index -> problem. Each models module adds its own.
VIOLATIONS: dict[str, type[Problem]] = {}


def custom(code: str, **params: object) -> PydanticCustomError:
    """An error with one of our codes, for a Pydantic validator to raise."""
    return PydanticCustomError(code, code, {"params": params})


def fault_of(error: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    """Our code and params for one entry of Pydantic's `errors()`."""
    kind, context = error["type"], error.get("ctx", {})
    if "params" in context:
        return kind, dict(context["params"])
    if kind in CODES:
        code, names = CODES[kind]
        params = {ours: context[theirs] for ours, theirs in names.items() if theirs in context}
        if code == "too_long":
            params["actual"] = len(error["input"])
        if kind == "literal_error":  # 'a', 'b' or 'c'
            params["expected"] = ", ".join(_CHOICES.findall(params["expected"]))
        return code, params
    stem = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_attributes").split("_from_")[0]
    if kind.startswith(("datetime", "date_")):
        return "date_invalid", {}
    if kind.endswith(("_type", "_parsing", "_from_float")) and stem in TYPES:
        empty = error.get("input", "") is None
        return ("null_not_allowed", {}) if empty else ("wrong_type", {"expected": TYPES[stem]})
    return "invalid", {}


def json_pointer(path: Iterable[object]) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def faults_in(found: Iterable[Mapping[str, Any]], schema: type[BaseModel] | None = None) -> list[Fault]:
    """Map Pydantic's errors to faults: at most `MOST_FAULTS`, one for each place.

    With `schema`, an unknown name gets the nearest known one as a suggestion.
    """
    faults: dict[str, Fault] = {}
    for error in islice(found, MOST_FAULTS):
        source, *path = error["loc"] or ("body",)
        code, params = fault_of(error)
        if code == "unknown_field" and (nearest := _nearest(schema, path)):
            params = {**params, "nearest": nearest}
        if source == "query":
            name = _short(path[0]) if path else ""
            code = {"unknown_field": "unknown_parameter"}.get(code, code)
            faults.setdefault(name, Fault(code, parameter=name, params=params))
        else:
            code = {"plus_not_encoded": "date_invalid"}.get(code, code)
            pointer = "" if code == "json_invalid" else json_pointer(map(_short, path))
            faults.setdefault(pointer, Fault(code, pointer=pointer, params=params))
    return list(faults.values())


def _short(part: object) -> str:
    """A step of a path, cut to `LONGEST_NAME`."""
    name = str(part)
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None."""
    return next(iter(get_close_matches(name[:LONGEST_NAME], known, 1, LIKENESS)), None)


def unknown_name(parameter: str, name: str, known: Iterable[str]) -> Fault:
    """The fault for an unknown name in a query parameter that takes a list of names."""
    nearest = nearest_name(name, known)
    return Fault(
        "unknown_name", parameter=parameter, params={"value": name} | ({"nearest": nearest} if nearest else {})
    )


def _nearest(schema: type[BaseModel] | None, path: list[object]) -> str | None:
    for part in path[:-1]:
        schema = schema and (schema if isinstance(part, int) else model_of(schema.model_fields.get(str(part))))
    names = {field.alias or name for name, field in schema.model_fields.items()} if schema else ()
    return nearest_name(str(path[-1]), names) if path else None


def model_of(annotation: object) -> type[BaseModel] | None:
    """The schema inside `X`, `X | None`, `list[X]`; None where there are several."""
    found = models_in(getattr(annotation, "annotation", annotation))
    return found[0] if len(found) == 1 else None


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The schemas inside a type, also one with a name of its own."""
    annotation = getattr(annotation, "__value__", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]


def repeated_parameters(request: Request) -> list[Fault]:
    counted = Counter(name for name, _ in request.query_params.multi_items())
    return [Fault("repeated", parameter=name) for name, count in counted.items() if count > 1][:MOST_FAULTS]


async def answer_validation(request: Request, error: Any) -> Response:
    """Render FastAPI's `RequestValidationError`."""
    return render(problem_of_validation(error, request.scope["route"]), request.scope)


def problem_of_validation(error: RequestValidationError, route: Any) -> Problem:
    """The problem that FastAPI's `RequestValidationError` of a route is for clients."""
    found = error.errors()
    sources = {entry["loc"][0] for entry in found if entry["loc"]}
    asked = route.dependant.query_params if "query" in sources else filter(None, [route.body_field])
    faults = faults_in(found, next((model_of(field.field_info) for field in asked), None))
    if "path" in sources:
        return errors.NotFound()
    if "header" in sources:
        return errors.BadRequest(errors=faults)
    return errors.InvalidQuery(errors=faults) if "query" in sources else errors.InvalidBody(errors=faults)


@contextmanager
def validation_as_problem(scope: Scope) -> Iterator[None]:
    """Raise the problem of a `RequestValidationError`, for who calls a route without the application's handlers."""
    try:
        yield
    except RequestValidationError as error:
        raise problem_of_validation(error, scope["route"]) from error


BY_STATUS: dict[int, type[Problem]] = {
    404: errors.NotFound,
    413: errors.PayloadTooLarge,
    415: errors.UnsupportedMediaType,
}


async def answer_http_exception(request: Request, error: Any) -> Response:
    """Render Starlette's `HTTPException`: a 404 of the router, or an unreadable body."""
    if error.status_code == 400:  # not UTF-8, nested too deeply, a number of too many digits
        return render(errors.InvalidBody(errors=[Fault("json_invalid", pointer="")]), request.scope)
    kind = BY_STATUS.get(error.status_code, errors.InternalError)
    return render(kind(headers=dict(error.headers or {})), request.scope)


async def answer_database_error(request: Request, error: Exception) -> Response:
    if isinstance(error, PoolTimeout):
        return render(errors.Unavailable(), request.scope)
    if isinstance(error, IntegrityError):
        return render(_violation(error), request.scope)
    if is_outage(error):
        log.warning("database unavailable: %s", type(error).__name__)
        return render(errors.Unavailable(), request.scope)
    raise error


def is_outage(error: BaseException) -> bool:
    """Whether the database is down or too busy, as opposed to a bug in a statement."""
    if isinstance(error, OSError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = (
        error.orig if isinstance(error, DBAPIError) else error
    )  # a refused connection is raised by the driver itself
    if any(isinstance(one, asyncpg.InternalClientError) for one in (cause, getattr(cause, "__cause__", None))):
        return True  # `app/kit/postgres.py`, `lost`
    state, code = getattr(cause, "sqlstate", None) or "", getattr(cause, "sqlite_errorcode", 0)
    return state[:2] in SQLSTATES_OF_OUTAGE or state == LOCK_TIMEOUT or code & 0xFF in SQLITE_CODES_OF_OUTAGE


def _violation(error: IntegrityError) -> Problem:
    words = str(error.orig)
    for constraint, kind in VIOLATIONS.items():
        if constraint in words:
            return kind()
    return errors.InUse() if "foreign key" in words.lower() else errors.Conflict()
