"""The present states of things of any kind, or the reason of their absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic_core import from_json, to_json

from app.changes.noun import Absence, Lookup, Noun, State
from app.changes.pending import Thing
from app.kit.fields import Selection
from app.kit.yielding import yielding

States = dict[Thing, State | Absence]
AT_ONCE = 100  # things read by one statement


async def present_states(nouns: Mapping[str, Noun], lookup: Lookup, things: Iterable[Thing]) -> States:
    """The states of these things in one snapshot; a few statements for each kind and `AT_ONCE` things.

    An unknown kind (written by a newer version) is absent: `deleted`.
    """
    wanted: dict[str, list[str]] = {}
    for kind, id in dict.fromkeys(things):
        wanted.setdefault(kind, []).append(id)
    parts = [(kind, ids[n : n + AT_ONCE]) for kind, ids in wanted.items() for n in range(0, len(ids), AT_ONCE)]
    found: States = {}
    async for kind, some in yielding(parts):
        states = await _of_kind(nouns.get(kind), lookup, some)
        found |= {(kind, id): states[id] for id in some}
    return found


async def _of_kind(noun: Noun | None, lookup: Lookup, ids: list[str]) -> Mapping[str, State | Absence]:
    if noun is None:
        return dict.fromkeys(ids, Absence("deleted"))
    states = await noun.present(lookup, ids)
    if selection := lookup.selections.get(noun.kind):
        states = {id: _selected(state, selection) async for id, state in yielding(states.items())}
    missing = [id for id in ids if id not in states]
    absent = await noun.absent(lookup, missing) if missing else {}
    return {**dict.fromkeys(missing, Absence(noun.absence)), **absent, **states}


def _selected(state: State, selection: Selection) -> State:
    """With the selected fields only: any noun's state, which is JSON already."""
    if not state.content or (include := selection.include()) is None:
        return state
    return replace(state, content=to_json(from_json(state.content), include=include))
