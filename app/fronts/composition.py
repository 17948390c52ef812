"""Compose a front: which items each slot shows at a moment.

1. Items by hand come first, in the desk's order: those that may show now, at most `max`; the others wait.
2. What is left of a slot is filled by its rule, newest first.

No article is shown twice: by hand beats a rule over the whole front, and the earlier slot wins.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.fronts.rows import Contents, HandItem, SlotFields
from app.kit.clock import written

SHOWN = ("url", "headline", "kicker", "summary", "image", "language")


class Candidate(NamedTuple):
    """An article that a rule draws."""

    article_id: str
    published_at: datetime
    too_old_at: datetime | None
    """When the rule stops matching it."""


@dataclass(frozen=True)
class Composition:
    """What the slots of a front show, as JSON values, without articles and pictures."""

    slots: list[dict[str, Any]]
    next_at: datetime | None = None
    """When the clock alone may change it."""

    @property
    def articles(self) -> frozenset[str]:
        """Ids of the articles that it shows."""
        return frozenset(item["article"] for slot in self.slots for item in slot["items"] if item["article"])


def by_hand(
    slots: Sequence[SlotFields], contents: Contents, visible: Container[str], now: datetime
) -> list[list[HandItem]]:
    """The items by hand that each slot shows."""
    taken: set[str] = set()
    return [list(_first(slot["max"], contents[slot["name"]].items, visible, taken, now)) for slot in slots]


def _first(
    most: int, items: Sequence[HandItem], visible: Container[str], taken: set[str], now: datetime
) -> Iterator[HandItem]:
    left = most
    for item in items:
        if left == 0:
            return
        if not item.is_live(now):
            continue
        if item.article_id is not None:
            if item.article_id not in visible or item.article_id in taken:
                continue
            taken.add(item.article_id)
        left -= 1
        yield item


def wanted_of(slots: Sequence[SlotFields], hand: Sequence[Sequence[HandItem]]) -> dict[int, int]:
    """How many candidates each rule must draw, by the number of its slot: those before it may take some of them."""
    found, taken = {}, sum(1 for items in hand for item in items if item.article_id)
    for number, slot in enumerate(slots):
        left = slot["max"] - len(hand[number])
        if slot["rule"] is not None and left > 0:
            taken += left
            found[number] = taken
    return found


def compose(
    slots: Sequence[SlotFields],
    contents: Contents,
    hand: Sequence[Sequence[HandItem]],
    candidates: Mapping[int, Sequence[Candidate]],
    now: datetime,
) -> Composition:
    """The front, from the items by hand that it shows and the articles that the rules draw, newest first."""
    taken = {item.article_id for items in hand for item in items if item.article_id}
    shown: list[dict[str, Any]] = []
    moments = [
        at for content in contents.values() for item in content.items for at in (item.starts_at, item.expires_at)
    ]
    for number, slot in enumerate(slots):
        free = [one for one in candidates.get(number, ()) if one.article_id not in taken]
        drawn = free[: slot["max"] - len(hand[number])]
        taken |= {one.article_id for one in drawn}
        moments += [one.too_old_at for one in drawn]
        items = [*map(_hand_item, hand[number]), *map(_drawn_item, drawn)]
        named = {name: slot[name] for name in ("name", "title", "url", "layout", "max")}
        shown.append({**named, "version": contents[slot["name"]].version, "items": items})
    return Composition(shown, min((at for at in moments if at is not None and at > now), default=None))


def _hand_item(item: HandItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "source": "hand",
        "article": item.article_id,
        **{name: getattr(item, name) for name in SHOWN},
        "starts_at": item.starts_at and written(item.starts_at),
        "expires_at": item.expires_at and written(item.expires_at),
    }


def _drawn_item(one: Candidate) -> dict[str, Any]:
    empty = dict.fromkeys((*SHOWN, "starts_at", "expires_at"))
    return {"id": one.article_id, "source": "rule", "article": one.article_id, **empty}
