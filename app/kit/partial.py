"""OpenAPI schemas for partial answers (`fields=`)."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

PREFIX = "#/components/schemas/"


def with_partial(media: JsonSchemaValue, schemas: JsonSchemaValue) -> None:
    """Add to a response a variant of its schema in which only `id` is required, at every level."""
    whole = media["schema"]
    media["schema"] = {"anyOf": [whole, {"$ref": PREFIX + _part(whole["$ref"].removeprefix(PREFIX), schemas)}]}


def _part(name: str, schemas: JsonSchemaValue) -> str:
    part_name = f"{name}Part"
    schema = schemas[name]
    if schema.get("type") != "object" or "properties" not in schema:
        return name
    if part_name in schemas:
        return part_name
    is_list = "page" in schema["properties"]
    part: JsonSchemaValue = dict(schema)
    part["description"] = f"What `fields=` keeps of `{name}`."
    schemas[part_name] = part
    kept = schema.get("required", []) if is_list else [field for field in ("id",) if field in schema["properties"]]
    part["required"] = kept
    part["properties"] = {
        field: value if field == "page" else _in(value, schemas) for field, value in schema["properties"].items()
    }
    return part_name


def _in(node: object, schemas: JsonSchemaValue) -> object:
    """`node` with every `$ref` to an object replaced by its partial schema."""
    if isinstance(node, list):
        return [_in(item, schemas) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {**node, "$ref": PREFIX + _part(node["$ref"].removeprefix(PREFIX), schemas)}
    return {key: _in(value, schemas) if key in {"anyOf", "items", "allOf"} else value for key, value in node.items()}
