"""The list of job kinds: every background job that a worker runs."""

from app.articles.following import FOLLOW_MEDIA
from app.jobs.kinds import JobKind, Lane
from app.jobs.sweeping import SWEEP
from app.media.jobs import MEDIA_JOBS
from app.previews.sweeping import SWEEP as SWEEP_PREVIEWS

JOB_KINDS: tuple[JobKind, ...] = (SWEEP, FOLLOW_MEDIA, *MEDIA_JOBS, SWEEP_PREVIEWS)
LANES_BY_KIND: dict[str, Lane] = {kind.name: kind.lane for kind in JOB_KINDS}
