"""Kinds of background job: the function that runs one, its lane, its attempts, its schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from app.jobs.run import JobRun

Lane = Literal["urgent", "normal", "slow"]
LANES: tuple[Lane, ...] = get_args(Lane)
LONGEST_LEASE = timedelta(hours=1)


@dataclass(frozen=True)
class JobKind:
    """A kind of job. `app/job_kinds.py` lists all."""

    name: str
    """Stored with each job: never change it. `media.render`: the room, then what is done."""
    run: Callable[[JobRun], Awaitable[None]]
    """Does the work. It ends with `async with run.finish() as session`, or returns where it has no effects in the
    database. It may run twice up to that point, so what it does elsewhere must bear that. An exception: tried again."""
    lane: Lane = "normal"
    attempts: int = 8
    """How often it is begun before it is dead."""
    lease: timedelta = timedelta(seconds=60)
    """How long others wait when its worker is killed. It is renewed while `run` does not block the event loop."""
    timeout: timedelta = timedelta(hours=1)
    """A run that takes longer has failed: a job that hangs must not keep its slot."""
    every: timedelta | None = None
    """A periodic job: enqueued for the next multiple of this since 1970, once for all workers; its payload is empty."""
    is_outbound: bool = False
    """Whether it sends to others: after a restore it waits for `./nashra resume`."""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.lease <= LONGEST_LEASE or self.attempts < 1:
            raise ValueError(f"{self.name}: a lease is at most {LONGEST_LEASE}, attempts are at least 1")
