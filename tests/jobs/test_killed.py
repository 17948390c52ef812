"""`kill -9` of a worker at each stage of a job: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.jobs.kinds import JobKind
from tests.jobs import stages
from tests.jobs.work import effect, effects, later, one, put, worker
from tests.newsroom import Newsroom
from tests.serving import FORKS

pytestmark = pytest.mark.anyio
BEGUN = {"claimed": 1, "running": 1, "storing": 1, "stored": 1, "failing": 1, "failed": 1, "due": 0}


async def kill_at(newsroom: Newsroom, stage: str, reached: Path) -> None:
    process = FORKS.Process(target=stages.work, args=(newsroom.settings.database_url, stage, reached))
    process.start()
    try:
        async with asyncio.timeout(60):
            while not reached.exists():
                assert process.exitcode is None, "the worker has ended before"
                await asyncio.sleep(0.02)
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("stage", stages.STAGES)
async def test_a_job_whose_worker_is_killed_is_done_once_by_another(
    newsroom: Newsroom, tmp_path: Path, stage: str
) -> None:
    await put(newsroom, "test.effect")
    await kill_at(newsroom, stage, tmp_path / "reached")
    killed = await one(newsroom)
    assert killed.attempts == BEGUN[stage]
    assert killed.state == {"due": "waiting", "stored": "done", "failed": "waiting"}.get(stage, "running")
    assert await effects(newsroom.app.state.database) == (stage == "stored")

    other = worker(newsroom, JobKind("test.effect", effect))
    assert await other.work_off() == (stage == "due")
    for shift in (61, 61 + 10):  # the lease expires, then the backoff ends
        with later(shift):
            await other.work_off()
    job = await one(newsroom)
    assert job.state == "done"
    assert job.attempts == (1 if stage in {"due", "stored"} else 2)
    assert await effects(newsroom.app.state.database) == 1
