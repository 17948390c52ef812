"""The OpenAPI document is a promise: committed, complete, and kept by the server."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest

from app.kit.errors import Problem, every_problem
from app.main import create_app
from app.settings import Settings
from app.text.slugs import slugify

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = create_app(Settings(secret_key=("document",), database_url="sqlite:///unused.db")).openapi()
OPERATIONS = [(path, method, op) for path, item in DOCUMENT["paths"].items() for method, op in item.items()]
NAMES = [op["operationId"] for _, _, op in OPERATIONS]
PROBLEMS = {kind.slug for kind in every_problem()} & set(DOCUMENT["components"]["examples"])
CREATE_AND_UPDATE = ("ArticleCreate", "ArticleUpdate")
SLUG_PARAMETERS = {"slug", "section", "tag", "author"}
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
    assert size(DOCUMENT) < 590_000
    assert size(DOCUMENT) / len(OPERATIONS) < 4_500


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
        assert set(schemas[name].get("required", ())) == set(schemas[name].get("properties", ())), name


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


def test_every_member_that_a_problem_adds_is_in_the_document() -> None:
    """The keywords with which problems are raised are their members, but for those of `Problem` itself."""
    kinds = {kind.__name__ for kind in every_problem()}
    own = set(inspect.signature(Problem).parameters) | {"wait", "retry_after"}
    added = {
        keyword.arg
        for path in (ROOT / "app").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) in kinds
        for keyword in call.keywords
    } - own
    described = set(DOCUMENT["components"]["schemas"]["Problem"]["properties"])
    fixed = {"type", "title", "status", "detail", "instance", "language", "direction", "errors"}
    assert described - fixed == added
    examples = DOCUMENT["components"]["examples"]
    assert (examples["unauthorized"]["value"]["reason"], examples["gone"]["value"]["status"]) == ("missing", 410)


def test_schemas_are_named_for_people() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in DOCUMENT["components"]["schemas"])
    undescribed = [n for n, schema in DOCUMENT["components"]["schemas"].items() if not schema.get("description")]
    assert not undescribed


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document, but for those in examples."""
    if isinstance(node, dict):
        yield node
        for key, inner in node.items():
            if key not in {"example", "examples"}:
                yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def is_described(property: dict[str, Any]) -> bool:
    """By itself, or by the named schema that it is."""
    named = [branch for branch in property.get("anyOf", [property]) if branch.get("type") != "null"]
    return "description" in property or all("$ref" in branch for branch in named)


def test_every_property_is_described() -> None:
    found = {f"{name}.{field}": property for name, field, property in properties()}
    assert len(found) > 900
    assert not [where for where, property in found.items() if not is_described(property)]


def test_only_the_kind_of_an_article_is_described_as_one() -> None:
    said = "Kind of the article."
    found = {name for name, _, property in properties() if property.get("description", "").startswith(said)}
    at_desk = {"DeskArticle", "DeskArticleSummary", "DeskArticleWithPlacements"}
    assert found == {"Article", "ArticlePreview", "ArticleSummary", *at_desk}


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, property in schema.get("properties", {}).items():
            yield name, field, property


def test_named_enumerations_and_schemas_are_not_copied() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    enums = [tuple(node["enum"]) for node in nodes(DOCUMENT) if isinstance(node.get("enum"), list)]
    assert not {enum for enum in enums if enums.count(enum) > 1}
    shapes = {
        json.dumps(schema["properties"], sort_keys=True) for schema in schemas.values() if schema.get("properties")
    }
    inner = [node for schema in schemas.values() for node in nodes(schema) if node is not schema]
    assert not [node for node in inner if json.dumps(node.get("properties"), sort_keys=True) in shapes]


def test_numbers_and_lists_have_bounds() -> None:
    for node in nodes(DOCUMENT["components"]["schemas"]):
        if node.get("type") == "integer":
            assert {"format", "minimum", "maximum"} <= node.keys(), node
        if node.get("type") == "array":
            assert "maxItems" in node, node


def test_unions_have_constants_and_an_open_last_member() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for union, key in (("Block", "type"), ("Change", "resource")):
        *known, last = [followed(branch) for branch in schemas[union]["anyOf"]]
        constants = [schema["properties"][key]["const"] for schema in known]
        assert len(set(constants)) == len(constants) > 5
        assert last["properties"][key]["type"] == "string"
        assert "const" not in last["properties"][key]
        assert last.get("additionalProperties", True)


def test_answers_may_get_further_fields() -> None:
    assert all(node.get("additionalProperties", True) for node in nodes(DOCUMENT["components"]["schemas"]["Article"]))
    assert DOCUMENT["components"]["schemas"]["ArticleCreate"]["additionalProperties"] is False


def test_without_fields_an_answer_has_every_field() -> None:
    partial = [
        op
        for *_, op in OPERATIONS
        if any(p.get("name") == "fields" or p.get("$ref", "").endswith("/fields") for p in op.get("parameters", []))
    ]
    assert len(partial) == 14
    for operation in partial:
        content = responses(operation)["200"]["content"]
        assert list(content) == ["application/json", "application/json; partial=true"]
    article = DOCUMENT["components"]["schemas"]["Article"]
    assert set(article["properties"]) - set(article["required"]) == {"display"}
    times = [article["properties"][name] for name in ("published_at", "first_published_at", "revised_at")]
    assert all(time["type"] == "string" for time in times)


def slugs_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "slug" and isinstance(inner, str):
                yield inner
            yield from slugs_in(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from slugs_in(inner)


def slugs_of_the_demo() -> set[str]:
    content = json.loads((ROOT / "app/demo/newsroom.json").read_text("utf-8"))
    named = {thing["slug"] for kind in ("sections", "tags", "authors", "tickers", "fronts") for thing in content[kind]}
    return named | {article.get("slug") or slugify(article["headline"]) for article in content["articles"]}


def test_every_slug_of_an_example_exists_in_the_demo() -> None:
    demo, parameters = slugs_of_the_demo(), DOCUMENT["components"]["parameters"].values()
    inline = [p for *_, op in OPERATIONS for p in op.get("parameters", []) if "$ref" not in p]
    shown = [example for *_, op in OPERATIONS for *_, example in examples(op)]
    slugs = {slug for example in shown for slug in slugs_in(example)}
    slugs |= {name for p in [*parameters, *inline] if p["name"] in SLUG_PARAMETERS for name in p["example"].split(",")}
    for example in shown:
        if isinstance(example, dict) and "section" in example and isinstance(example["section"], str):
            slugs |= {example["section"], *example["tags"], *example["authors"]}
    assert len(slugs) > 10
    assert slugs <= demo


def test_examples_are_consistent() -> None:
    shown = {name: entry["value"] for name, entry in DOCUMENT["components"]["examples"].items()}
    comment = shown["CommentDetail"]
    assert comment["parent_id"] == comment["ancestors"][-1]["id"] != comment["id"]
    article = shown["Article"]
    things = [article, article["section"], *article["tags"], *article["authors"], *article["translations"]]
    assert len({thing["id"] for thing in things}) == len(things)
    assert article["language"] not in {other["language"] for other in article["translations"]}
    assert article["url"].endswith(quote(article["slug"]))


def test_the_document_names_no_machine() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]
