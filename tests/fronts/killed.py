"""A process that halts in the middle of publishing a draft that is due, to be killed there."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from app.fronts.desk_repository import FrontsToEdit
from app.fronts.drafts import publish_due
from app.kit.db import Database

fill: Any = FrontsToEdit.fill


def publish(url: str, now: datetime, reached: Path) -> None:
    """The whole process: one slot is filled, and the next one, but nothing is committed."""

    async def halts(self: FrontsToEdit, front_id: str, slot: str, items: Any) -> None:
        await fill(self, front_id, slot, items)
        if slot == "b":
            reached.touch()
            await asyncio.sleep(600)

    FrontsToEdit.fill = halts  # type: ignore[method-assign]  # of this process alone
    asyncio.run(_publish(url, now))


async def _publish(url: str, now: datetime) -> None:
    async with Database(url, 2).transaction() as session:
        await publish_due(session, now)
