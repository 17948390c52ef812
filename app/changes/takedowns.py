"""Takedowns: withdrawals, redactions and erasures, kept outside the database too, for the restore of an older backup.

An action records one (`pending.record_takedown`); the consumer here appends it to `NASHRA_TAKEDOWNS_FILE`, a JSON
object a line. A restore applies the file, so that a backup does not bring back what was taken down after it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.changes.consumers import Batch, Consumer
from app.changes.models import ConsumerPosition, Takedown
from app.kit import clock
from app.kit.db import Database
from app.kit.prepared import Prepared
from app.settings import Settings
from app.text.characters import clean_prose

LONGEST_LINE = 100_000  # bytes


class TakedownLine(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    resource: Literal["article", "comment", "entry", "media"]
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    action: Literal["withdrawn", "reinstated", "redacted", "deleted"]
    reason: Annotated[str | None, Field(max_length=10_000), AfterValidator(lambda text: text and clean_prose(text))] = (
        None
    )


class TakedownsFile(Consumer):
    """The consumer that appends takedowns to the file. A line may be there twice, after a crash; none is missing."""

    name = "takedowns"
    begins_at_head = False  # a new file holds them all

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._path = database, settings.takedowns_path

    async def is_waiting(self, connection: AsyncConnection) -> bool:
        return await WAITING.first(connection) is not None

    async def consume(self, batch: Batch) -> None:
        """Append what was taken down since the last batch. Raises `OSError`."""
        statement = select(Takedown.__table__).where(Takedown.seq > batch.after, Takedown.seq <= batch.until)
        async with self._database.connection() as connection:
            rows = (await connection.execute(statement.order_by(Takedown.seq))).all()
        if rows:
            await asyncio.to_thread(append, self._path, [_line(row) for row in rows])


def _line(row: Any) -> bytes:
    fields = {"at": clock.written(row.at), "resource": row.resource, "id": row.resource_id}
    return to_json({**fields, "action": row.action, "reason": row.reason})


POSITION = select(ConsumerPosition.seq).where(ConsumerPosition.name == TakedownsFile.name).scalar_subquery()
WAITING = Prepared(select(Takedown.seq).where(Takedown.seq > func.coalesce(POSITION, 0)).limit(1))


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Append lines and wait for the disk. A line that a crash has cut off is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        is_cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (b"\n" if is_cut_off else b"") + b"".join(line + b"\n" for line in lines)
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(paths: Iterable[Path]) -> tuple[list[TakedownLine], int]:
    """The last takedown of each thing in these files, and how many lines cannot be read. Raises `OSError`."""
    found, unreadable = list[TakedownLine](), 0
    for path in paths:
        for line in _lines(path):
            try:
                found.append(TakedownLine.model_validate_json(line))
            except ValidationError:
                unreadable += 1
    found.sort(key=lambda one: one.at)
    return list({(one.resource, one.id): one for one in found}.values()), unreadable


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that are not blank; one that is too long comes in pieces, which cannot be read."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            if line.strip():
                yield line
