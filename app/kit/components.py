"""Schemas of the OpenAPI document: names that people would choose, enumerations and unions written once, bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic.json_schema import JsonSchemaValue

SCHEMAS = "#/components/schemas/"
NOT_SCHEMAS = {"example", "examples", "default"}
INT32 = {"format": "int32", "minimum": 0, "maximum": 2_147_483_647}


@dataclass(frozen=True)
class Naming:
    """What the schemas of the document are called, and what their properties mean."""

    names: Mapping[str, str]
    """Schema names by class name. Of several classes with one name the one with most properties is shown."""
    enums: Mapping[str, tuple[str, tuple[str, ...]]]
    """Description and values of each named enumeration."""
    added: Mapping[str, JsonSchemaValue]
    """Further schemas."""
    unions: Mapping[str, tuple[str, str]]
    """Description of each named union, and its last member: what will be added later."""
    opened: frozenset[str]
    """Properties (`Mark.type`) whose enumeration will grow."""
    properties: Mapping[str, str]
    """Descriptions by property (`slug`, or of one schema `Ticker.slug`), for those that have none of their own."""
    max_items: Mapping[str, int]
    """The longest list that a property can hold, for those that do not say it."""


def complete(document: JsonSchemaValue, naming: Naming) -> None:
    """Rename, complete and tidy the schemas of `document`."""
    components = document["components"]
    components["schemas"] = _renamed(components["schemas"], naming.names)
    for node in nodes(document):
        _rename_reference(node, naming.names)
    components["schemas"].update({name: dict(schema) for name, schema in naming.added.items()})
    for name, schema in components["schemas"].items():
        _complete_schema(name, schema, naming)
    _open_answers(document)
    enums = {values: name for name, (_, values) in naming.enums.items()}
    for node in nodes(document):
        _name_enum(node, enums)
    for name, (text, values) in naming.enums.items():
        components["schemas"][name] = {"type": "string", "enum": list(values), "description": text}
    for name, (text, last) in naming.unions.items():
        known = [one for one in components["schemas"][name]["anyOf"] if one != {"$ref": SCHEMAS + last}]
        components["schemas"][name] = {"anyOf": [*known, {"$ref": SCHEMAS + last}], "description": text}


def _renamed(schemas: JsonSchemaValue, names: Mapping[str, str]) -> JsonSchemaValue:
    found: JsonSchemaValue = {}
    for name, schema in schemas.items():
        known = found.get(names.get(name, name), {})
        if len(schema.get("properties", ())) >= len(known.get("properties", ())):
            found[names.get(name, name)] = schema
    return dict(sorted(found.items()))


def _rename_reference(node: JsonSchemaValue, names: Mapping[str, str]) -> None:
    if isinstance(node.get("$ref"), str) and node["$ref"].startswith(SCHEMAS):
        name = node["$ref"].removeprefix(SCHEMAS)
        node["$ref"] = SCHEMAS + names.get(name, name)
    if isinstance(members := node.get("anyOf"), list):
        node["anyOf"] = [one for place, one in enumerate(members) if one not in members[:place]]


def _complete_schema(name: str, schema: JsonSchemaValue, naming: Naming) -> None:
    for node in nodes(schema):
        if isinstance(node.get("title"), str):
            del node["title"]  # Pydantic's, which repeats the name
        say_format(node)
    for field, property in schema.get("properties", {}).items():
        key = f"{name}.{field}"
        if text := naming.properties.get(key, naming.properties.get(field)):
            property.setdefault("description", text)
        if key in naming.opened:
            property["anyOf"] = [{"type": property.pop("type"), "enum": property.pop("enum")}, {"type": "string"}]
        for node in nodes(property):
            if node.get("type") == "array" and (most := naming.max_items.get(key, naming.max_items.get(field))):
                node.setdefault("maxItems", most)


def say_format(number: JsonSchemaValue) -> None:
    """Give the schema of a number its format, and bounds to one of whole numbers."""
    if number.get("type") == "integer" and "const" not in number:
        number.update({key: value for key, value in INT32.items() if key not in number})
    if number.get("type") == "number":
        number.setdefault("format", "double")


def _open_answers(document: JsonSchemaValue) -> None:
    """Let answers have further fields, which later versions add: only what is sent is closed."""
    schemas = document["components"]["schemas"]
    sent: set[str] = set()
    left = [operation.get("requestBody") for item in document["paths"].values() for operation in item.values()]
    while left:
        names = {node["$ref"].removeprefix(SCHEMAS) for node in nodes(left.pop()) if "$ref" in node} - sent
        sent |= names
        left += [schemas[name] for name in names]
    for node in nodes([schemas[name] for name in schemas.keys() - sent]):
        if node.get("additionalProperties") is False:
            del node["additionalProperties"]


def _name_enum(node: JsonSchemaValue, enums: Mapping[tuple[str, ...], str]) -> None:
    if isinstance(node.get("enum"), list) and (name := enums.get(tuple(node["enum"]))):
        del node["enum"], node["type"]
        node["$ref"] = SCHEMAS + name


def shorten_nullable(document: JsonSchemaValue) -> None:
    """Write "string or null" as a list of types: generators make a class of a branch of `anyOf` that has limits."""
    for node in nodes(document):
        match node.get("anyOf"):
            case [{"type": str(type_)} as branch, {"type": "null"}] if not {"enum", "const"} & branch.keys():
                del node["anyOf"]
                node.update({**branch, **node, "type": [type_, "null"]})


def nodes(node: object) -> Iterator[JsonSchemaValue]:
    """Every object in `node`, from the outside in."""
    if isinstance(node, dict):
        yield node
        for key, inner in node.items():
            if key not in NOT_SCHEMAS:
                yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)
