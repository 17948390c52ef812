"""Jobs at the desk, in metrics and in `doctor`: what waits, what failed and why, and how to try it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.commands import checks
from app.jobs.kinds import JobKind
from app.jobs.queue import JOBS
from app.kit import clock
from tests.jobs.work import effect, failing, later, one, put
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
FAILING = JobKind("test.failing", failing(ValueError("the store is away")), attempts=2)


async def listed(newsroom: Newsroom, query: str = "") -> list[dict[str, Any]]:
    return list((await newsroom.desk("GET", f"/jobs{query}")).json()["data"])


async def dead(newsroom: Newsroom, **options: Any) -> str:
    """The id of a job that has failed for good."""
    await put(newsroom, "test.failing", {"media": "x"}, **options)
    await newsroom.work(FAILING)
    with later(10):
        await newsroom.work(FAILING)
    return str((await one(newsroom, state="dead")).id)


async def test_jobs_are_listed_newest_first_and_narrowed(newsroom: Newsroom) -> None:
    for name in ("test.one", "test.two", "test.one"):
        await put(newsroom, name, key=None, due_at=clock.now() + timedelta(hours=1))
    await put(newsroom, "jobs.sweep")
    await newsroom.work()
    every = [job["kind"] for job in await listed(newsroom, "?limit=100")]
    kinds = [kind for kind in every if not kind.startswith(("media.", "previews."))]
    assert kinds == ["jobs.sweep", "jobs.sweep", "test.one", "test.two", "test.one"]  # the first is the next sweep
    assert [job["lane"] for job in await listed(newsroom, "?kind=jobs.sweep&state=done")] == ["slow"]
    assert [job["lane"] for job in await listed(newsroom, "?kind=test.two")] == [None]
    assert {job["kind"] for job in await listed(newsroom, "?kind=test.one&state=waiting&count=true")} == {"test.one"}
    seen, query = [], "?limit=2"
    while query:
        page = (await newsroom.desk("GET", f"/jobs{query}")).json()
        seen += [job["id"] for job in page["data"]]
        query = f"?limit=2&cursor={page['page']['next']}" if page["page"]["next"] else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(every)
    await newsroom.desk("GET", "/jobs?state=lost", expect=400)
    await newsroom.desk("GET", "/jobs?kind=DROP%20TABLE", expect=400)


async def test_a_dead_job_says_why_and_is_tried_again(newsroom: Newsroom) -> None:
    id = await dead(newsroom)
    (job,) = await listed(newsroom, "?state=dead")
    assert (job["id"], job["attempts"], job["last_error"]) == (id, 2, "ValueError: the store is away")
    assert job["payload"] == {"media": "x"}
    answer = (await newsroom.desk("POST", f"/jobs/{id}/retry", expect=200)).json()
    assert (answer["state"], answer["attempts"], answer["ended_at"]) == ("waiting", 0, None)
    (entry,) = (await newsroom.desk("GET", "/audit?action=job.retry")).json()["data"]
    assert (entry["resource"], entry["resource_id"], entry["details"]) == ("job", id, {"kind": "test.failing"})
    assert await newsroom.work(JobKind("test.failing", effect)) == 1
    answer = (await newsroom.desk("POST", f"/jobs/{id}/retry", expect=409)).json()
    assert (answer["type"], answer["state"]) == ("/problems/state-conflict", "done")


async def test_a_job_that_waits_after_a_failure_need_not_wait_longer(newsroom: Newsroom) -> None:
    await put(newsroom, "test.failing")
    id = str((await one(newsroom)).id)
    await newsroom.desk("POST", f"/jobs/{id}/retry", expect=409)  # it waits for its time, not after a failure
    await newsroom.work(FAILING)
    assert not await newsroom.work(JobKind("test.failing", effect))
    answer = (await newsroom.desk("POST", f"/jobs/{id}/retry", expect=200)).json()
    assert answer["attempts"] == 1
    assert await newsroom.work(JobKind("test.failing", effect)) == 1


async def test_a_dead_job_whose_key_waits_already_is_a_conflict(newsroom: Newsroom) -> None:
    id = await dead(newsroom, key="a")
    await put(newsroom, "test.failing", key="a")
    answer = (await newsroom.desk("POST", f"/jobs/{id}/retry", expect=409)).json()
    assert answer["type"] == "/problems/already-exists"
    assert answer["existing_id"] == (await one(newsroom, state="waiting")).id
    await newsroom.desk("POST", "/jobs/01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2/retry", expect=404)
    await newsroom.desk("POST", "/jobs/none/retry", expect=404)


async def metrics(newsroom: Newsroom) -> dict[str, float]:
    lines = (await newsroom.get("/metrics")).text.splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith("nashra_jobs"))
    return {name.partition("{")[0] + name.partition("}")[0].partition(",")[2]: float(value) for name, _, value in found}


async def test_metrics_tell_how_the_queue_stands(newsroom: Newsroom) -> None:
    newsroom.set(metrics_token="t" * 20)
    newsroom.client.headers["authorization"] = "Bearer " + "t" * 20
    await dead(newsroom)
    await put(newsroom, "jobs.sweep")
    await put(newsroom, "jobs.sweep", due_at=clock.now() + timedelta(hours=1))
    await put(newsroom, "test.newer")
    with later(120):
        found = await metrics(newsroom)
    assert found['nashra_jobsstate="dead"'] == 1
    assert found['nashra_jobsstate="waiting"'] == 3
    assert found['nashra_jobs_duelane="slow"'] == 1
    assert found['nashra_jobs_duelane="unknown"'] == 1
    assert found['nashra_jobs_duelane="urgent"'] == 0
    assert 119 < found['nashra_jobs_oldest_due_secondslane="slow"'] < 140
    assert found["nashra_jobs_failing"] == 0


async def test_doctor_says_when_jobs_wait_and_nobody_works(newsroom: Newsroom) -> None:
    async def told() -> tuple[str, str]:
        check = (await checks._jobs(newsroom.app.state.database))[0]
        return check.status, check.detail

    assert await told() == ("ok", "0 due, 0 running")
    await put(newsroom, "test.effect")
    assert await told() == ("ok", "1 due, 0 running")
    with later(361):
        assert await told() == ("warning", "1 wait, one for 6 minutes, and nobody runs them")
        await put(newsroom, "test.effect")
        await newsroom.work(JobKind("test.effect", effect))
        await put(newsroom, "test.effect", due_at=clock.now() - timedelta(minutes=6))
        assert (await told())[0] == "ok"  # somebody does, but is late
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(JOBS).values(state="dead"))
    assert await told() == ("warning", "3 have failed for good")
