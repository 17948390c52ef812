"""Answers from rows: public ones through the cache with an ETag, desk ones with `no-store`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice, repeat
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.main import IncEx
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from app.kit.caching import JSON, at_desk, deliver
from app.kit.fields import Selection
from app.kit.paging import Item, Slice, next_link

ALL = Selection(None)


@lru_cache(maxsize=256)
def _adapter(schema: Any) -> TypeAdapter[Any]:
    return TypeAdapter(schema)


def written(schema: object, value: object, include: IncEx | None = None) -> bytes:
    """Validate `value` against `schema` and serialise it to JSON. An invalid value is a bug: it raises."""
    adapter = _adapter(schema)
    if not include:
        return adapter.dump_json(adapter.validate_python(value, from_attributes=True), exclude_unset=True)
    return adapter.dump_json(adapter.validate_python(value, from_attributes=True), include=include, exclude_unset=True)


def unvalidated(schema: object, value: object, include: IncEx | None = None) -> bytes:
    """Serialise `value` to JSON without validation: for hot paths whose values are built in one place.

    The tests compare every such answer, byte for byte, with the result of `written`.
    """
    return to_json(value, include=include)


def spliced(schema: object, value: Mapping[str, object], rows: Iterable[bytes]) -> bytes:
    """Serialise `value` without validation, with the JSON texts `rows` as its first member, `data`."""
    around = unvalidated(schema, {"data": [], **value})
    return b'{"data":[%b%b' % (b",".join(rows), around.removeprefix(b'{"data":['))


def delivered_list(
    request: Request,
    schema: type[BaseModel],
    slice: Slice[object],
    rows: Sequence[object],
    *,
    tags: Iterable[str],
    selection: Selection = ALL,
    shaped: bool = False,
) -> Response:
    """A public page of `rows`, with `Link`, `ETag` and cache tags. `shaped`: needs no validation."""
    write = unvalidated if shaped else written
    content = write(schema, {"data": rows, "page": slice.page()}, selection.include_in_list())
    headers, media_type = next_link(request, slice.next), selection.media_type
    return deliver(request, content, tags=tags, headers=headers, media_type=media_type)


def delivered_page(
    request: Request,
    slice: Slice[object],
    rows: Iterable[bytes],
    *,
    tags: Iterable[str],
    shows: Iterable[str] | None = None,
    media_type: str = JSON,
) -> Response:
    """A public page from the JSON texts of its rows."""
    content = b"".join((b'{"data":[', *with_commas(rows), b'],"page":', to_json(slice.page()), b"}"))
    headers = next_link(request, slice.next)
    return deliver(request, content, tags=tags, shows=shows, headers=headers, media_type=media_type)


def with_commas(rows: Iterable[bytes]) -> Iterable[bytes]:
    """The rows with commas between them, to join them with what is around: to join twice would copy twice."""
    return islice(chain.from_iterable(zip(repeat(b","), rows, strict=False)), 1, None)


def delivered(
    request: Request,
    schema: type[BaseModel],
    value: object,
    *,
    tags: Iterable[str],
    modified: datetime | None = None,
    selection: Selection = ALL,
    shaped: bool = False,
) -> Response:
    """A public answer with one thing. `shaped`: needs no validation."""
    write = unvalidated if shaped else written
    content = write(schema, value, selection.include())
    return deliver(request, content, tags=tags, modified=modified, media_type=selection.media_type)


def desk_list(
    request: Request, schema: type[BaseModel], slice: Slice[Item], shape: Callable[[Item], object] | None = None
) -> Response:
    """A desk page; `shape` turns a row into a value for the schema."""
    rows = [shape(row) for row in slice.rows] if shape else list(slice.rows)
    content = written(schema, {"data": rows, "page": slice.page()})
    return at_desk(content, headers=next_link(request, slice.next))
