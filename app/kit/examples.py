"""Examples of the OpenAPI document: made from the schemas, so that each is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import to_json

from app.kit.components import nodes

DEEPEST = 8
BY_FORMAT = {
    "uuid": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
    "date-time": "2026-11-23T19:14:15.000Z",
    "uri": "https://news.example/a/%D8%B9%D9%84%D9%88%D9%85",
    "email": "layla@example.org",
}


def restore_nulls(schemas: JsonSchemaValue) -> None:
    """Restore the nulls that FastAPI drops from the examples of schemas."""
    for schema in schemas.values():
        for example in schema.get("examples", []):
            if isinstance(example, dict):
                example.update({name: None for name in schema.get("required", []) if name not in example})


def drop_examples(schemas: JsonSchemaValue) -> None:
    """Remove the examples of schemas and their properties, which bodies show whole."""
    for node in nodes(schemas):
        if isinstance(node.get("examples"), list):
            del node["examples"]


@dataclass(frozen=True)
class ExampleValues:
    """Values for fields and parameters that mean the same wherever they stand.

    Examples of a field or a schema come first.
    """

    recorded: Mapping[str, Mapping[str, object]]
    """Whole examples by schema: what is missing in one is made."""
    fields: Mapping[str, object]
    parameters: Mapping[str, object]


@dataclass
class Examples:
    """Makes examples of schemas; `schemas` are the components that they refer to."""

    values: ExampleValues
    schemas: JsonSchemaValue
    shown: JsonSchemaValue
    """`components/examples`: by name of the schema."""
    only_required: bool = False
    """Whether optional fields are omitted (for requests)."""

    def show(self, media: JsonSchemaValue) -> None:
        """Give a body an example: bodies with one schema share one."""
        if "example" in media:
            return
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        if not name:
            media["example"] = self.of(media["schema"])
            return
        if name not in self.shown:
            self.shown[name] = {"value": self.of(media["schema"])}
        media["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}

    def of(self, schema: JsonSchemaValue, name: str = "", depth: int = 0) -> object:
        """A valid value for `schema`, the schema of a field `name`."""
        if "$ref" in schema:
            component = schema["$ref"].rpartition("/")[2]
            schema = self.schemas[component]
            if component in self.values.recorded:
                return self._object(schema, depth, self.values.recorded[component])
        if "x-events" in schema:
            return self._stream(schema["x-events"])
        if schema.get("examples"):
            return schema["examples"][0]
        for branch in ("anyOf", "oneOf", "allOf"):
            if branch in schema:
                return self._branch(schema[branch], name, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        return self._typed(schema, name, depth)

    def _stream(self, events: JsonSchemaValue) -> str:
        """The beginning of a stream: its first event, and the first one that is a change."""
        first, change = next(iter(events)), next(name for name in events if "." in name)
        shown = ((name, to_json(self._as_change(name, events[name]["schema"])).decode()) for name in (first, change))
        since = self.values.fields["since"]
        return "retry: 3000\n" + "".join(f"id: {since}\nevent: {name}\ndata: {data}\n\n" for name, data in shown)

    def _as_change(self, event: str, schema: JsonSchemaValue) -> object:
        example = self.of(schema)
        return {**example, "type": event} if isinstance(example, dict) and "type" in example else example

    def _branch(self, branches: list[JsonSchemaValue], name: str, depth: int) -> object:
        """The example of the first branch that is not null; null beyond a depth."""
        nullable = any(branch.get("type") == "null" for branch in branches)
        if nullable and depth > DEEPEST // 2:
            return None
        solid = [branch for branch in branches if branch.get("type") != "null"]
        return self.of(solid[0], name, depth) if solid else None

    def _typed(self, schema: JsonSchemaValue, name: str, depth: int) -> object:
        kind, known = schema.get("type"), self.values.fields.get(name)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            if known is not None:
                return known
            return [] if depth > DEEPEST else [self.of(schema.get("items", {}), name, depth + 1)]
        if kind == "string":
            return BY_FORMAT.get(schema.get("format", "")) or (known if isinstance(known, str) else "نص")
        if kind == "boolean":
            return bool(schema.get("default", False))
        if kind in {"integer", "number"}:
            return known if isinstance(known, int) else schema.get("default", schema.get("minimum", 1))
        return known

    def _object(
        self, schema: JsonSchemaValue, depth: int, recorded: Mapping[str, object] | None = None
    ) -> JsonSchemaValue:
        required = schema.get("required", [])
        known = recorded or {}
        if schema.get("additionalProperties") is True:
            return dict(known)
        return {
            name: known[name] if name in known else self.of(field, name, depth + 1)
            for name, field in schema.get("properties", {}).items()
            if name in known or name in required or not (self.only_required or recorded)
        }
