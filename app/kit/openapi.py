"""The OpenAPI document: FastAPI's, completed.

Added here once is what operations share: common problems, validators and redirects, headers, examples. The rest is at
the route: its `problems(…)`, its schemas, its docstring.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import JsonSchemaValue

from app.kit.components import Naming, complete, say_format, shorten_nullable
from app.kit.examples import Examples, ExampleValues, drop_examples, restore_nulls
from app.kit.partial import add_partial
from app.kit.problem_responses import FAULT, PROBLEM, ProblemResponses

Tags = Mapping[str, str]
VERSION = "0.1.0"
DESCRIPTION = """\
A headless content API for newsrooms: articles, headline tickers and reader comments as JSON, Arabic first.

**Delivery** (`/v1/…`) is public and the same for everyone; the **desk** (`/v1/desk/…`) is for staff with a token. Every
GET also answers HEAD. A repeated, unknown or wrong query parameter is a 400 that names every fault. A former slug
redirects in a path, and stands for its thing in filters and bodies. Errors are RFC 9457 problems in the language of
`Accept-Language`. Kinds, block types and fields only grow: skip what you don't know.

Text lengths are published in graphemes, as `x-min-graphemes` and `x-max-graphemes`; `maxLength` is the ceiling in code
points.
"""
HEADERS: dict[str, tuple[str, str]] = {
    "X-Request-ID": ("Id of this request in the logs: the one that the client sent, or a new one.", "4f1c9a7b2e8d"),
    "ETag": ("Validator: send it back in `If-None-Match`, or at the desk in `If-Match`.", '"3"'),
    "Cache-Control": ("How long the answer may be cached.", "public, max-age=10"),
    "Last-Modified": ("When the thing itself was last changed.", "Mon, 23 Nov 2026 19:14:15 GMT"),
    "Link": ('Address of the next page, `rel="next"` (RFC 8288).', '</v1/articles?cursor=pX1…>; rel="next"'),
    "Location": ("Address of the thing.", "/v1/articles/%D9%83%D9%88%D9%8A%D9%83%D8%A8"),
    "Retry-After": ("Seconds to wait before the next request.", "5"),
    "RateLimit-Policy": ("The rate limits (draft-ietf-httpapi-ratelimit-headers).", '"person-60";q=5;w=60'),
    "RateLimit": ("What is left of the limit that was reached.", '"person-60";r=0;t=42'),
    "WWW-Authenticate": ("Authentication scheme (RFC 6750).", 'Bearer realm="nashra"'),
    "Content-Language": ("Language of the messages.", "en"),
    "Idempotency-Replayed": ("`true` where the answer to an earlier request with this key is repeated.", "true"),
}
HEADER_NAMES = {"last-event-id": "Last-Event-ID"}  # not in title case
DONE = {"200": "OK.", "201": "Created.", "202": "Accepted.", "204": "No content."}


def attach(app: FastAPI, tags: Tags, naming: Naming, values: ExampleValues) -> None:
    """Make `app.openapi()` return the completed document, built once."""

    def document() -> JsonSchemaValue:
        if app.openapi_schema is None:
            app.openapi_schema = build(app, tags, naming, values)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def build(app: FastAPI, tags: Tags, naming: Naming, values: ExampleValues) -> JsonSchemaValue:
    """Build the document of `app`, the same for every installation. `tags`: name and description of each."""
    document = get_openapi(
        title="Nashra",
        version=VERSION,
        openapi_version="3.1.0",
        summary="The headless content API that a newsroom trusts.",
        description=DESCRIPTION,
        routes=app.routes,
        servers=[{"url": "/", "description": "This server: production or local.", "x-internal": False}],
        tags=[{"name": name, "description": text} for name, text in tags.items()],
        contact={"name": "Nashra contributors"},
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    restore_nulls(schemas)
    schemas.update({"Problem": PROBLEM, "Fault": FAULT})
    complete(document, naming)
    schemas = document["components"]["schemas"]
    document["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "string"}, "example": example}
        for name, (text, example) in HEADERS.items()
    }
    problems = ProblemResponses()
    shown: JsonSchemaValue = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(path, method, operation, Examples(values, schemas, shown), problems)
    document["components"]["responses"] = _without_body() | problems.responses
    document["components"]["examples"] = problems.examples | shown
    document["components"]["parameters"] = _shared_parameters(document["paths"])
    drop_examples(schemas)
    shorten_nullable(document)
    return document


def _complete(
    path: str, method: str, operation: JsonSchemaValue, examples: Examples, problems: ProblemResponses
) -> None:
    responses, schemas = operation["responses"], examples.schemas
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    _words(operation)
    for parameter in operation.get("parameters", []):
        _parameter(path, parameter, examples.values.parameters)
    if any(parameter["name"] == "fields" for parameter in operation.get("parameters", [])):
        add_partial(responses["200"]["content"], schemas)
    for status, slugs in _shared_problems(path, method, operation).items():
        entry = responses.setdefault(status, {})
        entry["x-problems"] = [*entry.get("x-problems", []), *slugs]
    for status in list(responses):
        if "x-problems" in responses[status]:
            responses[status] = problems.of(status, responses[status]["x-problems"])
        else:
            _success(path, method, status, responses[status], examples)
    operation.setdefault("security", [])
    _redirects(path, method, operation)
    _request_example(operation, replace(examples, only_required=True))
    operation["responses"] = dict(sorted(responses.items()))


def _words(operation: JsonSchemaValue) -> None:
    """Split a docstring: its first line is the summary, the rest the description."""
    text: str = operation["description"] if "description" in operation else operation["summary"]
    summary, _, rest = text.partition("\n")
    if rest.strip() or operation.get("description"):
        operation["summary"] = summary.strip()
    operation["description"] = " ".join(rest.split()) or f"{summary.strip().rstrip('?.')}."


def _parameter(path: str, parameter: JsonSchemaValue, values: Mapping[str, object]) -> None:
    """Remove null from a parameter's schema, and move its example beside the schema."""
    if parameter["in"] == "header":
        parameter["name"] = HEADER_NAMES.get(parameter["name"], parameter["name"].title())
    schema = parameter["schema"]
    for branch in schema.get("anyOf", []):
        if branch.get("type") != "null":
            schema.update(branch)
    schema.pop("anyOf", None)
    schema.pop("title", None)
    schema.pop("description", None)
    say_format(schema)
    own = schema.pop("examples", None)
    known = values.get(_parameter_name(path, parameter))
    example = known or parameter.get("example") or (own[0] if own else None)
    if example is not None:
        parameter["example"] = example


