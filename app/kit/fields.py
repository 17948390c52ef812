"""Sparse fieldsets: `fields=headline,section.name` keeps these fields and `id`, and skips the work for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.main import IncEx

from app.kit.caching import JSON, PARTIAL
from app.kit.errors import Fault, InvalidQuery
from app.kit.faults import model_of, models_in, nearest_name

MOST = 100  # names
Tree = dict[str, Any]  # name -> True (all of it) or a Tree
# (field, the parameter that includes it, its inner fields that are present without that parameter).
Absent = tuple[tuple[str, str, tuple[str, ...]], ...]


class Selection:
    """The fields of a schema that an answer keeps; None for all."""

    def __init__(self, tree: Tree | None) -> None:
        self._tree = tree

    def wants(self, *names: str) -> bool:
        """Whether it keeps any of the top-level fields `names`."""
        return self._tree is None or any(name in self._tree for name in names)

    @property
    def media_type(self) -> str:
        """Content type of the answer: a parameter says that it is partial."""
        return JSON if self._tree is None else PARTIAL

    def include(self) -> IncEx | None:
        """Pydantic's `include` for one object; None for all."""
        return None if self._tree is None else self._tree

    def include_in_list(self) -> IncEx | None:
        """Pydantic's `include` for `{"data": [...], "page": {...}}`."""
        within: Tree = {"data": {"__all__": self._tree}, "page": True}
        return None if self._tree is None else within


@lru_cache(maxsize=1024)
def select_fields(schema: type[BaseModel], text: str | None, absent: Absent = ()) -> Selection:
    """Parse `fields=`. Raises `InvalidQuery` naming every unknown field; at most 100 names.

    `absent` are fields that need another parameter, which was not sent: naming them is a fault, too.
    """
    if text is None:
        return Selection(None)
    tree: Tree = {"id": True}
    names = _names(text)
    faults = [_unknown(name, [schema]) for name in names[:MOST] if not _add(tree, [schema], name.split("."))]
    faults += [
        _needs(name, parameter)
        for name in names[:MOST]
        for field, parameter, kept in absent
        if (name == field and not kept) or (name.startswith(f"{field}.") and name.removeprefix(f"{field}.") not in kept)
    ]
    _refuse(names, faults)
    return Selection(tree)


@lru_cache(maxsize=256)
def select_among(
    schemas: tuple[tuple[str, type[BaseModel]], ...],
    text: str,
    richer: tuple[type[BaseModel], ...],
    parameter: str,
) -> Mapping[str, Selection]:
    """Parse `fields=` for things of several kinds: pairs of a kind and its schema. Returns the selection of each kind.

    A name must be a field of one of them. One of the `richer` schemas only is there with another `parameter`.
    """
    trees: dict[str, Tree] = {kind: {"id": True} for kind, _ in schemas}
    names, faults, known = _names(text), [], [schema for _, schema in schemas]
    for name in names[:MOST]:
        path = name.split(".")
        added = [_add(trees[kind], [schema], path) for kind, schema in schemas]
        if any(added):
            continue
        is_elsewhere = any(_add({}, [schema], path) for schema in richer)
        faults.append(_needs(name, parameter) if is_elsewhere else _unknown(name, known))
    _refuse(names, faults)
    return {kind: Selection(tree) for kind, tree in trees.items()}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _needs(name: str, parameter: str) -> Fault:
    return Fault("needs_parameter", parameter="fields", params={"value": name, "parameter": parameter})


def _unknown(name: str, schemas: Sequence[type[BaseModel]]) -> Fault:
    nearest = next(filter(None, (_nearest(schema, name) for schema in schemas)), {})
    return Fault("unknown_name", parameter="fields", params={"value": name, **nearest})


def _refuse(names: list[str], faults: list[Fault]) -> None:
    """Raise `InvalidQuery` where there are faults, no names or too many."""
    if not names:
        faults = [Fault("required", parameter="fields")]
    if len(names) > MOST:
        faults.append(Fault("too_many", parameter="fields", params={"max": MOST}))
    if faults:
        raise InvalidQuery(errors=faults)


def _nearest(schema: type[BaseModel], name: str) -> dict[str, str]:
    """The suggestion for a misspelt name, or for a misspelt inner one (`section.nme`)."""
    head, _, rest = name.partition(".")
    inner = model_of(schema.model_fields.get(head))
    if inner and rest:
        return {key: f"{head}.{nearest}" for key, nearest in _nearest(inner, rest).items()}
    nearest = nearest_name(name, schema.model_fields)
    return {"nearest": nearest} if nearest else {}


def _add(tree: Tree, schemas: Sequence[type[BaseModel]], path: list[str]) -> bool:
    """Add a name to the tree; False where none of the `schemas`, the members of a union, has it."""
    head, rest = path[0], path[1:]
    found = [schema.model_fields[head].annotation for schema in schemas if head in schema.model_fields]
    if not found:
        return False
    if not rest:
        tree[head] = True
        return True
    inner, is_list = [model for annotation in found for model in models_in(annotation)], any(map(_is_list, found))
    present = tree.get(head)
    branch: Tree = {} if present in (None, True) else (present["__all__"] if is_list else present)
    if not inner or not _add(branch, inner, rest):
        return False
    if any("id" in model.model_fields for model in inner):
        branch["id"] = True
    if present is not True:
        tree[head] = {"__all__": branch} if is_list else branch
    return True


def _is_list(annotation: object) -> bool:
    """Whether the schemas in a type stand in a list."""
    own = get_origin(annotation) is list
    return own or any(_is_list(inner) for inner in get_args(annotation))
