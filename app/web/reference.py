"""The OpenAPI document as values for templates: operations by tag, their parameters, bodies, answers and schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from app.web.guides import blocks, inline

Json = Mapping[str, Any]  # a node of the document
BODY_TYPES = ("application/json", "text/event-stream", "text/csv", "text/plain")
PLACES = {"path": "path", "query": "query", "header": "header"}
# `security` of an operation: the name of the scheme, and who has such a token.
TOKENS = {"staff_token": "staff", "edit_token": "edit"}


@dataclass(frozen=True)
class Row:
    """A parameter or a property."""

    name: str
    type: Markup
    description: Markup
    is_required: bool
    limits: str
    place: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    is_id: bool = False
    """Ids differ from newsroom to newsroom: that of the example is only shown, not filled in."""


@dataclass(frozen=True)
class Content:
    """A body that is sent or answered: its type, the properties of its schema, an example."""

    media_type: str
    type: Markup
    rows: tuple[Row, ...]
    example: str


@dataclass(frozen=True)
class Answer:
    """An answer by status."""

    status: str
    description: Markup
    content: Content | None
    headers: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """An operation: everything that its page shows."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: Markup
    tokens: tuple[str, ...]
    parameters: tuple[Row, ...]
    body: Content | None
    answers: tuple[Answer, ...]

    @property
    def url(self) -> str:
        return f"/docs/operations/{self.id}"

    @property
    def is_stream(self) -> bool:
        return any(a.content is not None and a.content.media_type == "text/event-stream" for a in self.answers)


@dataclass(frozen=True)
class Schema:
    """A named schema: its properties, or the values that it may have."""

    name: str
    description: Markup
    type: Markup
    rows: tuple[Row, ...]

    @property
    def url(self) -> str:
        return f"/docs/schemas/{self.name}"


@dataclass(frozen=True)
class Group:
    """The operations of a tag."""

    tag: str
    description: Markup
    operations: list[Operation] = field(default_factory=list)


class Reference:
    """Reads a document once; pages look their operation or schema up."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self.title: str = document["info"]["title"]
        self.version: str = document["info"]["version"]
        self.description = blocks(document["info"]["description"])
        self.groups = {tag["name"]: Group(tag["name"], inline(tag["description"])) for tag in document["tags"]}
        self.operations = {one.id: one for one in self._operations()}
        for one in self.operations.values():
            self.groups[one.tag].operations.append(one)
        self.schemas = {name: self._schema(name, node) for name, node in document["components"]["schemas"].items()}

    def operations_with(self, problem: str) -> list[Operation]:
        """The operations that answer this kind of problem."""
        return [one for one in self.operations.values() if any(problem in answer.problems for answer in one.answers)]

    def _operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method, node in item.items():
                yield self._operation(path, method, node)

    def _operation(self, path: str, method: str, node: Json) -> Operation:
        body = self._at(node["requestBody"]) if "requestBody" in node else None
        return Operation(
            id=node["operationId"],
            method=method.upper(),
            path=path,
            tag=node["tags"][0],
            summary=node["summary"],
            description=blocks(node.get("description", "")),
            tokens=tuple(TOKENS[name] for scheme in node.get("security", ()) for name in scheme),
            parameters=tuple(self._parameter(self._at(one)) for one in node.get("parameters", ())),
            body=self._content(body) if body is not None else None,
            answers=tuple(self._answer(status, self._at(one)) for status, one in node["responses"].items()),
        )

    def _parameter(self, node: Json) -> Row:
        schema = self._at(node["schema"])
        return Row(
            name=node["name"],
            place=PLACES[node["in"]],
            type=type_of(node["schema"]),
            description=inline(node.get("description", "")),
            is_required=node.get("required", False),
            limits=limits_of(schema),
            example=_text(node.get("example", schema.get("example"))),
            choices=tuple(_text(value) for value in schema.get("enum", [schema["const"]] if "const" in schema else ())),
            is_id=node["name"] == "id" or node["name"].endswith("_id"),
        )

    def _answer(self, status: str, node: Json) -> Answer:
        content = self._content(node)
        is_problem = content is not None and content.media_type == "application/problem+json"
        examples = node["content"][content.media_type].get("examples", {}) if is_problem and content is not None else {}
        return Answer(
            status=status,
            description=inline(node["description"]),
            content=None if is_problem else content,
            headers=tuple(node.get("headers", ())),
            problems=tuple(examples),
        )

    def _content(self, node: Json) -> Content | None:
        """The first content that a client would take; None where an answer has no body."""
        contents: Json = node.get("content", {})
        if not contents:
            return None
        media_type = next((one for one in BODY_TYPES if one in contents), next(iter(contents)))
        schema: Json = contents[media_type].get("schema", {})
        return Content(media_type, type_of(schema), self._rows(schema), self._example(contents[media_type]))

    def _example(self, node: Json) -> str:
        shown = [self._at(one)["value"] for one in node.get("examples", {}).values()] or [node.get("example")]
        if shown[0] is None:
            return ""
        return shown[0] if isinstance(shown[0], str) else json.dumps(shown[0], ensure_ascii=False, indent=2)

    def _schema(self, name: str, node: Json) -> Schema:
        return Schema(name, blocks(node.get("description", "")), type_of(node), self._rows(node))

    def _rows(self, schema: Json) -> tuple[Row, ...]:
        node = self._at(schema)
        required = node.get("required", ())
        return tuple(
            Row(
                name=name,
                type=type_of(one),
                description=inline(one.get("description", self._at(one).get("description", ""))),
                is_required=name in required,
                limits=limits_of(one),
            )
            for name, one in node.get("properties", {}).items()
        )

    def _at(self, node: Json) -> Json:
        """What a `$ref` leads to, or the node itself."""
        if "$ref" not in node:
            return node
        found: Json = self._document
        for step in str(node["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        return found


def type_of(schema: Json) -> Markup:
    """The type in words, with links to named schemas: `list of <a>Tag</a>`."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return Markup('<a href="/docs/schemas/{0}">{0}</a>').format(name)
    if "const" in schema:
        return _code(schema["const"])
    if "enum" in schema:
        return Markup(" · ").join(_code(value) for value in schema["enum"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return Markup(" or ").join(type_of(one) for one in schema[union])
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema.get("items", {})))
    types = schema.get("type", "any value")
    words = " or ".join(types) if isinstance(types, list) else str(types)
    return escape(f"{words} ({schema['format']})" if "format" in schema else words)


def limits_of(schema: Json) -> str:
    """The limits in words: `1 to 100`, `at most 80 characters`."""
    words = [
        _range(schema.get("minimum"), schema.get("maximum"), ""),
        _range(schema.get("x-min-graphemes"), schema.get("x-max-graphemes"), " characters"),
        _range(schema.get("minItems"), schema.get("maxItems"), " entries"),
        f"default {_text(schema['default'])}" if schema.get("default") is not None else "",
    ]
    return "; ".join(word for word in words if word)


def _range(least: object, most: object, unit: str) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}{unit}"
    if most is not None:
        return f"at most {most}{unit}"
    return f"at least {least}{unit}" if least is not None else ""


def _code(value: object) -> Markup:
    return Markup("<code>{}</code>").format(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
