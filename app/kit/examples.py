"""OpenAPI examples, generated from the schemas: always valid, with texts in Arabic."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

# Example values by field name. Field-level examples and `examples` of a schema come first.
BY_NAME: dict[str, object] = {
    "headline": "المرصد يرصد «لؤلؤة الخريف» فوق بادية تدمر",
    "short_headline": "«لؤلؤة الخريف» فوق تدمر",
    "summary": "صورة نادرة لسديم بعيد التقطها هواة الفلك فجر اليوم.",
    "name": "علوم",
    "slug": "علوم",
    "description": "أخبار البحث والاكتشاف.",
    "bio": "محرّرة الشؤون العلمية.",
    "byline": "ليلى القاسم",
    "author_name": "ليلى القاسم",
    "author_email": "layla@example.org",
    "member_name": "سلمى الخطيب",
    "text": "المرصد يرصد «لؤلؤة الخريف»",
    "body": "شكرًا على هذا الخبر.",
    "body_html": "<p>شكرًا على هذا الخبر.</p>",
    "html": "<p>التقط هواة الفلك صورة نادرة فجر اليوم.</p>",
    "body_source": "<p>التقط هواة الفلك صورة نادرة فجر اليوم.</p>",
    "note": "صُحّح اسم المدينة في الفقرة الثانية.",
    "reason": "نُشر الخبر قبل التحقق من مصدره.",
    "withdrawn_reason": "نُشر الخبر قبل التحقق من مصدره.",
    "alt": "سديم بنفسجي فوق أفق الصحراء",
    "caption": "السديم كما ظهر فجر اليوم.",
    "credit": "جمعية هواة الفلك",
    "title": "شارك برأيك",
    "label": "الاسم",
    "url": "https://news.example/a/%D8%B9%D9%84%D9%88%D9%85",
    "language": "ar",
    "direction": "rtl",
    "message": "النص أطول مما يُنصح به.",
    "code": "long_text",
    "action": "article.publish",
    "resource": "article",
    "field": "headline",
    "blocks": [{"type": "paragraph", "direction": None, "spans": [{"text": "التقط هواة الفلك صورة.", "marks": []}]}],
    "count": 3,
    "next": None,
    "total": None,
    "limit": 20,
}
DEEPEST = 8


def restore_nulls(schemas: JsonSchemaValue) -> None:
    """Restore the nulls that FastAPI drops from the examples of schemas."""
    for schema in schemas.values():
        for example in schema.get("examples", []):
            if isinstance(example, dict):
                example.update({name: None for name in schema.get("required", []) if name not in example})


def example_of(schema: JsonSchemaValue, schemas: JsonSchemaValue, *, only_required: bool = False) -> object:
    """A valid value for `schema`. `only_required` omits optional fields (for requests)."""
    return _value(schema, schemas, "", only_required, 0)


def _value(schema: JsonSchemaValue, schemas: JsonSchemaValue, name: str, only_required: bool, depth: int) -> object:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    for branch in ("anyOf", "oneOf", "allOf"):
        if branch in schema:
            return _branch(schema[branch], schemas, name, only_required, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    return _plain(schema, schemas, name, only_required, depth)


def _branch(
    branches: list[JsonSchemaValue], schemas: JsonSchemaValue, name: str, only_required: bool, depth: int
) -> object:
    """The example of the first branch that is not null; null beyond a depth."""
    nullable = any(branch.get("type") == "null" for branch in branches)
    if nullable and depth > DEEPEST // 2:
        return None
    solid = [branch for branch in branches if branch.get("type") != "null"]
    return _value(solid[0], schemas, name, only_required, depth) if solid else None


def _plain(schema: JsonSchemaValue, schemas: JsonSchemaValue, name: str, only_required: bool, depth: int) -> object:
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, schemas, only_required, depth)
    if kind == "array":
        if name in BY_NAME:
            return BY_NAME[name]
        return [] if depth > DEEPEST else [_value(schema.get("items", {}), schemas, name, only_required, depth + 1)]
    if kind == "string":
        return _text(schema, name)
    if kind == "boolean":
        return bool(schema.get("default", False))
    if kind in {"integer", "number"}:
        known = BY_NAME.get(name)
        return known if isinstance(known, int) else schema.get("default", schema.get("minimum", 1))
    return BY_NAME.get(name)


def _object(schema: JsonSchemaValue, schemas: JsonSchemaValue, only_required: bool, depth: int) -> JsonSchemaValue:
    required = schema.get("required", [])
    return {
        name: _value(field, schemas, name, only_required, depth + 1)
        for name, field in schema.get("properties", {}).items()
        if not only_required or name in required
    }


def _text(schema: JsonSchemaValue, name: str) -> str:
    formats = {
        "uuid": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
        "date-time": "2026-11-23T19:14:15.000Z",
        "uri": "https://news.example/a/%D8%B9%D9%84%D9%88%D9%85",
        "email": "layla@example.org",
    }
    known = BY_NAME.get(name)
    if schema.get("format") in formats:
        return formats[schema["format"]]
    return known if isinstance(known, str) else "نص"
