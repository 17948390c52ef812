"""Telling a CDN what changed: the tags of all changes go to its purge address, each at least once, in order.

How far it was told stands in the log, so that nothing is forgotten over a restart. One process at a time does it: it
holds a lease, which ends by itself when the process does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select, update

from app.changes.models import Change, ChangeLog
from app.changes.tail import LogTail
from app.kit import clock
from app.kit.db import Database
from app.outbound.client import outbound_client
from app.settings import Settings

AT_ONCE = 500  # changes in one turn
TAGS_AT_ONCE = 30  # in one request: what the strictest CDN takes
LEASE = timedelta(seconds=30)
TIMEOUT = 10.0  # seconds for one request
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds before it is tried again


class Refused(Exception):
    """The purge address did not answer with a success."""


class Purger:
    """One process's part in it."""

    def __init__(self, database: Database, tail: LogTail, settings: Settings) -> None:
        self._database, self._tail, self._settings = database, tail, settings
        self._done = -1  # how far the CDN was told, as this process last saw
        self._wait = SHORTEST_WAIT

    @property
    def is_wanted(self) -> bool:
        """Whether there is an address, and something to tell it."""
        return bool(self._settings.purge_url) and self._tail.head != self._done

    async def turn(self) -> None:
        """Tells what is new. Raises `Refused` or httpx's errors; then it is tried again, later and later."""
        purged = await self._take_lease()
        if purged is None:
            return
        upto, wait = purged, self._wait
        try:
            reached, tags = await self._new_tags(purged)
            await self._send(tags)
            self._done = upto = reached
            wait, self._wait = 0.0, SHORTEST_WAIT
        except Exception:
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            raise
        finally:  # also when the process stops: another may go on at once
            await asyncio.shield(self._give_back(timedelta(seconds=wait), upto))

    async def _take_lease(self) -> int | None:
        now = clock.now()
        async with self._database.transaction() as session:
            free = update(ChangeLog).where(ChangeLog.purging_until <= now).values(purging_until=now + LEASE)
            return (await session.execute(free.returning(ChangeLog.purged))).scalar_one_or_none()

    async def _renew_lease(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(ChangeLog).values(purging_until=clock.now() + LEASE))

    async def _give_back(self, wait: timedelta, purged: int) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(ChangeLog).values(purging_until=clock.now() + wait, purged=purged))

    async def _new_tags(self, after: int) -> tuple[int, list[str]]:
        rows = select(Change.seq, Change.tags).where(Change.seq > after).order_by(Change.seq).limit(AT_ONCE)
        async with self._database.connection() as connection:
            found = (await connection.execute(rows)).all()
            head = (await connection.execute(select(ChangeLog.head))).scalar_one()
        upto = found[-1].seq if len(found) == AT_ONCE else head  # which falls back when a database is restored
        return upto, ["changes", *sorted({tag for row in found for tag in row.tags})] if found else []

    async def _send(self, tags: list[str]) -> None:
        token = self._settings.purge_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with outbound_client(TIMEOUT) as client:
            for some in _in_parts(tags):
                await self._renew_lease()
                request = client.stream("POST", self._settings.purge_url, json={"tags": some}, headers=headers)
                async with request as answer:  # whose body nobody reads, however long it is
                    if not answer.is_success:
                        raise Refused(f"purge address answered {answer.status_code}")


def _in_parts(tags: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(tags), TAGS_AT_ONCE):
        yield list(tags[start : start + TAGS_AT_ONCE])
