"""The document breaks no client that was made for the released one, unless the version says so."""

from __future__ import annotations

import copy
import json
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from pydantic.json_schema import JsonSchemaValue

from app.commands import schema
from app.commands.compatibility import breaks, contract, may_break

ROOT = Path(__file__).resolve().parents[2]
BEFORE: JsonSchemaValue = json.loads((ROOT / schema.BASELINE).read_text("utf-8"))
DOCUMENT: JsonSchemaValue = json.loads((ROOT / "openapi.json").read_text("utf-8"))
# At first the entries of an article's `media` were images only; a client that draws them must look at `kind` now.
# Pages of the change log are longer for whoever asks for it, with a `limit` that was refused before.
WANTED = re.compile(
    r" \.media \[\] |/v1/changes, answer 200 \.data \(maxItems "
    r"|/tokens.*, answer 201, header Location: is gone"  # it was promised, and never sent
)

TEXT = {"type": "string", "maxLength": 80, "description": "Words."}
OTHER_PART = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
FIELDS: JsonSchemaValue = {"name": TEXT, "kind": {"enum": ["news", "live"]}, "note": {"type": ["string", "null"]}}
PART: JsonSchemaValue = {
    "type": "object",
    "required": ["type", "parts"],
    "properties": {
        "type": {"type": "string", "const": "list"},
        "parts": {"type": "array", "maxItems": 9, "items": {"$ref": "#/components/schemas/Part"}},
    },
}
THING: JsonSchemaValue = {
    "type": "object",
    "required": ["name"],
    "properties": {**copy.deepcopy(FIELDS), "part": {"$ref": "#/components/schemas/Part"}},
}
SMALL: JsonSchemaValue = {
    "info": {"version": "1.2.0"},
    "paths": {
        "/things": {
            "post": {
                "operationId": "create_thing",
                "security": [],
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 0}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingInput"}}}
                },
                "responses": {"201": {"$ref": "#/components/responses/Created"}},
            }
        }
    },
    "components": {
        "responses": {
            "Created": {
                "headers": {"Location": {}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            }
        },
        "schemas": {
            "ThingInput": {"type": "object", "additionalProperties": False, "required": ["name"], "properties": FIELDS},
            "Thing": THING,
            "Part": {"anyOf": [{"$ref": "#/components/schemas/ListPart"}, OTHER_PART]},
            "ListPart": PART,
        },
    },
}
GONE = object()
POST = ("paths", "/things", "post")
LIMIT = (*POST, "parameters", 0)
CREATED = ("components", "responses", "Created")
SENT = ("components", "schemas", "ThingInput")
ANSWERED = ("components", "schemas", "Thing")
Place = tuple[str | int, ...]

BREAKING: list[tuple[Place, object, str]] = [
    (("paths", "/things"), GONE, "POST /things: is gone"),
    (POST, GONE, "POST /things: is gone"),
    ((*POST, "operationId"), "make_thing", "POST /things: is called make_thing, was create_thing"),
    ((*POST, "security"), [{"staff_token": []}], "POST /things: needs other credentials"),
    (LIMIT, GONE, "POST /things, query parameter limit: is gone"),
    ((*LIMIT, "required"), True, "POST /things, query parameter limit: is required"),
    ((*LIMIT, "schema", "minimum"), 1, "POST /things, query parameter limit (minimum was 0, is 1)"),
    ((*LIMIT, "schema", "type"), "string", "POST /things, query parameter limit (was integer, is string)"),
    ((*POST, "requestBody"), GONE, "POST /things, body: is gone"),
    ((*POST, "requestBody", "required"), True, "POST /things, body: is required"),
    ((*POST, "requestBody", "content"), {}, "POST /things, body: is not application/json"),
    ((*SENT, "properties", "kind"), GONE, "POST /things, body .kind (is gone)"),
    ((*SENT, "required"), ["name", "kind"], "POST /things, body .kind (is required)"),
    ((*SENT, "properties", "kind", "enum"), ["news"], "POST /things, body .kind (was ['news', 'live'], is ['news'])"),
    ((*SENT, "properties", "name", "maxLength"), 40, "POST /things, body .name (maxLength was 80, is 40)"),
    ((*SENT, "properties", "name", "pattern"), "^a", "POST /things, body .name (pattern was not given, is ^a)"),
    ((*SENT, "properties", "note", "type"), "string", "POST /things, body .note (was null, is string)"),
    ((*POST, "responses", "201"), GONE, "POST /things, answer 201: is gone"),
    ((*CREATED, "headers", "Location"), GONE, "POST /things, answer 201, header Location: is gone"),
    ((*CREATED, "content"), {}, "POST /things, answer 201: is not application/json"),
    ((*ANSWERED, "properties", "note"), GONE, "POST /things, answer 201 .note (is gone)"),
    ((*ANSWERED, "required"), [], "POST /things, answer 201 .name (is not always there)"),
    ((*ANSWERED, "properties", "name", "type"), "integer", "POST /things, answer 201 .name (was string, is integer)"),
    (
        (*ANSWERED, "properties", "name", "type"),
        ["string", "null"],
        "POST /things, answer 201 .name (was string, is null)",
    ),
    (
        (*ANSWERED, "properties", "kind", "enum", 2),
        "video",
        "POST /things, answer 201 .kind (was ['news', 'live'], is ['news', 'live', 'video'])",
    ),
    (
        ("components", "schemas", "ListPart", "properties", "parts", "maxItems"),
        10,
        "POST /things, answer 201 .part .parts (maxItems was 9, is 10)",
    ),
]
COMPATIBLE: list[tuple[Place, object]] = [
    (("paths", "/others"), {}),
    ((*POST, "parameters", 1), {"in": "query", "name": "more", "schema": {"type": "string"}}),
    ((*LIMIT, "schema", "type"), "number"),
    ((*LIMIT, "schema", "minimum"), GONE),
    ((*POST, "responses", "429"), {}),
    ((*SENT, "properties", "more"), {"type": "string"}),
    ((*SENT, "properties", "kind", "enum", 2), "video"),
    ((*SENT, "properties", "name", "maxLength"), 90),
    ((*SENT, "properties", "name", "description"), "Other words."),
    ((*SENT, "required"), []),
    ((*ANSWERED, "properties", "more"), {"type": "string"}),
    ((*ANSWERED, "required"), ["name", "kind"]),
    ((*ANSWERED, "properties", "note", "type"), "string"),
    ((*ANSWERED, "properties", "kind", "enum"), ["news"]),
    (
        ("components", "schemas", "Part", "anyOf", 0),
        {**OTHER_PART, "properties": {"type": {"type": "string", "const": "new"}}},
    ),
]


