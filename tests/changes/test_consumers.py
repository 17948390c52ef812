"""Consumers of the log are given every change, in order and at least once, by one process at a time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.changes import compaction
from app.changes.consumers import Batch, Consumer, ConsumerRun
from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
RETENTION, HOUR = timedelta(days=30), timedelta(hours=1)


class Recorder(Consumer):
    """Records the changes that it is given; raises as often as `refusals` says."""

    name = "recorder"

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.seen: list[int] = []
        self.pause = 0.0

    async def consume(self, batch: Batch) -> None:
        await batch.renew_lease()
        await asyncio.sleep(self.pause)
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("refused")
        self.seen += [change.seq for change in batch.changes]


async def run_of(newsroom: Newsroom, recorder: Recorder) -> ConsumerRun:
    """A registered consumer in one process."""
    state = newsroom.app.state
    run = ConsumerRun(state.database, state.tail, recorder)
    await run.turn()
    return run


async def numbers(newsroom: Newsroom, after: int = 0) -> list[int]:
    async with newsroom.app.state.database.connection() as connection:
        rows = await connection.execute(select(Change.seq).where(Change.seq > after).order_by(Change.seq))
        return list(rows.scalars())


@pytest.fixture
async def recorder(newsroom: Newsroom) -> Recorder:
    await newsroom.published("قبل أن يُعرف أحد")
    return Recorder()


async def test_a_new_consumer_begins_at_the_head_of_the_log(newsroom: Newsroom, recorder: Recorder) -> None:
    run, before = await run_of(newsroom, recorder), (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    await run.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_a_refused_batch_is_retried_with_backoff(newsroom: Newsroom, recorder: Recorder) -> None:
    run, before = await run_of(newsroom, recorder), (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    recorder.refusals = 3
    now = clock.now()
    for seconds in (0, 1, 3):  # after waits of 1 and 2 seconds
        with clock.frozen(now + timedelta(seconds=seconds)):
            with pytest.raises(ConnectionError):
                await run.turn()
            await run.turn()  # not before the wait is over
    assert not recorder.seen
    with clock.frozen(now + timedelta(seconds=7)):
        await run.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_of_several_processes_one_at_a_time_holds_the_lease(newsroom: Newsroom, recorder: Recorder) -> None:
    runs = [await run_of(newsroom, recorder) for _ in range(3)]
    before = (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    recorder.pause = 0.05
    await asyncio.gather(*(run.turn() for run in runs))
    for run in runs:
        await run.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_a_process_that_stops_lets_another_go_on_at_once(newsroom: Newsroom, recorder: Recorder) -> None:
    stopped, other = await run_of(newsroom, recorder), await run_of(newsroom, recorder)
    before = (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    recorder.pause = 30
    task = asyncio.create_task(stopped.turn())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    recorder.pause = 0
    await other.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_the_lease_of_a_killed_process_expires_after_half_a_minute(
    newsroom: Newsroom, recorder: Recorder
) -> None:
    killed, other = await run_of(newsroom, recorder), await run_of(newsroom, recorder)
    before = (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    assert await killed._take_lease()
    await other.turn()
    assert not recorder.seen
    with clock.shifted(timedelta(seconds=31)):
        await other.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_what_a_consumer_was_not_given_is_kept_for_the_retention(newsroom: Newsroom, recorder: Recorder) -> None:
    run, before = await run_of(newsroom, recorder), (await numbers(newsroom))[-1]
    article = await newsroom.published("خبر")
    for number in range(3):
        article = await newsroom.change(article, headline=f"خبر {number}")
    unseen = await numbers(newsroom, before)
    with clock.shifted(timedelta(days=2)):
        await compaction.compact(newsroom.app.state.database, RETENTION, HOUR)
        assert await numbers(newsroom, before) == unseen
        await run.turn()
        assert recorder.seen == unseen
    with clock.shifted(timedelta(days=3)):
        await compaction.compact(newsroom.app.state.database, RETENTION, HOUR)
        assert len(await numbers(newsroom, before)) < len(unseen)


async def test_one_below_the_floor_goes_on_there_and_is_reported(
    newsroom: Newsroom, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    """It never keeps the log from being compacted."""
    run, before = await run_of(newsroom, recorder), (await numbers(newsroom))[-1]
    article = await newsroom.published("خبر")
    for number in range(3):
        article = await newsroom.change(article, headline=f"خبر {number}")
    unseen = await numbers(newsroom, before)
    with clock.shifted(timedelta(days=32)):
        await compaction.compact(newsroom.app.state.database, RETENTION, HOUR)
        kept = await numbers(newsroom, before)
        assert len(kept) < len(unseen)
        await newsroom.change(article, headline="خبر جديد")
        with caplog.at_level(logging.WARNING, logger="nashra"):
            await run.turn()
    assert f"consumer recorder has missed the changes {before + 1} to {unseen[-1]}" in caplog.text
    assert recorder.seen == (await numbers(newsroom, unseen[-1]))
    async with newsroom.app.state.database.connection() as connection:
        position = (await connection.execute(select(ConsumerPosition).where(ConsumerPosition.name == "recorder"))).one()
        assert (position.seq, position.failures) == (recorder.seen[-1], 0)


async def test_a_position_beyond_a_restored_log_falls_back_to_its_head(newsroom: Newsroom, recorder: Recorder) -> None:
    run = await run_of(newsroom, recorder)
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(ConsumerPosition).values(seq=9_000))
    await run.turn()
    assert not recorder.seen
    async with newsroom.app.state.database.connection() as connection:
        head = (await connection.execute(select(ChangeLog.head))).scalar_one()
    await newsroom.published("خبر")
    await run.turn()
    assert recorder.seen == await numbers(newsroom, head)


async def test_a_consumer_whose_row_was_lost_registers_again(newsroom: Newsroom, recorder: Recorder) -> None:
    """Its first transaction was rolled back, or the database was restored."""
    run = await run_of(newsroom, recorder)
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(delete(ConsumerPosition))
    await newsroom.published("خبر")
    await run.turn()
    before = (await numbers(newsroom))[-1]
    await newsroom.published("خبر آخر")
    await run.turn()
    assert recorder.seen == await numbers(newsroom, before)


async def test_a_lease_of_a_clock_that_was_far_ahead_is_taken_over(newsroom: Newsroom, recorder: Recorder) -> None:
    with clock.shifted(timedelta(hours=3)):
        run = await run_of(newsroom, recorder)
    before = (await numbers(newsroom))[-1]
    await newsroom.published("خبر")
    await run.turn()
    assert recorder.seen == await numbers(newsroom, before)
