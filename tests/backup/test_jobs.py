"""Jobs in a backup: what waits is still to be done, and a database that holds nothing else is empty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.job_kinds import JOB_KINDS
from app.jobs.kinds import JobKind
from app.jobs.queue import JOBS
from app.jobs.worker import Worker
from app.kit import clock, migrations
from app.kit.db import open_database
from tests.backup.files import backed_up, restored, rows_of, settings_of
from tests.jobs.work import NOBODY, effect, failing, jobs, put
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[str], str]


async def test_jobs_that_wait_or_run_go_on_after_a_restore(
    newsroom: Newsroom, other_kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await put(newsroom, "test.effect", {"name": "خبر"}, key="a")
    await put(newsroom, "test.sending")
    async with newsroom.app.state.database.transaction() as session:
        running = {"state": "running", "attempts": 1, "leased_until": clock.now(), "worker": "gone:1"}
        await session.execute(
            JOBS.update().where(JOBS.c.kind == "test.effect").values(running | {"lease_id": NOBODY.member_id})
        )
    url = new_database(other_kind)
    await restored(await backed_up(newsroom.settings.database_url, tmp_path / "b.gz"), url)
    kinds = (JobKind("test.effect", effect), JobKind("test.sending", effect, is_outbound=True))
    async with beside(newsroom, database_url=url) as other:
        await other.work(*kinds)
        with clock.shifted(timedelta(seconds=10)):
            assert await other.work(*kinds) == 1
        states = {job.kind: (job.state, job.payload) for job in await jobs(other.app.state.database)}
        assert states == {"test.effect": ("done", {"name": "خبر"}), "test.sending": ("waiting", {})}


async def test_without_personal_data_errors_are_left_out(newsroom: Newsroom, tmp_path: Path) -> None:
    await put(newsroom, "test.failing")
    await newsroom.work(JobKind("test.failing", failing(ValueError("suad@example.com bounced"))))
    url = newsroom.settings.database_url
    (whole,) = rows_of(await backed_up(url, tmp_path / "whole.gz"), "jobs")
    (without,) = rows_of(await backed_up(url, tmp_path / "without.gz", personal=False), "jobs")
    assert whole["last_error"] == "ValueError: suad@example.com bounced"
    assert without == {**whole, "last_error": None, "worker": None}


async def test_a_database_in_which_only_a_worker_was_is_empty(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    backup, url = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz"), new_database(backend)
    await asyncio.to_thread(migrations.upgrade, url)
    async with open_database(url) as database:
        await Worker(database, settings_of(url), JOB_KINDS).tend()
        assert await jobs(database)
    await restored(backup, url)
