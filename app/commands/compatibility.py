"""Breaking changes between two OpenAPI documents: what a client that was made for the first cannot do with the second.

One rule decides about schemas. What is sent must still be accepted: the former schema must be a subtype of the present
one. What is answered must still be understood: the present schema must be a subtype of the former one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic.json_schema import JsonSchemaValue

WORDS = {"description", "summary", "tags"}  # where they are no names of properties
UNREAD = {"example", "examples", "contact", "license", "x-events"}
HIGHEST = ("maxLength", "maxItems", "maximum", "x-max-graphemes")
LOWEST = ("minLength", "minItems", "minimum", "x-min-graphemes")
SAME = ("format", "pattern")


def contract(node: object) -> object:
    """The part of a document that is compared: without words and examples."""
    if isinstance(node, dict):
        kept = ((key, inner) for key, inner in node.items() if key not in WORDS or isinstance(inner, dict))
        return {key: contract(inner) for key, inner in kept if key not in UNREAD}
    return [contract(inner) for inner in node] if isinstance(node, list) else node


def may_break(before: JsonSchemaValue, after: JsonSchemaValue) -> bool:
    """Whether the version says that clients must be changed: another major, or minor of 0 (semver.org, 4 and 8)."""
    return _generation(before) != _generation(after)


def _generation(document: JsonSchemaValue) -> tuple[str, ...]:
    major, minor, *_ = str(document["info"]["version"]).split(".")
    return (major, minor) if major == "0" else (major,)


def breaks(before: JsonSchemaValue, after: JsonSchemaValue) -> list[str]:
    """Every breaking change, as a sentence that begins with its place."""
    gone = before["components"]["schemas"].keys() - after["components"]["schemas"].keys()
    found = [f"schema {name}: is gone" for name in sorted(gone)]
    for path, method, operation in _operations(before):
        place = f"{method.upper()} {path}"
        present = after["paths"].get(path, {}).get(method)
        if present is None:
            found.append(f"{place}: is gone")
        else:
            found += [f"{place}{text}" for text in _Operation(before, after).breaks(operation, present)]
    return found


def _operations(document: JsonSchemaValue) -> Iterator[tuple[str, str, JsonSchemaValue]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _followed(document: JsonSchemaValue, node: JsonSchemaValue) -> JsonSchemaValue:
    """What a `$ref` leads to."""
    while "$ref" in node:
        found = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


@dataclass(frozen=True)
class _Operation:
    before: JsonSchemaValue
    after: JsonSchemaValue

    def breaks(self, old: JsonSchemaValue, new: JsonSchemaValue) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f": is called {new['operationId']}, was {old['operationId']}"
        if new["security"] and any(way not in new["security"] for way in old["security"] or [{}]):
            yield ": needs other credentials"
        yield from self._parameters(old, new)
        yield from self._body(old.get("requestBody"), new.get("requestBody"))
        for status, response in old["responses"].items():
            place = f", answer {status}"
            if status not in new["responses"]:
                yield f"{place}: is gone"
            else:
                yield from self._response(place, response, new["responses"][status])

    def _parameters(self, old: JsonSchemaValue, new: JsonSchemaValue) -> Iterator[str]:
        known, present = _parameters(self.before, old), _parameters(self.after, new)
        for key, parameter in known.items():
            place = f", {key}"
            if key not in present:
                yield f"{place}: is gone"
            else:
                yield from self._sent(place, parameter["schema"], present[key]["schema"])
        for key, parameter in present.items():
            if parameter.get("required") and not known.get(key, {}).get("required"):
                yield f", {key}: is required"

    def _body(self, old: JsonSchemaValue | None, new: JsonSchemaValue | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or {}).get("required"):
            yield ", body: is required"
        if old is not None and new is None:
            yield ", body: is gone"
        for type_, media in old["content"].items() if old and new else ():
            if new is not None and type_ in new["content"]:
                yield from self._sent(", body", media["schema"], new["content"][type_]["schema"])
            else:
                yield f", body: is not {type_}"

    def _response(self, place: str, old: JsonSchemaValue, new: JsonSchemaValue) -> Iterator[str]:
        old, new = _followed(self.before, old), _followed(self.after, new)
        for name in old.get("headers", {}).keys() - new.get("headers", {}).keys():
            yield f"{place}, header {name}: is gone"
        for type_, media in old.get("content", {}).items():
            if type_ in new.get("content", {}):
                schema = new["content"][type_]["schema"]
                yield from Subtype(self.after, self.before, answered=True).faults(schema, media["schema"], place + " ")
            else:
                yield f"{place}: is not {type_}"

    def _sent(self, place: str, old: JsonSchemaValue, new: JsonSchemaValue) -> list[str]:
        return Subtype(self.before, self.after, answered=False).faults(old, new, place + " ")


def _parameters(document: JsonSchemaValue, operation: JsonSchemaValue) -> dict[str, JsonSchemaValue]:
    found = [_followed(document, parameter) for parameter in operation.get("parameters", ())]
    return {f"{parameter['in']} parameter {parameter['name']}": parameter for parameter in found}


@dataclass(frozen=True)
class Subtype:
    """Whether every value of one schema is a value of another one, of another document."""

    narrow: JsonSchemaValue
    wide: JsonSchemaValue
    answered: bool
    """What is answered must not lose a property, not even one that was not always there."""
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """By the names of two schemas: what was found, or nothing while it is being looked for (schemas are recursive)."""

    def faults(self, sub: JsonSchemaValue, sup: JsonSchemaValue, place: str = "") -> list[str]:
        """Why not, as sentences; empty where it is."""
        key = sub.get("$ref", ""), sup.get("$ref", "")
        if not all(key):
            return [f"{place}{text}" for text in self._faults(sub, sup)]
        if key not in self.known:
            self.known[key] = []
            self.known[key] = self._faults(sub, sup)
        return [f"{place}{text}" for text in self.known[key]]

    def _faults(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> list[str]:
        wider = list(_alternatives(self.wide, sup))
        found: list[str] = []
        for name, one in _alternatives(self.narrow, sub):
            # The open last member of a union takes anything: a member that both name is compared with itself.
            others = [other for named, other in wider if name and named == name] or [other for _, other in wider]
            nearest: list[str] = min((self._fit(one, other) for other in others), key=len)
            found += nearest
        return found

    def _fit(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> list[str]:
        if other := list(self._type(sub, sup)):
            return other
        return [*self._limits(sub, sup), *self._object(sub, sup), *self._items(sub, sup)]

    def _type(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> Iterator[str]:
        mine, others = sub.get("type"), sup.get("type")
        if others and mine != others and (mine, others) != ("integer", "number"):
            yield f"({self._change(mine, others)})"
        mine, others = _values(sub), _values(sup)
        if others is not None and (mine is None or not set(mine) <= set(others)):
            yield f"({self._change(mine, others)})"

    def _limits(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> Iterator[str]:
        for name in (*HIGHEST, *LOWEST, *SAME):
            mine, limit = sub.get(name), sup.get(name)
            if limit is None or mine == limit:
                continue
            if mine is None or name in SAME or (mine > limit if name in HIGHEST else mine < limit):
                yield f"({name} {self._change(mine, limit)})"

    def _object(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> Iterator[str]:
        for name in sorted({*sup.get("required", ())} - {*sub.get("required", ())}):
            yield f".{name} ({'is not always there' if self.answered else 'is required'})"
        mine, others, rest = sub.get("properties", {}), sup.get("properties", {}), sup.get("additionalProperties", True)
        for name, schema in mine.items():
            if name in others or isinstance(rest, dict):
                yield from self.faults(schema, others.get(name, rest), f".{name} ")
            elif rest is False:
                yield f".{name} ({'is new where nothing could be added' if self.answered else 'is gone'})"
        for name in others.keys() - mine.keys() if self.answered else ():
            yield f".{name} (is gone)"

    def _items(self, sub: JsonSchemaValue, sup: JsonSchemaValue) -> list[str]:
        return self.faults(sub.get("items", {}), sup["items"], "[] ") if "items" in sup else []

    def _change(self, narrow: object, wide: object) -> str:
        before, after = (wide, narrow) if self.answered else (narrow, wide)
        return f"was {_shown(before)}, is {_shown(after)}"


def _alternatives(document: JsonSchemaValue, schema: JsonSchemaValue) -> Iterator[tuple[str, JsonSchemaValue]]:
    """The members of a union, and each type of a list of types, with the names of their schemas."""
    name, schema = schema.get("$ref", ""), _followed(document, schema)
    if "anyOf" in schema:
        for member in schema["anyOf"]:
            yield from _alternatives(document, member)
    elif isinstance(schema.get("type"), list):
        yield from (("", {"type": "null"} if one == "null" else {**schema, "type": one}) for one in schema["type"])
    else:
        yield name, schema


def _values(schema: JsonSchemaValue) -> list[str] | None:
    found: list[str] | None = [schema["const"]] if "const" in schema else schema.get("enum")
    return found


def _shown(value: object) -> object:
    return "not given" if value is None else value
