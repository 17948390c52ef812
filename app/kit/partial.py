"""OpenAPI schemas for partial answers (`fields=`): a media type of their own, so that whole ones have every field."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

from app.kit.caching import PARTIAL

PREFIX = "#/components/schemas/"
ONE = {
    "type": "object",
    "description": "A thing with `id` and the fields that `fields=` names, as in the whole one.",
    "required": ["id"],
    "properties": {"id": {"type": "string", "format": "uuid", "description": "Id of the thing."}},
    "additionalProperties": True,
}
MANY = {
    "type": "object",
    "description": "One page of things with `id` and the fields that `fields=` names.",
    "required": ["data", "page"],
    "properties": {
        "data": {
            "type": "array",
            "maxItems": 100,
            "items": {"$ref": f"{PREFIX}Partial"},
            "description": "The things, in order.",
        },
        "page": {"$ref": f"{PREFIX}PageInfo"},
    },
}


def add_partial(content: JsonSchemaValue, schemas: JsonSchemaValue) -> None:
    """Add to the content of a response what `fields=` makes of it."""
    whole = schemas[content["application/json"]["schema"]["$ref"].removeprefix(PREFIX)]
    name = "PartialList" if "page" in whole["properties"] else "Partial"
    schemas |= {"Partial": ONE, "PartialList": MANY}
    content[PARTIAL] = {"schema": {"$ref": PREFIX + name}}
