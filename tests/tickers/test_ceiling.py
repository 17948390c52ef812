"""A ticker holds so many items made by hand: every public read loads those that are live."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from app.kit import clock
from app.kit.ids import new_id
from app.tickers.models import TickerItem
from app.tickers.schemas import MAX_ORDERED, MAX_STANDING
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, change, moment, put_order, put_ticker

pytestmark = pytest.mark.anyio
PATH = f"/tickers/{SLUG}/items"
TOO_MANY = [("", "too_many", {"max": MAX_STANDING})]


async def fill(room: Newsroom, ticker: dict[str, Any], times: int, expires_at: datetime | None = None) -> None:
    """So many items at once."""
    async with room.app.state.database.transaction() as session:
        for number in range(times):
            item = TickerItem(id=new_id(), ticker_id=ticker["id"], text=f"خبر {number}", created_at=at(0))
            item.expires_at = expires_at
            session.add(item)


def faults(answer: Any) -> list[Any]:
    return [(fault["pointer"], fault["code"], fault["params"]) for fault in answer.json()["errors"]]


async def test_one_more_is_refused_until_one_expires(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        ticker = await put_ticker(newsroom)
        await fill(newsroom, ticker, MAX_STANDING - 1)
        last = await add(newsroom, "أخير", expires_at=moment(10))
        for body in ({"text": "زائد"}, {"text": "زائد", "starts_at": moment(60)}):
            assert faults(await newsroom.desk("POST", PATH, body, expect=422)) == TOO_MANY
        last = await change(newsroom, last, text="أخير، مصحّح")
    with clock.frozen(at(10)):
        await add(newsroom, "بديل")
        answer = await newsroom.desk("PATCH", f"{PATH}/{last['id']}", {"expires_at": None}, if_match="*", expect=422)
        assert faults(answer) == TOO_MANY, "a change does not bring an expired one back beyond the ceiling"
        await change(newsroom, last, text="يُصحّح بعد انتهائه")


async def test_expired_items_do_not_count_and_other_tickers_neither(newsroom: Newsroom) -> None:
    ticker, other = await put_ticker(newsroom), await put_ticker(newsroom, "رياضة")
    await fill(newsroom, ticker, MAX_STANDING + 1, clock.now())
    await fill(newsroom, other, MAX_STANDING)
    await add(newsroom, "خبر")
    await add(newsroom, "منتهٍ", to="رياضة", expires_at="2020-01-01T00:00:00Z")


async def test_posts_at_once_cannot_pass_the_ceiling(newsroom: Newsroom) -> None:
    await fill(newsroom, await put_ticker(newsroom), MAX_STANDING - 1)
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    url = f"/v1/desk{PATH}"
    answers = await asyncio.gather(
        *(newsroom.client.post(url, json={"text": "خبر"}, headers=headers) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_a_full_ticker_can_be_ordered(newsroom: Newsroom) -> None:
    ticker = await put_ticker(newsroom)
    await fill(newsroom, ticker, MAX_STANDING)
    ids = [item["id"] for item in (await newsroom.desk("GET", f"/tickers/{SLUG}")).json()["items"]]
    ordered = await put_order(newsroom, ids[::-1])
    assert [item["id"] for item in ordered["items"]] == ids[::-1]
    answer = await put_order(newsroom, ["x"] * (MAX_ORDERED + 1), expect=422)
    assert [(fault["pointer"], fault["code"]) for fault in answer["errors"]] == [("/items", "too_many")]


async def test_a_deleted_draft_takes_its_items_from_the_desk_read(newsroom: Newsroom) -> None:
    await put_ticker(newsroom)
    draft = await newsroom.draft("مسودة")
    gone = await add(newsroom, article=draft["id"])
    kept = await add(newsroom, "باقٍ")
    await put_order(newsroom, [gone["id"], kept["id"]])
    await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match="*", expect=204)
    ticker = (await newsroom.desk("GET", f"/tickers/{SLUG}")).json()
    assert [item["id"] for item in ticker["items"]] == [kept["id"]]
    assert [item["id"] for item in (await put_order(newsroom, [kept["id"]]))["items"]] == [kept["id"]]
