"""The table of background jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import BackupRule
from app.kit.db import Base, Id, Key

JobState = Literal["waiting", "running", "done", "dead"]
STATES: tuple[JobState, ...] = get_args(JobState)
WAITING = text("state = 'waiting'")


class Job(Base):
    """A background job. *Waiting* until `due_at`, *running* under a lease, then *done*, or *dead* after all attempts.

    It has no lane: that belongs to its kind, in the code, so that a new version can change it for jobs that wait.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        # The first due job of each kind, by one seek each, however many wait. Also the filters of the desk.
        Index("ix_jobs_due", "state", "kind", "due_at", "id"),
        # Among waiting jobs only: what is asked for while the same work is running must be done after it.
        Index("uq_jobs_waiting_key", "kind", "key", unique=True, postgresql_where=WAITING, sqlite_where=WAITING),
    )
    # Kept: a job was enqueued with the change that needs it, and a restored newsroom has that change. One that was
    # running is taken back when its lease expires; one that sends to others waits for `./nashra resume`. Without
    # personal data an error is left out: it may quote an address.
    backup = BackupRule(replaced={"last_error": lambda _: None, "worker": lambda _: None})

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Key)
    key: Mapped[str | None] = mapped_column(Key)  # at most one of a kind and key waits
    payload: Mapped[dict[str, object]]  # ids and parameters; no personal data, which a backup would not leave out
    state: Mapped[str] = mapped_column(Key)
    due_at: Mapped[datetime]  # not run before
    attempts: Mapped[int] = mapped_column(Integer)  # begun so far
    lease_id: Mapped[str | None] = mapped_column(Id)  # of one run, so that no other can finish it
    leased_until: Mapped[datetime | None]
    worker: Mapped[str | None]  # host and process id, for people
    last_error: Mapped[str | None]  # of the last failed attempt, masked, at most 2 kB
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # when it was done, or died
