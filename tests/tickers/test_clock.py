"""Everything by the clock is judged when the strip is read."""

from __future__ import annotations

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.strips import add, at, change, levels, moment, put_strip, shown, texts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("level", "minutes"), [("flash", 20), ("bulletin", 120), ("urgent", 360)])
async def test_a_level_calms_down_by_itself(newsroom: Newsroom, level: str, minutes: int) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "خبر", level=level)
    for when, expected in ((0, (level, moment(minutes))), (minutes - 1, (level, moment(minutes)))):
        with clock.frozen(at(when)):
            (item,) = await shown(newsroom)
            assert (item["level"], item["level_until"]) == expected
    with clock.frozen(at(minutes)):
        (item,) = await shown(newsroom)
        assert (item["level"], item["level_until"]) == ("normal", None)


async def test_an_item_that_calmed_down_gives_way_to_those_above(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "ومضة", level="flash")
        await add(newsroom, "عاجل", level="urgent")
    with clock.frozen(at(19)):
        assert await texts(newsroom) == ["ومضة", "عاجل"]
    with clock.frozen(at(20)):
        assert await texts(newsroom) == ["عاجل", "ومضة"]


async def test_the_settings_say_how_long_a_level_lasts(newsroom: Newsroom) -> None:
    newsroom.set(ticker_flash_minutes=1)
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "ومضة", level="flash")
    with clock.frozen(at(1)):
        assert await levels(newsroom) == ["normal"]


async def test_level_until_goes_before_the_settings(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "ومضة", level="flash", level_until=moment(90))
    with clock.frozen(at(89)):
        assert (await shown(newsroom))[0]["level_until"] == moment(90)
    with clock.frozen(at(90)):
        assert await levels(newsroom) == ["normal"]


async def test_the_level_of_a_scheduled_item_lasts_from_its_start(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "ومضة", level="flash", starts_at=moment(60))
    with clock.frozen(at(79)):
        (item,) = await shown(newsroom)
        assert (item["level"], item["level_until"], item["published_at"]) == ("flash", moment(80), moment(60))


async def test_a_level_that_is_given_late_lasts_from_then_on(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        item = await add(newsroom, "خبر يكبر")
    with clock.frozen(at(600)):
        item = await change(newsroom, item, level="flash")
        assert (await shown(newsroom))[0]["level_until"] == moment(620)
    with clock.frozen(at(630)):
        await change(newsroom, item, level="flash", text="خبر يكبر، بلا خطأ مطبعي")
        assert await levels(newsroom) == ["normal"], "a repair does not raise a forgotten flash again"


async def test_an_item_shows_from_its_start_until_it_expires(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_strip(newsroom)
        await add(newsroom, "بين موعدين", starts_at=moment(10), expires_at=moment(20))
        assert await shown(newsroom) == []
    for minutes, expected in ((9.999, []), (10, ["بين موعدين"]), (19.999, ["بين موعدين"]), (20, [])):
        with clock.frozen(at(minutes)):
            assert await texts(newsroom) == expected


async def test_updated_at_is_the_last_change_that_can_be_seen_or_a_later_appearance(newsroom: Newsroom) -> None:
    async def updated_at() -> str:
        return str((await newsroom.get("/v1/tickers/عاجل")).json()["updated_at"])

    with clock.frozen(at(0)):
        await put_strip(newsroom)
    with clock.frozen(at(1)):
        await add(newsroom, "أول")
        assert await updated_at() == moment(1)
    with clock.frozen(at(2)):
        await add(newsroom, "لاحق", starts_at=moment(30))
        assert await updated_at() == moment(1), "what is planned cannot be guessed"
    with clock.frozen(at(31)):
        assert await updated_at() == moment(30)
    with clock.frozen(at(40)):
        await newsroom.desk("PUT", "/tickers/عاجل", {"name": "آخر الأخبار"}, if_match="*")
        assert await updated_at() == moment(40)
