"""The rows of the change log as clients' feeds read them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class ChangeRow(NamedTuple):
    """A row of the table `changes`, and the log's clock."""

    seq: int
    at: datetime
    type: str
    resource: str
    resource_id: str
    version: int | None
    tombstone: bool
    tags: list[str]
    article_id: str | None
    sections: list[str]
    languages: list[str]
    subjects: list[str]
    head_at: datetime | None