def _shared_parameters(paths: JsonSchemaValue) -> JsonSchemaValue:
    """Move parameters that several operations share to components, and return these.

    Of different parameters with one name the most frequent one moves.
    """
    places = [
        (_parameter_name(path, parameter), parameter, parameters, place)
        for path, item in paths.items()
        for parameters in (operation.get("parameters", []) for operation in item.values())
        for place, parameter in enumerate(parameters)
    ]
    shared: JsonSchemaValue = {}
    for (name, text), count in Counter((name, json.dumps(parameter)) for name, parameter, *_ in places).most_common():
        if count > 1:
            shared.setdefault(name, json.loads(text))
    for name, parameter, parameters, place in places:
        if shared.get(name) == parameter:
            parameters[place] = {"$ref": f"#/components/parameters/{name}"}
    return dict(sorted(shared.items()))


def _parameter_name(path: str, parameter: JsonSchemaValue) -> str:
    """`limit`; of `/v1/articles/{slug}` `article_slug`."""
    name: str = parameter["name"]
    if parameter["in"] != "path":
        return name
    thing = path.partition(f"/{{{name}}}")[0].rpartition("/")[2].removesuffix("s")
    return name if name.startswith(thing) else f"{thing}_{name}"


def _shared_problems(path: str, method: str, operation: JsonSchemaValue) -> dict[str, list[str]]:
    """The problems that any operation of this kind can answer."""
    found: dict[str, list[str]] = {"400": ["bad-request"], "500": ["internal-error"]}
    if path.startswith("/v1"):
        found["400"] = ["invalid-query"]
        found["503"] = ["unavailable"]
    if path.startswith("/v1/desk"):
        found |= {"401": ["unauthorized"], "403": ["forbidden"]}
    if "requestBody" in operation:
        found["400"] = [*found.get("400", []), "bad-request"]
        found |= {"413": ["payload-too-large"], "415": ["unsupported-media-type"], "422": ["invalid-body"]}
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "Idempotency-Key" in parameters:
        found["400"] = [*found.get("400", []), "bad-request"]
        found["409"] = ["idempotency-in-flight"]
        found["422"] = [*found.get("422", []), "idempotency-conflict"]
    if "If-Match" in parameters:
        found["412"] = ["precondition-failed"]
    return found


def _success(path: str, method: str, status: str, response: JsonSchemaValue, examples: Examples) -> None:
    names = ["X-Request-ID", "Cache-Control"]
    if response.get("description", "Successful Response") == "Successful Response":
        response["description"] = DONE[status]
    if status == "204":
        response.pop("content", None)
    for media in response.get("content", {}).values():
        schema = media.get("schema", {})
        examples.show(media)
        properties = _properties(schema, examples.schemas)
        names += ["Link"] if "page" in properties else []
        names += ["Location"] if status == "201" and "token" not in properties else []  # a token has no address
        is_public = path.startswith("/v1") and not path.startswith("/v1/desk")
        if (is_public and "{token}" not in path) or (path.startswith("/v1/desk") and "version" in properties):
            names += ["ETag"]  # none where the address is a secret: nobody keeps the answer
    if method == "post":
        names += ["Idempotency-Replayed"]
    response["headers"] = {**_headers(names), **response.get("headers", {})}


def _properties(schema: JsonSchemaValue, schemas: JsonSchemaValue) -> JsonSchemaValue:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: JsonSchemaValue = schemas.get(name, schema).get("properties", {})
    return found


def _redirects(path: str, method: str, operation: JsonSchemaValue) -> None:
    """Add 304 where the answer has an ETag, and 308 where the path has a slug."""
    responses = operation["responses"]
    content = responses.get("200", {}).get("content", {})
    if "text/event-stream" in content:
        responses["200"]["headers"] = _headers(["X-Request-ID", "Cache-Control"])
    elif method == "get" and not path.startswith("/v1/desk") and "ETag" in responses.get("200", {}).get("headers", {}):
        responses["304"] = {"$ref": "#/components/responses/NotModified"}
    if "{slug}" in path:
        responses["308"] = {"$ref": "#/components/responses/PermanentRedirect"}


def _without_body() -> JsonSchemaValue:
    """The responses without a body that operations share."""
    return {
        "NotModified": {
            "description": "The client's copy is current.",
            "headers": _headers(["X-Request-ID", "ETag", "Cache-Control"]),
        },
        "PermanentRedirect": {
            "description": "A former slug: `Location` is the present address, also of sub-routes.",
            "headers": _headers(["X-Request-ID", "Location"]),
        },
    }


def _headers(names: list[str]) -> JsonSchemaValue:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys(names)}


def _request_example(operation: JsonSchemaValue, examples: Examples) -> None:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"].pop("title", None)
        examples.show(media)
