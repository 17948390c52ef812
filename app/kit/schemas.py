"""Base classes and field types of all request and response schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from app.kit import clock
from app.kit.faults import custom
from app.kit.ids import as_id
from app.text.characters import clean_line, clean_prose, graphemes, is_blank, name_faults
from app.text.languages import canonical_language
from app.text.slugs import canonical_slug, slug_faults

LONGEST_SLUG = 80
CODE_POINTS_PER_GRAPHEME = 8  # a grapheme can be arbitrarily long: a ceiling, published as `maxLength`


class Input(BaseModel):
    """What a client sends: an unknown field is an error.

    Its JSON Schema has no `default`: generated clients would send it, and a field that has one is required in
    TypeScript. The description says it instead.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler(schema)
        for field in handler.resolve_ref_schema(written).get("properties", {}).values():
            cls._describe(field, field.pop("default", None))
        return written

    @classmethod
    def _describe(cls, field: JsonSchemaValue, default: object) -> None:
        """Append the default to the description."""
        if default not in (None, "", []):
            shown = default if isinstance(default, str) else json.dumps(default)
            field["description"] = f"{field.get('description', '')} Left out: `{shown}`.".lstrip()


class Patch(Input):
    """JSON Merge Patch (RFC 7396): what is left out stays; only null gives a field its default."""

    @classmethod
    def _describe(cls, field: JsonSchemaValue, default: object) -> None:
        if any(branch.get("type") == "null" for branch in field.get("anyOf", ())):
            super()._describe(field, default)
        if "description" in field:
            field["description"] = field["description"].replace("Left out:", "Null:")


class Output(BaseModel):
    """What a client gets: every field is always present."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class Query(BaseModel):
    """What may stand in a query string: an unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class NoQuery(Query):
    """This operation takes no query parameters."""


def open_to(choice: Any) -> WithJsonSchema:
    """JSON Schema of a text that is one of the values of the `Literal` `choice` today, and may be another tomorrow."""
    return one_of(get_args(choice))


def one_of(values: Iterable[str]) -> WithJsonSchema:
    """JSON Schema of a text that is one of `values` today, and may be another tomorrow."""
    return WithJsonSchema({"anyOf": [{"type": "string", "enum": list(values)}, {"type": "string"}]})


class DescribedBy:
    """JSON Schema of another type: `Annotated[list[dict[str, object]], DescribedBy(list[Block])]`.

    For values that are built in one place, and not validated again.
    """

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(TypeAdapter(self.schema).core_schema)


class Text:
    """A text for people, as metadata of a type: `Annotated[str, Line(300)]`.

    It is cleaned, then measured: `low` to `high` graphemes; with `low=0` a blank text becomes empty.
    """

    clean: Callable[[str], str]

    def __init__(self, high: int, low: int = 1) -> None:
        self.high, self.low = high, low

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        limits = {"x-min-graphemes": self.low, "x-max-graphemes": self.high}
        return {**handler(schema), **limits, "maxLength": self.high * CODE_POINTS_PER_GRAPHEME}

    def refuse_far_too_long(self, text: str) -> None:
        """Check the length in code points first: cleaning and counting graphemes are slow."""
        if len(text) > self.high * CODE_POINTS_PER_GRAPHEME:
            raise custom("too_long", max=self.high, actual=len(text))

    def checked(self, text: str) -> str:
        self.refuse_far_too_long(text)
        text = type(self).clean(text)
        if is_blank(text):
            if self.low:
                raise custom("required")
            return ""
        count = graphemes(text)
        if count > self.high or len(text) > self.high * CODE_POINTS_PER_GRAPHEME:
            raise custom("too_long", max=self.high, actual=max(count, self.high + 1))
        if count < self.low:
            raise custom("too_short", min=self.low, actual=count)
        return text


class Line(Text):
    """One line."""

    clean = staticmethod(clean_line)


class Prose(Text):
    """Several lines."""

    clean = staticmethod(lambda text: clean_prose(text).strip("\n\t "))


