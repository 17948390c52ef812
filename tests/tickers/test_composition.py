"""Composing a ticker: a pure function from values."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tickers.composition import LEVELS, ShownItem, Story, compose, level_at
from tests.tickers.helpers import NOON, at

DURATIONS = {"flash": timedelta(minutes=20), "bulletin": timedelta(minutes=120), "urgent": timedelta(minutes=360)}


def item(id: str, minutes: float = 0, **fields: Any) -> ShownItem:
    """A text made by hand that appeared so many minutes after noon."""
    plain = ShownItem(id, id, "ar", "normal", None, at(minutes), at(minutes), None, is_manual=True, place=None)
    return replace(plain, **fields)


def about(article: str) -> Story:
    return Story(article, article, None, article, "ar", 5, NOON, NOON)


def ids(items: list[ShownItem], ordered_at: datetime | None = None, max_items: int = 100) -> str:
    return "".join(found.id for found in compose(items, ordered_at, max_items))


def test_newest_comes_first_and_the_id_decides_a_tie() -> None:
    assert ids([item("a", 1), item("b", 3), item("c", 2), item("d", 2)]) == "bdca"


def test_a_level_goes_before_time() -> None:
    items = [item(level[0], minutes, level=level) for minutes, level in enumerate(LEVELS)]
    assert ids(items) == "fbun"


def test_the_desks_order_holds_within_a_level_only() -> None:
    items = [item("a", 1, place=1), item("b", 2, place=2), item("c", 3, place=3, level="urgent")]
    assert ids(items, at(5)) == "cab"


def test_later_items_come_ahead_of_the_order_and_others_behind_it() -> None:
    items = [
        item("a", 1, place=2),
        item("b", 2, place=1),
        item("c", 9),
        item("d", 8),
        item("e", 3, is_manual=False, story=about("e")),  # a rule drew it already, and the order did not name it
        item("f", 7, is_manual=False, story=about("f")),
    ]
    assert ids(items, at(5)) == "cdfbae"


def test_an_ordered_item_keeps_its_place_when_it_comes_back_later() -> None:
    assert ids([item("a", 9, place=2), item("b", 1, place=1)], at(5)) == "ba"


def test_pinned_items_stand_at_their_positions() -> None:
    items = [item("a", 3), item("b", 2), item("c", 1), item("p", 0, pinned=2), item("q", 0, pinned=4)]
    assert ids(items) == "apbqc"


def test_a_pin_is_stronger_than_a_level() -> None:
    assert ids([item("a", level="flash"), item("p", pinned=1)]) == "pa"


def test_a_pin_beyond_the_end_goes_to_the_end() -> None:
    assert ids([item("a", 2), item("b", 1), item("p", pinned=9), item("q", pinned=50)]) == "abpq"


def test_of_two_at_one_position_the_one_pinned_last_stands_there_and_the_other_moves_on() -> None:
    old, new = item("o", 5, pinned=1, pinned_at=at(5)), item("n", 0, pinned=1, pinned_at=at(6))
    assert ids([old, new, item("a")]) == "noa"


def test_one_that_moves_on_does_not_push_a_third_from_its_position() -> None:
    pins = [item("a", pinned=1, pinned_at=at(2)), item("b", pinned=1, pinned_at=at(1)), item("c", pinned=2)]
    assert ids([*pins, item("x")]) == "acbx"


def test_a_ticker_that_is_full_keeps_its_pinned_items() -> None:
    items = [item("a", 3), item("b", 2), item("c", 1), item("p", pinned=10)]
    assert ids(items, max_items=3) == "abp"


def test_max_items_cuts_the_end() -> None:
    assert ids([item("a", 3), item("b", 2), item("c", 1)], max_items=2) == "ab"


def test_an_item_made_by_hand_wins_over_one_that_a_rule_draws() -> None:
    matched = item("d", 9, is_manual=False, story=about("x"), level="flash")
    assert ids([matched, item("h", 1, story=about("x"))]) == "h"


def test_of_two_made_by_hand_the_first_in_order_wins() -> None:
    assert ids([item("a", 1, story=about("x")), item("b", 2, story=about("x"))]) == "b"
    assert ids([item("a", 1, story=about("x"), pinned=1), item("b", 2, story=about("x"))]) == "a"


def test_an_article_that_two_rules_draw_takes_the_more_urgent_level() -> None:
    calm = item("x", 1, is_manual=False, story=about("x"))
    ticker = compose([calm, replace(calm, level="urgent")], None, 10)
    assert [(found.id, found.level) for found in ticker] == [("x", "urgent")]


@pytest.mark.parametrize(("level", "minutes"), [("flash", 20), ("bulletin", 120), ("urgent", 360)])
def test_a_level_calms_down_at_its_moment(level: str, minutes: int) -> None:
    just_before = at(minutes) - timedelta(milliseconds=1)
    assert level_at(just_before, level, NOON, None, DURATIONS) == (level, at(minutes))
    assert level_at(at(minutes), level, NOON, None, DURATIONS) == ("normal", None)


def test_a_given_moment_goes_before_the_settings() -> None:
    assert level_at(at(30), "flash", NOON, at(60), DURATIONS) == ("flash", at(60))
    assert level_at(at(10), "flash", NOON, at(5), DURATIONS) == ("normal", None)
    assert level_at(at(10), "normal", NOON, at(60), DURATIONS) == ("normal", None)


@st.composite
def item_lists(draw: st.DrawFn) -> list[ShownItem]:
    """Items of every sort; some share an article."""
    items = []
    for number in range(draw(st.integers(0, 12))):
        story = draw(st.sampled_from([None, about("x"), about("y"), about("z")]))
        items.append(
            item(
                f"{number:02}",
                draw(st.integers(0, 5)),
                level=draw(st.sampled_from(LEVELS)),
                story=story,
                is_manual=draw(st.booleans()) if story else True,
                place=draw(st.none() | st.integers(1, 9)),
                pinned=draw(st.none() | st.integers(1, 14)),
                pinned_at=at(draw(st.integers(0, 3))),
            )
        )
    return items


@given(item_lists(), st.integers(1, 15), st.none() | st.just(at(3)))
def test_any_ticker_keeps_the_rules(items: list[ShownItem], max_items: int, ordered_at: datetime | None) -> None:
    ticker = compose(items, ordered_at, max_items)
    stories = [found.story.id for found in ticker if found.story]
    assert len(ticker) <= max_items
    assert len(stories) == len(set(stories))
    loose = [LEVELS.index(found.level) for found in ticker if not found.pinned]
    assert loose == sorted(loose)
    # A pin never stands before its position; behind it only at the end, or pushed by other pins.
    for place, found in enumerate(ticker, start=1):
        if found.pinned and place < found.pinned:
            assert all(later.pinned for later in ticker[place - 1 :])
    assert compose(list(reversed(items)), ordered_at, max_items) == ticker


@given(item_lists())
def test_nothing_is_lost_while_there_is_room(items: list[ShownItem]) -> None:
    kept = {found.id for found in compose(items, None, 100)}
    stories = {found.story.id for found in items if found.story}
    assert len(kept) == sum(found.story is None for found in items) + len(stories)
