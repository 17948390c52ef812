"""Everything by the clock is judged when the ticker is read."""

from __future__ import annotations

import pytest

from app.kit import clock
from tests.newsroom import Newsroom
from tests.tickers.helpers import SLUG, add, at, change, levels, moment, put_ticker, shown, texts, updated_at

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("level", "minutes"), [("flash", 20), ("bulletin", 120), ("urgent", 360)])
async def test_a_level_calms_down_by_itself(newsroom: Newsroom, level: str, minutes: int) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
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
        await put_ticker(newsroom)
        await add(newsroom, "ومضة", level="flash")
        await add(newsroom, "عاجل", level="urgent")
    with clock.frozen(at(19)):
        assert await texts(newsroom) == ["ومضة", "عاجل"]
    with clock.frozen(at(20)):
        assert await texts(newsroom) == ["عاجل", "ومضة"]


async def test_the_settings_say_how_long_a_level_lasts(newsroom: Newsroom) -> None:
    newsroom.set(ticker_flash_minutes=1)
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        await add(newsroom, "ومضة", level="flash")
    with clock.frozen(at(1)):
        assert await levels(newsroom) == ["normal"]


async def test_level_until_goes_before_the_settings(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        await add(newsroom, "ومضة", level="flash", level_until=moment(90))
    with clock.frozen(at(89)):
        assert (await shown(newsroom))[0]["level_until"] == moment(90)
    with clock.frozen(at(90)):
        assert await levels(newsroom) == ["normal"]


async def test_the_level_of_a_scheduled_item_lasts_from_its_start(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        await add(newsroom, "ومضة", level="flash", starts_at=moment(60))
    with clock.frozen(at(79)):
        (item,) = await shown(newsroom)
        assert (item["level"], item["level_until"], item["published_at"]) == ("flash", moment(80), moment(60))


async def test_a_level_that_is_given_late_lasts_from_then_on(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        item = await add(newsroom, "خبر يكبر")
    with clock.frozen(at(600)):
        item = await change(newsroom, item, level="flash")
        assert (await shown(newsroom))[0]["level_until"] == moment(620)
    with clock.frozen(at(630)):
        await change(newsroom, item, level="flash", text="خبر يكبر، بلا خطأ مطبعي")
        assert await levels(newsroom) == ["normal"], "a repair does not raise a forgotten flash again"


async def test_an_item_shows_from_its_start_until_it_expires(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        await add(newsroom, "بين موعدين", starts_at=moment(10), expires_at=moment(20))
        assert await shown(newsroom) == []
    for minutes, expected in ((9.999, []), (10, ["بين موعدين"]), (19.999, ["بين موعدين"]), (20, [])):
        with clock.frozen(at(minutes)):
            assert await texts(newsroom) == expected


async def test_updated_at_is_the_last_change_that_can_be_seen_or_a_later_appearance(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
    with clock.frozen(at(1)):
        await add(newsroom, "أول")
        assert await updated_at(newsroom) == moment(1)
    with clock.frozen(at(2)):
        await add(newsroom, "لاحق", starts_at=moment(30))
        assert await updated_at(newsroom) == moment(1), "what is planned cannot be guessed"
    with clock.frozen(at(31)):
        assert await updated_at(newsroom) == moment(30)
    with clock.frozen(at(40)):
        await newsroom.desk("PUT", "/tickers/عاجل", {"name": "آخر الأخبار"}, if_match="*")
        assert await updated_at(newsroom) == moment(40)


async def test_updated_at_moves_on_where_an_item_calms_down_or_expires(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        item = await add(newsroom, "ومضة", level="flash", starts_at=moment(1), expires_at=moment(30))
        other = await add(newsroom, "بأجل", level="urgent", starts_at=moment(2), level_until=moment(25))
    for minutes, expected in ((1, 1), (2, 2), (20, 2), (21, 21), (25, 25), (29, 25), (30, 30), (99, 30)):
        with clock.frozen(at(minutes)):
            assert await updated_at(newsroom) == moment(expected), minutes
    with clock.frozen(at(100)):
        item = await change(newsroom, item, expires_at=moment(29))
        assert await updated_at(newsroom) == moment(30), "what is over can be changed without going back"
        await newsroom.desk("DELETE", f"/tickers/{SLUG}/items/{item['id']}", if_match="*")
        assert await updated_at(newsroom) == moment(30)
        await newsroom.desk("DELETE", f"/tickers/{SLUG}/items/{other['id']}", if_match="*")
        assert await updated_at(newsroom) == moment(100)


async def test_updated_at_moves_on_with_the_articles(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom, rules=[{"urgency_max": 1}])
        await newsroom.published("مسحوب", urgency=1)
        followed = await newsroom.published("متبوع")
        item = await add(newsroom, article=followed["id"])
    with clock.frozen(at(5)):
        followed = await newsroom.change(followed, headline="متبوع مصحّح")
        assert await updated_at(newsroom) == moment(5)
    with clock.frozen(at(20)):
        assert await updated_at(newsroom) == moment(20), "the drawn flash has calmed down"
    with clock.frozen(at(30)):
        await newsroom.act(followed, "withdraw", {"reason": "error"})
        assert await texts(newsroom) == ["مسحوب"]
    with clock.frozen(at(40)):
        assert await updated_at(newsroom) == moment(30)
        await newsroom.desk("DELETE", f"/tickers/{SLUG}/items/{item['id']}", if_match="*")
        assert await updated_at(newsroom) == moment(30)


async def test_an_item_that_expired_unseen_does_not_move_updated_at(newsroom: Newsroom) -> None:
    with clock.frozen(at(0)):
        await put_ticker(newsroom)
        draft = await newsroom.draft("مسودة")
        await add(newsroom, article=draft["id"], expires_at=moment(10))
    with clock.frozen(at(20)):
        assert await updated_at(newsroom) == moment(0)