def changed(place: Place, value: object) -> JsonSchemaValue:
    """The small document with another value at a place, or none."""
    document = copy.deepcopy(SMALL)
    node: Any = document
    *way, last = place
    for key in way:
        node = node[key]
    if value is GONE:
        del node[last]
    elif isinstance(node, list):
        node.append(value)
    else:
        node[last] = value
    return document


def test_the_document_breaks_no_client() -> None:
    """A new version may; `./nashra openapi --release` makes the present document the baseline."""
    found = breaks(BEFORE, DOCUMENT)
    assert may_break(BEFORE, DOCUMENT) or [text for text in found if not WANTED.search(text)] == []


def test_the_breaks_that_are_wanted_are_still_there() -> None:
    assert any(WANTED.search(text) for text in breaks(BEFORE, DOCUMENT)), "made the baseline meanwhile: take it out"


def test_the_baseline_holds_all_that_is_compared_and_no_more() -> None:
    assert (ROOT / schema.BASELINE).stat().st_size < 230_000
    assert contract(BEFORE) == BEFORE
    kept = json.loads(json.dumps(contract(DOCUMENT)))
    assert breaks(kept, DOCUMENT) == breaks(DOCUMENT, kept) == []


@pytest.mark.parametrize(("place", "value", "sentence"), BREAKING, ids=[sentence for *_, sentence in BREAKING])
def test_a_breaking_change_is_told(place: Place, value: object, sentence: str) -> None:
    assert breaks(SMALL, changed(place, value)) == [sentence]


@pytest.mark.parametrize(("place", "value"), COMPATIBLE, ids=["/".join(map(str, place)) for place, _ in COMPATIBLE])
def test_what_is_added_or_widened_breaks_nothing(place: Place, value: object) -> None:
    assert breaks(SMALL, changed(place, value)) == []


def test_what_is_newly_required_or_gone_or_was_excluded_breaks_clients() -> None:
    added = {"in": "query", "name": "new", "required": True, "schema": {}}
    assert breaks(SMALL, changed((*POST, "parameters", 1), added)) == ["POST /things, query parameter new: is required"]
    unused = changed(("components", "schemas", "Unused"), {})
    assert breaks(unused, SMALL) == ["schema Unused: is gone"]
    closed = changed((*ANSWERED, "additionalProperties"), False)
    new = "POST /things, answer 201 .part (is new where nothing could be added)"
    del closed["components"]["schemas"]["Thing"]["properties"]["part"]
    assert breaks(closed, SMALL) == [new]


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [("0.1.0", "0.1.9", False), ("0.1.0", "0.2.0", True), ("1.2.0", "1.3.0", False), ("1.2.0", "2.0.0", True)],
)
def test_a_new_version_may_break_clients(before: str, after: str, allowed: bool) -> None:
    assert may_break({"info": {"version": before}}, {"info": {"version": after}}) is allowed


def test_a_release_that_breaks_clients_needs_a_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(schema, "BASELINE", "baseline.json")
    options = Namespace(file="openapi.json", release=True)
    assert schema.write_openapi(options) == 0
    kept = json.loads(Path("baseline.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(contract(DOCUMENT)))
    kept["components"]["schemas"]["Feed"]["properties"]["size"] = {"type": "integer"}
    Path("baseline.json").write_text(json.dumps(kept), "utf-8")
    with pytest.raises(SystemExit):
        schema.write_openapi(options)
    assert "GET /v1/site, answer 200 .feeds [] .size (is gone)" in capsys.readouterr().err
    kept["info"]["version"] = "0.0.9"
    Path("baseline.json").write_text(json.dumps(kept), "utf-8")
    assert schema.write_openapi(options) == 0