class Name(Line):
    """The name of a person or thing: without invisible characters, or mixed scripts inside a word."""

    def checked(self, text: str) -> str:
        self.refuse_far_too_long(text)
        if not is_blank(text) and (faults := name_faults(text.strip())):
            raise custom(faults[0])
        return super().checked(text)


def _language(tag: str) -> str:
    try:
        return canonical_language(tag)
    except ValueError:
        raise custom("language_invalid") from None


# Characters that RFC 3986 allows nowhere: clients may put a URL into an HTML attribute unescaped.
LONGEST_URL = 2000
NOT_IN_URLS = re.compile(r'["<>\\^`{|}\s]')


def _web_url(text: str) -> str:
    """Validate a URL (RFC 3986): http or https, with a host, without user information."""
    if len(text) > 2 * LONGEST_URL:
        raise custom("too_long", max=LONGEST_URL, actual=len(text))
    text = clean_line(text)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise custom("url_invalid") from None
    if (
        parts.scheme not in {"http", "https"}
        or "@" in parts.netloc
        or len(text) > LONGEST_URL
        or NOT_IN_URLS.search(text)
    ):
        raise custom("url_invalid")
    if not host or not any(host.split(".")):
        raise custom("url_invalid")
    return text


def _slug(text: str) -> str:
    if len(text) > LONGEST_SLUG * CODE_POINTS_PER_GRAPHEME:
        raise custom("too_long", max=LONGEST_SLUG, actual=len(text))
    if faults := slug_faults(text):
        raise custom(
            {"blank": "required"}.get(faults[0], faults[0]),
            **({"max": LONGEST_SLUG, "actual": len(text)} if "too_long" in faults else {}),
        )
    return canonical_slug(text)


def _id(text: str) -> str:
    known = as_id(text)
    if known is None:
        raise custom("id_invalid")
    return known


def _written(value: object) -> object:
    return clock.written(value) if isinstance(value, datetime) else value


# `+03:00` in a query string, where an unencoded `+` is a space.
_PLUS_READ_AS_SPACE = re.compile(r"\d \d\d:?\d\d$", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _only_text(value: object) -> object:
    """Accept only RFC 3339 text as a timestamp, no numbers, which Pydantic would accept."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.match(value):
        raise custom("date_invalid")
    if _PLUS_READ_AS_SPACE.search(value):
        raise custom("plus_not_encoded")
    return value


def _moment(value: datetime) -> datetime:
    """Truncate to milliseconds in UTC; refuse years that a client or database may not support."""
    if not 1800 < value.year < 2500:
        raise custom("date_invalid")
    return clock.floor(value)


def _whole(value: object) -> object:
    """Accept `5`, not `5.0` or ` 5`, which Pydantic would convert."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,4000}", value, re.ASCII):
        raise custom("wrong_type", expected="integer")
    return value


WHOLE = BeforeValidator(_whole)
Language = Annotated[
    str, AfterValidator(_language), Field(max_length=35, description="BCP 47 language tag.", examples=["ar"])
]
LanguageTag = Annotated[str, Field(max_length=35, description="BCP 47 language tag.", examples=["ar"])]
WebUrl = Annotated[str, AfterValidator(_web_url), Field(json_schema_extra={"format": "uri"})]
SlugInput = Annotated[
    str, AfterValidator(_slug), Field(json_schema_extra={"maxLength": LONGEST_SLUG * CODE_POINTS_PER_GRAPHEME})
]
IdInput = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"format": "uuid"})]
MomentInput = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_moment),
    PlainSerializer(_written, return_type=str, when_used="json"),
]

IdText = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
Moment = Annotated[
    datetime,
    PlainSerializer(_written, return_type=str),
    Field(
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-23T19:14:15.000Z"],
    ),
]
Direction = Literal["rtl", "ltr"]


class Ref(Output):
    """What another thing is called and where it is."""

    id: IdText
    slug: str
    name: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """Address of its page on the web site."""


class Warned(Output):
    """Something was accepted, but differs from what was sent or from good practice."""

    code: str
    """Stable code: `removed_element`, `long_text`, …"""
    message: str
    """The same for people, in the language of `Accept-Language`."""
    params: dict[str, Any]
