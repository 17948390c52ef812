"""The list of job kinds: every background job that a worker runs."""

from app.jobs.kinds import JobKind, Lane
from app.jobs.sweeping import SWEEP

JOB_KINDS: tuple[JobKind, ...] = (SWEEP,)
LANES_BY_KIND: dict[str, Lane] = {kind.name: kind.lane for kind in JOB_KINDS}
