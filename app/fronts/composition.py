"""Compose a front: which items each slot shows at a moment.

1. Items by hand come first, in the desk's order: those that may show now, at most `max`; the others wait.
2. What is left of a slot is filled by its rule, newest first.

No article is shown twice: by hand beats a rule over the whole front, and the earlier slot wins.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.fronts.rows import Contents, HandItem, SlotFields
from app.kit.clock import written
from app.placing.places import Candidate
from app.placing.rules import RuleFields

SHOWN = ("url", "headline", "kicker", "summary", "image", "language")


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


def wanted_of(slots: Sequence[SlotFields], hand: Sequence[Sequence[HandItem]]) -> dict[int, tuple[RuleFields, int]]:
    """The rules that fill what is left of slots, with how many articles each may give, by the number of the slot."""
    return {
        number: (slot["rule"], slot["max"] - len(hand[number]))
        for number, slot in enumerate(slots)
        if slot["rule"] is not None and slot["max"] > len(hand[number])
    }


def compose(
    slots: Sequence[SlotFields],
    contents: Contents,
    hand: Sequence[Sequence[HandItem]],
    drawn_by_rules: Mapping[int, Sequence[Candidate]],
    now: datetime,
) -> Composition:
    """The front, from the items by hand that it shows and the articles that the rules give to each slot."""
    shown: list[dict[str, Any]] = []
    moments = [
        at for content in contents.values() for item in content.items for at in (item.starts_at, item.expires_at)
    ]
    for number, slot in enumerate(slots):
        drawn = drawn_by_rules.get(number, ())
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
