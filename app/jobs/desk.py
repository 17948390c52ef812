"""Desk routes for background jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.jobs import actions
from app.jobs.models import Job
from app.jobs.repository import jobs
from app.jobs.schemas import JobList, JobQuery, JobRead
from app.kit.caching import at_desk
from app.kit.db import ReadingSession
from app.kit.errors import AlreadyExists, InvalidCursor, InvalidQuery, NotFound, StateConflict
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors
from app.kit.routing import NoParameters, problems, router_of
from app.staff.access import Admin, OncePerToken
from app.staff.work import AdminWork

desk = router_of("/v1/desk/jobs", "desk: jobs", "Background jobs: what waits, what failed and why.")
JobId = Annotated[str, Path(description="Id of the job.")]
FIELDS = [name for name in JobRead.model_fields if name != "lane"]


@desk.get("", response_model=JobList, responses=problems(InvalidQuery, InvalidCursor))
async def list_jobs(
    request: Request, query: Annotated[JobQuery, Query()], session: ReadingSession, admin: Admin
) -> Response:
    """List background jobs

    Newest first: those that wait, those that run, those that were done within a day, and those that failed for good
    within 30 days, with the error of the last attempt.
    """
    page = await jobs(session, query, Cursors.of(request))
    return desk_list(request, JobList, page, lambda job: _shown(request, job))


@desk.post(
    "/{id}/retry",
    response_model=JobRead,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict, AlreadyExists),
)
async def retry_job(request: Request, id: JobId, _: NoParameters, work: AdminWork) -> Response:
    """Try a background job again

    It is due now: one that failed for good gets all its attempts again, one that waits after a failure need not wait
    longer. Any other is 409, and so is one whose `key` another job waits for: that one does the same.
    """
    return at_desk(written(JobRead, _shown(request, await actions.retry(work, id))))


def _shown(request: Request, job: Job) -> dict[str, object]:
    return {"lane": request.app.state.lanes.get(job.kind), **{name: getattr(job, name) for name in FIELDS}}
