"""The desk's order, in one call."""

from __future__ import annotations

import asyncio

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, moment, put_order, put_ticker, shown, texts, version

pytestmark = pytest.mark.anyio


async def three(room: Newsroom) -> list[str]:
    """A ticker with أ, ب and ج; their ids."""
    await put_ticker(room)
    return [(await add(room, text))["id"] for text in "أبج"]


async def test_an_order_stands_and_what_comes_later_comes_ahead(newsroom: Newsroom) -> None:
    a, b, c = await three(newsroom)
    await put_order(newsroom, [b, c, a])
    assert await texts(newsroom) == ["ب", "ج", "أ"]
    await add(newsroom, "د")
    assert await texts(newsroom) == ["د", "ب", "ج", "أ"]
    answer = await newsroom.desk("GET", f"/tickers/{SLUG}")
    assert [item["text"] for item in answer.json()["items"]] == ["د", "ب", "ج", "أ"]


async def test_an_order_names_every_live_item_once(newsroom: Newsroom) -> None:
    a, b, c = await three(newsroom)
    other = "0193aaaa-0000-7000-8000-000000000000"
    answer = await put_order(newsroom, [a, other, a, "؟"], expect=422)
    faults = [(fault["pointer"], fault["code"], fault["params"]["value"]) for fault in answer["errors"]]
    assert faults == [
        ("/items/1", "not_found", other),
        ("/items/2", "duplicate", a),
        ("/items/3", "not_found", "؟"),
        ("/items", "item_missing", b),
        ("/items", "item_missing", c),
    ]
    assert await texts(newsroom) == ["ج", "ب", "أ"]


async def test_an_item_of_another_ticker_is_unknown(newsroom: Newsroom) -> None:
    ids = await three(newsroom)
    await put_ticker(newsroom, "رياضة")
    foreign = (await add(newsroom, "هدف", to="رياضة"))["id"]
    answer = await put_order(newsroom, [*ids, foreign], expect=422)
    assert [fault["pointer"] for fault in answer["errors"]] == ["/items/3"]


async def test_items_that_do_not_show_may_be_named_but_need_not_be(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        a, b, c = await three(newsroom)
        later = (await add(newsroom, "لاحق", starts_at=moment(10)))["id"]
        await add(newsroom, "لاحق آخر", starts_at=moment(20))
        await put_order(newsroom, [c, later, b, a])
        assert await texts(newsroom) == ["ج", "ب", "أ"]
    with clock.frozen(at(30)):
        assert await texts(newsroom) == ["لاحق آخر", "ج", "لاحق", "ب", "أ"]


async def test_drawn_articles_may_be_named_by_their_id(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom, rules=[{}])
        first, second = [(await newsroom.published(name, at=moment(-n)))["id"] for n, name in enumerate("كل")]
        hand = (await add(newsroom, "نص"))["id"]
        hidden = (await newsroom.draft("مسودة"))["id"]
        answer = await put_order(newsroom, [second, hidden, hand], expect=422)
        assert [fault["pointer"] for fault in answer["errors"]] == ["/items/1"], "a draft is not on the ticker"
        await put_order(newsroom, [second, hand])
        assert [item["id"] for item in await shown(newsroom)] == [second, hand, first]
    with clock.frozen(at(1)):
        newest = (await newsroom.published("م"))["id"]
        assert [item["id"] for item in await shown(newsroom)] == [newest, second, hand, first]


async def test_an_empty_ticker_can_be_ordered(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    assert (await put_order(newsroom, []))["items"] == []


async def test_an_order_needs_the_present_version_of_the_ticker(newsroom: Newsroom) -> None:
    ids = await three(newsroom)
    path, body, read = f"/tickers/{SLUG}/order", {"items": ids}, await version(newsroom)
    await newsroom.desk("PUT", path, body, expect=428)
    await newsroom.desk("PUT", path, body, if_match=f'"{read}"', expect=200)
    answer = await newsroom.desk("PUT", path, body, if_match=f'"{read}"', expect=412)
    assert (answer.json()["version"], answer.headers["etag"]) == (read + 1, f'"{read + 1}"')


async def test_an_item_changed_meanwhile_makes_an_order_stale(newsroom: Newsroom) -> None:
    ids = await three(newsroom)
    read = await version(newsroom)
    added = await add(newsroom, "د")
    assert added["ticker_version"] == read + 1
    answer = await newsroom.desk("PUT", f"/tickers/{SLUG}/order", {"items": ids}, if_match=f'"{read}"', expect=412)
    assert answer.json()["version"] == read + 1


async def test_of_editors_who_order_at_once_one_wins_and_the_others_get_412(newsroom: Newsroom) -> None:
    ids = await three(newsroom)
    orders = [ids, ids[::-1], [ids[1], ids[0], ids[2]]]
    for number in range(len(orders)):
        await newsroom.hire("editor", f"محرر {number}")
    for _ in range(4):
        match = f'"{await version(newsroom)}"'

        async def put(number: int, match: str = match) -> int:
            headers = {"Authorization": f"Bearer {newsroom.tokens[f'محرر {number}']}", "If-Match": match}
            path = f"/v1/desk/tickers/{SLUG}/order"
            return (await newsroom.client.put(path, json={"items": orders[number]}, headers=headers)).status_code

        statuses = await asyncio.gather(*map(put, range(len(orders))))
        assert sorted(statuses) == [200, 412, 412]
        assert [item["id"] for item in await shown(newsroom)] == orders[statuses.index(200)]


async def test_items_added_at_once_are_all_kept_and_every_one_moves_the_version(newsroom: Newsroom) -> None:
    before = (await put_ticker(newsroom))["version"]
    made = await asyncio.gather(*(add(newsroom, f"خبر {number}") for number in range(6)))
    assert sorted(item["ticker_version"] for item in made) == [before + 1 + number for number in range(6)]
    assert len(await shown(newsroom)) == 6
