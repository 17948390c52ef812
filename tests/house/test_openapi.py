"""The OpenAPI document is a promise: committed, complete, and kept by the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.kit.errors import every_problem
from app.main import create_app
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = create_app(Settings(secret_key=("document",), database_url="sqlite:///unused.db")).openapi()
OPERATIONS = [(path, method, op) for path, item in DOCUMENT["paths"].items() for method, op in item.items()]
NAMES = [op["operationId"] for _, _, op in OPERATIONS]
PROBLEMS = {kind.slug for kind in every_problem()} & set(DOCUMENT["components"]["examples"])
CREATE_AND_UPDATE = ("ArticleCreate", "ArticleUpdate")
ARABIC = re.compile(r"[\u0600-\u06ff]")


def resolved(node: Any) -> Any:
    """A schema that stands alone: the document's components come along."""
    return {**node, "components": DOCUMENT["components"]}


def followed(node: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` leads to."""
    if "$ref" not in node:
        return node
    found = DOCUMENT
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def responses(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: followed(response) for status, response in operation["responses"].items()}


def size(node: Any) -> int:
    """Bytes of its JSON without spaces, as it is served."""
    return len(json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode())


def test_the_document_is_small() -> None:
    assert size(DOCUMENT) < 350_000
    assert size(DOCUMENT) / len(OPERATIONS) < 4_300


def test_problems_and_shared_parameters_are_written_once() -> None:
    for _, _, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            assert int(status) < 400 or list(response) == ["$ref"]
    seen: dict[str, int] = {}
    for _, _, operation in OPERATIONS:
        for parameter in operation.get("parameters", []):
            key = json.dumps(parameter, sort_keys=True)
            seen[key] = seen.get(key, 0) + 1
    assert not [key for key, count in seen.items() if count > 3 and "$ref" not in key]


def test_only_what_takes_a_body_can_be_too_large() -> None:
    assert all(("413" in op["responses"]) == ("requestBody" in op) for *_, op in OPERATIONS)


def test_every_component_is_used() -> None:
    text = json.dumps(DOCUMENT)
    kinds = {kind: names for kind, names in DOCUMENT["components"].items() if kind != "securitySchemes"}
    unused = [n for kind, names in kinds.items() for n in names if f'"#/components/{kind}/{n}"' not in text]
    assert not unused


def test_the_committed_document_is_the_present_one() -> None:
    """Renew it with `./nashra openapi`."""
    assert json.loads((ROOT / "openapi.json").read_text("utf-8")) == json.loads(json.dumps(DOCUMENT))


def test_operation_ids_are_readable_and_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in NAMES)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["summary"]) < 80
    assert operation["description"]
    assert operation["tags"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    for parameter in operation.get("parameters", []):
        assert followed(parameter).get("description"), parameter
    if path.startswith("/v1/desk"):
        assert operation["security"]
        assert {"401", "403"} <= set(operation["responses"])
    for status, response in responses(operation).items():
        assert response["description"]
        assert "Successful" not in response["description"]
        assert "X-Request-ID" in response["headers"], status
        if int(status) >= 400:
            assert list(response["content"]) == ["application/problem+json"]


def examples(operation: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    bodies = {"request": operation.get("requestBody", {}), **responses(operation)}
    for name, body in bodies.items():
        for media in body.get("content", {}).values():
            shown = [followed(entry)["value"] for entry in media.get("examples", {}).values()]
            for example in [media["example"]] if "example" in media else shown:
                yield name, media["schema"], example


@pytest.mark.parametrize("operation", [op for *_, op in OPERATIONS], ids=NAMES)
def test_examples_are_there_and_valid(operation: dict[str, Any]) -> None:
    found = list(examples(operation))
    for _, schema, example in found:
        jsonschema_rs.validator_for(resolved(schema)).validate(example)
    for status, response in responses(operation).items():
        assert all({"example", "examples"} & set(media) for media in response.get("content", {}).values()), status


def test_examples_are_in_arabic_and_messages_in_english() -> None:
    shown = json.dumps([example for *_, op in OPERATIONS for *_, example in examples(op)], ensure_ascii=False)
    assert ARABIC.search(shown)
    assert not ARABIC.search(
        json.dumps([DOCUMENT["components"]["examples"][slug] for slug in PROBLEMS], ensure_ascii=False)
    )


def within(schema: Any, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a body may have, at any depth, as (where, schema)."""
    if isinstance(schema, list):
        for part in schema:
            yield from within(part, seen)
    if not isinstance(schema, dict):
        return
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        yield from within({**DOCUMENT["components"]["schemas"][name], "title": name}, seen)
    for field, property in schema.get("properties", {}).items():
        yield f"{schema.get('title')}.{field}", property
    for key in ("properties", "anyOf", "oneOf", "allOf", "items", "additionalProperties", "prefixItems"):
        parts = schema.get(key)
        yield from within(list(parts.values()) if key == "properties" and parts else parts, seen)


BODIES = [(path, method, op) for path, method, op in OPERATIONS if "requestBody" in op]


@pytest.mark.parametrize("operation", [op for *_, op in BODIES], ids=[op["operationId"] for *_, op in BODIES])
def test_no_field_of_a_body_has_a_default(operation: dict[str, Any]) -> None:
    """A generated client would send it with a merge patch, and so undo what it did not mean to touch; and generators
    for TypeScript make a field required that has one. What is taken where a field is left out is said in words."""
    schemas = [media["schema"] for media in operation["requestBody"]["content"].values()]
    fields = dict(within(schemas, set()))
    assert [where for where, field in fields.items() if "default" in field] == []


def test_what_a_field_is_when_it_is_left_out_is_said_in_words() -> None:
    created, updated = (DOCUMENT["components"]["schemas"][name]["properties"] for name in CREATE_AND_UPDATE)
    assert created["urgency"]["description"] == "IPTC: 1 most urgent, 5 normal, 9 least. Left out: `5`."
    assert updated["urgency"]["description"] == "IPTC: 1 most urgent, 5 normal, 9 least. Null: `5`."
    assert created["kind"]["description"] == "Left out: `news`."
    assert created["byline"]["description"] == "Left out: made from the authors' names."
    assert updated["byline"]["description"] == "Null: made from the authors' names."
    assert "description" not in created["sections"] or "[]" not in created["sections"]["description"]


def test_a_merge_patch_requires_nothing() -> None:
    patches = [op for _, method, op in OPERATIONS if method == "patch"]
    assert patches
    for operation in patches:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert not DOCUMENT["components"]["schemas"][name].get("required"), name


def test_what_is_answered_has_every_field_also_where_it_is_sent_too() -> None:
    sent, answered = set[str](), set[str]()
    for operation in (op for *_, op in OPERATIONS):
        bodies = operation.get("requestBody", {}).get("content", {}).values()
        list(within([media["schema"] for media in bodies], sent))
        for response in responses(operation).values():
            list(within([media["schema"] for media in response.get("content", {}).values()], answered))
    schemas = DOCUMENT["components"]["schemas"]
    for name in sent & answered:
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name


def test_every_problem_of_the_document_exists_and_every_kind_is_in_it() -> None:
    kinds = {kind.slug: kind.status for kind in every_problem()}
    named: dict[str, int] = {}
    for _, _, operation in OPERATIONS:
        for status, response in responses(operation).items():
            for media in response.get("content", {}).values():
                if int(status) >= 400:
                    named.update(dict.fromkeys(media["examples"], int(status)))
    assert named.items() <= kinds.items()
    # An address or method that does not exist belongs to no operation, and what is refused before it is read neither.
    below = {"request-timeout", "uri-too-long", "headers-too-large"}
    assert set(kinds) - set(named) <= {"method-not-allowed", "conflict"} | below


def test_schemas_are_named_for_people() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in DOCUMENT["components"]["schemas"])
    undescribed = [n for n, schema in DOCUMENT["components"]["schemas"].items() if not schema.get("description")]
    assert not undescribed


def test_the_document_names_no_machine() -> None:
    assert DOCUMENT["servers"] == [{"url": "/", "description": "This server."}]
