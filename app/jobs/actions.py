"""What an admin does with background jobs: try one again."""

from __future__ import annotations

from app.jobs.models import Job
from app.jobs.queue import time_of_database
from app.jobs.repository import job_to_change, waiting_twin
from app.kit.errors import AlreadyExists, StateConflict
from app.staff.work import Work


async def retry(work: Work, id: str) -> Job:
    """Make a job due now: a dead one, which gets all its attempts again, or one that waits after a failure.

    Raises `NotFound`; `StateConflict` for any other; `AlreadyExists` where another of its key waits, which does the
    same.
    """
    job = await job_to_change(work.session, id)
    if not (job.state == "dead" or (job.state == "waiting" and job.attempts)):
        raise StateConflict(params={"state": job.state, "verb": "retry"}, state=job.state)
    if (twin := await waiting_twin(work.session, job)) is not None:
        raise AlreadyExists(existing_id=twin)
    job.attempts = 0 if job.state == "dead" else job.attempts
    job.state, job.due_at, job.ended_at = "waiting", await time_of_database(work.session), None
    await work.session.flush()
    await work.record("job.retry", "job", job.id, kind=job.kind)
    return job
