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
    schemas |= {"Partial": ONE, "PartialList": MANY}
    if "since" in whole["properties"]:
        content[PARTIAL] = {"schema": _partial_changes(whole, schemas)}
        return
    name = "PartialList" if "page" in whole["properties"] else "Partial"
    content[PARTIAL] = {"schema": {"$ref": PREFIX + name}}


def _partial_changes(whole: JsonSchemaValue, schemas: JsonSchemaValue) -> JsonSchemaValue:
    """A page of the change log: of each `object` the selected fields, which the schema of unknown kinds allows."""
    change = {"$ref": f"{PREFIX}OtherChange", "description": "A change; `object` has the fields that were asked for."}
    changes = {**whole["properties"]["data"], "items": change}
    schemas["PartialChangeList"] = {**whole, "properties": {**whole["properties"], "data": changes}}
    return {"$ref": f"{PREFIX}PartialChangeList"}
