"""What a background job looks like at the desk."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.jobs.kinds import Lane
from app.jobs.models import JobState
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import IdText, Moment, Output, open_to


class JobQuery(CountedQuery):
    """Filters of jobs."""

    state: JobState | None = None
    """Only jobs in this state: those that have failed for good are `dead`."""
    kind: Annotated[str | None, Field(max_length=80, pattern=r"^[a-z_.]+$", examples=["jobs.sweep"])] = None
    """Only jobs of this kind: `jobs.sweep`."""


class JobRead(Output):
    """A background job: what it does, what it waits for, and why it failed."""

    model_config = ConfigDict(from_attributes=True)

    id: IdText
    kind: Annotated[str, Field(examples=["jobs.sweep"])]
    """What it does: the part of the newsroom, and the work."""
    lane: Annotated[str, open_to(Lane)] | None
    """How urgent its kind is; null for a kind that this version does not know, and leaves to others."""
    state: Annotated[str, open_to(JobState)]
    """`waiting`, `running`, `done` (kept for a day) or `dead` (failed for good, kept for 30 days)."""
    key: str | None
    """At most one job of a kind and key waits."""
    payload: dict[str, Any]
    """What it works on."""
    attempts: int
    """How often it was begun."""
    due_at: Moment
    """It is not run before: its own time, or that of the next attempt."""
    leased_until: Moment | None
    """While it runs: when another worker takes it over, unless this is renewed."""
    worker: str | None
    """Host and process that runs it, or ran it last."""
    last_error: str | None
    """Why the last attempt failed."""
    created_at: Moment
    ended_at: Moment | None
    """When it was done, or failed for good."""


class JobList(Listed[JobRead]):
    """One page of jobs."""
