"""Problems in the OpenAPI document: a component for each distinct set of problems, and an example for each problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic.json_schema import JsonSchemaValue

from app.kit.errors import MEDIA_TYPE, Problem, every_problem
from app.text.languages import direction
from app.text.messages import message

LANGUAGE = "en"  # of the examples
HEADERS_OF_ALL = ("X-Request-ID", "Content-Language")
HEADERS_BY_STATUS: Mapping[str, tuple[str, ...]] = {
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After", "RateLimit", "RateLimit-Policy"),
    "503": ("Retry-After",),
}
# Members that only some problems have (`extra` of `Problem`).
MEMBERS: JsonSchemaValue = {
    "reason": {
        "type": ["string", "null"],
        "description": "`unauthorized`: why the token is refused (`missing`, `unknown`, `expired`, `revoked`, "
        "`inactive_member`; more can follow). `gone`: the public reason of the withdrawal.",
    },
    "withdrawn_at": {
        "type": "string",
        "format": "date-time",
        "description": "`gone`: when the article was withdrawn.",
    },
    "state": {"type": "string", "description": "`state-conflict`: the present state."},
    "version": {
        "type": ["integer", "null"],
        "format": "int64",
        "minimum": 1,
        "maximum": 9007199254740991,
        "description": "`precondition-failed`, `precondition-required`: the present version, for `If-Match`; null "
        "where there is nothing yet.",
    },
    "limit": {
        "type": "integer",
        "format": "int64",
        "minimum": 1,
        "maximum": 9007199254740991,
        "description": "`payload-too-large`: maximum size of the request in bytes.",
    },
    "slots": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 30,
        "description": "`slots-changed`: names of the slots that were changed.",
    },
    "slug": {"type": "string", "description": "`already-exists`: the slug that is taken."},
    "name": {"type": "string", "description": "`already-exists`: the name that is taken."},
    "existing_id": {
        "type": ["string", "null"],
        "format": "uuid",
        "description": "`already-exists`: id of the article that has this `external_id`, null if the member may not "
        "read it; of the job that waits with this `key`; of the picture that has these bytes.",
    },
    "accepted": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 20,
        "description": "`unsupported-media-type`: the media types that are taken.",
    },
    "uses": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/MediaUse"},
        "maxItems": 100,
        "description": "`in-use`: what shows the picture, as far as the member may know.",
    },
    "hidden_count": {
        "type": "integer",
        "format": "int64",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "`in-use`: the number of other things that show it.",
    },
}
PROBLEM: JsonSchemaValue = {
    "type": "object",
    "description": "An error (RFC 9457): what went wrong, for programs and for people.",
    "required": ["type", "title", "status", "detail", "instance", "language", "direction"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Kind of problem: the address of a page that explains it.",
        },
        "title": {"type": "string", "description": "Name of the kind of problem."},
        "status": {
            "type": "integer",
            "format": "int32",
            "minimum": 400,
            "maximum": 599,
            "description": "HTTP status code.",
        },
        "detail": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string", "format": "uri-reference", "description": "Path of the request."},
        "language": {"type": "string", "description": "BCP 47 tag of the messages."},
        "direction": {"type": "string", "enum": ["rtl", "ltr"], "description": "Writing direction of the messages."},
        "errors": {
            "type": "array",
            "maxItems": 1000,
            "items": {"$ref": "#/components/schemas/Fault"},
            "description": "Every validation error of the request, in the order of the form.",
        },
        **MEMBERS,
    },
}
FAULT: JsonSchemaValue = {
    "type": "object",
    "description": "A validation error, and where it is.",
    "required": ["code", "message", "params"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON Pointer into the body (RFC 6901)."},
        "parameter": {"type": "string", "description": "Name of the query parameter or header."},
        "code": {"type": "string", "description": "Stable code: `required`, `too_long`, `unknown_field`, …"},
        "message": {"type": "string", "description": "The error in the language of `Accept-Language`."},
        "params": {
            "type": "object",
            "additionalProperties": True,
            "description": "Values that the message names: `max`, `actual`, …",
        },
    },
}
EXAMPLE_FAULTS: Mapping[str, JsonSchemaValue] = {
    "invalid-body": {"pointer": "/headline", "code": "required", "params": {}},
    "invalid-query": {"parameter": "limit", "code": "too_large", "params": {"max": 100}},
    "invalid-cursor": {"parameter": "cursor", "code": "cursor_foreign", "params": {}},
}
EXAMPLE_MEMBERS: Mapping[str, JsonSchemaValue] = {
    "unauthorized": {"reason": "missing"},
    "already-exists": {"slug": "business"},
    "state-conflict": {"state": "published"},
    "gone": {"withdrawn_at": "2026-11-23T19:14:15.000Z", "reason": "The report was wrong."},
    "precondition-failed": {"version": 4},
    "precondition-required": {"version": 4},
    "payload-too-large": {"limit": 32768},
}
EXAMPLE_VALUES = {"minutes": 5}


class ProblemResponses:
    """Collects the sets of problems that operations answer, as `components/responses` and `components/examples`."""

    def __init__(self) -> None:
        self.responses: JsonSchemaValue = {}
        self.examples: JsonSchemaValue = {}
        self._kinds = {kind.slug: kind for kind in every_problem()}

    def of(self, status: str, slugs: Iterable[str]) -> JsonSchemaValue:
        """A reference to the response with these problems."""
        slugs = list(dict.fromkeys(slugs))
        name = "Or".join(slug.title().replace("-", "") for slug in slugs)
        for slug in slugs:
            self.examples.setdefault(slug, {"value": example_of(self._kinds[slug], LANGUAGE)})
        self.responses.setdefault(name, _response(status, slugs))
        return {"$ref": f"#/components/responses/{name}"}


def _response(status: str, slugs: list[str]) -> JsonSchemaValue:
    titles = "; ".join(f"`{slug}`: {message(f'problem.{slug}.title', LANGUAGE)}" for slug in slugs)
    headers = (*HEADERS_OF_ALL, *HEADERS_BY_STATUS.get(status, ()))
    return {
        "description": f"{titles}.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {slug: {"$ref": f"#/components/examples/{slug}"} for slug in slugs},
            }
        },
    }


def example_of(kind: type[Problem], language: str) -> JsonSchemaValue:
    """A problem of this kind as it is answered, with its messages in `language`."""
    members = EXAMPLE_MEMBERS.get(kind.slug, {})
    detail = kind(**members).detail_key if members else f"problem.{kind.slug}.detail"
    example: JsonSchemaValue = {
        "type": f"/problems/{kind.slug}",
        "title": message(f"problem.{kind.slug}.title", language),
        "status": kind.status,
        "detail": message(detail, language, EXAMPLE_VALUES),
        "instance": "/v1/articles",
        "language": language,
        "direction": direction(language),
    }
    if fault := EXAMPLE_FAULTS.get(kind.slug):
        example["errors"] = [{**fault, "message": message(f"fault.{fault['code']}", language, fault["params"])}]
    return example | members
