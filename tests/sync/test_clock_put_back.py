"""A clock that goes forward and back: a client that follows the log, or starts anew, ends with what delivery shows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.changes.models import Change
from app.kit import clock
from tests.newsroom import Newsroom, beside, opened
from tests.sync.mirror import Mirror, delivered, joined
from tests.sync.test_histories import History, attend

pytestmark = pytest.mark.anyio

FORWARD = [0.5, 2, 3, 4, 6, 20, 60, 420, 2700]  # seconds
BACK = [-0.5, -1, -2, -3, -4.5, -6, -10, -60, -1800, -5400]
LATER = (timedelta(seconds=13), timedelta(hours=1))  # by then every change is due, also for a clock with a little skew


@pytest.mark.parametrize("seed", [4, 10, 12, 16])  # each has found a fault
async def test_clients_of_the_log_end_with_what_delivery_shows(database_url: str, seed: int) -> None:
    settings = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    async with opened(database_url, **settings) as newsroom:
        history, moment = History(newsroom, seed), clock.now()
        with clock.frozen(moment):  # or it would go back at first by as long as this takes
            await history.begin()
        mirrors = [Mirror(newsroom)]
        for _ in range(25):
            moment += timedelta(seconds=history.random.choice(FORWARD + BACK))
            with clock.frozen(moment):
                for _ in range(history.random.randrange(4)):
                    await history.step()
                if history.random.random() < 0.3:
                    mirrors.append(await _followed(Mirror(newsroom)))
                await attend(newsroom)
                for mirror in mirrors:
                    if history.random.random() < 0.4:
                        await mirror.follow()
        for later in LATER:
            moment = await _when_all_has_come(newsroom, moment + later)
            with clock.frozen(moment):
                await attend(newsroom)
                expected = await delivered(newsroom)
                for mirror in [*mirrors, Mirror(newsroom)]:
                    shown = (await _followed(mirror)).shown()
                    assert shown == {thing: joined(value, mirror.things) for thing, value in expected.items()}


async def _followed(mirror: Mirror) -> Mirror:
    await mirror.follow()
    return mirror


async def _when_all_has_come(newsroom: Newsroom, moment: datetime) -> datetime:
    """The first moment from this one at which every row is due."""
    while True:
        with clock.frozen(moment):
            await attend(newsroom)
        ahead = select(func.count()).where(Change.at > moment, Change.at <= moment + timedelta(seconds=10))
        async with newsroom.app.state.database.connection() as connection:
            if not (await connection.execute(ahead)).scalar_one():
                return moment
        moment += timedelta(seconds=1)


async def test_a_former_slug_that_the_clock_has_not_reached_is_another_s(newsroom: Newsroom) -> None:
    """It was in public while the clock was ahead: who publishes under it gets the next name, not an error."""
    with clock.shifted(timedelta(hours=2)):
        article = await newsroom.published("خبر الفجر")
        await newsroom.change(article, slug="خبر-جديد")
    other = await newsroom.published("خبر الفجر")
    assert other["slug"] not in ("خبر-الفجر", "خبر-جديد")


async def test_a_slug_recorded_by_a_clock_a_little_ahead_is_not_given_to_another(newsroom: Newsroom) -> None:
    now, mirror = clock.now(), Mirror(newsroom)
    with clock.frozen(now + timedelta(seconds=3)):
        article = await newsroom.published("خبر الفجر")
        await mirror.follow()
    with clock.frozen(now):
        await newsroom.published("خبر الفجر")
    with clock.frozen(now + timedelta(seconds=13)):
        await mirror.follow()
        assert mirror.things["article", article["id"]]["slug"] == article["slug"]
        assert mirror.shown() == await delivered(newsroom)


async def test_a_change_that_the_clock_has_not_reached_comes_at_once_with_the_ticker(newsroom: Newsroom) -> None:
    """Also a withdrawal: the ticker shows when it last changed, and no later change would correct it."""
    now, mirror = clock.now(), Mirror(newsroom)
    with clock.frozen(now):
        await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": [{"urgency_max": 5}], "max_items": 4})
        article, other = await newsroom.published("خبر الفجر"), await newsroom.published("خبر الظهر")
        await newsroom.desk("PUT", "/tickers/ثان", {"name": "ثان"})
        await newsroom.desk("POST", "/tickers/ثان/items", {"article": other["id"]})
    with clock.frozen(now + timedelta(seconds=20)):
        await newsroom.change(article, headline="خبر الفجر الصادق")
    with clock.frozen(now + timedelta(seconds=30)):
        await newsroom.act(other, "withdraw", {"reason": "سُحب الخبر."})
        await attend(newsroom)
    for later in (10, 25, 40):
        with clock.frozen(now + timedelta(seconds=later)):
            await attend(newsroom)
            await mirror.follow()
            async with beside(newsroom) as fresh:  # it keeps no earlier answer
                assert mirror.shown() == await delivered(fresh), later
